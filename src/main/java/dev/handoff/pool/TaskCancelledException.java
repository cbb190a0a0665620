package dev.handoff.pool;

import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** A task was cancelled, or its pool was closed before it ran. */
public final class TaskCancelledException extends CancellationException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Object input;

    TaskCancelledException(String message, @Nullable Object input) {
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
