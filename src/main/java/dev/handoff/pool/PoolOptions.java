package dev.handoff.pool;

import dev.handoff.clone.Cloners;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.worker.WorkerOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How a pool works. Immutable; each method returns a changed copy. */
public final class PoolOptions {
    /** Which of the tasks that wait is done next. */
    public enum Queueing {
        /** The one that came first. Adding and taking is lock-free. */
        FIFO,
        /** The one that came last. Adding and taking is lock-free. */
        LIFO,
        /** The one with the highest {@linkplain TaskOptions#priority priority}; of equals the one that came first. */
        PRIORITY
    }

    /** What {@code submit} does where the queue has a bound and there is no room. */
    public enum Overflow {
        /** It throws a {@link TaskRejectedException}. */
        REJECT,
        /**
         * It waits for room. If the thread is interrupted it throws a {@link TaskRejectedException}, and the flag stays set;
         * it throws one also where it is a worker of the pool itself, which would wait for itself.
         */
        WAIT,
        /**
         * The calling thread does the task itself, once, whatever its {@link Retry} says. Not for pools whose workers have
         * state of their own.
         */
        CALLER_RUNS
    }

    private static final PoolOptions DEFAULTS = new PoolOptions();

    private String name = "pool";
    private int minWorkers = Runtime.getRuntime().availableProcessors();
    private int maxWorkers = minWorkers;
    private long idleNanos = TimeUnit.SECONDS.toNanos(60);
    private int tasksPerWorker = 1;
    private WorkerOptions<@Nullable Void> worker = WorkerOptions.defaults();
    private Queueing queueing = Queueing.FIFO;
    private int capacity = Integer.MAX_VALUE;
    private Overflow overflow = Overflow.REJECT;
    private @Nullable Balancer balancer;
    private Duration gracePeriod = Duration.ofSeconds(1);
    private Retry retry = Retry.never();
    private int quarantineAfter = 3;
    private int startAttempts = 3;
    private Cloners cloners = Cloners.standard();
    private Supplier<IdleStrategy> idle = IdleStrategy::adaptive;

    private PoolOptions() {
    }

    private PoolOptions with(Consumer<PoolOptions> change) {
        PoolOptions changed = new PoolOptions(); // nobody else has it yet
        changed.name = name;
        changed.minWorkers = minWorkers;
        changed.maxWorkers = maxWorkers;
        changed.idleNanos = idleNanos;
        changed.tasksPerWorker = tasksPerWorker;
        changed.worker = worker;
        changed.queueing = queueing;
        changed.capacity = capacity;
        changed.overflow = overflow;
        changed.balancer = balancer;
        changed.gracePeriod = gracePeriod;
        changed.retry = retry;
        changed.quarantineAfter = quarantineAfter;
        changed.startAttempts = startAttempts;
        changed.cloners = cloners;
        changed.idle = idle;
        change.accept(changed);
        return changed;
    }

    /**
     * The options to start from: as many workers as there are processors, on platform threads, one task at a time each; one
     * queue without a bound, first in, first out; a grace period of a second; no retries.
     *
     * @return the options
     */
    public static PoolOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Names the pool. Its workers are called by this name and their numbers.
     *
     * @param name the name, for messages and thread dumps; it need not be unique
     * @return the changed options
     */
    public PoolOptions name(String name) {
        Objects.requireNonNull(name, "name");
        return with(o -> o.name = name);
    }

    /**
     * Has a fixed number of workers.
     *
     * @param workers how many
     * @return the changed options
     * @throws IllegalArgumentException if there is none
     */
    public PoolOptions workers(int workers) {
        return workers(workers, workers);
    }

    /**
     * Has workers as they are needed: another one is started when a task comes and none is free, and one that has had
     * nothing to do for the {@linkplain #idleTimeout idle time-out} ends.
     *
     * @param min how many there are at least, from the start; 0 or more
     * @param max how many there are at most, 1 or more
     * @return the changed options
     * @throws IllegalArgumentException if there can be none, or fewer than there have to be
     */
    public PoolOptions workers(int min, int max) {
        if (min < 0 || max < 1 || min > max) {
            throw new IllegalArgumentException("min=" + min + " and max=" + max
                    + " workers can't be: 0 <= min <= max and 1 <= max have to hold");
        }
        return with(o -> {
            o.minWorkers = min;
            o.maxWorkers = max;
        });
    }

