package dev.handoff.pool;

import org.jspecify.annotations.Nullable;

/** A worker ended under a task. Its cause is the worker's error, if there was one. */
public final class WorkerLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** How many workers the task has lost. */
    private final int crashes;

    WorkerLostException(String message, int crashes, @Nullable Throwable cause) {
        super(message, cause);
        this.crashes = crashes;
    }

    /**
     * How many workers this task has lost. One that has lost {@link PoolOptions#quarantineAfter} workers is not begun again
     * whatever its {@link Retry} says.
     *
     * @return how many, this one included
     */
    public int crashes() {
        return crashes;
    }
}
