package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * A mutual exclusion lock in a {@link SharedBuffer}, for the threads of one process or of several.
 *
 * <p>
 * It knows its owner, a thread of a process: only the owner unlocks. It is not reentrant: an owner that locks again gets
 * an {@link IllegalMonitorStateException} instead of waiting for itself for ever, and {@code tryLock()} returns false. It
 * is not fair: a thread that comes along may get in before those that wait. Virtual threads that wait are not pinned.
 * There are no conditions.
 *
 * <p>
 * What a thread did before {@code unlock} happens-before what the next owner does after it has locked. Locking and
 * unlocking where nobody else wants to are one atomic instruction each; {@code tryLock()} and {@code unlock} are
 * lock-free.
 *
 * <p>
 * <b>An owner that dies</b> leaves the mutex locked. If its whole process has died, {@link #tryTakeOver} makes the caller
 * the owner; the death of a thread inside of a process that lives goes unnoticed, as with {@code java.util.concurrent}.
 * Processes know each other by their ids. So they have to see each other (containers that share memory must share their
 * process ids), and a process that was given the id of a dead one hides that death, as does a parent that does not wait
 * for its dead child. One that dies in {@code unlock}, after the mutex is free and before it has woken anybody, delays
 * those that wait in mapped memory by 50 ms at most: they look again that often.
 */
public final class SharedMutex implements Lock {
    /*
     * The futex mutex of three states (Drepper, "Futexes Are Tricky", 2011, section 5): free, locked, locked with waiters.
     * As in the kernel's robust futexes, "locked" is the identity of the owner, so that there is no moment at which
     * it is locked and nobody knows by whom, and a takeover is one CAS.
     *
     * An unlock frees the mutex together with the mark that there are waiters, and signals if the mark was there. A
     * waiter sets the mark and then sleeps; one that was woken locks with the mark set, as it can't know whether it was
     * the last. A waiter that gives up may have been the one that an unlock woke, so it wakes another one.
     *
     * lock, acquire, pairs with unlock, release. The mark needs no more than that, as it is in the same word.
     */
    private static final long IDENTITY = Preamble.identity("MUTX");
    private static final String WHAT = "SharedMutex";
    private static final long FREE = 0;
    private static final long PROCESS = ProcessHandle.current().pid();

    private static final VarHandle OWNER = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;
    private final EventCount unlocked;

    private SharedMutex(SharedBuffer buffer, long byteOffset) {
        memory = Preamble.slice(buffer, byteOffset, MutexLayout.BYTES, WHAT);
        unlocked = new EventCount(buffer, byteOffset + MutexLayout.EVENT_OFFSET);
    }

    private SharedMutex(MemorySegment memory, EventCount unlocked) {
        this.memory = memory;
        this.unlocked = unlocked;
    }

    /**
     * The memory that a mutex takes.
     *
     * @return bytes
     */
    public static long bytes() {
        return MutexLayout.BYTES;
    }

    /**
     * Makes a mutex, not locked.
     *
     * @param buffer where
     * @param byteOffset where it begins, a multiple of 8
     * @return the mutex
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the mutex is not inside the buffer
     * @throws IllegalStateException if the first 8 bytes are not zero: something is there, or is being created
     */
    public static SharedMutex create(SharedBuffer buffer, long byteOffset) {
        MemorySegment memory = Preamble.create(buffer, byteOffset, MutexLayout.BYTES, WHAT);
        memory.asSlice(Preamble.BYTES).fill((byte) 0);
        Preamble.publish(memory, IDENTITY, 0);
        return new SharedMutex(buffer, byteOffset);
    }

    /**
     * Finds a mutex that was created before, by any thread of any process.
     *
     * @param buffer where
     * @param byteOffset where it begins
     * @return the mutex
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the mutex is not inside the buffer
     * @throws IllegalStateException if no mutex is there (yet)
     */
    public static SharedMutex attach(SharedBuffer buffer, long byteOffset) {
        Preamble.parameter(buffer, byteOffset, IDENTITY, WHAT);
        return new SharedMutex(buffer, byteOffset);
    }

    /**
     * Locks, waiting for as long as it takes. An interrupt does not end the wait; it is still set afterwards.
     *
     * @throws IllegalMonitorStateException if this thread is the owner already
     */
    @Override
    public void lock() {
        if (tryLock()) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    lockSlowly(Long.MAX_VALUE);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Locks, waiting for as long as it takes or until the thread is interrupted.
     *
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalMonitorStateException if this thread is the owner already
     */
    @Override
    public void lockInterruptibly() throws InterruptedException {
        tryLock(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    /**
     * Locks if that is possible at once.
     *
     * @return whether it did; false also if this thread is the owner already
     */
    @Override
    public boolean tryLock() {
        return take(caller());
    }

    /**
     * Locks, waiting for a time at most.
     *
     * @param time how long; zero or less does not wait, {@link Long#MAX_VALUE} nanoseconds are for ever
     * @param unit the unit of {@code time}
     * @return whether it did
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalMonitorStateException if this thread is the owner already
     */
    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        long nanos = unit.toNanos(time); // saturates
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return tryLock() || lockSlowly(nanos);
    }

    private boolean take(long word) {
        // Acquire: pairs with the release in unlock().
        return (long) OWNER.compareAndExchangeAcquire(memory, MutexLayout.OWNER_OFFSET, FREE, word) == FREE;
    }

    private boolean lockSlowly(long nanos) throws InterruptedException {
        long caller = caller();
        if (isOwner(caller)) {
            throw new IllegalMonitorStateException("not reentrant, and this thread is the owner already: " + this);
        }
        long begun = System.nanoTime();
        if (unlocked.idle(() -> isFree() && take(caller), nanos)) {
            return true;
        }
        boolean locked = false;
        try {
            locked = unlocked.await(() -> takeOrAnnounce(caller | MutexLayout.WAITERS),
                    EventCount.left(nanos, begun));
            return locked;
        } finally {
            if (!locked) {
                unlocked.signal(1); // the wake that this thread may have got is another one's now
            }
        }
    }

    /** Locks; or makes sure that the owner knows of a waiter. */
    private boolean takeOrAnnounce(long word) {
        while (true) {
            long found = (long) OWNER.getVolatile(memory, MutexLayout.OWNER_OFFSET); // after the read of the event
                                                                                     // count
            if (found == FREE) {
                if (take(word)) {
                    return true;
                }
            } else if ((found & MutexLayout.WAITERS) != 0 || OWNER.weakCompareAndSet(memory, MutexLayout.OWNER_OFFSET,
                    found, found | MutexLayout.WAITERS)) {
                return false;
            }
        }
    }

    /**
     * Unlocks.
     *
     * @throws IllegalMonitorStateException if this thread is not the owner
     */
    @Override
    public void unlock() {
        long caller = caller();
        // Release: pairs with the acquire in take().
        long found = (long) OWNER.compareAndExchangeRelease(memory, MutexLayout.OWNER_OFFSET, caller, FREE);
        if (found == caller) {
            return;
        }
        if (MutexLayout.owner(found) != caller) {
            throw new IllegalMonitorStateException("this thread is not the owner: " + this);
        }
        OWNER.setRelease(memory, MutexLayout.OWNER_OFFSET, FREE); // as above; the mark is set, so nobody else writes
        unlocked.signal(1);
    }

    /**
     * Makes the caller the owner if the process of the present owner has died. What the mutex protects may then be in any
     * state: the dead owner may have been in the middle of changing it.
     *
     * @return whether the caller is the owner now, and has to unlock; false if the mutex is free, or if the owner's process
     *     is this one, is alive, or can't be told
     */
    public boolean tryTakeOver() {
        while (true) {
            long found = (long) OWNER.getAcquire(memory, MutexLayout.OWNER_OFFSET);
            long process = MutexLayout.process(found);
            if (process == 0 || ProcessHandle.of(process).filter(ProcessHandle::isAlive).isPresent()) {
                return false;
            }
            // With the mark: there may be waiters. It fails where one has just announced itself, or another
            // took over.
            if (OWNER.compareAndSet(memory, MutexLayout.OWNER_OFFSET, found, caller() | MutexLayout.WAITERS)) {
                return true;
            }
        }
    }

    /**
     * Whether anybody holds it at this moment.
     *
     * @return false if it is free
     */
    public boolean isLocked() {
        return !isFree();
    }

    /**
     * Whether the calling thread holds it.
     *
     * @return true if the caller is the owner
     */
    public boolean isHeldByCurrentThread() {
        return isOwner(caller());
    }

    /**
     * There are none.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException("a SharedMutex has no conditions");
    }

    private static long caller() {
        return MutexLayout.owner(PROCESS, Thread.currentThread().threadId());
    }

    private boolean isFree() {
        return word() == FREE;
    }

    /** Opaque does: nobody but the caller itself writes the caller's identity. */
    private boolean isOwner(long caller) {
        return MutexLayout.owner(word()) == caller;
    }

    private long word() {
        return (long) OWNER.getOpaque(memory, MutexLayout.OWNER_OFFSET);
    }

    /**
     * The same mutex, for callers who wait in another way; the default is {@link IdleStrategy#adaptive}.
     *
     * @param idle what a thread does while it waits and before it parks
     * @return an object over the same memory
     */
    public SharedMutex withIdle(IdleStrategy idle) {
        return new SharedMutex(memory, unlocked.withIdle(idle));
    }

    @Override
    public String toString() {
        long word = word();
        return "SharedMutex[" + (word == FREE
                ? "free"
                : "owned by thread " + MutexLayout.thread(word) + " of process " + MutexLayout.process(word)) + "]";
    }
}
