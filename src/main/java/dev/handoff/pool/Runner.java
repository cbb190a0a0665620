package dev.handoff.pool;

import dev.handoff.worker.WorkerScope;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One thread of a worker: takes tasks, and does them. */
final class Runner {
    private static final ThreadLocal<@Nullable Runner> CURRENT = new ThreadLocal<>();
    private static final VarHandle CURRENT_TASK;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CURRENT_TASK = lookup.findVarHandle(Runner.class, "task", Task.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Crew crew;
    private final WorkerPool<?, ?> pool;
    private final Lane lane;
    private final Meter meter = new Meter();
    private final BooleanSupplier hasNews = this::hasNews;
    private final boolean isBounded;
    /** Set before this takes its first task, or sleeps. */
    private @Nullable Thread thread;
    private @Nullable WorkerScope<?, ?, ?> scope;
    /** What it does now, or is about to take. */
    private @Nullable Task<?> task;
    private volatile boolean isWoken;
    private volatile boolean isAsleep;
    private final Quietly quietly = new Quietly();

    Runner(Crew crew, WorkerPool<?, ?> pool) {
        this.crew = crew;
        this.pool = pool;
        lane = pool.lane();
        isBounded = pool.options().capacity() != Integer.MAX_VALUE;
    }

    /** Whose thread this is, or null if it is no pool's. */
    static @Nullable Runner current() {
        return CURRENT.get();
    }

    // ---- on its thread

    /** Does tasks until there is no more for this worker. */
    void run(WorkerScope<?, ?, ?> worker) {
        thread = Thread.currentThread();
        scope = worker;
        CURRENT.set(this);
        for (Task<?> next = next(); next != null; next = next()) {
            perform(next);
        }
    }

    private void perform(Task<?> next) {
        long since = next.since();
        long begun = since == 0 ? 0 : System.nanoTime();
        if (since != 0) {
            meter.waited(begun - since);
        }
        meter.taken();
        if (isBounded) {
            VarHandle.fullFence(); // between the meter and the look for those who wait for room
            pool.taken();
        } else if (pool.isDrainAwaited()) {
            pool.taken();
        }
        if (pool.isStopped()) {
            pool.takenTooLate(next);
        }
        TaskEvent event = TaskEvent.begun();
        next.run(crew.handler(next.key));
        if (event != null) {
            event.tell(next, begun - since);
        }
        CURRENT_TASK.setRelease(this, (Task<?>) null);
        var _ = Thread.interrupted(); // what a task did to its thread, or was done to it, is not for the next one
        if (since != 0) {
            long nanos = System.nanoTime() - begun;
            meter.ran(nanos);
            pool.measured(nanos);
        }
        meter.over();
    }

    private @Nullable Task<?> next() {
        Task<?> next = mustEnd() ? null : poll();
        return next != null ? next : await();
    }

    private @Nullable Task<?> poll() {
        while (true) {
            Task<?> next = crew.own().poll();
            if (next == null) {
                next = lane.poll();
            }
            if (next == null) {
                return null;
            }
            CURRENT_TASK.setRelease(this, next); // before it is taken, which is a fence: see WorkerPool.stopAll()
            if (next.take(this)) {
                return next;
            }
            CURRENT_TASK.setRelease(this, (Task<?>) null);
            lane.buried();
        }
    }

    private @Nullable Task<?> await() {
        while (!mustEnd()) {
            lane.spin();
            try {
                var _ = pool.idleOfWorkers().idle(hasNews,
                        crew.isSurplus() ? pool.options().idleTimeout() : Long.MAX_VALUE);
            } finally {
                lane.spun();
            }
            Task<?> next = mustEnd() ? null : poll();
            if (next != null) {
                lane.wakeForMore();
                if (!lane.isEmpty()) {
                    pool.growIfNobodyIsFree();
                }
                return next;
            }
            if (pool.isDrained() || !sleep() && crew.retire()) {
                return null;
            }
        }
        return null;
    }

    /** False if nothing has come for as long as a worker waits. */
    private boolean sleep() {
        long timeout = pool.options().idleTimeout();
        long begun = System.nanoTime();
        isWoken = false;
        isAsleep = true;
        lane.announce(this);
        VarHandle.fullFence(); // see Lane
        boolean isOver = false;
        while (!isOver) {
            var _ = Thread.interrupted(); // before the look: whoever interrupts says before what it is about
            if (isWoken || hasNews() || pool.isDrained()) {
                break;
            }
            if (crew.isSurplus()) {
                long left = timeout - (System.nanoTime() - begun);
                if (left > 0) {
                    LockSupport.parkNanos(this, left);
                } else {
                    isOver = true;
                }
            } else {
                LockSupport.park(this);
            }
        }
        isAsleep = false;
        boolean wasMeant = !lane.retract(this);
        if (wasMeant && isOver) {
            lane.wakeForMore();
        }
        return !isOver;
    }

    private boolean hasNews() {
        return !lane.isEmpty() || !crew.own().isEmpty() || mustEnd();
    }

    private boolean mustEnd() {
        return crew.isOver() || isEnding();
    }

    /** Whether the worker was terminated, or has ended itself. */
    boolean isEnding() {
        return Objects.requireNonNull(scope).isEnding();
    }

    /** Tells the future of the task, whose result was published; true if something depends on it. */
    boolean completeQuietly() {
        var _ = quietly.thenApply(quietly);
        return Objects.requireNonNull(task).getNumberOfDependents() > 0; // volatile, as the result: see Task
    }

    /**
     * A stage that is complete already: what its {@code thenApply} makes is complete at once, and as it is meant to be new,
     * nothing can depend on it yet. But it is the future of the task.
     */
    @SuppressWarnings("unchecked") // the result is that of the future
    private final class Quietly extends CompletableFuture<Object> implements Function<Object, Object> {
        Quietly() {
            super.complete("");
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return (CompletableFuture<U>) Objects.requireNonNull(task);
        }

        @Override
        @SuppressWarnings("NullAway") // null where the result is
        public Object apply(Object ignored) {
            return Objects.requireNonNull(task).result();
        }
    }

    // ---- for others

    boolean isOf(WorkerPool<?, ?> whose) {
        return pool.equals(whose);
    }

    /** What it does now, did a moment ago, or is about to take. */
    @Nullable
    Task<?> task() {
        return (Task<?>) CURRENT_TASK.getAcquire(this); // pairs with perform()
    }

    Thread thread() {
        return Objects.requireNonNull(thread);
    }

    WorkerScope<?, ?, ?> scope() {
        return Objects.requireNonNull(scope);
    }

    Meter meter() {
        return meter;
    }

    /** By the lane, which has taken it from those who sleep. */
    void wake() {
        isWoken = true;
        LockSupport.unpark(thread);
    }

    /** There is something for this worker, or it shall end. */
    void nudge() {
        if (isAsleep) {
            LockSupport.unpark(thread);
        }
    }

    /** Its task was to stop and did not; somebody else takes this one's place. */
    void abandoned(Task<?> stuck) {
        crew.abandoned(stuck);
    }
}
