package dev.handoff.pool;

import dev.handoff.worker.WorkerScope;
import org.jspecify.annotations.Nullable;

/**
 * Makes the handler of each worker, and so its state: connections, caches, compiled models. It runs on the worker's own
 * thread before the worker takes its first task, so this is also where a worker warms up.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
@FunctionalInterface
public interface HandlerFactory<T, R extends @Nullable Object> {
    /**
     * Makes the handler of one worker.
     *
     * @param worker the worker
     * @return its handler
     * @throws Exception if it can't be made: the worker ends and another one tries, up to
     *     {@link PoolOptions#startAttempts} times in a row
     */
    TaskHandler<T, R> create(WorkerScope<?, ?, ?> worker) throws Exception;
}
