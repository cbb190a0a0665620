// The shapes of the JMH benchmark Clone, copied by Node's structuredClone and timed as JMH does it: warm-up iterations,
// then iterations, each of which copies for so many milliseconds and counts. What it measures is added, as one more fork,
// to a file in the layout of JMH's JSON. Main of the benchmarks calls it after each round of its own.
//
//     node structured-clone.mjs --file=clone-node.json --warmups=5 --warmup-ms=300 --iterations=5 --ms=300 CHAIN BYTES ...

import assert from 'node:assert/strict';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { add, commandLine } from './results.mjs';

const ELEMENTS = 1_000;
const DEPTH = 10_000;
const FAN_OUT = 4;
const SHARED = 100;
/** V8 copies recursively, and a chain of 10,000 is too long for the stack that a thread has by default. */
const STACK_MB = 64;

const samples = (sensor) => ({ sensor, values: Int32Array.from({ length: 16 }, (_, i) => sensor + i) });
const map = (value) => new Map(Array.from({ length: ELEMENTS }, (_, i) => [`key${i}`, value(i)]));

/** What comes nearest to each of the Java shapes. */
const shapes = {
    RECORD_OF_IMMUTABLES: () => ({
        id: 4_711, guest: 'Ada', wish: 'With a view of the sea', nights: 3, price: 99.5, paid: true, status: 'CONFIRMED',
        token: '01234567-89ab-4def-8123-456789abcdef', arrival: '2026-08-01', made: new Date(1_750_000_000_000),
    }),
    RECORD_WITH_ARRAY: () => samples(1),
    LIST_OF_INTEGERS: () => Array.from({ length: ELEMENTS }, (_, i) => 1_000 + i),
    LIST_OF_RECORDS_WITH_ARRAYS: () => Array.from({ length: ELEMENTS }, (_, i) => samples(i)),
    MAP_OF_IMMUTABLE_RECORDS: () => map((i) => ({ name: `City ${i}`, people: 1_000 + i })),
    MAP_OF_RECORDS_WITH_ARRAYS: () => map(samples),
    BYTES: () => Uint8Array.from({ length: 1 << 20 }, (_, i) => 31 * i),
    DOUBLES: () => Array.from({ length: ELEMENTS },
        (_, row) => Float64Array.from({ length: 100 }, (_, column) => row * 100 + column + 0.5)),
    CYCLIC_GRAPH: () => {
        const nodes = Array.from({ length: DEPTH }, (_, number) => ({ number, parent: null, shared: null, children: [] }));
        nodes.forEach((node, i) => {
            node.shared = nodes[i % SHARED];
            if (i > 0) {
                node.parent = nodes[Math.floor((i - 1) / FAN_OUT)];
                node.parent.children.push(node);
            }
        });
        return nodes[0];
    },
    CHAIN: () => {
        let first = null;
        for (let number = DEPTH; number > 0; number--) {
            first = { number, next: first };
        }
        return first;
    },
    NESTED_LISTS: () => {
        let list = [];
        for (let i = 1; i < DEPTH; i++) {
            list = [list];
        }
        return list;
    },
};

/** Kept, so that no copy is left out. */
let last;

/** Copies for so many milliseconds; the mean in nanoseconds. */
function iteration(value, milliseconds, state) {
    const begun = process.hrtime.bigint();
    const end = begun + BigInt(milliseconds) * 1_000_000n;
    let count = 0;
    let now = begun;
    while (now < end) {
        const before = now;
        for (let i = 0; i < state.batch; i++) {
            last = structuredClone(value);
        }
        count += state.batch;
        now = process.hrtime.bigint();
        if (now - before < 100_000n) {
            state.batch *= 2; // so that reading the clock does not count
        }
    }
    return Number(now - begun) / count;
}

function measure({ names, warmups, warmupMs, iterations, ms }) {
    return names.map((name) => {
        const value = shapes[name]();
        assert.notEqual(structuredClone(value), value);
        const state = { batch: 1 };
        for (let i = 0; i < warmups; i++) {
            iteration(value, warmupMs, state);
        }
        return Array.from({ length: iterations }, () => iteration(value, ms, state));
    });
}

if (isMainThread) {
    const options = commandLine();
    const { names } = options;
    for (const name of names) {
        assert.ok(Object.hasOwn(shapes, name), `no shape is called ${name}`);
    }
    new Worker(new URL(import.meta.url), { workerData: options, resourceLimits: { stackSizeMb: STACK_MB } })
        .on('error', (error) => {
            throw error;
        })
        .on('message', (fork) => {
            names.forEach((name, i) => console.log(name, fork[i].map((ns) => ns.toFixed(1)).join(' '), 'ns/op'));
            add(options, names.map((shape, i) => (
                { benchmark: 'structuredClone', mode: 'avgt', unit: 'ns/op', params: { shape }, fork: fork[i] })));
        });
} else {
    parentPort.postMessage(measure(workerData));
}
