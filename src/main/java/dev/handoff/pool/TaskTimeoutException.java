package dev.handoff.pool;

import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A task has passed a deadline. */
public final class TaskTimeoutException extends TimeoutException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Object input;

    TaskTimeoutException(String message, @Nullable Object input) {
        super(message);
        this.input = input;
    }

    /**
     * What the task would have worked on.
     *
     * @return the copy that the worker would have got, its handles unclaimed; empty if the task had begun
     */
    public Optional<Object> input() {
        return Optional.ofNullable(input);
    }
}
