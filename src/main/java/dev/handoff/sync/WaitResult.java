package dev.handoff.sync;

/**
 * How a wait on a word of memory ended: the three results of
 * <a href="https://tc39.es/ecma262/#sec-atomics.wait">{@code Atomics.wait}</a>.
 */
public enum WaitResult {
    /** Another thread woke the waiter. */
    WOKEN,
    /** The word did not hold the expected value on entry, so there was no wait. */
    NOT_EQUAL,
    /** The time was up before a wake came. */
    TIMED_OUT
}
