package dev.handoff.pool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Names one of several handlers of a pool, with the types of its tasks and results. Two keys are never equal; keep one in a
 * {@code static final} field.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
@SuppressWarnings("UnusedTypeParameter") // for those who submit
public final class TaskKey<T, R extends @Nullable Object> {
    private final String name;

    private TaskKey(String name) {
        this.name = name;
    }

    /**
     * Makes a key.
     *
     * @param name its name, for messages
     * @param <T> the type of the tasks
     * @param <R> the type of the results
     * @return the key
     */
    public static <T, R extends @Nullable Object> TaskKey<T, R> of(String name) {
        return new TaskKey<>(Objects.requireNonNull(name, "name"));
    }

    @Override
    public String toString() {
        return name;
    }
}
