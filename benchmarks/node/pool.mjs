// What the JMH benchmark Pool measures, by Piscina: 10,000 tasks that add two numbers, submitted at once, and one at a
// time. Piscina is not part of Node: `npm ci` in this directory installs it. Main of the benchmarks calls this after each
// round of its own.
//
//     node pool.mjs --file=node.json --warmups=1 --warmup-ms=500 --iterations=3 --ms=300 many one

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { add, commandLine, measure, show } from './results.mjs';

const TASKS = 10_000;

let Piscina;
try {
    ({ Piscina } = await import('piscina'));
} catch (e) {
    if (e.code !== 'ERR_MODULE_NOT_FOUND') {
        throw e;
    }
    console.log('SKIPPED Piscina: it is not installed (npm ci in benchmarks/node)');
    process.exit(0);
}

const poolOf = (threads, concurrentTasksPerWorker) => new Piscina({
    filename: new URL('./pool-task.mjs', import.meta.url).href,
    minThreads: threads, maxThreads: threads, concurrentTasksPerWorker,
});

async function many(pool) {
    const begun = process.hrtime.bigint();
    const sums = await Promise.all(Array.from({ length: TASKS }, (_, i) => pool.run({ a: i, b: 1 })));
    const time = Number(process.hrtime.bigint() - begun);
    assert.equal(sums.reduce((x, y) => x + y), (1 + TASKS) * TASKS / 2);
    return time;
}

async function one(pool) {
    const begun = process.hrtime.bigint();
    assert.equal(await pool.run({ a: 3, b: 4 }), 7);
    return Number(process.hrtime.bigint() - begun);
}

/** By how many tasks a worker may have at a time: by 8, Piscina is at its fastest with many. */
const kinds = { many: [many, [1, 8]], one: [one, [1]] };

const options = commandLine();
for (const name of options.names) {
    const [sample, concurrencies] = kinds[name];
    for (const workers of [1, 2].filter((n) => n <= availableParallelism())) {
        for (const concurrent of concurrencies) {
            const pool = poolOf(workers, concurrent);
            const result = {
                benchmark: `piscina${name[0].toUpperCase()}${name.slice(1)}`, mode: 'sample', unit: 'ns/op',
                params: { workers: String(workers), concurrent: `${concurrent} at a time` },
                fork: await measure(() => sample(pool), options),
            };
            await pool.destroy();
            show(result);
            add(options, [result]);
        }
    }
}
