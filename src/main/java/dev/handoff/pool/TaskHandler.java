package dev.handoff.pool;

import org.jspecify.annotations.Nullable;

/**
 * What a pool does with its tasks. One that is also {@link AutoCloseable} is closed when its worker
 * ends, or when the pool has ended if all its workers share it.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
@FunctionalInterface
public interface TaskHandler<T, R extends @Nullable Object> {
    /**
     * Does one task, on a worker. A handler that was made by a {@link HandlerFactory} runs on its own worker only: one task
     * at a time, unless the pool was made to do {@linkplain PoolOptions#tasksPerWorker several}.
     *
     * @param task the worker's own copy; handles in it are unclaimed
     * @param context the task as its handler sees it
     * @return the result, which is cloned when this has returned; owned buffers and ports in it move
     * @throws Exception whatever the task's future fails with
     */
    R handle(T task, TaskContext context) throws Exception;
}
