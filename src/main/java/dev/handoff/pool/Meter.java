package dev.handoff.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What one thread of a pool writes down of its tasks, for others to read at any moment. */
@SuppressWarnings("UnusedVariable") // read through VarHandles
final class Meter {
    private static final VarHandle TICKS;
    private static final VarHandle RUN_NANOS;
    private static final VarHandle FAILED;
    private static final VarHandle CANCELLED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TICKS = lookup.findVarHandle(Meter.class, "ticks", long.class);
            RUN_NANOS = lookup.findVarHandle(Meter.class, "runNanos", long.class);
            FAILED = lookup.findVarHandle(Meter.class, "failed", long.class);
            CANCELLED = lookup.findVarHandle(Meter.class, "cancelled", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Histogram waits = new Histogram();
    final Histogram runs = new Histogram();
    /** Grows when a task is taken and when it is over, so it is odd while one runs. */
    private long ticks;
    private long runNanos;
    /** The ticks when a run was last measured. */
    private long measured;
    private long failed;
    private long cancelled;

    void waited(long nanos) {
        waits.record(nanos);
    }

    /** A task was taken. Release: who sees it sees what was done before, such as that the task was put back. */
    void taken() {
        TICKS.setRelease(this, ticks + 1);
    }

    /** A run that was measured stands for those since the last one that was. */
    void ran(long nanos) {
        runs.record(nanos);
        RUN_NANOS.setOpaque(this, runNanos + nanos * (ticks + 1 - measured >> 1));
        measured = ticks + 1;
    }

    void failed() {
        FAILED.setOpaque(this, failed + 1);
    }

    void cancelled() {
        CANCELLED.setOpaque(this, cancelled + 1);
    }

    /** The task that was taken is over. */
    void over() {
        TICKS.setRelease(this, ticks + 1);
    }

    /** How many tasks were taken; acquire, as is the next, which pair with {@link #taken} and {@link #over}. */
    long countTaken() {
        return (long) TICKS.getAcquire(this) + 1 >> 1;
    }

    long countOver() {
        return (long) TICKS.getAcquire(this) >> 1;
    }

    long countFailed() {
        return (long) FAILED.getOpaque(this);
    }

    long countCancelled() {
        return (long) CANCELLED.getOpaque(this);
    }

    long nanosRun() {
        return (long) RUN_NANOS.getOpaque(this);
    }
}
