package dev.handoff.pool;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * When a task that failed is begun again. Immutable.
 *
 * <p>
 * Each attempt gets the same input as the one before, with whatever the handler changed in it; handles in it have moved, so
 * that the next worker can claim them. Where one was closed or moved away the task is not begun again. Run times count anew
 * for each attempt, a total time for all.
 *
 * @param attempts how often a task is begun at most, 1 or more
 * @param backoff how long to wait before the second attempt; before each further one it is twice as long, and all are
 *     shortened by up to a half at random, lest all that failed together come back together
 * @param on what is worth it: asked with the exception that the handler threw, or a {@link WorkerLostException}, on an
 *     unspecified thread
 */
public record Retry(int attempts, Duration backoff, Predicate<? super Throwable> on) {
    private static final Retry NEVER = new Retry(1, Duration.ZERO, _ -> false);

    /**
     * Checks what it is made of.
     *
     * @throws IllegalArgumentException if there is no attempt, or the backoff is negative
     */
    public Retry {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts=" + attempts + " must be 1 or more");
        }
        if (backoff.isNegative()) {
            throw new IllegalArgumentException("a backoff can't be negative; this one is " + backoff);
        }
        Objects.requireNonNull(on, "on");
    }

    /**
     * A task is begun once.
     *
     * @return that, the default
     */
    public static Retry never() {
        return NEVER;
    }

    /**
     * A task is begun again when it has failed with certain exceptions.
     *
     * @param attempts how often a task is begun at most
     * @param backoff how long to wait before the second attempt
     * @param on the classes of the exceptions
     * @return the rule
     * @throws IllegalArgumentException if there is no attempt, or the backoff is negative
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // it is only read
    public static Retry on(int attempts, Duration backoff, Class<? extends Throwable>... on) {
        java.util.List<Class<? extends Throwable>> all = java.util.List.of(on);
        return new Retry(attempts, backoff, e -> all.stream().anyMatch(c -> c.isInstance(e)));
    }
}
