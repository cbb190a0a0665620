// What the JMH benchmarks Channels, ChannelTrips and WorkerStart measure, by Node's worker_threads: small integers posted
// one way, a number there and back, a worker from its start until it handles its first message. A sample is of as many
// messages or trips as there. Main of the benchmarks calls it after each round of its own.
//
//     node worker-threads.mjs --file=node.json --warmups=1 --warmup-ms=500 --iterations=3 --ms=300 stream trip start

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { add, commandLine, measure, show } from './results.mjs';

const MESSAGES = 10_000;
const BATCH = 1_000;
const STOP = -1;
const start = (workerData) => new Worker(new URL(import.meta.url), { workerData });

/** A worker that has as little to load as may be: to be started from a module of this size takes a quarter longer. */
const SMALL = `
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', () => {
        parentPort.postMessage(process.hrtime.bigint());
        parentPort.close();
    });`;

/** The shared monotonic clock, of which both threads read the same. */
const now = () => process.hrtime.bigint();

/** Measures by a worker that is told to end afterwards. */
async function withWorker(kind, options, sampleOf) {
    const worker = start(kind);
    await once(worker, 'online');
    const samples = await measure(sampleOf(worker), options);
    worker.postMessage(STOP);
    await once(worker, 'exit');
    return samples;
}

/** Round trips, so many in a sample. */
const trips = (batch) => (worker) => () => new Promise((resolve) => {
    const begun = now();
    let value = 0;
    worker.removeAllListeners('message').on('message', (answer) => {
        assert.equal(answer, value);
        if (++value < batch) {
            worker.postMessage(value);
        } else {
            resolve(Number(now() - begun));
        }
    });
    worker.postMessage(value);
});

const kinds = {
    stream: async (options) => [{
        benchmark: 'stream', mode: 'sample', unit: 'ns/op', params: {},
        fork: await withWorker('stream', options, (worker) => async () => {
            const seen = once(worker, 'message');
            const begun = now();
            for (let i = 0; i < MESSAGES; i++) {
                worker.postMessage(i);
            }
            const [when] = await seen;
            return Number(when - begun);
        }),
    }],
    trip: async (options) => {
        const all = [];
        for (const batch of [1, BATCH]) {
            all.push({
                benchmark: 'trip', mode: 'sample', unit: 'ns/op', params: { batch: String(batch) },
                fork: await withWorker('trip', options, trips(batch)),
            });
        }
        return all;
    },
    start: async (options) => [{
        benchmark: 'workerStart', mode: 'sample', unit: 'us/op', params: {},
        fork: await measure(async () => {
            const begun = now();
            const worker = new Worker(SMALL, { eval: true });
            worker.postMessage(0);
            const [[when]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
            return Number(when - begun) / 1e3;
        }, options),
    }],
};

/** The worker's part, by the same names. */
const parts = {
    stream: (message) => {
        if (message === MESSAGES - 1) {
            parentPort.postMessage(now());
        }
    },
    trip: (message) => parentPort.postMessage(message),
};

if (isMainThread) {
    const options = commandLine();
    for (const name of options.names) {
        assert.ok(Object.hasOwn(kinds, name), `nothing is called ${name}`);
    }
    for (const name of options.names) {
        for (const result of await kinds[name](options)) {
            show(result);
            add(options, [result]);
        }
    }
} else {
    const part = parts[workerData];
    parentPort.on('message', (message) => {
        if (message === STOP) {
            parentPort.close();
        } else {
            part(message);
        }
    });
}
