package dev.handoff.channel;

import dev.handoff.sync.IdleStrategy;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs handlers one after another on one thread, for as long as anything may still come.
 *
 * <p>
 * {@link #run} makes the calling thread the loop's. Handlers that are attached on that thread run on it. The loop ends
 * when no task is queued and nothing {@linkplain #hold holds} it: a port with a handler does, until it is closed, and a
 * {@link Timer} that will still run, unless it is unreferenced.
 *
 * <p>
 * The loop runs in turns. A turn is every timer that was due when it began, in the order of their deadlines, and then one
 * task; messages are handled by tasks that handle 256 each at most. So neither can starve the other. After each task,
 * timer and message come the {@linkplain #runNext continuations} that it left, all of them.
 *
 * <p>
 * All methods but {@code run} and {@code runNext} may be called by any thread at any time. Tasks run in the order in which
 * they were added; what was done before adding a task or scheduling a timer happens-before it runs. What a task throws ends
 * the loop, and is thrown by {@code run}.
 */
public final class EventLoop implements Executor {
    /** What a thread does before its loop begins to turn. */
    @FunctionalInterface
    public interface Body {
        /**
         * Runs on the loop's thread.
         *
         * @throws Exception whatever ends the loop before it began
         */
        void run() throws Exception;
    }

    private static final ThreadLocal<@Nullable EventLoop> CURRENT = new ThreadLocal<>();
    /** One object, so that two handlers attached by plain threads are known to run alike. */
    private static final Executor VIRTUAL = EventLoop::onVirtualThread;

    private static final String ENDED = "the event loop has ended";

    /** The longest delay, 146 years: the difference of two deadlines fits a long. */
    private static final long MAX_DELAY = Long.MAX_VALUE / 2;

    private final Mailbox<Runnable> tasks;
    /** What keeps the loop from ending, and is told when it ends all the same. */
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();
    /** What is received on this loop's thread; whoever forgets one must not keep it here. */
    private final Set<Inbox<?>> inboxes = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private final AtomicBoolean begun = new AtomicBoolean();
    private final AtomicLong timersMade = new AtomicLong();
    private final Clock clock = new Clock();
    // What follows is the loop's thread's.
    private final ArrayDeque<Runnable> continuations = new ArrayDeque<>(1);
    private final TreeSet<Timer> timers = new TreeSet<>(Timer::compare);
    /** How many of the timers, the running one included, keep the loop from ending. */
    private int countedTimers;

    /** Creates a loop that does not turn yet, and waits adaptively; tasks may be added. */
    public EventLoop() {
        this(IdleStrategy.adaptive());
    }

    /**
     * Creates a loop that does not turn yet; tasks may be added.
     *
     * @param idle how its thread waits for something to do
     */
    public EventLoop(IdleStrategy idle) {
        tasks = new Mailbox<>(Mailbox.UNBOUNDED, Objects.requireNonNull(idle, "idle"));
    }

    /**
     * The loop of the calling thread.
     *
     * @return the loop inside whose {@link #run} the thread is, or null
     */
    public static @Nullable EventLoop current() {
        return CURRENT.get();
    }

    /**
     * Where a handler runs that the calling thread attaches without naming an executor: on the thread's event loop, or
     * where it has none on virtual threads.
     *
     * @return the executor
     */
    public static Executor executorHere() {
        EventLoop loop = current();
        return loop != null ? loop : VIRTUAL;
    }

    /**
     * Runs the body and then what comes, until the loop ends.
     *
     * @param body what to do first
     * @throws IllegalStateException if this loop has run before, or if the thread is inside another one
     * @throws InterruptedException if the thread is interrupted while it waits for something to do
     * @throws Exception what the body, a task, a timer or a continuation throws; it ends the loop
     */
    public void run(Body body) throws Exception {
        if (current() != null) {
            throw new IllegalStateException("this thread runs an event loop already");
        }
        if (begun.getAndSet(true)) {
            throw new IllegalStateException("this event loop has run before");
        }
        CURRENT.set(this);
        clock.begin();
        try {
            body.run();
            settle();
            while (tasks.ended() == null) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                runTimers();
                Runnable task = tasks.poll();
                if (task == null) {
                    if (countedTimers == 0 && holds.isEmpty() && tasks.endIfEmpty(ENDED)) {
                        return;
                    }
                    task = await();
                }
                if (task != null && tasks.ended() == null) {
                    task.run();
                    settle();
                }
            }
        } finally {
            CURRENT.remove();
            clock.end();
            tasks.end(ENDED);
            tasks.drain();
            timers.clear();
            continuations.clear();
            adopted().forEach(inbox -> inbox.abandon(this));
            holds.forEach(Hold::loopEnded);
        }
    }

    /** The timers that are due now. None that a timer makes is among them, as its deadline is later. */
    private void runTimers() {
        if (timers.isEmpty()) {
            return;
        }
        long now = System.nanoTime();
        while (!timers.isEmpty() && timers.first().deadline() - now <= 0 && tasks.ended() == null) {
            Timer timer = timers.removeFirst();
            if (timer.run()) {
                timers.add(timer);
            }
            countedTimers += timer.recount();
            settle();
        }
    }

    /** The next task, or null where a timer is due or the loop was stopped. */
    private @Nullable Runnable await() throws InterruptedException {
        long now = System.nanoTime();
        long nanos = timers.isEmpty() ? Long.MAX_VALUE : timers.first().deadline() - now;
        if (nanos <= 0) {
            return null;
        }
        clock.idle(now);
        try {
            return tasks.poll(nanos);
        } finally {
            clock.active(System.nanoTime());
        }
    }

    /**
     * Adds a task.
     *
     * @throws RejectedExecutionException if the loop has ended
     */
    @Override
    public void execute(Runnable task) {
        String end = tasks.add(Objects.requireNonNull(task, "task"));
        if (end != null) {
            throw new RejectedExecutionException(end);
        }
    }

    /**
     * Runs a task on this loop as soon as the task, timer or message handler that is running has returned, and those before
     * it in this queue: before anything else, as a microtask does in JavaScript. A continuation that adds another one each
     * time keeps the loop from everything else.
     *
     * @param task what to run; it is dropped if the loop ends before
     * @throws IllegalStateException if the calling thread is not inside this loop's {@link #run}
     */
    public void runNext(Runnable task) {
        if (current() != this) {
            throw new IllegalStateException("thread '" + Thread.currentThread().getName()
                    + "' does not run this event loop: only what runs on it has a continuation");
        }
        continuations.add(task);
    }

    /** On the loop's thread, between two things that it does: runs the continuations. */
    void settle() {
        while (!continuations.isEmpty() && tasks.ended() == null) {
            continuations.remove().run();
        }
    }

    /**
     * Runs a task on this loop when a time has passed, or as soon after it as the loop comes to it.
     *
     * @param task what to run
     * @param delay how long to wait; zero or less is the next turn
     * @return the timer, to cancel it
     * @throws RejectedExecutionException if the loop has ended
     */
    public Timer schedule(Runnable task, Duration delay) {
        return schedule(task, nanos(delay), 0);
    }

    /**
     * Runs a task on this loop again and again, for the first time when one period has passed. Times at which the loop was
     * busy are not made up for: it runs once as soon as it can, and then at the next multiple of the period since the call.
     *
     * @param task what to run
     * @param period the time between the beginning of one run and that of the next
     * @return the timer, to cancel it
     * @throws IllegalArgumentException if the period is zero or negative
     * @throws RejectedExecutionException if the loop has ended
     */
    public Timer scheduleAtFixedRate(Runnable task, Duration period) {
        if (!period.isPositive()) {
            throw new IllegalArgumentException("a period must be positive; this one is " + period);
        }
        return schedule(task, nanos(period), nanos(period));
    }

    /** At least 1, so that what a turn schedules comes after that turn. */
    private static long nanos(Duration delay) {
        return Math.clamp(TimeUnit.NANOSECONDS.convert(delay), 1, MAX_DELAY); // convert saturates
    }

    private Timer schedule(Runnable task, long delay, long period) {
        Timer timer = new Timer(this, Objects.requireNonNull(task, "task"), timersMade.getAndIncrement(),
                System.nanoTime() + delay, period);
        if (current() == this) {
            enqueue(timer);
        } else {
            execute(() -> enqueue(timer));
        }
        return timer;
    }

    private void enqueue(Timer timer) {
        if (timer.isWaiting()) {
            timers.add(timer);
            countedTimers += timer.recount();
        }
    }

    /** A timer was closed, referenced or unreferenced. */
    void changed(Timer timer) {
        if (current() != this) {
            tasks.add(() -> changed(timer)); // if it has ended, there is nothing left to change
            return;
        }
        if (!timer.isWaiting()) {
            timers.remove(timer);
        }
        countedTimers += timer.recount();
    }

    /**
     * How the loop has spent its time. Any thread may ask, while the loop runs, waits or is stuck in a task.
     *
     * @return the times since {@link #run} began; zero before it, and no longer growing after it
     */
    public Utilisation utilisation() {
        return clock.read();
    }

    /**
     * Keeps the loop from ending by itself until the registration is closed.
     *
     * @param onEnd run once if the loop ends before that ({@link #stop}, an exception): after it no task runs any more
     * @return the way to let go
     */
    public Registration hold(Runnable onEnd) {
        Hold hold = new Hold(Objects.requireNonNull(onEnd, "onEnd"));
        holds.add(hold);
        if (tasks.ended() != null && current() != this) { // run() may not see it any more
            hold.loopEnded();
        }
        return hold;
    }

    private final class Hold implements Registration {
        private final Runnable onEnd;

        Hold(Runnable onEnd) {
            this.onEnd = onEnd;
        }

        void loopEnded() {
            if (holds.remove(this)) {
                try {
                    onEnd.run();
                } catch (Throwable e) { // the others have to be told as well
                    Thread here = Thread.currentThread();
                    here.getUncaughtExceptionHandler().uncaughtException(here, e);
                }
            }
        }

        @Override
        public void close() {
            if (holds.remove(this) && holds.isEmpty()) {
                tasks.add(EventLoop::nothing); // the loop may be asleep
            }
        }
    }

    /** Ends the loop after the task that is running; those that are queued are dropped. */
    public void stop() {
        tasks.end("the event loop was stopped");
    }

    /** What the loop's thread writes down of its time, for others to read at any moment. */
    @SuppressWarnings("UnusedVariable") // read through the VarHandle
    private static final class Clock {
        private static final VarHandle IDLE;

        static {
            try {
                IDLE = MethodHandles.lookup().findVarHandle(Clock.class, "idle", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private volatile boolean running;
        /** Written before {@link #running} turns true, read after it was seen so. */
        private long begun;
        /** Written before {@link #running} turns false; 0 until then. */
        private long lifetime;
        /**
         * One word, so that it is whole for who reads it: the nanoseconds of idleness so far, doubled; while the loop is
         * idle, less the time since the beginning at which that began, and odd. Opaque: nothing is published by it.
         */
        private long idle;

        void begin() {
            begun = System.nanoTime();
            running = true;
        }

        void idle(long now) {
            IDLE.setOpaque(this, idle - 2 * (now - begun) | 1);
        }

        void active(long now) {
            IDLE.setOpaque(this, (idle & ~1L) + 2 * (now - begun));
        }

        void end() {
            lifetime = System.nanoTime() - begun;
            running = false;
        }

        Utilisation read() {
            long word;
            long total;
            do { // the time is one at which the word holds
                word = (long) IDLE.getOpaque(this);
                total = running ? System.nanoTime() - begun : lifetime;
            } while (word != (long) IDLE.getOpaque(this));
            long idleNanos = ((word & 1) == 0 ? 0 : total) + (word >> 1);
            return new Utilisation(Duration.ofNanos(Math.max(0, total - idleNanos)), Duration.ofNanos(idleNanos));
        }
    }

    /** Whether each task of an executor runs on a thread of its own. */
    static boolean startsThreads(Executor executor) {
        return executor.equals(VIRTUAL);
    }

    /** This is where an inbox is read, until it is forgotten. */
    void adopt(Inbox<?> inbox) {
        inboxes.add(inbox);
    }

    void forget(Inbox<?> inbox) {
        inboxes.remove(inbox);
    }

    private List<Inbox<?>> adopted() {
        synchronized (inboxes) {
            return List.copyOf(inboxes);
        }
    }

    /**
     * Closes all ports that belong to this loop: those that were first used on its thread, or have handlers here.
     *
     * @param reason why, for both ends
     */
    public void closePorts(String reason) {
        Objects.requireNonNull(reason, "reason");
        adopted().forEach(inbox -> inbox.closeBoth(reason));
    }

    boolean hasEnded() {
        return tasks.ended() != null;
    }

    /** For a user: what hangs on it runs on a virtual thread, and not on the one that happens to complete it. */
    static <T> CompletableFuture<T> detached(CompletableFuture<T> future) {
        return future.isDone() ? future.copy() : future.whenCompleteAsync((_, _) -> nothing(), VIRTUAL);
    }

    static void onVirtualThread(Runnable task) {
        Thread.ofVirtual().name("handoff-handler").start(task);
    }

    private static void nothing() {
    }
}
