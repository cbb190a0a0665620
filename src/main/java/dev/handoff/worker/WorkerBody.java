package dev.handoff.worker;

import org.jspecify.annotations.Nullable;

/**
 * What a worker does: runs once on the worker's thread. The handlers that it attaches keep the worker alive after it has
 * returned.
 *
 * @param <I> the type of the messages from the parent
 * @param <O> the type of the messages to the parent
 * @param <D> the type of the worker's data
 */
@FunctionalInterface
public interface WorkerBody<I, O, D extends @Nullable Object> {
    /**
     * Runs the worker. Everything that it shares with its parent should come through the scope; what a lambda captures is
     * shared without any protection.
     *
     * @param scope the worker's side of things, for its own thread
     * @throws Exception whatever ends the worker, with an error and exit code 1
     */
    void run(WorkerScope<I, O, D> scope) throws Exception;
}
