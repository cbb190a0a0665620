package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.worker.HeldLock.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Locks with names, which all workers and threads of the JVM meet on without having been given a common object.
 *
 * <p>
 * A lock is held exclusively by one, or shared by any number. Requests are granted in the order in which they came, for
 * each name on its own: nobody overtakes, so a shared request waits behind an exclusive one that waits. The locks are not
 * reentrant.
 *
 * <p>
 * There are two ways to hold one. A thread {@linkplain #acquire waits} for it, and closes it:
 *
 * <pre>{@code
 * try (var _ = Locks.acquire("prices")) {
 *     …
 * }
 * }</pre>
 *
 * Or code is handed over that {@linkplain #request runs when} it is granted, where a handler of the calling thread runs;
 * the lock is let go when that code has returned or thrown, or when the future that it {@linkplain #requestAsync returned}
 * is complete. Nothing waits then, so that is the way on an event loop. It keeps the loop alive until it is over.
 *
 * <p>
 * A lock is never held for ever by somebody who is no more: that of a thread that has ended, and that of a request whose
 * event loop has ended, is let go, and a request that was still waiting is withdrawn with its loop. In an emergency a lock
 * can be {@linkplain #steal stolen}: its holder goes on without it.
 *
 * <p>
 * Thread-safe; no name is in the way of another. What a holder did before it let go happens-before what the next holder
 * does. Waiting blocks the thread without pinning a virtual one; all else only locks out those who use the same name at
 * the same moment. Each request that has to wait is a JDK Flight Recorder event, {@code dev.handoff.LockWait}. Modelled on
 * the <a href="https://w3c.github.io/web-locks/">Web Locks API</a>, which Node has as
 * <a href="https://nodejs.org/api/worker_threads.html">{@code worker_threads.locks}</a>.
 */
public final class Locks {
    /** Alone, or with others. */
    public enum Mode {
        /** Nobody else holds the lock. */
        EXCLUSIVE,
        /** Others that asked for it so may hold it, too. */
        SHARED
    }

    /**
     * What is done with a lock.
     *
     * @param <T> the type of the result
     */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object> {
        /**
         * Runs once the lock is granted.
         *
         * @param lock the lock, to ask whether it is still held, or to let go earlier
         * @return the result
         * @throws Exception what the result of the request fails with
         */
        T run(HeldLock lock) throws Exception;
    }

    /**
     * A request, in a {@link Snapshot}.
     *
     * @param name the name of the lock
     * @param mode what was asked for
     * @param client the thread that asked
     */
    public record Entry(String name, Mode mode, Thread client) {
        private static Entry of(HeldLock lock) {
            return new Entry(lock.name(), lock.mode(), lock.client());
        }
    }

    /**
     * Who holds locks and who waits for them: by name, and for each in the order of granting and of waiting. Immutable.
     *
     * @param held the requests that were granted and are not over
     * @param pending those that wait
     */
    public record Snapshot(List<Entry> held, List<Entry> pending) {
        /**
         * Copies the lists.
         *
         * @param held the requests that were granted and are not over
         * @param pending those that wait
         */
        public Snapshot {
            held = List.copyOf(held);
            pending = List.copyOf(pending);
        }
    }

    /** The locks that are held or waited for. One is changed inside of {@link #update} only. */
    private static final ConcurrentHashMap<String, NamedLock> NAMES = new ConcurrentHashMap<>();

    private Locks() {
    }

    // ---- for threads

    /**
     * Gets a lock for the calling thread alone, waiting for as long as it takes.
     *
     * @param name its name
     * @return the lock, to be closed
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalStateException if the thread holds the lock itself and would wait for ever
     */
    public static HeldLock acquire(String name) throws InterruptedException {
        return acquire(name, Mode.EXCLUSIVE);
    }

    /**
     * Gets a lock for the calling thread, waiting for as long as it takes.
     *
     * @param name its name
     * @param mode alone, or with others
     * @return the lock, to be closed
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalStateException if the thread holds the lock itself and would wait for ever
     */
    public static HeldLock acquire(String name, Mode mode) throws InterruptedException {
        return Objects.requireNonNull(acquire(name, mode, Long.MAX_VALUE));
    }

    /**
     * Gets a lock for the calling thread, waiting for some time.
     *
     * @param name its name
     * @param mode alone, or with others
     * @param timeout how long at most; zero or less does not wait
     * @return the lock, to be closed, or null where it was not granted in time
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws IllegalStateException if the thread holds the lock itself and would wait in vain
     */
    public static @Nullable HeldLock acquire(String name, Mode mode, Duration timeout) throws InterruptedException {
        return acquire(name, mode, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    private static @Nullable HeldLock acquire(String name, Mode mode, long timeoutNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (timeoutNanos <= 0) {
            return tryAcquire(name, mode);
        }
        CountDownLatch granted = new CountDownLatch(1);
        HeldLock lock = new HeldLock(name, mode, null, granted::countDown);
        if (enter(lock)) {
            return lock;
        }
        LockWaitEvent wait = LockWaitEvent.begun();
        InterruptedException interrupt = null;
        try {
            granted.await(timeoutNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            interrupt = e;
        }
        boolean given = granted.getCount() == 0 || !withdraw(lock);
        wait.end(lock, given);
        if (interrupt != null) {
            if (!given) {
                throw interrupt;
            }
            Thread.currentThread().interrupt(); // the lock came first
        }
        return given ? lock : null;
    }

    /**
     * Gets a lock for the calling thread if that takes no waiting: the {@code ifAvailable} of Web Locks.
     *
     * @param name its name
     * @param mode alone, or with others
     * @return the lock, to be closed; or null where it is held in a way that excludes this one, or others wait for it
     */
    public static @Nullable HeldLock tryAcquire(String name, Mode mode) {
        HeldLock lock = new HeldLock(name, mode, null, Locks::nothing);
        update(name, named -> named.tryGrant(lock));
        return lock.isHeld() ? lock : null;
    }

    /**
     * Takes a lock from whoever holds it, for the calling thread alone, before all who wait for it. The former holders are
     * not stopped: the results of their requests fail with a {@link LockLostException}, and {@link HeldLock#isHeld} tells
     * them. For emergencies: what the lock protected may be half done.
     *
     * @param name its name
     * @return the lock, to be closed
     */
    public static HeldLock steal(String name) {
        HeldLock lock = new HeldLock(name, Mode.EXCLUSIVE, null, Locks::nothing);
        List<HeldLock> victims = new ArrayList<>();
        update(name, named -> victims.addAll(named.steal(lock)));
        for (HeldLock victim : victims) {
            if (victim.request != null) {
                victim.request.lost("lock '" + name + "' was stolen by " + describe(lock.client()));
            }
        }
        return lock;
    }

    // ---- for event loops

    /**
     * Runs code when a lock is granted to it, where a handler of the calling thread runs: on its event loop, or on a
     * virtual thread. The lock is let go when the code has returned or thrown.
     *
     * @param name the name of the lock
     * @param mode alone, or with others
     * @param body what to do
     * @param <T> the type of the result
     * @return a future of what the body returned or threw, the very object. To cancel it, or to complete it in any other
     *     way, withdraws the request as long as the lock is not granted, and does nothing from then on. It fails with a
     *     {@link LockLostException} if the lock is stolen, or if the event loop ends, and with a
     *     {@link java.util.concurrent.CancellationException} if the loop ends before the lock is granted. What depends on
     *     it runs on virtual threads
     */
    public static <T extends @Nullable Object> CompletableFuture<T> request(String name, Mode mode,
            Body<? extends T> body) {
        return request(name, mode, body, EventLoop.executorHere());
    }

    /**
     * Runs code on an executor when a lock is granted to it; else as {@link #request(String, Mode, Body)}.
     *
     * @param name the name of the lock
     * @param mode alone, or with others
     * @param body what to do
     * @param executor where; if it rejects the task, the result fails with what it threw
     * @param <T> the type of the result
     * @return a future of what the body returned or threw
     */
    public static <T extends @Nullable Object> CompletableFuture<T> request(String name, Mode mode,
            Body<? extends T> body, Executor executor) {
        Objects.requireNonNull(body, "body");
        return requestAsync(name, mode, lock -> CompletableFuture.completedFuture(body.run(lock)), executor);
    }

    /**
     * Begins something when a lock is granted to it, where a handler of the calling thread runs. The lock is let go when
     * the future that the code returned is complete, or when the code has thrown.
     *
     * @param name the name of the lock
     * @param mode alone, or with others
     * @param body what to begin; returns the future of its result
     * @param <T> the type of the result
     * @return a future as that of {@link #request(String, Mode, Body)}
     */
    public static <T extends @Nullable Object> CompletableFuture<T> requestAsync(String name, Mode mode,
            Body<? extends CompletionStage<T>> body) {
        return requestAsync(name, mode, body, EventLoop.executorHere());
    }

    /**
     * Begins something on an executor when a lock is granted to it; else as {@link #requestAsync(String, Mode, Body)}.
     *
     * @param name the name of the lock
     * @param mode alone, or with others
     * @param body what to begin; returns the future of its result
     * @param executor where; if it rejects the task, the result fails with what it threw
     * @param <T> the type of the result
     * @return a future as that of {@link #request(String, Mode, Body)}
     */
    public static <T extends @Nullable Object> CompletableFuture<T> requestAsync(String name, Mode mode,
            Body<? extends CompletionStage<T>> body, Executor executor) {
        LockRequest<T> request = new LockRequest<>(name, mode, Objects.requireNonNull(executor, "executor"),
                Objects.requireNonNull(body, "body"));
        request.begin();
        return request;
    }

    // ---- for all

    /**
     * Looks at all locks, at each name at one moment, but not at all names at the same.
     *
     * @return what was seen
     */
    public static Snapshot query() {
        List<Entry> held = new ArrayList<>();
        List<Entry> pending = new ArrayList<>();
        NAMES.keySet().stream().sorted().forEach(name -> update(name, named -> {
            named.held.forEach(lock -> held.add(Entry.of(lock)));
            named.pending.forEach(lock -> pending.add(Entry.of(lock)));
            return true;
        }));
        return new Snapshot(held, pending);
    }

    /** Grants a request, or puts it into the queue; tells whether it was granted. */
    static boolean enter(HeldLock request) {
        AtomicBoolean endless = new AtomicBoolean();
        boolean granted = update(request.name(), named -> {
            if (named.tryGrant(request)) {
                return true;
            }
            endless.setPlain(request.isClients() && named.isHeldByItself(request.client()));
            if (!endless.getPlain()) {
                named.pending.add(request);
            }
            return false;
        });
        if (endless.getPlain()) {
            throw new IllegalStateException(describe(request.client()) + " holds lock '" + request.name()
                    + "' already, and would wait for itself; named locks are not reentrant");
        }
        return granted;
    }

    /** Takes a request out before it is granted; tells whether it was still waiting. */
    static boolean withdraw(HeldLock request) {
        return update(request.name(), named -> named.withdraw(request));
    }

    /** Lets a lock go; tells whether it was still held. */
    static boolean release(HeldLock lock, State end) {
        return update(lock.name(), named -> named.letGo(lock, end));
    }

    /** Looks at a lock again when the thread that holds it has ended. */
    static void watch(HeldLock lock) {
        try {
            lock.client().join();
            update(lock.name(), _ -> true); // which lets go what is abandoned
        } catch (InterruptedException e) {
            // it was closed in time
        }
    }

    /** Changes one lock, grants what that makes possible, and then tells those who got it. */
    private static boolean update(String name, Predicate<NamedLock> change) {
        List<HeldLock> granted = new ArrayList<>();
        List<Thread> watches = new ArrayList<>();
        AtomicBoolean result = new AtomicBoolean();
        NAMES.compute(name, (_, known) -> {
            NamedLock named = known == null ? new NamedLock() : known;
            named.settle(granted);
            result.setPlain(change.test(named));
            named.settle(granted);
            watches.addAll(named.newWatches());
            return named.isEmpty() ? null : named;
        });
        watches.forEach(Thread::start);
        granted.forEach(lock -> lock.onGrant.run());
        return result.getPlain();
    }

    private static String describe(Thread thread) {
        return thread.getName().isEmpty()
                ? "virtual thread #" + thread.threadId()
                : "thread '" + thread.getName() + "'";
    }

    private static void nothing() {
    }
}
