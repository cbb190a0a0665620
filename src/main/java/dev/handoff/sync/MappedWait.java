package dev.handoff.sync;

import dev.handoff.internal.os.Futex;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a 32-bit word in memory that several processes map to change: what {@link ParkingLot} is within one process,
 * over Linux's shared futex.
 *
 * <p>
 * A wake has no memory of its own, so <em>the waker changes the word before it wakes</em>, and a waiter returns
 * {@code WOKEN} only when it has found the word changed: a wake without a change wakes nobody, and a change that is undone
 * before the waiter has looked may be missed. Waiters look at the word when they are woken and every 50 ms, so that a wake
 * that got lost, with the process that was about to make it for instance, delays them by no more than that. There is no
 * promise of order among waiters.
 *
 * <p>
 * All methods may be called by any thread. A platform thread sleeps in the kernel; for a virtual one, and for
 * {@link #awaitAsync}, a platform thread of the library does, so that no carrier is pinned. Where there is no futex, as
 * native access is denied or the system is not Linux, waiters look at the word from time to time: after 50 us, and then
 * twice as long each time up to 5 ms. A process that has no futex can't wake those that have one; they find its changes
 * within 50 ms.
 *
 * <p>
 * What a waker did before it changed the word, with release semantics or stronger, happens-before the return of the waiters
 * that found it changed.
 */
public final class MappedWait {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    /** How late an interrupt, a cancellation or a lost wake may be noticed. */
    private static final long SLICE_NANOS = 50_000_000;
    private static final long FIRST_POLL_NANOS = 50_000;
    private static final long LAST_POLL_NANOS = 5_000_000;
    private static final long HELPER_IDLE_SECONDS = 5;
    private static final boolean POLLING = Futex.kind() == Futex.Kind.POLLING;
    /** Never started: stands for "some other thread" in {@link MemorySegment#isAccessibleBy}. */
    private static final Thread STRANGER = Thread.ofPlatform().unstarted(() -> {
    });

    private MappedWait() {
    }

    /**
     * Tells whether sleepers can be woken in this JVM: by a futex. Where they can't, they find a change by polling, up to 5
     * ms late, and {@link #wake} wakes nobody.
     *
     * @return the same every time
     */
    public static boolean hasFutex() {
        return !POLLING;
    }

    /**
     * Why there is a futex or none.
     *
     * @return a sentence
     */
    public static String reason() {
        return Futex.reason();
    }

    /**
     * Waits until a word changes. How long the thread spins first is learned from recent waits on that address.
     *
     * @param word 4 bytes of native memory, aligned to 4, that every thread may access
     * @param expected there is no wait unless the word holds this on entry
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @return {@code NOT_EQUAL} if the word did not hold {@code expected} on entry, {@code WOKEN} if it was found changed
     *     later, else {@code TIMED_OUT}, never before the time is up
     * @throws InterruptedException if the thread is interrupted on entry or while it waits, at most 50 ms later; its
     *     interrupt flag is then cleared. A change that was found first wins: then the flag stays set
     * @throws IllegalArgumentException if {@code word} is not such memory
     * @throws IllegalStateException if the memory's arena was closed
     */
    public static WaitResult await(MemorySegment word, int expected, long timeoutNanos) throws InterruptedException {
        return await(word, expected, timeoutNanos, ParkingLot.idle(word.address()));
    }

    /**
     * Waits until a word changes, and idles as the caller says before it sleeps.
     *
     * @param word 4 bytes of native memory, aligned to 4, that every thread may access
     * @param expected there is no wait unless the word holds this on entry
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @param idle asked once: what the thread does until the word changes or the thread sleeps; what it throws is thrown
     * @return {@code NOT_EQUAL} if the word did not hold {@code expected} on entry, {@code WOKEN} if it was found changed
     *     later, else {@code TIMED_OUT}, never before the time is up
     * @throws InterruptedException if the thread is interrupted on entry or while it waits, at most 50 ms later; its
     *     interrupt flag is then cleared. A change that was found first wins: then the flag stays set
     * @throws IllegalArgumentException if {@code word} is not such memory
     * @throws IllegalStateException if the memory's arena was closed
     */
    public static WaitResult await(MemorySegment word, int expected, long timeoutNanos, IdleStrategy idle)
            throws InterruptedException {
        check(word);
        Objects.requireNonNull(idle, "idle");
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Wait wait = new Wait(word, expected, timeoutNanos);
        if (wait.isOver()) {
            return WaitResult.NOT_EQUAL;
        }
        if (timeoutNanos <= 0) {
            return WaitResult.TIMED_OUT;
        }
        if (idle.idle(wait::isOver, timeoutNanos)) {
            return WaitResult.WOKEN;
        }
        WaitResult result = null;
        WaitEvent event = WaitEvent.begun();
        try {
            result = sleep(wait);
        } finally {
            WaitEvent.end(event, word.address(), result);
        }
        return result;
    }

    private static WaitResult sleep(Wait wait) throws InterruptedException {
        Thread me = Thread.currentThread();
        if (me.isVirtual() && !POLLING) {
            return result(begin(wait), wait.word);
        }
        WaitResult result = wait.sleep(me::isInterrupted);
        if (result == null) {
            Thread.interrupted(); // clears the flag, as the exception stands for it now
            throw new InterruptedException();
        }
        return result;
    }

    /** What a helper finds out about the word, for a thread that may be interrupted meanwhile. */
    static WaitResult result(CompletableFuture<WaitResult> wait, MemorySegment word) throws InterruptedException {
        try {
            return wait.get();
        } catch (InterruptedException e) {
            if (wait.cancel(false)) {
                throw e;
            }
            Thread.currentThread().interrupt(); // the result came first
        } catch (ExecutionException e) {
            // exceptionNow() has its cause
        }
        if (wait.isCompletedExceptionally()) {
            throw new IllegalStateException("the memory went away during a wait on " + word, wait.exceptionNow());
        }
        return wait.resultNow();
    }

    /**
     * Begins a wait that blocks no thread of the caller's. A platform thread of the library waits for it, sees within 50
     * ms that the future was completed otherwise (cancelled, for instance), and runs what depends on it: never the waker.
     *
     * @param word 4 bytes of native memory, aligned to 4, that every thread may access; kept reachable
     * @param expected there is no wait unless the word holds this on entry
     * @param timeoutNanos how long to wait at most; at or below zero there is no wait; {@link Long#MAX_VALUE} is for
     *     ever
     * @return the wait: completed already if it ended at once, with {@code NOT_EQUAL} or {@code TIMED_OUT}; it fails with
     *     {@link IllegalStateException} if the memory's arena is closed meanwhile
     * @throws IllegalArgumentException if {@code word} is not such memory
     * @throws IllegalStateException if the memory's arena was closed
     */
    public static CompletableFuture<WaitResult> awaitAsync(MemorySegment word, int expected, long timeoutNanos) {
        check(word);
        Wait wait = new Wait(word, expected, timeoutNanos);
        if (wait.isOver()) {
            return CompletableFuture.completedFuture(WaitResult.NOT_EQUAL);
        }
        if (timeoutNanos <= 0) {
            return CompletableFuture.completedFuture(WaitResult.TIMED_OUT);
        }
        return begin(wait);
    }

    private static CompletableFuture<WaitResult> begin(Wait wait) {
        CompletableFuture<WaitResult> future = new CompletableFuture<>();
        Helpers.EXECUTOR.execute(() -> {
            try {
                WaitResult result = wait.sleep(future::isDone);
                if (!future.complete(result) && wait.wasWoken) {
                    wake(wait.word, 1); // this wake belongs to another waiter
                }
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        });
        return future;
    }

    /**
     * Wakes threads of any process that sleep on a word, after the caller has changed it.
     *
     * @param word 4 bytes of native memory, aligned to 4, that every thread may access
     * @param count how many to wake at most; at or below zero wakes nobody
     * @return how many were woken as far as the kernel knows: waiters that spin find the change by themselves, and one
     *     that was given up may still be counted for 50 ms; 0 where there is no futex
     * @throws IllegalArgumentException if {@code word} is not such memory
     * @throws IllegalStateException if the memory's arena was closed
     */
    public static int wake(MemorySegment word, int count) {
        check(word);
        return POLLING || count <= 0 ? 0 : Futex.wake(word, count);
    }

    private static void check(MemorySegment word) {
        if (!word.isNative() || word.byteSize() != Integer.BYTES || word.address() % Integer.BYTES != 0
                || !word.isAccessibleBy(STRANGER)) {
            throw new IllegalArgumentException(
                    "word=" + word + " must be 4 aligned bytes of native memory that every thread may access");
        }
    }

    /** One wait, on one thread. */
    private static final class Wait {
        final MemorySegment word;
        private final int expected;
        private final boolean forever;
        private final long deadline;
        /** Whether the kernel counted this among those that it woke. */
        boolean wasWoken;

        Wait(MemorySegment word, int expected, long timeoutNanos) {
            this.word = word;
            this.expected = expected;
            this.forever = timeoutNanos == Long.MAX_VALUE;
            this.deadline = forever ? 0 : System.nanoTime() + timeoutNanos;
        }

        boolean isOver() {
            return (int) WORD.getAcquire(word, 0L) != expected; // pairs with the waker's store
        }

        /** Sleeps until the word has changed, the time is up, or the waiter has given up: then the result is null. */
        @Nullable
        WaitResult sleep(BooleanSupplier givenUp) {
            long poll = FIRST_POLL_NANOS;
            while (!isOver()) {
                if (givenUp.getAsBoolean()) {
                    return null;
                }
                long left = forever ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (left <= 0) {
                    return WaitResult.TIMED_OUT;
                }
                if (POLLING) {
                    LockSupport.parkNanos(word, Math.min(left, poll));
                    poll = Math.min(2 * poll, LAST_POLL_NANOS);
                } else {
                    wasWoken = Futex.await(word, expected, Math.min(left, SLICE_NANOS)) == Futex.Outcome.WOKEN;
                }
            }
            return WaitResult.WOKEN;
        }
    }

    /** Those who wait for futures: as many as there are waits, and none soon after the last. */
    private static final class Helpers {
        static final Executor EXECUTOR = POLLING
                ? Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("handoff-mapped-wait-", 0).factory())
                : new ThreadPoolExecutor(0, Integer.MAX_VALUE, HELPER_IDLE_SECONDS, TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        Thread.ofPlatform().daemon().name("handoff-mapped-wait-", 0)
                                .inheritInheritableThreadLocals(false).factory());
    }
}
