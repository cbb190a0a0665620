package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A cyclic barrier in a {@link SharedBuffer}, for the threads of one process or of several: a number of parties wait for
 * each other, again and again.
 *
 * <p>
 * As with {@link java.util.concurrent.CyclicBarrier} it is all or none: a party that is interrupted or whose time is up
 * while it waits breaks the barrier, and all others that wait or come later get a {@link BrokenBarrierException}. Unlike
 * that one, it stays broken: there is no reset, since nobody could tell when the last one has left the old round; and it
 * runs no action, which would have to be the same in all processes. The one whose arrival index is 0 can do it. A
 * party whose process dies does not break it: to notice, wait with a timeout. The last to arrive may die before it has
 * woken anybody: that delays those that wait in mapped memory by 50 ms at most, as they look again that often.
 *
 * <p>
 * What a party did before {@code await} happens-before what any party does after its return from the same round. Virtual
 * threads that wait are not pinned.
 */
public final class SharedBarrier {
    private static final long IDENTITY = Preamble.identity("BARR");
    private static final String WHAT = "SharedBarrier";

    private static final VarHandle STATE = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;
    private final EventCount changed;
    private final int parties;

    private SharedBarrier(SharedBuffer buffer, long byteOffset, int parties) {
        memory = Preamble.slice(buffer, byteOffset, BarrierLayout.BYTES, WHAT);
        changed = new EventCount(buffer, byteOffset + BarrierLayout.EVENT_OFFSET);
        this.parties = parties;
    }

    private SharedBarrier(MemorySegment memory, EventCount changed, int parties) {
        this.memory = memory;
        this.changed = changed;
        this.parties = parties;
    }

    /**
     * The memory that a barrier takes.
     *
     * @return bytes
     */
    public static long bytes() {
        return BarrierLayout.BYTES;
    }

    /**
     * Makes a barrier.
     *
     * @param buffer where
     * @param byteOffset where it begins, a multiple of 8
     * @param parties how many wait for each other, 1 or more
     * @return the barrier
     * @throws IllegalArgumentException if {@code parties} is less than 1, or the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the barrier is not inside the buffer
     * @throws IllegalStateException if the first 8 bytes are not zero: something is there, or is being created
     */
    public static SharedBarrier create(SharedBuffer buffer, long byteOffset, int parties) {
        if (parties < 1) {
            throw new IllegalArgumentException("parties=" + parties + " must be 1 or more");
        }
        MemorySegment memory = Preamble.create(buffer, byteOffset, BarrierLayout.BYTES, WHAT);
        memory.asSlice(Preamble.BYTES).fill((byte) 0);
        Preamble.publish(memory, IDENTITY, parties);
        return new SharedBarrier(buffer, byteOffset, parties);
    }

    /**
     * Finds a barrier that was created before, by any thread of any process.
     *
     * @param buffer where
     * @param byteOffset where it begins
     * @return the barrier
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the barrier is not inside the buffer
     * @throws IllegalStateException if no barrier is there (yet), or its memory was overwritten
     */
    public static SharedBarrier attach(SharedBuffer buffer, long byteOffset) {
        long parties = Preamble.parameter(buffer, byteOffset, IDENTITY, WHAT);
        if (parties < 1 || parties > Integer.MAX_VALUE) {
            throw Preamble.overwritten(WHAT, byteOffset, "parties=" + parties);
        }
        return new SharedBarrier(buffer, byteOffset, (int) parties);
    }

    /**
     * Waits until all parties have arrived, for as long as it takes.
     *
     * @return the arrival index: {@code parties - 1} for the first to arrive, 0 for the last
     * @throws InterruptedException if this thread is interrupted on entry or while it waits; then the barrier is broken
     * @throws BrokenBarrierException if the barrier is broken, or becomes so while this thread waits
     */
    public int await() throws InterruptedException, BrokenBarrierException {
        try {
            return await(Long.MAX_VALUE);
        } catch (TimeoutException e) {
            throw new AssertionError("waits for ever", e);
        }
    }

