package dev.handoff.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Queues of threads that wait for a wake on an address: what a futex is in the kernel, kept in the process.
 *
 * <p>
 * A waiter is known by (memory block, byte address): two views of one block meet, whatever their offsets. The value is
 * compared once, on entry; only a wake, the end of the time or an interrupt ends a wait. Wakes are first come, first
 * served, and there are no spurious returns.
 *
 * <p>
 * All methods may be called by any thread, platform or virtual; parking does not pin a virtual thread. {@code await}
 * blocks; {@code wake} is wait-free where nobody waits on the stripe of the address, else it takes that stripe's lock
 * for a time that grows with the number of its waiters. Everything a waker did before {@code wake} happens-before the
 * return of the waiters it woke.
 */
public final class ParkingLot {
    /*
     * The idea is WebKit's ParkingLot (Pizlo, "Locking in WebKit", 2016) with the announcement of Linux's futex
     * (kernel/futex, "hb_waiters"): a wake that finds no waiter must not take a lock.
     *
     * Waiter: lock stripe; waiters++ (volatile RMW); compare; enqueue, or waiters-- and leave.
     * Waker: (store to the word); full fence; load waiters; if it is 0 there is nobody to wake.
     *
     * Either the waker's load sees the increment, and then the stripe's lock decides; or the increment comes after
     * the load in the order of volatile actions, and then the waiter's compare, which comes after its increment, sees
     * the store that came before the waker's fence. Comparing first and announcing second loses wake-ups.
     *
     * Every change of a node's state happens under its stripe's lock, so exactly one of wake, time-out and interrupt
     * decides. The waiter itself reads the state without the lock: acquire, paired with the release in wake().
     */
    private static final int STRIPES = 256;
    private static final Stripe[] STRIPE = new Stripe[STRIPES];

    static {
        for (int i = 0; i < STRIPES; i++) {
            STRIPE[i] = new Stripe();
        }
    }

    private ParkingLot() {
    }

