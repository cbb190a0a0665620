package dev.handoff.channel;

import java.util.concurrent.atomic.AtomicReference;

/**
 * A task that an {@link EventLoop} runs at a later time, once or again and again. Thread-safe.
 *
 * <p>
 * A timer keeps its loop from ending until it has run for the last time or is closed, unless it is
 * {@linkplain #unref unreferenced}.
 */
public final class Timer implements Registration {
    /** Whoever changes it from WAITING decides whether the task runs. */
    private enum State {
        WAITING,
        RUNNING,
        OVER
    }

    private final EventLoop loop;
    private final Runnable task;
    /** 0 for a timer that runs once. */
    private final long period;
    /** Orders timers that are due at the same time. */
    private final long number;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    /** The last wish; the loop's thread acts on it. */
    private volatile boolean referenced = true;
    /** Of the loop's thread, once the timer is queued. */
    private long deadline;
    private boolean counted;

    Timer(EventLoop loop, Runnable task, long number, long deadline, long period) {
        this.loop = loop;
        this.task = task;
        this.number = number;
        this.deadline = deadline;
        this.period = period;
    }

    /** By deadline; two that one loop has at the same time are never further apart than a long can tell. */
    static int compare(Timer a, Timer b) {
        long difference = a.deadline - b.deadline;
        return Long.signum(difference != 0 ? difference : a.number - b.number);
    }

    // ---- on the loop's thread

    long deadline() {
        return deadline;
    }

    boolean isWaiting() {
        return state.get() == State.WAITING;
    }

    /** Whether the loop counts this among what keeps it from ending. */
    boolean isCounted() {
        return counted;
    }

    /** Changes whether it counts, to what the user wants or to false where it is over; tells by how much. */
    int recount() {
        boolean counts = referenced && state.get() != State.OVER;
        int change = (counts ? 1 : 0) - (counted ? 1 : 0);
        counted = counts;
        return change;
    }

    /** Runs the task, unless the timer was closed; true if there will be a next time, with its deadline set. */
    boolean run() {
        if (!state.compareAndSet(State.WAITING, State.RUNNING)) {
            return false;
        }
        boolean again = false;
        try {
            task.run();
            again = period > 0;
        } finally {
            if (!again) {
                state.set(State.OVER);
            }
        }
        if (!again) {
            return false;
        }
        long late = System.nanoTime() - deadline;
        deadline += late < period ? period : period * (late / period + 1);
        return state.compareAndSet(State.RUNNING, State.WAITING);
    }

    // ---- for users

    /** Cancels the timer: no run begins after this has returned, and one that is under way goes on. */
    @Override
    public void close() {
        if (state.getAndSet(State.OVER) != State.OVER) {
            loop.changed(this);
        }
    }

    /**
     * Keeps the loop from ending as long as this timer will run, as it does from the start.
     *
     * @return this timer
     */
    public Timer ref() {
        return reference(true);
    }

    /**
     * Lets the loop end although this timer is still to run; then it never does.
     *
     * @return this timer
     */
    public Timer unref() {
        return reference(false);
    }

    private Timer reference(boolean wanted) {
        referenced = wanted;
        loop.changed(this);
        return this;
    }

    /**
     * Whether the timer keeps its loop from ending.
     *
     * @return false if it is unreferenced, or if it will not run any more
     */
    public boolean hasRef() {
        return referenced && state.get() != State.OVER;
    }
}
