package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A counting semaphore in a {@link SharedBuffer}, for the threads of one process or of several.
 *
 * <p>
 * It holds a number of permits, 0 to {@link Integer#MAX_VALUE}. A permit has no owner: any thread may release, and what a
 * process that died had acquired stays acquired. It is not fair: a thread that comes along may get permits before those
 * that wait, and one that waits for many may wait as long as others take few. Virtual threads that wait are not pinned.
 *
 * <p>
 * What a thread did before {@code release} happens-before what a thread does after it has acquired one of those permits.
 * Where nobody has to wait, {@code acquire} and {@code release} are lock-free, as {@code tryAcquire} and
 * {@code drainPermits} always are.
 *
 * <p>
 * A process that dies in {@code release}, after the permits are there and before it has woken anybody, delays those that
 * wait in mapped memory by 50 ms at most: they look again that often. One that dies while it waits goes on being counted
 * as a waiter, so that each later release takes the time of a wake.
 */
public final class SharedSemaphore {
    /*
     * A waiter announces itself, then looks for permits, then sleeps; a release adds the permits, then looks for waiters,
     * then signals. All of these are volatile, so one of the two sees the other (EventCount says why none is lost in
     * between). As many are woken as there are new permits, since each wants at least one; but if somebody waits for
     * several, he might be woken in vain in the place of one who could go on, so all are.
     *
     * A waiter that gives up may have been woken in the place of another one, so it wakes another one.
     */
    private static final long IDENTITY = Preamble.identity("SEMA");
    private static final String WHAT = "SharedSemaphore";

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;
    private final EventCount released;

    private SharedSemaphore(SharedBuffer buffer, long byteOffset) {
        memory = Preamble.slice(buffer, byteOffset, SemaphoreLayout.BYTES, WHAT);
        released = new EventCount(buffer, byteOffset + SemaphoreLayout.EVENT_OFFSET);
    }

    private SharedSemaphore(MemorySegment memory, EventCount released) {
        this.memory = memory;
        this.released = released;
    }

    /**
     * The memory that a semaphore takes.
     *
     * @return bytes
     */
    public static long bytes() {
        return SemaphoreLayout.BYTES;
    }

    /**
     * Makes a semaphore.
     *
     * @param buffer where
     * @param byteOffset where it begins, a multiple of 8
     * @param permits how many it holds at first, 0 or more
     * @return the semaphore
     * @throws IllegalArgumentException if {@code permits} is negative, or the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the semaphore is not inside the buffer
     * @throws IllegalStateException if the first 8 bytes are not zero: something is there, or is being created
     */
    public static SharedSemaphore create(SharedBuffer buffer, long byteOffset, int permits) {
        checkPermits(permits);
        MemorySegment memory = Preamble.create(buffer, byteOffset, SemaphoreLayout.BYTES, WHAT);
        memory.asSlice(Preamble.BYTES).fill((byte) 0);
        INT.set(memory, SemaphoreLayout.PERMITS_OFFSET, permits);
        Preamble.publish(memory, IDENTITY, permits);
        return new SharedSemaphore(buffer, byteOffset);
    }

    /**
     * Finds a semaphore that was created before, by any thread of any process.
     *
     * @param buffer where
     * @param byteOffset where it begins
     * @return the semaphore
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the semaphore is not inside the buffer
     * @throws IllegalStateException if no semaphore is there (yet)
     */
    public static SharedSemaphore attach(SharedBuffer buffer, long byteOffset) {
        Preamble.parameter(buffer, byteOffset, IDENTITY, WHAT);
        return new SharedSemaphore(buffer, byteOffset);
    }

    /**
     * Takes one permit, waiting for as long as it takes.
     *
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     */
    public void acquire() throws InterruptedException {
        acquire(1);
    }

    /**
     * Takes some permits, all at once, waiting for as long as it takes.
     *
     * @param permits how many, 0 or more
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalArgumentException if {@code permits} is negative
     */
    public void acquire(int permits) throws InterruptedException {
        tryAcquire(permits, Long.MAX_VALUE);
    }

    /**
     * Takes one permit if there is one now.
     *
     * @return whether it did
     */
    public boolean tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes some permits if there are as many now.
     *
     * @param permits how many, 0 or more
     * @return whether it did; if not, it took none
     * @throws IllegalArgumentException if {@code permits} is negative
     */
    public boolean tryAcquire(int permits) {
        checkPermits(permits);
        return take(permits);
    }

    /**
     * Takes some permits, all at once, waiting for a time at most.
     *
     * @param permits how many, 0 or more
     * @param timeout how long; zero or less does not wait
     * @return whether it did; if not, it took none
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalArgumentException if {@code permits} is negative
     */
    public boolean tryAcquire(int permits, Duration timeout) throws InterruptedException {
        return tryAcquire(permits, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    private boolean tryAcquire(int permits, long nanos) throws InterruptedException {
        checkPermits(permits);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (take(permits)) {
            return true;
        }
        long begun = System.nanoTime();
        return released.idle(() -> take(permits), nanos) || acquireSlowly(permits, EventCount.left(nanos, begun));
    }

    private boolean acquireSlowly(int permits, long nanos) throws InterruptedException {
        boolean bulk = permits > 1;
        addWaiter(bulk, 1);
        boolean acquired = false;
        try {
            acquired = released.await(() -> take(permits), nanos);
            return acquired;
        } finally {
            addWaiter(bulk, -1);
            if (!acquired) {
                signal(1); // the wake that this thread may have got is another one's now
            }
        }
    }

    private void addWaiter(boolean bulk, int n) {
        if (bulk) {
            int _ = (int) INT.getAndAdd(memory, SemaphoreLayout.BULK_WAITERS_OFFSET, n);
        }
        int _ = (int) INT.getAndAdd(memory, SemaphoreLayout.WAITERS_OFFSET, n); // before the look for permits
    }

    private boolean take(int permits) {
        while (true) {
            int available = availablePermits();
            if (available < permits) {
                return false;
            }
            if (INT.weakCompareAndSet(memory, SemaphoreLayout.PERMITS_OFFSET, available, available - permits)) {
                return true;
            }
        }
    }

    /** Gives one permit back. */
    public void release() {
        release(1);
    }

    /**
     * Gives some permits back, or adds them.
     *
     * @param permits how many, 0 or more
     * @throws IllegalArgumentException if {@code permits} is negative
     * @throws IllegalStateException if there would be more than {@link Integer#MAX_VALUE}; then none is added
     */
    public void release(int permits) {
        checkPermits(permits);
        int available;
        do {
            available = availablePermits();
            if (available + permits < 0) {
                throw new IllegalStateException("permits=" + permits + " on top of " + available
                        + " are more than a semaphore holds");
            }
        } while (!INT.weakCompareAndSet(memory, SemaphoreLayout.PERMITS_OFFSET, available, available + permits));
        if ((int) INT.getVolatile(memory, SemaphoreLayout.WAITERS_OFFSET) > 0) { // after the addition of the permits
            signal(permits);
        }
    }

    private void signal(int permits) {
        boolean bulk = (int) INT.getVolatile(memory, SemaphoreLayout.BULK_WAITERS_OFFSET) > 0;
        released.signal(bulk ? Integer.MAX_VALUE : permits);
    }

    /**
     * Takes all permits that there are now.
     *
     * @return how many
     */
    public int drainPermits() {
        return (int) INT.getAndSet(memory, SemaphoreLayout.PERMITS_OFFSET, 0);
    }

    /**
     * How many permits there are at this moment.
     *
     * @return 0 or more
     */
    public int availablePermits() {
        return (int) INT.getVolatile(memory, SemaphoreLayout.PERMITS_OFFSET);
    }

    private static void checkPermits(int permits) {
        if (permits < 0) {
            throw new IllegalArgumentException("permits=" + permits + " must not be negative");
        }
    }

    /**
     * The same semaphore, for callers who wait in another way; the default is {@link IdleStrategy#adaptive}.
     *
     * @param idle what a thread does while it waits and before it parks
     * @return an object over the same memory
     */
    public SharedSemaphore withIdle(IdleStrategy idle) {
        return new SharedSemaphore(memory, released.withIdle(idle));
    }

    @Override
    public String toString() {
        return "SharedSemaphore[" + availablePermits() + " permits]";
    }
}
