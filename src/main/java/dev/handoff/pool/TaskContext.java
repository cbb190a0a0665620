package dev.handoff.pool;

import dev.handoff.memory.Transferable;
import dev.handoff.worker.WorkerScope;
import java.util.concurrent.CancellationException;

/**
 * A task as its handler sees it. Thread-safe; it stands for this one task, also after that is over.
 */
public interface TaskContext {
    /**
     * Whether nobody waits for the result any more: the task was cancelled, or a deadline has passed. The handler's thread
     * is interrupted then as well. A handler that goes on for longer than the pool's {@linkplain PoolOptions#gracePeriod
     * grace period} loses its worker.
     *
     * @return true from then on
     */
    boolean cancelled();

    /**
     * Returns, or throws if the task is {@link #cancelled}.
     *
     * @throws CancellationException if nobody waits for the result any more
     */
    void checkCancelled();

    /**
     * Tells the listener of {@link TaskOptions#onProgress} how far the task is; does nothing where there is none.
     *
     * @param progress what to tell, cloned before this returns; handles in it move
     * @throws dev.handoff.clone.DataCloneException if it can't be cloned
     */
    void progress(Object progress);

    /**
     * Gives one of many results of a task that was submitted by {@link WorkerPool#stream} or {@link WorkerPool#publisher},
     * and waits while more than a few of them have not been taken.
     *
     * @param value the value, cloned before it is given
     * @param transfer what to move
     * @throws IllegalStateException if the task was submitted in another way
     * @throws CancellationException if nobody takes values any more, or the thread is interrupted
     * @throws dev.handoff.clone.DataCloneException if the value can't be cloned; nothing was taken
     */
    void emit(Object value, Transferable... transfer);

    /**
     * How often the task has been begun.
     *
     * @return 1, or more if it was {@linkplain Retry retried}
     */
    int attempt();

    /**
     * What the task was called.
     *
     * @return the name of its options, else one made of its pool's
     */
    String name();

    /**
     * The worker that does the task.
     *
     * @return its scope
     * @throws IllegalStateException if the thread that submitted the task does it ({@link PoolOptions.Overflow#CALLER_RUNS})
     */
    WorkerScope<?, ?, ?> worker();
}
