package dev.handoff.channel;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Runs handlers one after another on one thread, for as long as anything may still come.
 *
 * <p>
 * {@link #run} makes the calling thread the loop's. Handlers that are attached on that thread run on it. The loop ends
 * when no task is queued and nothing {@linkplain #hold holds} it: a port with a handler does, until it is closed.
 *
 * <p>
 * All methods but {@code run} may be called by any thread at any time. Tasks run in the order in which they were added;
 * what was done before adding one happens-before it runs.
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

    private final Mailbox<Runnable> tasks = new Mailbox<>();
    /** What keeps the loop from ending, and is told when it ends all the same. */
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();
    /** What is received on this loop's thread; whoever forgets one must not keep it here. */
    private final Set<Inbox<?>> inboxes = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private final AtomicBoolean begun = new AtomicBoolean();

    /** Creates a loop that does not turn yet; tasks may be added. */
    public EventLoop() {
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
     * @throws Exception what the body or a task throws; it ends the loop
     */
    public void run(Body body) throws Exception {
        if (current() != null) {
            throw new IllegalStateException("this thread runs an event loop already");
        }
        if (begun.getAndSet(true)) {
            throw new IllegalStateException("this event loop has run before");
        }
        CURRENT.set(this);
        try {
            body.run();
            while (tasks.ended() == null) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                Runnable task = tasks.poll();
                if (task == null) {
                    if (holds.isEmpty() && tasks.endIfEmpty(ENDED)) {
                        return;
                    }
                    task = tasks.poll(Long.MAX_VALUE);
                }
                if (task != null && tasks.ended() == null) {
                    task.run();
                }
            }
        } finally {
            CURRENT.remove();
            tasks.end(ENDED);
            tasks.drain();
            adopted().forEach(inbox -> inbox.abandon(this));
            holds.forEach(Hold::loopEnded);
        }
    }

    /**
     * Adds a task.
     *
     * @throws RejectedExecutionException if the loop has ended
     */
    @Override
    public void execute(Runnable task) {
        String end = tasks.add(task);
        if (end != null) {
            throw new RejectedExecutionException(end);
        }
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

    /** What is to be done between two messages. */
    void settle() {
    }

    boolean hasEnded() {
        return tasks.ended() != null;
    }

    private static void onVirtualThread(Runnable task) {
        Thread.ofVirtual().name("handoff-handler").start(task);
    }

    private static void nothing() {
    }
}
