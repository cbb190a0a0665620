/**
 * Worker threads, structured clone, zero-copy transfer with explicit ownership, and shared memory with atomics and
 * futex-style waiting.
 */
module dev.handoff {
    requires jdk.jfr;
    requires static jdk.management;
    requires static org.jspecify;

    exports dev.handoff;
    exports dev.handoff.channel;
    exports dev.handoff.clone;
    exports dev.handoff.concurrent;
    exports dev.handoff.kernel;
    exports dev.handoff.memory;
    exports dev.handoff.pool;
    exports dev.handoff.sync;
    exports dev.handoff.worker;
}
