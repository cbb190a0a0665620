// What the scripts here measure: a file in the layout of JMH's JSON, to which each run adds one more fork.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Samples of an iteration, as each is kept. */
const MOST_SAMPLES = 300;

/** The names to measure, and how: as JMH does it, by warm-up iterations and then others, each of so many milliseconds. */
export function commandLine() {
    const { values, positionals: names } = parseArgs({
        allowPositionals: true,
        options: {
            file: { type: 'string' },
            warmups: { type: 'string', default: '5' },
            'warmup-ms': { type: 'string', default: '1000' },
            iterations: { type: 'string', default: '5' },
            ms: { type: 'string', default: '1000' },
        },
    });
    return {
        names,
        file: values.file,
        warmups: Number(values.warmups),
        warmupMs: Number(values['warmup-ms']),
        iterations: Number(values.iterations),
        ms: Number(values.ms),
    };
}

/** Samples for so many milliseconds: at least one, and not too many. */
async function iteration(sample, milliseconds) {
    const samples = [];
    const end = performance.now() + milliseconds;
    do {
        samples.push(await sample());
    } while (performance.now() < end && samples.length < MOST_SAMPLES);
    return samples;
}

/** All samples of the iterations after the warm-up. */
export async function measure(sample, { warmups, warmupMs, iterations, ms }) {
    for (let i = 0; i < warmups; i++) {
        await iteration(sample, warmupMs);
    }
    const all = [];
    for (let i = 0; i < iterations; i++) {
        all.push(...await iteration(sample, ms));
    }
    return all;
}

/** Prints the median. */
export function show({ benchmark, params, unit, fork }) {
    const sorted = fork.toSorted((a, b) => a - b);
    console.log(benchmark, params, `p50 ${sorted[sorted.length >> 1]} ${unit}`, `of ${sorted.length} samples`);
}

/** Of sorted values, between the two that are nearest where none lies there. */
function percentile(sorted, percent) {
    const place = ((sorted.length - 1) * percent) / 100;
    const below = sorted[Math.floor(place)];
    return below + (place % 1) * (sorted[Math.ceil(place)] - below);
}

/** Adds a fork: for each benchmark what it was measured by, and its figures. */
export function add({ file, warmups, warmupMs, iterations, ms }, measured) {
    const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
    for (const { benchmark, mode, unit, params, fork } of measured) {
        const name = `dev.handoff.benchmarks.NodeJs.${benchmark}`;
        const at = results.findIndex((r) => r.benchmark === name && JSON.stringify(r.params) === JSON.stringify(params));
        const rawData = [...results[at]?.primaryMetric.rawData ?? [], fork];
        const sorted = rawData.flat().sort((a, b) => a - b);
        results.splice(at < 0 ? results.length : at, 1, {
            benchmark: name,
            mode,
            threads: 1,
            forks: rawData.length,
            jvm: process.execPath,
            jvmArgs: process.execArgv,
            vmName: 'Node.js',
            vmVersion: process.version,
            warmupIterations: warmups,
            warmupTime: `${warmupMs} ms`,
            measurementIterations: iterations,
            measurementTime: `${ms} ms`,
            params,
            primaryMetric: {
                score: sorted.reduce((a, b) => a + b, 0) / sorted.length,
                scorePercentiles: Object.fromEntries(
                    [0, 50, 99, 100].map((percent) => [percent.toFixed(1), percentile(sorted, percent)])),
                scoreUnit: unit,
                rawData,
            },
            secondaryMetrics: {},
        });
    }
    writeFileSync(file, JSON.stringify(results));
}
