package dev.handoff.pool;

import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A pool did not take a task: it was full or closed, or its workers could not be started. Everything is still the sender's. */
public final class TaskRejectedException extends RejectedExecutionException {
    private static final long serialVersionUID = 1;

    TaskRejectedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
