package dev.handoff.pool;

import dev.handoff.memory.OwnedBuffer;

/** What {@link WorkerPool#forEachPart} does with each part of a buffer. */
@FunctionalInterface
public interface PartKernel {
    /**
     * Works on one part in place. It is shared by all workers, so it must not change what it captures.
     *
     * @param part the part, which the worker owns from its first use until this returns; it must not be split, resized,
     *     frozen, shared, moved or closed
     * @param index the number of the part, from 0
     * @param context the task
     * @throws Exception what the whole fails with
     */
    void run(OwnedBuffer part, int index, TaskContext context) throws Exception;
}
