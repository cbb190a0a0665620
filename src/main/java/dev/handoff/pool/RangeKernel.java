package dev.handoff.pool;

import java.lang.foreign.MemorySegment;

/**
 * What {@link WorkerPool#reduce} does with each part of a shared buffer.
 *
 * @param <V> the type of the value that it makes of it
 */
@FunctionalInterface
public interface RangeKernel<V> {
    /**
     * Makes a value of one part. It is shared by all workers, so it must not change what it captures.
     *
     * @param part the bytes of the part; other parts are for others
     * @param index the number of the part, from 0
     * @param context the task
     * @return the value, which is passed on as it is
     * @throws Exception what the whole fails with
     */
    V run(MemorySegment part, int index, TaskContext context) throws Exception;
}
