package dev.handoff.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many tasks were submitted, and whether more are: one word, so that no task comes in after the last one. It lies on
 * lines of its own, as workers read what lies around it.
 */
final class Entrance {
    private static final long CLOSED = 1;
    private static final long ONE = 2;
    /** Two lines, as they are fetched in pairs. */
    private static final int AT = 16;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words = new long[32];

    /** The number of the next task. */
    long count() {
        return word() >> 1;
    }

    boolean isClosed() {
        return (word() & CLOSED) != 0;
    }

    /** Lets the task of this number in; false if another one has it, or this is closed. */
    boolean enter(long number) {
        return WORD.compareAndSet(words, AT, number * ONE, (number + 1) * ONE);
    }

    void close() {
        var _ = (long) WORD.getAndBitwiseOr(words, AT, CLOSED);
    }

    private long word() {
        return (long) WORD.getVolatile(words, AT);
    }
}
