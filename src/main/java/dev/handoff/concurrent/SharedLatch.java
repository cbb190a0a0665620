package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A countdown latch in a {@link SharedBuffer}, for the threads of one process or of several: it opens when its count has
 * reached 0, and stays open. One-shot: there is no way back.
 *
 * <p>
 * What a thread did before {@code countDown} happens-before what a thread does after it has found the latch open.
 * {@code countDown} is lock-free; virtual threads that wait are not pinned.
 *
 * <p>
 * What a process that died would have counted down stays to be counted: to notice, wait with a timeout. One that dies in
 * the last {@code countDown}, after the latch is open and before it has woken anybody, delays those that wait in mapped
 * memory by 50 ms at most: they look again that often.
 */
public final class SharedLatch {
    private static final long IDENTITY = Preamble.identity("LTCH");
    private static final String WHAT = "SharedLatch";

    private static final VarHandle COUNT = ValueLayout.JAVA_INT.varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;
    private final EventCount opened;

    private SharedLatch(SharedBuffer buffer, long byteOffset) {
        memory = Preamble.slice(buffer, byteOffset, LatchLayout.BYTES, WHAT);
        opened = new EventCount(buffer, byteOffset + LatchLayout.EVENT_OFFSET);
    }

    private SharedLatch(MemorySegment memory, EventCount opened) {
        this.memory = memory;
        this.opened = opened;
    }

    /**
     * The memory that a latch takes.
     *
     * @return bytes
     */
    public static long bytes() {
        return LatchLayout.BYTES;
    }

    /**
     * Makes a latch.
     *
     * @param buffer where
     * @param byteOffset where it begins, a multiple of 8
     * @param count how often {@link #countDown} has to be called, 0 or more
     * @return the latch
     * @throws IllegalArgumentException if {@code count} is negative, or the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the latch is not inside the buffer
     * @throws IllegalStateException if the first 8 bytes are not zero: something is there, or is being created
     */
    public static SharedLatch create(SharedBuffer buffer, long byteOffset, int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count=" + count + " must not be negative");
        }
        MemorySegment memory = Preamble.create(buffer, byteOffset, LatchLayout.BYTES, WHAT);
        memory.asSlice(Preamble.BYTES).fill((byte) 0);
        COUNT.set(memory, LatchLayout.COUNT_OFFSET, count);
        Preamble.publish(memory, IDENTITY, count);
        return new SharedLatch(buffer, byteOffset);
    }

    /**
     * Finds a latch that was created before, by any thread of any process.
     *
     * @param buffer where
     * @param byteOffset where it begins
     * @return the latch
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the latch is not inside the buffer
     * @throws IllegalStateException if no latch is there (yet)
     */
    public static SharedLatch attach(SharedBuffer buffer, long byteOffset) {
        Preamble.parameter(buffer, byteOffset, IDENTITY, WHAT);
        return new SharedLatch(buffer, byteOffset);
    }

    /** Counts down by one; the latch opens at 0. Does nothing if it is open. */
    public void countDown() {
        int count;
        do {
            count = count();
            if (count == 0) {
                return;
            }
        } while (!COUNT.weakCompareAndSet(memory, LatchLayout.COUNT_OFFSET, count, count - 1));
        if (count == 1) {
            opened.signal(Integer.MAX_VALUE);
        }
    }

    /**
     * Waits until the latch is open, for as long as it takes.
     *
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     */
    public void await() throws InterruptedException {
        await(Long.MAX_VALUE);
    }

    /**
     * Waits until the latch is open, for a time at most.
     *
     * @param timeout how long; zero or less does not wait
     * @return whether it is open
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     */
    public boolean await(Duration timeout) throws InterruptedException {
        return await(TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    private boolean await(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        long begun = System.nanoTime();
        return opened.idle(() -> count() == 0, nanos)
                || opened.await(() -> count() == 0, EventCount.left(nanos, begun));
    }

    /**
     * How often {@link #countDown} still has to be called.
     *
     * @return 0 if the latch is open
     */
    public int count() {
        return (int) COUNT.getVolatile(memory, LatchLayout.COUNT_OFFSET); // pairs with the CAS in countDown()
    }

    /**
     * The same latch, for callers who wait in another way; the default is {@link IdleStrategy#adaptive}.
     *
     * @param idle what a thread does while it waits and before it parks
     * @return an object over the same memory
     */
    public SharedLatch withIdle(IdleStrategy idle) {
        return new SharedLatch(memory, opened.withIdle(idle));
    }

    @Override
    public String toString() {
        return "SharedLatch[count=" + count() + "]";
    }
}