    /**
     * Waits until a {@link #wake wake} on the same block and address, if the word there still holds what the caller
     * expects.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @param holds reads the word (with volatile semantics) and tells whether it holds the expected value; runs once,
     *     under a lock: it must neither block nor throw nor use this class
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @return how the wait ended; never {@code TIMED_OUT} before the time is up
     * @throws InterruptedException if the thread is interrupted on entry or while it waits; its interrupt flag is then
     *     cleared. A wake that came first wins: then the result is {@code WOKEN} and the flag stays set
     */
    public static WaitResult await(@Nullable Object block, long address, BooleanSupplier holds, long timeoutNanos)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        boolean forever = timeoutNanos == Long.MAX_VALUE;
        long deadline = forever ? 0 : System.nanoTime() + timeoutNanos;
        Stripe stripe = stripe(block, address);
        Waiter waiter;
        stripe.lock();
        try {
            Stripe.WAITERS.getAndAdd(stripe, 1); // volatile: before the compare; pairs with the fence in wake()
            boolean queued = false;
            try {
                if (!holds.getAsBoolean()) {
                    return WaitResult.NOT_EQUAL;
                }
                if (timeoutNanos <= 0) {
                    return WaitResult.TIMED_OUT;
                }
                waiter = new Waiter(block, address, Thread.currentThread());
                stripe.add(waiter);
                queued = true;
            } finally {
                if (!queued) {
                    Stripe.WAITERS.getAndAdd(stripe, -1);
                }
            }
        } finally {
            stripe.unlock();
        }
        if (SpinWait.until(waiter::isWoken, timeoutNanos)) {
            return WaitResult.WOKEN;
        }
        while (!waiter.isWoken()) {
            long left = forever ? Long.MAX_VALUE : deadline - System.nanoTime();
            if (left <= 0) {
                return stripe.leave(waiter) ? WaitResult.TIMED_OUT : WaitResult.WOKEN;
            }
            if (forever) {
                LockSupport.park(waiter);
            } else {
                LockSupport.parkNanos(waiter, left);
            }
            if (Thread.currentThread().isInterrupted()) {
                if (!stripe.leave(waiter)) {
                    return WaitResult.WOKEN;
                }
                Thread.interrupted(); // clears the flag, as the exception stands for it now
                throw new InterruptedException();
            }
        }
        return WaitResult.WOKEN;
    }

    /**
     * Wakes the threads that have waited longest on a block and address.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @param count how many to wake at most; at or below zero wakes nobody
     * @return how many were woken
     */
    public static int wake(@Nullable Object block, long address, int count) {
        Stripe stripe = stripe(block, address);
        VarHandle.fullFence(); // the caller's store to the word comes before the load of waiters; see above
        if ((int) Stripe.WAITERS.getOpaque(stripe) == 0 || count <= 0) {
            return 0;
        }
        int woken = 0;
        @Nullable Waiter first = null;
        @Nullable Waiter last = null;
        stripe.lock();
        try {
            @Nullable Waiter next;
            for (Waiter w = stripe.head; w != null && woken < count; w = next) {
                next = w.next;
                if (w.block == block && w.address == address) {
                    stripe.remove(w);
                    w.next = null;
                    if (last == null) {
                        first = w;
                    } else {
                        last.next = w;
                    }
                    last = w;
                    woken++;
                    Waiter.STATE.setRelease(w, Waiter.WOKEN); // pairs with isWoken()
                }
            }
        } finally {
            stripe.unlock();
        }
        for (Waiter w = first; w != null; w = w.next) {
            LockSupport.unpark(w.thread);
        }
        return woken;
    }

    /**
     * Counts the threads that wait on a block and address at this moment: for tests and for monitoring.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @return how many threads are queued there
     */
    public static int waiting(@Nullable Object block, long address) {
        Stripe stripe = stripe(block, address);
        stripe.lock();
        try {
            int n = 0;
            for (Waiter w = stripe.head; w != null; w = w.next) {
                if (w.block == block && w.address == address) {
                    n++;
                }
            }
            return n;
        } finally {
            stripe.unlock();
        }
    }

    private static Stripe stripe(@Nullable Object block, long address) {
        long h = (address >>> 2) * 0x9E3779B97F4A7C15L;
        if (block != null) {
            h += System.identityHashCode(block) * 0xBF58476D1CE4E5B9L;
        }
        return STRIPE[(int) (h >>> 56)];
    }

    @SuppressWarnings("UnusedVariable") // read through VarHandles
    private static final class Waiter {
        static final int WAITING = 0;
        static final int WOKEN = 1;
        static final int LEFT = 2;
        static final VarHandle STATE = field(Waiter.class, "state", int.class);

        final @Nullable Object block;
        final long address;
        final Thread thread;
        private int state = WAITING;
        @Nullable Waiter prev;
        @Nullable Waiter next;

        Waiter(@Nullable Object block, long address, Thread thread) {
            this.block = block;
            this.address = address;
            this.thread = thread;
        }

        boolean isWoken() {
            return (int) STATE.getAcquire(this) == WOKEN; // pairs with the release in wake()
        }
    }

    /** The waiters of all addresses that hash here, in the order of their arrival. */
    @SuppressWarnings("UnusedVariable") // read through VarHandles
    private static final class Stripe {
        static final VarHandle WAITERS = field(Stripe.class, "waiters", int.class);
        private static final VarHandle LOCKED = field(Stripe.class, "locked", boolean.class);

        private boolean locked;
        private int waiters;
        @Nullable Waiter head;
        @Nullable Waiter tail;

        /** Held for a few instructions only, hence a spin lock; it yields where the holder lost its core. */
        @SuppressWarnings("ThreadPriorityCheck")
        void lock() {
            for (int i = 1; !LOCKED.compareAndSet(this, false, true); i++) {
                if (i % 64 == 0) {
                    Thread.yield();
                } else {
                    Thread.onSpinWait();
                }
            }
        }

        void unlock() {
            LOCKED.setRelease(this, false);
        }

        void add(Waiter w) {
            w.prev = tail;
            if (tail == null) {
                head = w;
            } else {
                tail.next = w;
            }
            tail = w;
        }

        void remove(Waiter w) {
            if (w.prev == null) {
                head = w.next;
            } else {
                w.prev.next = w.next;
            }
            if (w.next == null) {
                tail = w.prev;
            } else {
                w.next.prev = w.prev;
            }
            w.prev = null;
            WAITERS.getAndAdd(this, -1);
        }

        /** Takes a waiter out, unless a wake came first: then it returns false. */
        boolean leave(Waiter w) {
            lock();
            try {
                if (w.isWoken()) {
                    return false;
                }
                remove(w);
                w.state = Waiter.LEFT;
                return true;
            } finally {
                unlock();
            }
        }
    }

    private static VarHandle field(Class<?> in, String name, Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(in, MethodHandles.lookup()).findVarHandle(in, name, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
