package dev.handoff.pool;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerScope;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a pool, from its start to its end: the threads that share a handler. There is one of them, or several in a
 * pool whose workers do several tasks at once; then the first one is the parent of the others, and they end together.
 */
final class Crew {
    private final WorkerPool<?, ?> pool;
    /** The worker's place in the pool; who replaces it has the same. */
    private final int number;
    private final String name;
    /** Tasks for this worker only; who replaces it takes them over. */
    private final Queue<Task<?>> own;
    private final Runner[] runners;
    private final CopyOnWriteArrayList<Worker<?, ?>> workers = new CopyOnWriteArrayList<>();
    /** Threads that run; the first one counts from the beginning. */
    private final AtomicInteger alive = new AtomicInteger(1);
    private final long born = System.nanoTime();
    /** Set before the first task is taken. */
    private @Nullable Handlers handlers;
    /** It takes no more tasks. */
    private volatile boolean isOver;
    private volatile boolean isKilled;
    private volatile boolean isStarted;
    /** It ended in the middle of a task. */
    private volatile boolean isLost;
    /** It was given up, as a task of it did not stop. */
    private volatile boolean isAbandoned;
    /** What broke it. */
    private volatile @Nullable Throwable error;

    Crew(WorkerPool<?, ?> pool, int number, Queue<Task<?>> own) {
        this.pool = pool;
        this.number = number;
        this.own = own;
        name = pool.options().name() + "-" + number;
        runners = new Runner[pool.options().tasksPerWorker()];
        for (int i = 0; i < runners.length; i++) {
            runners[i] = new Runner(this, pool);
        }
    }

    /** On a thread that is no worker's: what pools have is nobody's child, and does not end with whoever needed it first. */
    void start() {
        try {
            CountDownLatch heard = new CountDownLatch(1);
            Worker<Object, Object> worker = Worker.start(scope -> {
                heard.await();
                lead(scope);
            }, pool.options().worker(name));
            watch(worker, runners[0]);
            heard.countDown();
        } catch (Throwable e) { // no more threads, a factory that fails
            error = e;
            ended(runners[0]);
        }
    }

    private void watch(Worker<?, ?> worker, Runner runner) {
        var _ = worker.onError(e -> error = e);
        workers.add(worker);
        var _ = worker.exited().whenComplete((_, _) -> ended(runner));
        if (isKilled) { // before this was known
            worker.terminate();
        }
    }

    // ---- on its first thread

    private void lead(WorkerScope<?, ?, ?> scope) throws Exception {
        if (isOver) {
            return;
        }
        handlers = pool.makeHandlers(scope);
        try {
            for (int i = 1; i < runners.length; i++) {
                startHelper(runners[i], i);
            }
            isStarted = true;
            pool.staff().started(number);
            runners[0].run(scope);
            for (Worker<?, ?> worker : workers) {
                if (!worker.equals(workers.getFirst())) {
                    worker.join();
                }
            }
        } finally {
            handlers.close();
        }
    }

    private void startHelper(Runner runner, int i) {
        CountDownLatch heard = new CountDownLatch(1);
        alive.incrementAndGet();
        try {
            Worker<Object, Object> worker = Worker.start(scope -> {
                heard.await();
                runner.run(scope);
            }, pool.options().worker(name + "." + i));
            watch(worker, runner);
        } catch (Throwable e) {
            alive.decrementAndGet();
            throw e;
        }
        heard.countDown();
    }

    TaskHandler<Object, ?> handler(TaskKey<?, ?> key) {
        return Objects.requireNonNull(handlers).get(key);
    }

    /** Ends this, if nobody needs it. */
    boolean retire() {
        return Arrays.stream(runners).allMatch(runner -> runner.task() == null) && pool.staff().retire(this);
    }

    boolean isSurplus() {
        return pool.staff().hasSurplus();
    }

    // ---- at its end

    /** A thread is dead, or was never born. On a virtual thread. */
    private void ended(Runner runner) {
        Task<?> task = runner.task();
        if (task != null && task.workerLost(this + " ended", error)) {
            isLost = true;
            runner.meter().failed();
            runner.meter().over();
        }
        if (alive.decrementAndGet() == 0) {
            isOver = true;
            pool.staff().ended(this, isStarted, isLost && !isAbandoned, error);
        } else if (isLost || error != null) {
            kill();
        }
    }

    /** A task does not stop: the worker is given up. */
    void abandoned(Task<?> stuck) {
        isOver = true;
        isAbandoned = true;
        pool.staff().abandoned(this, stuck.name() + " did not stop within " + pool.options().gracePeriod());
        kill();
    }

    boolean isAbandoned() {
        return isAbandoned;
    }

    /** Ends it, also in the middle of tasks. */
    void kill() {
        isOver = true;
        isKilled = true; // before the look at who is known
        workers.forEach(Worker::terminate);
    }

    /** It takes nothing more, and ends when its tasks have. */
    void dismiss() {
        isOver = true;
        nudge();
    }

    // ---- for others

    /** Gives it a task of its own; false if it won't do it. */
    boolean give(Task<?> task) {
        own.add(task);
        VarHandle.fullFence(); // between the queue and the look at who is asleep, or over
        if (isOver) {
            return false;
        }
        nudge();
        return true;
    }

    void nudge() {
        for (Runner runner : runners) {
            runner.nudge();
        }
    }

    boolean isOver() {
        return isOver;
    }

    /** Whether it has its handlers. */
    boolean isStarted() {
        return isStarted;
    }

    int number() {
        return number;
    }

    Queue<Task<?>> own() {
        return own;
    }

    Runner[] runners() {
        return runners;
    }

    long countTaken() {
        long sum = 0;
        for (Runner runner : runners) {
            sum += runner.meter().countTaken();
        }
        return sum;
    }

    long countOver() {
        long sum = 0;
        for (Runner runner : runners) {
            sum += runner.meter().countOver();
        }
        return sum;
    }

    long runNanos() {
        return Arrays.stream(runners).mapToLong(runner -> runner.meter().nanosRun()).sum();
    }

    /** For how long its threads have been there. */
    long threadNanos(long now) {
        return (now - born) * runners.length;
    }

    /** What it has done; its times are added to sums. */
    PoolStatistics.OfWorker statistics(long now, long[] waitSums, long[] runSums) {
        long[] waits = new long[Histogram.BUCKETS];
        long[] runs = new long[Histogram.BUCKETS];
        int running = 0;
        long over = 0;
        long failed = 0;
        long cancelled = 0;
        for (Runner runner : runners) {
            Meter meter = runner.meter();
            meter.waits.addTo(waits);
            meter.runs.addTo(runs);
            running += runner.task() == null ? 0 : 1;
            failed += meter.countFailed(); // before the sum of all, which is written later
            cancelled += meter.countCancelled();
            over += meter.countOver();
        }
        for (int i = 0; i < Histogram.BUCKETS; i++) {
            waitSums[i] += waits[i];
            runSums[i] += runs[i];
        }
        return new PoolStatistics.OfWorker(number, running, Math.max(0, over - failed - cancelled), failed, cancelled,
                Math.min(1, (double) runNanos() / Math.max(1, threadNanos(now))), new Percentiles(waits),
                new Percentiles(runs));
    }

    @Override
    public String toString() {
        return "worker '" + name + "'";
    }
}
