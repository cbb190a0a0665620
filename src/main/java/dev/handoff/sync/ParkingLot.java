package dev.handoff.sync;

import dev.handoff.internal.future.PendingFuture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Queues of threads and futures that wait for a wake on an address: what a futex is in the kernel, kept in the process.
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
 * return of the waiters it woke and the completion of the futures it woke.
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
     * How a wait ends is decided under its stripe's lock, so exactly one of wake, time-out, interrupt and completion by
     * somebody else does. A thread reads the state of its own waiter without the lock: acquire, paired with the release in
     * wake(). It spins on it first, so a wake must not pay for unparking a thread that never parked: one that is about to
     * park says so by a CAS from SPINNING to PARKED, against the waker's exchange. Either the waker sees PARKED and
     * unparks, or the CAS fails.
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
     * expects. How long it spins before it parks is learned from recent waits on that address.
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
        Stripe stripe = stripe(block, address);
        return await(stripe, new Waiter(block, address, Thread.currentThread()), holds, timeoutNanos, stripe.idle);
    }

    /**
     * Waits until a {@link #wake wake} on the same block and address, if the word there still holds what the caller
     * expects, and idles as the caller says before it parks.
     *
     * <p>
     * If the strategy throws, the wait is over as if the thread had never been queued: a wake that had come is passed on
     * to the next waiter on the address.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @param holds reads the word (with volatile semantics) and tells whether it holds the expected value; runs once,
     *     under a lock: it must neither block nor throw nor use this class
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @param idle asked once, when the thread is queued: what it does until it is woken or parks
     * @return how the wait ended; never {@code TIMED_OUT} before the time is up
     * @throws InterruptedException if the thread is interrupted on entry or while it waits; its interrupt flag is then
     *     cleared. A wake that came first wins: then the result is {@code WOKEN} and the flag stays set
     */
    public static WaitResult await(@Nullable Object block, long address, BooleanSupplier holds, long timeoutNanos,
            IdleStrategy idle) throws InterruptedException {
        Objects.requireNonNull(idle, "idle");
        return await(stripe(block, address), new Waiter(block, address, Thread.currentThread()), holds, timeoutNanos,
                idle);
    }

    private static WaitResult await(Stripe stripe, Waiter waiter, BooleanSupplier holds, long timeoutNanos,
            IdleStrategy idle) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        boolean forever = timeoutNanos == Long.MAX_VALUE;
        long deadline = forever ? 0 : System.nanoTime() + timeoutNanos;
        WaitResult atOnce = stripe.enter(waiter, holds, timeoutNanos);
        if (atOnce != null) {
            return atOnce;
        }
        boolean idled = false;
        try {
            idle.idle(waiter, timeoutNanos);
            idled = true;
        } finally {
            if (!idled && !stripe.leave(waiter)) {
                wake(waiter.block, waiter.address, 1);
            }
        }
        if (waiter.isWoken()) {
            return WaitResult.WOKEN;
        }
        WaitResult result = null;
        WaitEvent event = WaitEvent.begun();
        try {
            result = park(stripe, waiter, forever, deadline);
        } finally {
            WaitEvent.end(event, waiter.address, result);
        }
        return result;
    }

    private static WaitResult park(Stripe stripe, Waiter waiter, boolean forever, long deadline)
            throws InterruptedException {
        waiter.willPark();
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
     * Begins a wait that blocks no thread: the future stands in the same queue as the threads do.
     *
     * <p>
     * Whoever completes the future otherwise (cancels it, lets it time out) takes it out of the queue first, so that it
     * never swallows a wake; if a wake came first, the attempt returns false, and the future is about to be completed with
     * {@code WOKEN}. Of an attempt that was first a later one finds the same. What depends on the future never runs on the
     * waker's thread: one virtual thread for each call of {@code wake} completes its futures, in the order of their arrival,
     * and a dependent stage that takes long keeps the next of them waiting unless it was given an executor. A time-out
     * completes it on a thread of the JDK's pool for such things.
     *
     * <p>
     * {@code obtrudeValue} and {@code obtrudeException} take the future out of the queue, too, and then do what they do in
     * {@link CompletableFuture}: they change the result, whatever it was.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @param holds reads the word (with volatile semantics) and tells whether it holds the expected value; runs once,
     *     under a lock: it must neither block nor throw nor use this class
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @param keepAlive stays reachable as long as the wait goes on: the memory, whose address must not become another's
     * @return the wait: completed already if it ended at once, with {@code NOT_EQUAL} or {@code TIMED_OUT}
     */
    public static CompletableFuture<WaitResult> awaitAsync(@Nullable Object block, long address, BooleanSupplier holds,
            long timeoutNanos, Object keepAlive) {
        Objects.requireNonNull(keepAlive, "keepAlive");
        Stripe stripe = stripe(block, address);
        AsyncWait wait = new AsyncWait(stripe, block, address, keepAlive);
        WaitResult atOnce = stripe.enter(wait.waiter, holds, timeoutNanos);
        if (atOnce != null) {
            return CompletableFuture.completedFuture(atOnce);
        }
        if (timeoutNanos != Long.MAX_VALUE) {
            wait.completeOnTimeout(WaitResult.TIMED_OUT, timeoutNanos, TimeUnit.NANOSECONDS);
        }
        return wait;
    }

    /**
     * Wakes those that have waited longest on a block and address.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @param count how many to wake at most; at or below zero wakes nobody
     * @return how many were woken, threads and futures
     */
    public static int wake(@Nullable Object block, long address, int count) {
        Stripe stripe = stripe(block, address);
        VarHandle.fullFence(); // the caller's store to the word comes before the load of waiters; see above
        if ((int) Stripe.WAITERS.getOpaque(stripe) == 0 || count <= 0) {
            return 0;
        }
        int woken = 0;
        @Nullable Waiter first = null; // of those that have to be told
        @Nullable Waiter last = null;
        stripe.lock();
        try {
            @Nullable Waiter next;
            for (Waiter w = stripe.head; w != null && woken < count; w = next) {
                next = w.next;
                if (w.block == block && w.address == address) {
                    stripe.remove(w);
                    woken++;
                    if (w.setWoken()) {
                        if (last == null) {
                            first = w;
                        } else {
                            last.next = w;
                        }
                        last = w;
                    }
                }
            }
        } finally {
            stripe.unlock();
        }
        if (first != null) {
            tell(first);
        }
        return woken;
    }

    private static void tell(Waiter first) {
        boolean async = false;
        for (Waiter w = first; w != null; w = w.next) {
            if (w.who instanceof Thread thread) {
                LockSupport.unpark(thread);
            } else {
                async = true;
            }
        }
        if (async) {
            Thread.ofVirtual().name("handoff-woken").inheritInheritableThreadLocals(false).start(() -> {
                for (Waiter w = first; w != null; w = w.next) {
                    if (w.who instanceof AsyncWait future) {
                        future.woken();
                    }
                }
            });
        }
    }

    /**
     * Counts who waits on a block and address at this moment: for tests and for monitoring.
     *
     * @param block the heap object that the address is relative to, or null where the address is absolute
     * @param address the byte address of the word
     * @return how many threads and futures are queued there
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

    /** What waits on an absolute address have taught: shared with all addresses that hash to the same stripe. */
    static IdleStrategy idle(long address) {
        return stripe(null, address).idle;
    }

    private static Stripe stripe(@Nullable Object block, long address) {
        long h = (address >>> 2) * 0x9E3779B97F4A7C15L;
        if (block != null) {
            h += System.identityHashCode(block) * 0xBF58476D1CE4E5B9L;
        }
        return STRIPE[(int) (h >>> 56)];
    }

    /** A place in a queue: of a thread, or of a future. As a condition: whether it was woken. */
    @SuppressWarnings("UnusedVariable") // read through VarHandles
    private static final class Waiter implements BooleanSupplier {
        /** A thread that looks at the state. */
        private static final int SPINNING = 0;
        /** A thread that has to be unparked, or a future. */
        private static final int PARKED = 1;
        private static final int WOKEN = 2;
        private static final int LEFT = 3;
        private static final VarHandle STATE = field(Waiter.class, "state", int.class);

        final @Nullable Object block;
        final long address;
        /** A thread or an {@link AsyncWait}: one field, so that a waker has to fetch as little as may be. */
        final Object who;
        private int state;
        /** Guarded by the stripe's lock, as prev is; next belongs to the waker once this is woken. */
        @Nullable Waiter prev;
        @Nullable Waiter next;

        Waiter(@Nullable Object block, long address, Thread thread) {
            this.block = block;
            this.address = address;
            this.who = thread;
            this.state = SPINNING;
        }

        Waiter(@Nullable Object block, long address, AsyncWait future) {
            this.block = block;
            this.address = address;
            this.who = future;
            this.state = PARKED;
        }

        boolean isWoken() {
            return (int) STATE.getAcquire(this) == WOKEN; // pairs with the release in setWoken()
        }

        @Override
        public boolean getAsBoolean() {
            return isWoken();
        }

        /** Fails where it was woken already. */
        void willPark() {
            STATE.compareAndExchangeAcquire(this, SPINNING, PARKED); // against the exchange in setWoken()
        }

        /** Under the lock. Returns whether it has to be told. */
        boolean setWoken() {
            return (int) STATE.getAndSetRelease(this, WOKEN) == PARKED; // pairs with isWoken(), willPark()
        }

        /** Under the lock. */
        boolean setLeft() {
            int now = (int) STATE.getOpaque(this); // only its own thread, which is here, and the lock's holders write
                                                   // it
            if (now == WOKEN || now == LEFT) {
                return false;
            }
            STATE.setOpaque(this, LEFT);
            return true;
        }
    }

    /** A wait that is a future; see {@link #awaitAsync}. */
    private static final class AsyncWait extends PendingFuture<WaitResult> {
        private final Stripe stripe;
        final Waiter waiter;
        /** Only held. Guarded by the stripe's lock. */
        @SuppressWarnings("UnusedVariable")
        @Nullable Object keepAlive;

        AsyncWait(Stripe stripe, @Nullable Object block, long address, Object keepAlive) {
            this.stripe = stripe;
            this.waiter = new Waiter(block, address, this);
            this.keepAlive = keepAlive;
        }

        void woken() {
            endHere(WaitResult.WOKEN);
        }

        @Override
        protected boolean withdraw() {
            return stripe.leave(waiter);
        }
    }

    /** The waiters of all addresses that hash here, in the order of their arrival. */
    @SuppressWarnings("UnusedVariable") // read through VarHandles; padding
    private static final class Stripe {
        private static final VarHandle WAITERS = field(Stripe.class, "waiters", int.class);
        private static final VarHandle LOCKED = field(Stripe.class, "locked", boolean.class);

        private boolean locked;
        private int waiters;
        @Nullable Waiter head;
        @Nullable Waiter tail;
        final IdleStrategy idle = IdleStrategy.adaptive();
        /** Keeps the stripes two cache lines apart, as the hardware fetches them in pairs. */
        private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13;

        /**
         * Held for a few instructions only, hence a spin lock; it yields where the holder lost its core. A holder that is a
         * virtual thread may lose its carrier, too, where the JVM has to load or link what the compare needs: so virtual
         * threads go through their scheduler's front door from time to time, as FixedIdleStrategy says.
         */
        @SuppressWarnings("ThreadPriorityCheck")
        void lock() {
            for (int i = 1; !LOCKED.compareAndSet(this, false, true); i++) {
                if (i % 4096 == 0 && Thread.currentThread().isVirtual()) {
                    LockSupport.parkNanos(1);
                } else if (i % 64 == 0) {
                    Thread.yield();
                } else {
                    Thread.onSpinWait();
                }
            }
        }

        void unlock() {
            LOCKED.setRelease(this, false);
        }

        /** Puts a waiter in, or says how its wait ended at once. */
        @Nullable
        WaitResult enter(Waiter w, BooleanSupplier holds, long timeoutNanos) {
            lock();
            try {
                WAITERS.getAndAdd(this, 1); // volatile: before the compare; pairs with the fence in wake()
                boolean queued = false;
                try {
                    if (!holds.getAsBoolean()) {
                        return WaitResult.NOT_EQUAL;
                    }
                    if (timeoutNanos <= 0) {
                        return WaitResult.TIMED_OUT;
                    }
                    add(w);
                    queued = true;
                    return null;
                } finally {
                    if (!queued) {
                        oneLess();
                    }
                }
            } finally {
                unlock();
            }
        }

        private void add(Waiter w) {
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
            w.next = null;
            if (w.who instanceof AsyncWait future) {
                future.keepAlive = null;
            }
            oneLess();
        }

        /** Opaque, as only the lock's holder writes the count, and a waker that sees an older one only takes the lock. */
        private void oneLess() {
            WAITERS.setOpaque(this, (int) WAITERS.getOpaque(this) - 1);
        }

        /** Takes a waiter out, unless a wake came first or it is out already: then it returns false. */
        boolean leave(Waiter w) {
            lock();
            try {
                if (!w.setLeft()) {
                    return false;
                }
                remove(w);
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
