package dev.handoff.pool;

import dev.handoff.memory.Transferable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How a task is done. Immutable; each method returns a changed copy. */
public final class TaskOptions {
    /** No limit of time. */
    static final long NEVER = Long.MAX_VALUE;
    private static final TaskOptions DEFAULTS = new TaskOptions(null);

    private @Nullable String name;
    private List<Transferable> transfer = List.of();
    private long runNanos = NEVER;
    private long totalNanos = NEVER;
    private int priority;
    private @Nullable Object key;
    private @Nullable Retry retry;
    private @Nullable Consumer<Object> onProgress;

    private TaskOptions(@Nullable TaskOptions other) {
        if (other != null) {
            name = other.name;
            transfer = other.transfer;
            runNanos = other.runNanos;
            totalNanos = other.totalNanos;
            priority = other.priority;
            key = other.key;
            retry = other.retry;
            onProgress = other.onProgress;
        }
    }

    private TaskOptions with(Consumer<TaskOptions> change) {
        TaskOptions changed = new TaskOptions(this); // nobody else has it yet
        change.accept(changed);
        return changed;
    }

    /**
     * The options to start from: nothing moves, there is no deadline, the priority is 0, retries are the pool's.
     *
     * @return the options
     */
    public static TaskOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Names the task, for messages, events and thread dumps.
     *
     * @param name the name; it need not be unique
     * @return the changed options
     */
    public TaskOptions name(String name) {
        Objects.requireNonNull(name, "name");
        return with(o -> o.name = name);
    }

    /**
     * Says what moves to the worker instead of being copied. Such options are for one task.
     *
     * @param transfer what to move; the handles are gone when the task has been submitted, in it or not
     * @return the changed options
     */
    public TaskOptions transfer(Transferable... transfer) {
        List<Transferable> all = List.of(transfer);
        return with(o -> o.transfer = all);
    }

    /**
     * Limits how long the task may run; the time that it waits in the queue does not count. When it is over the future
     * fails with a {@link TaskTimeoutException}, and the handler is asked to stop as it is by a cancellation.
     *
     * @param limit how long
     * @return the changed options
     * @throws IllegalArgumentException if it is not positive
     */
    public TaskOptions runTime(Duration limit) {
        long nanos = positive("a limit of run time", limit);
        return with(o -> o.runNanos = nanos);
    }

    /**
     * Limits how long the caller has to wait: from the moment at which the task is submitted, in the queue, running and
     * between attempts. When it is over the future fails with a {@link TaskTimeoutException}; a task that still waits is
     * taken from the queue.
     *
     * @param limit how long
     * @return the changed options
     * @throws IllegalArgumentException if it is not positive
     */
    public TaskOptions totalTime(Duration limit) {
        long nanos = positive("a limit of total time", limit);
        return with(o -> o.totalNanos = nanos);
    }

    private static long positive(String what, Duration limit) {
        if (!limit.isPositive()) {
            throw new IllegalArgumentException(what + " must be positive; this one is " + limit);
        }
        return TimeUnit.NANOSECONDS.convert(limit); // saturates
    }

    /**
     * Tells which tasks go first in a pool whose queue is {@link PoolOptions.Queueing#PRIORITY}; in others it has no effect.
     *
     * @param priority a higher one goes first; among equals it is first come, first served
     * @return the changed options
     */
    public TaskOptions priority(int priority) {
        return with(o -> o.priority = priority);
    }

    /**
     * Tells a {@link Balancer} what the task belongs to: a session, a shard.
     *
     * @param key whose {@code hashCode} and {@code equals} tell what belongs together
     * @return the changed options
     */
    public TaskOptions key(Object key) {
        Objects.requireNonNull(key, "key");
        return with(o -> o.key = key);
    }

    /**
     * Says when the task is begun again, instead of what the pool's options say.
     *
     * @param retry the rule
     * @return the changed options
     */
    public TaskOptions retry(Retry retry) {
        Objects.requireNonNull(retry, "retry");
        return with(o -> o.retry = retry);
    }

    /**
     * Attaches a listener to what the handler tells by {@link TaskContext#progress}. It runs on virtual threads, one at a
     * time, in order; the task's future is complete only when it has heard everything.
     *
     * @param listener gets the worker's clones
     * @return the changed options
     */
    public TaskOptions onProgress(Consumer<Object> listener) {
        Objects.requireNonNull(listener, "listener");
        return with(o -> o.onProgress = listener);
    }

    @Nullable
    String name() {
        return name;
    }

    Transferable[] transfer() {
        return transfer.toArray(Transferable[]::new);
    }

    boolean movesNothing() {
        return transfer.isEmpty();
    }

    /** In nanoseconds, as is the next. */
    long runTime() {
        return runNanos;
    }

    long totalTime() {
        return totalNanos;
    }

    int priority() {
        return priority;
    }

    @Nullable
    Object key() {
        return key;
    }

    @Nullable
    Retry retry() {
        return retry;
    }

    @Nullable
    Consumer<Object> onProgress() {
        return onProgress;
    }
}