    /**
     * Tells how long a worker above the minimum has nothing to do before it ends; a minute, unless told otherwise here.
     *
     * @param timeout how long; zero ends it at once
     * @return the changed options
     * @throws IllegalArgumentException if it is negative
     */
    public PoolOptions idleTimeout(Duration timeout) {
        requireNotNegative("an idle time-out", timeout);
        return with(o -> o.idleNanos = TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Lets each worker do several tasks at once, on threads of the same kind that share its handler and its fate: for
     * handlers that mostly wait, with a state that is worth sharing and is thread-safe.
     *
     * @param tasks how many
     * @return the changed options
     * @throws IllegalArgumentException if there is none
     */
    public PoolOptions tasksPerWorker(int tasks) {
        requirePositive("tasksPerWorker", tasks);
        return with(o -> o.tasksPerWorker = tasks);
    }

    /**
     * Tells how each worker is started: its kind of thread, its limits, whether the JVM waits for it. The name, the
     * cloners, the idle strategy and the grace period are those of the pool.
     *
     * @param options the options of a worker
     * @return the changed options
     */
    public PoolOptions worker(WorkerOptions<@Nullable Void> options) {
        Objects.requireNonNull(options, "options");
        return with(o -> o.worker = options);
    }

    /**
     * Runs the workers on virtual threads.
     *
     * @return the changed options
     * @throws IllegalArgumentException if there is a limit of something that is measured for platform threads only
     */
    public PoolOptions virtual() {
        return worker(worker.virtual());
    }

    /**
     * Runs the workers on threads that a factory makes.
     *
     * @param factory makes a new thread that is not started
     * @return the changed options
     * @throws IllegalArgumentException if there is a limit of the stack, which is the factory's to decide
     */
    public PoolOptions threadFactory(ThreadFactory factory) {
        return worker(worker.threadFactory(factory));
    }

    /**
     * Tells which of the tasks that wait is done next.
     *
     * @param queueing the order
     * @return the changed options
     */
    public PoolOptions queue(Queueing queueing) {
        Objects.requireNonNull(queueing, "queueing");
        return with(o -> o.queueing = queueing);
    }

    /**
     * Bounds the queue.
     *
     * @param capacity how many tasks may wait, 1 or more; those that run do not count
     * @return the changed options
     * @throws IllegalArgumentException if it is not positive
     */
    public PoolOptions capacity(int capacity) {
        requirePositive("capacity", capacity);
        return with(o -> o.capacity = capacity);
    }

    /**
     * Says what {@code submit} does where the queue is full: it rejects the task, unless told otherwise here.
     *
     * @param overflow what to do
     * @return the changed options
     */
    public PoolOptions overflow(Overflow overflow) {
        Objects.requireNonNull(overflow, "overflow");
        return with(o -> o.overflow = overflow);
    }

    /**
     * Gives each worker a queue of its own, and a balancer the choice among them.
     *
     * @param balancer who chooses
     * @return the changed options
     */
    public PoolOptions balancer(Balancer balancer) {
        Objects.requireNonNull(balancer, "balancer");
        return with(o -> o.balancer = balancer);
    }

    /**
     * Tells how long a handler may go on after its task was cancelled, or has passed a deadline, before its worker is
     * replaced; a second, unless told otherwise here.
     *
     * @param period how long
     * @return the changed options
     * @throws IllegalArgumentException if it is negative
     */
    public PoolOptions gracePeriod(Duration period) {
        requireNotNegative("a grace period", period);
        return with(o -> o.gracePeriod = period);
    }

    /**
     * Says when tasks that failed are begun again: never, unless told otherwise here or by the task.
     *
     * @param retry the rule
     * @return the changed options
     */
    public PoolOptions retry(Retry retry) {
        Objects.requireNonNull(retry, "retry");
        return with(o -> o.retry = retry);
    }

    /**
     * Tells how many workers a task may lose before it is not begun again, whatever its {@link Retry} says; three, unless
     * told otherwise here.
     *
     * @param crashes how many
     * @return the changed options
     * @throws IllegalArgumentException if it is not positive
     */
    public PoolOptions quarantineAfter(int crashes) {
        requirePositive("quarantineAfter", crashes);
        return with(o -> o.quarantineAfter = crashes);
    }

    /**
     * Tells how often in a row starting a worker may fail before the pool gives up: {@link WorkerPool#ready} and all tasks
     * that wait fail, and no more are taken. Three times, unless told otherwise here.
     *
     * @param attempts how often
     * @return the changed options
     * @throws IllegalArgumentException if it is not positive
     */
    public PoolOptions startAttempts(int attempts) {
        requirePositive("startAttempts", attempts);
        return with(o -> o.startAttempts = attempts);
    }

    /**
     * Tells how tasks, results and progress are cloned.
     *
     * @param cloners how
     * @return the changed options
     */
    public PoolOptions cloners(Cloners cloners) {
        Objects.requireNonNull(cloners, "cloners");
        return with(o -> o.cloners = cloners);
    }

    /**
     * Tells how workers wait for tasks, and those who call {@code get} or {@code join} for results. Without it, they wait
     * adaptively.
     *
     * @param idle the strategy
     * @return the changed options
     */
    public PoolOptions idleStrategy(IdleStrategy idle) {
        Objects.requireNonNull(idle, "idle");
        return with(o -> o.idle = () -> idle);
    }

    private static void requirePositive(String what, int n) {
        if (n < 1) {
            throw new IllegalArgumentException(what + "=" + n + " must be 1 or more");
        }
    }

    private static void requireNotNegative(String what, Duration d) {
        if (d.isNegative()) {
            throw new IllegalArgumentException(what + " can't be negative; this one is " + d);
        }
    }

    String name() {
        return name;
    }

    int minWorkers() {
        return minWorkers;
    }

    int maxWorkers() {
        return maxWorkers;
    }

    /** In nanoseconds. */
    long idleTimeout() {
        return idleNanos;
    }

    int tasksPerWorker() {
        return tasksPerWorker;
    }

    /** How the worker of a name is started. */
    WorkerOptions<@Nullable Void> worker(String workerName) {
        return worker.name(workerName).cloners(cloners).gracePeriod(gracePeriod);
    }

    Queueing queueing() {
        return queueing;
    }

    int capacity() {
        return capacity;
    }

    Overflow overflow() {
        return overflow;
    }

    @Nullable
    Balancer balancer() {
        return balancer;
    }

    Duration gracePeriod() {
        return gracePeriod;
    }

    Retry retry() {
        return retry;
    }

    int quarantineAfter() {
        return quarantineAfter;
    }

    int startAttempts() {
        return startAttempts;
    }

    Cloners cloners() {
        return cloners;
    }

    IdleStrategy idleStrategy() {
        return idle.get();
    }
}