    /**
     * Waits until all parties have arrived, for a time at most.
     *
     * @param timeout how long; zero or less does not wait
     * @return the arrival index: {@code parties - 1} for the first to arrive, 0 for the last
     * @throws InterruptedException if this thread is interrupted on entry or while it waits; then the barrier is broken
     * @throws BrokenBarrierException if the barrier is broken, or becomes so while this thread waits
     * @throws TimeoutException if the time is up; then the barrier is broken
     */
    public int await(Duration timeout) throws InterruptedException, BrokenBarrierException, TimeoutException {
        return await(TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    private int await(long nanos) throws InterruptedException, BrokenBarrierException, TimeoutException {
        if (Thread.interrupted()) {
            tryBreak(BarrierLayout.generation(state()));
            throw new InterruptedException();
        }
        long state;
        int arrived;
        do {
            state = state();
            if (BarrierLayout.isBroken(state)) {
                throw new BrokenBarrierException();
            }
            arrived = BarrierLayout.arrived(state) + 1;
        } while (!STATE.weakCompareAndSet(memory, BarrierLayout.STATE_OFFSET, state,
                arrived == parties ? BarrierLayout.next(state) : state + 1));
        if (arrived == parties) {
            changed.signal(Integer.MAX_VALUE);
            return 0;
        }
        int generation = BarrierLayout.generation(state);
        long begun = System.nanoTime();
        try {
            if (!changed.idle(() -> isOver(generation), nanos)
                    && !changed.await(() -> isOver(generation), EventCount.left(nanos, begun))
                    && tryBreak(generation)) {
                throw new TimeoutException();
            }
        } catch (InterruptedException e) {
            if (tryBreak(generation)) {
                throw e;
            }
            Thread.currentThread().interrupt(); // it came after the round was over, so it is not this wait's
        }
        if (BarrierLayout.generation(state()) == generation) {
            throw new BrokenBarrierException();
        }
        return parties - arrived;
    }

    private boolean isOver(int generation) {
        long state = state();
        return BarrierLayout.generation(state) != generation || BarrierLayout.isBroken(state);
    }

    /** Breaks the barrier, unless that round is over or it is broken already: then it returns false. */
    private boolean tryBreak(int generation) {
        long state;
        do {
            state = state();
            if (BarrierLayout.generation(state) != generation || BarrierLayout.isBroken(state)) {
                return false;
            }
        } while (!STATE.weakCompareAndSet(memory, BarrierLayout.STATE_OFFSET, state, state | BarrierLayout.BROKEN));
        changed.signal(Integer.MAX_VALUE);
        return true;
    }

    /**
     * How many wait for each other.
     *
     * @return the parties
     */
    public int parties() {
        return parties;
    }

    /**
     * How many wait at this moment.
     *
     * @return 0 to {@code parties - 1}; those that a broken barrier let go still count
     */
    public int waiting() {
        return BarrierLayout.arrived(state());
    }

    /**
     * Whether somebody left before all were there.
     *
     * @return true once and for all
     */
    public boolean isBroken() {
        return BarrierLayout.isBroken(state());
    }

    private long state() {
        return (long) STATE.getVolatile(memory, BarrierLayout.STATE_OFFSET); // pairs with the CASes of the others
    }

    /**
     * The same barrier, for callers who wait in another way; the default is {@link IdleStrategy#adaptive}.
     *
     * @param idle what a thread does while it waits and before it parks
     * @return an object over the same memory
     */
    public SharedBarrier withIdle(IdleStrategy idle) {
        return new SharedBarrier(memory, changed.withIdle(idle), parties);
    }

    @Override
    public String toString() {
        return "SharedBarrier[" + waiting() + " of " + parties + " parties" + (isBroken() ? ", broken" : "") + "]";
    }
}
