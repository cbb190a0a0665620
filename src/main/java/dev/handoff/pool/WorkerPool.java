package dev.handoff.pool;

import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.Registration;
import dev.handoff.clone.Cloners;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.worker.WorkerScope;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Workers that do tasks: each task is handed to one of them as a message is, cloned or moved, and its result comes back the
 * same way, as a future.
 *
 * <p>
 * A task that throws fails its own future, with the very exception, and so do a {@link StackOverflowError} and an
 * {@link OutOfMemoryError}. A worker that ends under a task fails that task with a {@link WorkerLostException} and is
 * replaced. A task is cancelled by its future: one that waits is taken from the queue, one that runs is asked to stop, by an
 * interrupt and by {@link TaskContext#cancelled}; a handler that goes on for longer than the
 * {@linkplain PoolOptions#gracePeriod grace period} loses its worker, which is replaced. No interrupt ever hits the task
 * after it. What never ran gives its input back: {@link TaskCancelledException#input},
 * {@link TaskTimeoutException#input}, {@link #closeNow}.
 *
 * <p>
 * What depends on a task's future never runs on a worker: it runs on the thread that looks at the future or makes it
 * depend, if the outcome is there, else on virtual threads. {@code get} and {@code join} take the outcome from the worker without a
 * hop, and spin for it as long as that has lately been worth it.
 *
 * <p>
 * A handler that waits for another task of its own pool keeps its worker meanwhile: where all of them wait so, nobody is left
 * to do what they wait for.
 *
 * <p>
 * A pool keeps the JVM alive until it is closed, unless its workers are {@linkplain dev.handoff.worker.WorkerOptions#daemon
 * daemons}. It is nobody's child: it does not end with the worker that made it.
 *
 * <p>
 * Thread-safe. Submitting and taking are lock-free with the queue's default order, but for the clone and for waking a
 * thread. What was done before {@code submit} happens-before what the handler does with the task, and that happens-before
 * what is done with the result. Features and words are those of the pools for Node, <a
 * href="https://github.com/piscinajs/piscina">Piscina</a> above all.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of their results
 */
public final class WorkerPool<T, R extends @Nullable Object> implements AutoCloseable {
    /** Tasks that bring their own code, which is shared, as their results are. */
    private static final TaskKey<Job<?>, ?> JOB = TaskKey.of("job");
    /** What may not be repeated just because tasks may. */
    private static final TaskOptions ONCE = TaskOptions.defaults().retry(Retry.never());
    /** Where futures that are not of tasks are completed. */
    static final Executor VIRTUAL = task -> Thread.ofVirtual().name("handoff-result").start(task);
    /** To look at the clock costs what a trivial task costs: after so many, one of so many of those that are short is measured. */
    private static final int MEASURED_FIRST = 4096;
    private static final int MEASURED_OF = 8;
    private static final long SHORT_NANOS = 10_000;
    /** Whose task a thread does that is no worker. */
    private static final ThreadLocal<@Nullable WorkerPool<?, ?>> CALLED = new ThreadLocal<>();
    private static final String CLOSED_UNDER_IT = " was cancelled, as its pool was closed";
    private static final VarHandle DRAIN_AWAITED;
    private static final VarHandle ENDING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DRAIN_AWAITED = lookup.findVarHandle(WorkerPool.class, "isDrainAwaited", boolean.class);
            ENDING = lookup.findVarHandle(WorkerPool.class, "isEnding", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A task that brings its own code. */
    interface Job<V extends @Nullable Object> {
        V call(TaskContext context) throws Exception;
    }

    /** Always the same handler. */
    private record StatelessFactory<T, R extends @Nullable Object>(TaskHandler<T, R> handler)
            implements
                HandlerFactory<T, R> {
        @Override
        public TaskHandler<T, R> create(WorkerScope<?, ?, ?> worker) {
            return handler;
        }
    }

    private final PoolOptions options;
    private final Cloners cloners;
    private final Map<TaskKey<?, ?>, HandlerFactory<?, ?>> factories;
    private final TaskKey<T, R> defaultKey;
    /** What callers run themselves where there is no room; only of pools whose workers have no state. */
    private final @Nullable Handlers callersHandlers;
    private final Lane lane;
    private final IdleStrategy idleOfWorkers;
    private final IdleStrategy idleOfWaiters;

    private final Entrance entrance = new Entrance();
    /** Tasks that were put back into the queue. */
    private final AtomicLong requeued = new AtomicLong();
    /** Tasks that left the queue without being taken. */
    private final AtomicLong withdrawn = new AtomicLong();
    /** Tasks whose threads were given up. */
    private final AtomicLong abandoned = new AtomicLong();
    /** Tasks that wait for their next attempt. */
    private final Set<Task<?>> delayed = ConcurrentHashMap.newKeySet();

    /** Tasks that their callers have begun, and have done: those count as submitted, but never wait. */
    private final AtomicLong callersTaken = new AtomicLong();
    private final AtomicLong callersDone = new AtomicLong();

    // for statistics only
    final LongAdder cancelledInQueue = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder callersFailed = new LongAdder();
    final LongAdder callersCancelled = new LongAdder();

    private final Staff staff;
    /** Why nobody begins a task any more; if so, set before anybody looks for those that wait or run. */
    private volatile @Nullable String stopped;
    private volatile @Nullable Throwable failure;
    private volatile boolean isDrained;
    private volatile boolean isEnding;
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

    private final Object room = new Object();
    private final AtomicInteger waitingForRoom = new AtomicInteger();
    private final CopyOnWriteArrayList<Runnable> drainListeners = new CopyOnWriteArrayList<>();
    private volatile boolean isDrainAwaited;
    /** Whether the last task that was measured was short. */
    private volatile boolean areShort;

    private WorkerPool(Map<TaskKey<?, ?>, HandlerFactory<?, ?>> factories, TaskKey<T, R> defaultKey, boolean hasState,
            PoolOptions options) {
        if (hasState && options.overflow() == PoolOptions.Overflow.CALLER_RUNS) {
            throw new IllegalArgumentException(
                    "callers can't run tasks themselves in a pool whose workers have state of"
                            + " their own (a HandlerFactory)");
        }
        this.options = options;
        this.cloners = options.cloners();
        this.factories = Map.copyOf(factories);
        this.defaultKey = defaultKey;
        lane = new Lane(options.queueing());
        idleOfWorkers = options.idleStrategy();
        idleOfWaiters = options.idleStrategy();
        callersHandlers = hasState ? null : handlersOfCallers();
        staff = new Staff(this);
        staff.start();
    }

    /**
     * Starts a pool whose workers share one handler, which has no state or is thread-safe.
     *
     * @param handler what to do with a task
     * @param <T> the type of the tasks
     * @param <R> the type of the results
     * @return the pool, its workers about to start
     */
    public static <T, R extends @Nullable Object> WorkerPool<T, R> of(TaskHandler<T, R> handler) {
        return of(handler, PoolOptions.defaults());
    }

    /**
     * Starts a pool whose workers share one handler, which has no state or is thread-safe.
     *
     * @param handler what to do with a task
     * @param options how the pool works
     * @param <T> the type of the tasks
     * @param <R> the type of the results
     * @return the pool, its workers about to start
     */
    public static <T, R extends @Nullable Object> WorkerPool<T, R> of(TaskHandler<T, R> handler, PoolOptions options) {
        Objects.requireNonNull(handler, "handler");
        TaskKey<T, R> key = TaskKey.of("task");
        return new WorkerPool<>(Map.of(key, new StatelessFactory<>(handler)), key, false, options);
    }

    /**
     * Starts a pool each of whose workers has a handler of its own.
     *
     * @param factory makes the handlers
     * @param options how the pool works
     * @param <T> the type of the tasks
     * @param <R> the type of the results
     * @return the pool, its workers about to start
     * @throws IllegalArgumentException if callers shall run tasks, who have no handler
     */
    public static <T, R extends @Nullable Object> WorkerPool<T, R> ofFactory(HandlerFactory<T, R> factory,
            PoolOptions options) {
        Objects.requireNonNull(factory, "factory");
        TaskKey<T, R> key = TaskKey.of("task");
        return new WorkerPool<>(Map.of(key, factory), key, true, options);
    }

    /**
     * Begins a pool with several handlers.
     *
     * @return a new builder
     */
    public static Builder handlers() {
        return new Builder();
    }

    /** Builds a pool with several handlers. Not thread-safe. */
    public static final class Builder {
        private final Map<TaskKey<?, ?>, HandlerFactory<?, ?>> factories = new HashMap<>();
        private boolean hasState;

        private Builder() {
        }

        /**
         * Adds a handler that all workers share.
         *
         * @param key what its tasks are submitted under
         * @param handler what to do with them; it has no state or is thread-safe
         * @param <T> the type of the tasks
         * @param <R> the type of the results
         * @return this
         * @throws IllegalArgumentException if there is a handler under this key
         */
        public <T, R extends @Nullable Object> Builder handle(TaskKey<T, R> key, TaskHandler<T, R> handler) {
            Objects.requireNonNull(handler, "handler");
            put(key, new StatelessFactory<>(handler));
            return this;
        }

        /**
         * Adds a handler that each worker makes for itself.
         *
         * @param key what its tasks are submitted under
         * @param factory makes the handlers
         * @param <T> the type of the tasks
         * @param <R> the type of the results
         * @return this
         * @throws IllegalArgumentException if there is a handler under this key
         */
        public <T, R extends @Nullable Object> Builder handleBy(TaskKey<T, R> key, HandlerFactory<T, R> factory) {
            Objects.requireNonNull(factory, "factory");
            put(key, factory);
            hasState = true;
            return this;
        }

        private void put(TaskKey<?, ?> key, HandlerFactory<?, ?> factory) {
            Objects.requireNonNull(key, "key");
            if (factories.putIfAbsent(key, factory) != null) {
                throw new IllegalArgumentException("there is a handler for " + key);
            }
        }

        /**
         * Starts a pool with these handlers.
         *
         * @param options how it works
         * @return the pool, its workers about to start
         * @throws IllegalArgumentException if there is no handler; or if callers shall run tasks, and workers have handlers
         *     of their own
         */
        public WorkerPool<Object, @Nullable Object> start(PoolOptions options) {
            if (factories.isEmpty()) {
                throw new IllegalArgumentException("a pool needs a handler");
            }
            return new WorkerPool<>(factories, TaskKey.of("no key"), hasState, options);
        }
    }

    // ---- for users: tasks

    /**
     * Submits a task.
     *
     * @param task what to do, cloned before this returns
     * @return the result; whoever cancels it, or completes it in another way, cancels the task
     * @throws TaskRejectedException if the pool is full or closed, or has failed
     * @throws dev.handoff.clone.DataCloneException if the task can't be cloned
     * @throws WrongThreadException if another thread owns a buffer in the task
     * @throws IllegalArgumentException if all handlers of this pool have {@linkplain TaskKey keys}
     */
    public CompletableFuture<R> submit(T task) {
        return submit(defaultKey, task, TaskOptions.defaults());
    }

    /**
     * Submits a task; what is listed in its options moves instead of being cloned.
     *
     * @param task what to do, cloned before this returns
     * @param how the options
     * @return the result; whoever cancels it, or completes it in another way, cancels the task
     * @throws TaskRejectedException if the pool is full or closed, or has failed; nothing was taken
     * @throws dev.handoff.clone.DataCloneException if the task can't be cloned; nothing was taken
     * @throws WrongThreadException if another thread owns a buffer in the task; nothing was taken
     * @throws IllegalStateException if a native call is using a listed buffer; nothing was taken
     * @throws IllegalArgumentException if all handlers of this pool have {@linkplain TaskKey keys}
     */
    public CompletableFuture<R> submit(T task, TaskOptions how) {
        return submit(defaultKey, task, how);
    }

    /**
     * Submits a task for one of several handlers, as {@link #submit(Object)} does.
     *
     * @param key which handler
     * @param task what to do, cloned before this returns
     * @param <A> the type of the task
     * @param <B> the type of the result
     * @return the result
     * @throws IllegalArgumentException if this pool has no handler for the key
     */
    public <A, B extends @Nullable Object> CompletableFuture<B> submit(TaskKey<A, B> key, A task) {
        return submit(key, task, TaskOptions.defaults());
    }

    /**
     * Submits a task for one of several handlers, as {@link #submit(Object, TaskOptions)} does.
     *
     * @param key which handler
     * @param task what to do, cloned before this returns
     * @param how the options
     * @param <A> the type of the task
     * @param <B> the type of the result
     * @return the result
     * @throws IllegalArgumentException if this pool has no handler for the key
     */
    public <A, B extends @Nullable Object> CompletableFuture<B> submit(TaskKey<A, B> key, A task, TaskOptions how) {
        requireHandler(key);
        Objects.requireNonNull(task, "task");
        A copy = how.movesNothing() ? cloners.copyAlone(task) : null;
        return copy != null ? submitCopy(key, copy, how, null) : submitMoving(key, task, how, null);
    }

    /**
     * Submits several tasks: all of them, or none.
     *
     * @param tasks what to do, each cloned before this returns
     * @return the results, in the order of the tasks
     * @throws TaskRejectedException if one of the tasks is not taken; those before it were cancelled
     * @throws dev.handoff.clone.DataCloneException if one of the tasks can't be cloned; those before it were cancelled
     */
    public List<CompletableFuture<R>> submitAll(Collection<? extends T> tasks) {
        List<CompletableFuture<R>> all = new ArrayList<>(tasks.size());
        try {
            for (T task : tasks) {
                all.add(submit(task));
            }
        } catch (Throwable e) {
            all.forEach(task -> task.cancel(true));
            throw e;
        }
        return all;
    }

    /**
     * Submits several tasks of which one result is enough: the others are cancelled when it is there.
     *
     * @param tasks what to do, at least one
     * @return the first result, what moved with others is closed; if all tasks fail, it fails with what the first of them threw, the others suppressed
     * @throws IllegalArgumentException if there is no task
     * @throws TaskRejectedException if one of the tasks is not taken; those before it were cancelled
     */
    public CompletableFuture<R> invokeAny(Collection<? extends T> tasks) {
        if (tasks.isEmpty()) {
            throw new IllegalArgumentException("there has to be a task");
        }
        CompletableFuture<R> any = new CompletableFuture<>();
        List<CompletableFuture<R>> all = submitAll(tasks);
        AtomicInteger missing = new AtomicInteger(all.size());
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        for (CompletableFuture<R> task : all) {
            var _ = task.whenComplete((result, e) -> {
                if (e == null) {
                    if (!any.complete(result) && result != null) {
                        free(result);
                    }
                } else {
                    failures.add(e);
                    if (missing.decrementAndGet() == 0) {
                        failures.stream().skip(1).filter(other -> !other.equals(failures.getFirst()))
                                .forEach(failures.getFirst()::addSuppressed);
                        any.completeExceptionally(failures.getFirst());
                    }
                }
            });
        }
        var _ = any.whenComplete((_, _) -> all.forEach(task -> task.cancel(true)));
        return any;
    }

    /**
     * Submits a task to each worker that there is now, also where the queue has no room for it. Where a worker
     * is replaced before it has come to the task, the new one does it.
     *
     * @param task what to do, cloned for each of them
     * @return the results, in the order of the workers' numbers
     * @throws TaskRejectedException if the pool is closed, or has failed
     * @throws dev.handoff.clone.DataCloneException if the task can't be cloned
     */
    public List<CompletableFuture<R>> broadcast(T task) {
        requireHandler(defaultKey);
        Objects.requireNonNull(task, "task");
        if (isShutdown()) {
            throw rejected();
        }
        List<CompletableFuture<R>> all = new ArrayList<>();
        try {
            for (Crew crew : staff.crews()) {
                TaskOptions how = TaskOptions.defaults();
                Task<R> made = new Task<>(this, defaultKey, cloners.clone(task), how, extraFor(how));
                made.measure();
                while (!entrance.enter(entrance.count())) {
                    if (entrance.isClosed()) {
                        throw rejected();
                    }
                }
                all.add(made);
                if (!crew.give(made)) {
                    staff.passOn(crew);
                }
            }
        } catch (Throwable e) {
            all.forEach(made -> made.cancel(true));
            throw e;
        }
        return all;
    }

    /**
     * Submits a task whose handler gives many results, by {@link TaskContext#emit}. The handler waits when it is more than
     * a few ahead of who takes them.
     *
     * @param task what to do, cloned before this returns
     * @param <V> the type of the values that the handler emits
     * @return the values as they come, ending when the handler has returned; a task that fails ends it with a
     *     {@link java.util.concurrent.CompletionException}. To close it cancels the task
     * @throws TaskRejectedException if the pool is full, whatever its overflow says of callers, who could not take the
     *     values meanwhile; or if it is closed, or has failed
     * @throws dev.handoff.clone.DataCloneException if the task can't be cloned
     */
    public <V> Stream<V> stream(T task) {
        return this.<V>emit(task).stream();
    }

    /**
     * The many results of a task, as {@link #stream} has them. Each subscriber has a task of its own, submitted when it
     * subscribes.
     *
     * @param task what to do, cloned when somebody subscribes
     * @param <V> the type of the values that the handler emits
     * @return the values as they come; it runs where handlers of messages run. To cancel the subscription cancels the task
     */
    public <V> Flow.Publisher<V> publisher(T task) {
        Objects.requireNonNull(task, "task");
        return subscriber -> {
            Objects.requireNonNull(subscriber, "subscriber");
            Emission<V> emission;
            try {
                emission = emit(task);
            } catch (RuntimeException e) {
                Emission.refuse(subscriber, e);
                return;
            }
            emission.subscribe(subscriber);
        };
    }

    private <V> Emission<V> emit(T task) {
        requireHandler(defaultKey);
        Objects.requireNonNull(task, "task");
        MessageChannel<Object, Object> channel = MessageChannel
                .create(ChannelOptions.defaults().capacity(Emission.CAPACITY)
                        .cloners(cloners).names("a task of " + this, "who takes its values"));
        Task.Extra extra = new Task.Extra();
        extra.emitter = channel.port1();
        try {
            @SuppressWarnings("unchecked") // the caller knows what the handler emits
            MessagePort<Object, V> values = (MessagePort<Object, V>) (MessagePort<?, ?>) channel.port2();
            return new Emission<>(values, submitMoving(defaultKey, task, ONCE, extra));
        } catch (Throwable e) {
            channel.port1().close();
            throw e;
        }
    }

    /**
     * Splits a buffer, works on its parts in place on all workers, and joins them: in parallel, without a copy, without a
     * race.
     *
     * @param buffer what to work on: unclaimed or the calling thread's; this handle is gone then
     * @param parts how many parts
     * @param unitBytes what must not be cut: each part but the last is a multiple of it
     * @param kernel what to do with each part; it is shared by all workers
     * @return the whole buffer, unclaimed, when all parts are done. If one fails, or could not be submitted, those that have not begun are
     *     not worked on, and the future fails with a {@link PartsFailedException} that carries the whole buffer, as soon as
     *     nobody has a part of it. To cancel the future asks all parts to stop; then it ends in the same way
     * @throws IllegalArgumentException if {@code parts} or {@code unitBytes} is below 1, or if the buffer holds fewer units
     *     than parts; nothing was taken
     * @throws WrongThreadException if another thread owns the buffer; nothing was taken
     * @throws dev.handoff.memory.DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of the buffer; nothing was taken
     */
    public CompletableFuture<OwnedBuffer> forEachPart(OwnedBuffer buffer, int parts, long unitBytes,
            PartKernel kernel) {
        Objects.requireNonNull(kernel, "kernel");
        return Parts.start(this, buffer.split(parts, unitBytes), kernel);
    }

    /**
     * Makes one value of a shared buffer: a value of each part, on all workers, then one of all these.
     *
     * @param buffer what to look at
     * @param parts how many parts
     * @param unitBytes what must not be cut: each part but the last is a multiple of it
     * @param kernel what to make of each part; it is shared by all workers
     * @param combiner makes one value of two, on a virtual thread; the values come in the order of the parts
     * @param <V> the type of the values, which are shared, not cloned
     * @return the value; if a part fails, the others are cancelled, and it fails with what the kernel threw
     * @throws IllegalArgumentException if {@code parts} or {@code unitBytes} is below 1, or if the buffer holds fewer units
     *     than parts
     * @throws TaskRejectedException if one of the parts is not taken; those before it were cancelled
     */
    public <V> CompletableFuture<V> reduce(SharedBuffer buffer, int parts, long unitBytes, RangeKernel<V> kernel,
            BinaryOperator<V> combiner) {
        Objects.requireNonNull(kernel, "kernel");
        Objects.requireNonNull(combiner, "combiner");
        MemorySegment whole = buffer.segment();
        if (parts < 1 || unitBytes < 1) {
            throw new IllegalArgumentException("parts=" + parts + " and unitBytes=" + unitBytes
                    + " must both be at least 1");
        }
        long units = whole.byteSize() / unitBytes;
        if (parts > units && parts > 1) {
            throw new IllegalArgumentException(
                    "parts=" + parts + " is more than the " + units + " units of " + unitBytes
                            + " bytes in " + whole.byteSize() + " bytes");
        }
        List<CompletableFuture<V>> all = new ArrayList<>();
        try {
            for (int i = 0; i < parts; i++) {
                int index = i;
                long from = units / parts * i + Math.min(units % parts, i);
                long to = units / parts * (i + 1) + Math.min(units % parts, i + 1);
                MemorySegment part = i == parts - 1
                        ? whole.asSlice(from * unitBytes)
                        : whole.asSlice(from * unitBytes, (to - from) * unitBytes);
                all.add(submitJob(context -> kernel.run(part, index, context)));
            }
        } catch (Throwable e) {
            all.forEach(task -> task.cancel(true));
            throw e;
        }
        CompletableFuture<V> result = all.getFirst();
        for (CompletableFuture<V> next : all.subList(1, parts)) {
            result = result.thenCombineAsync(next, combiner, VIRTUAL);
        }
        CompletableFuture<V> value = new CompletableFuture<>();
        for (CompletableFuture<V> task : all) {
            var _ = task.whenComplete((_, e) -> {
                if (e != null) {
                    value.completeExceptionally(e);
                }
            });
        }
        var _ = result.whenComplete((v, e) -> {
            if (e != null) {
                value.completeExceptionally(e instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : e);
            } else {
                value.complete(v);
            }
        });
        var _ = value.whenComplete((_, e) -> {
            if (e != null) {
                all.forEach(task -> task.cancel(true));
            }
        });
        return value;
    }

    /**
     * This pool as an executor: of code that is shared, not cloned, as are its results. To shut it down closes the pool.
     *
     * @return the executor
     */
    public ExecutorService asExecutorService() {
        return new PoolExecutorService(this);
    }

    <V extends @Nullable Object> CompletableFuture<V> submitJob(Job<V> job) {
        @SuppressWarnings("unchecked") // a job says itself what its result is
        TaskKey<?, V> key = (TaskKey<?, V>) JOB;
        return submitCopy(key, job, ONCE, null);
    }

    private void requireHandler(TaskKey<?, ?> key) {
        if (!factories.containsKey(key)) {
            throw new IllegalArgumentException("this pool has no handler for '" + key + "'");
        }
    }

    private <A, B extends @Nullable Object> CompletableFuture<B> submitMoving(TaskKey<A, B> key, A task,
            TaskOptions how, Task.@Nullable Extra extra) {
        PreparedClone<A> copy = cloners.prepare(task, how.transfer());
        copy.revoke();
        Task<B> made;
        long number;
        try {
            made = new Task<>(this, key, copy.value(), how, extra != null ? extra : extraFor(how));
            number = admit(made.extra == null || made.extra.emitter == null);
        } catch (Throwable e) {
            copy.abort();
            throw e;
        }
        copy.commit(toString());
        begin(made, number);
        return made;
    }

    private <B extends @Nullable Object> Task<B> submitCopy(TaskKey<?, B> key, Object copy, TaskOptions how,
            Task.@Nullable Extra extra) {
        Task<B> made = new Task<>(this, key, copy, how, extra != null ? extra : extraFor(how));
        begin(made, admit(true));
        return made;
    }

    private Task.@Nullable Extra extraFor(TaskOptions how) {
        boolean isPlain = how.totalTime() == TaskOptions.NEVER && how.runTime() == TaskOptions.NEVER
                && how.onProgress() == null && retryOf(how).attempts() == 1
                && options.queueing() != PoolOptions.Queueing.PRIORITY;
        return isPlain ? null : new Task.Extra();
    }

    private void begin(Task<?> task, long number) {
        if (task.extra != null) {
            task.extra.order = number;
            if (task.options.onProgress() != null) {
                task.extra.relay = new Relay(task, task.options.onProgress());
            }
            if (task.options.totalTime() != TaskOptions.NEVER) {
                task.startTotalTimer();
            }
        }
        if (number >= 0) {
            if (!areShort || number < MEASURED_FIRST || number % MEASURED_OF == 0) {
                task.measure();
            }
            enqueue(task);
        } else if (task.take(null)) { // its total time may be up
            callersTaken.incrementAndGet();
            WorkerPool<?, ?> before = CALLED.get();
            CALLED.set(this);
            try {
                task.run(Objects.requireNonNull(callersHandlers).get(task.key));
            } finally {
                CALLED.set(before);
                callersDone.incrementAndGet();
                if (entrance.isClosed()) {
                    lookForEnd();
                }
            }
        }
    }

    /**
     * Takes a place in the queue: returns the number of the task, or -1 if there is none and the caller shall run it, which
     * is not for all tasks. It counts in either case.
     */
    private long admit(boolean mayRunHere) {
        while (true) {
            long number = entrance.count();
            boolean isFull = options.capacity() != Integer.MAX_VALUE && queued() >= options.capacity();
            if (isFull) {
                isDrainAwaited = true;
                lookForDrain();
                if (entrance.isClosed()) {
                    throw rejected();
                }
                if (options.overflow() == PoolOptions.Overflow.REJECT
                        || options.overflow() == PoolOptions.Overflow.CALLER_RUNS && !mayRunHere) {
                    throw new TaskRejectedException(this + " is full: " + options.capacity() + " tasks wait", null);
                }
                if (options.overflow() == PoolOptions.Overflow.WAIT) {
                    if (isOwnWorker()) {
                        throw new TaskRejectedException(
                                this + " is full, and one of its workers can't wait for room",
                                null);
                    }
                    awaitRoom();
                    continue;
                }
            }
            if (entrance.enter(number)) {
                if (!isFull && options.capacity() == Integer.MAX_VALUE && !drainListeners.isEmpty()) {
                    isDrainAwaited = true;
                }
                return isFull ? -1 : number;
            }
            if (entrance.isClosed()) {
                throw rejected();
            }
        }
    }

    private TaskRejectedException rejected() {
        Throwable why = failure;
        return new TaskRejectedException(this + (why != null ? " could not start its workers" : " is closed"), why);
    }

    private void awaitRoom() {
        synchronized (room) {
            waitingForRoom.incrementAndGet(); // before the look: pairs with taken() and withdrawn()
            try {
                while (queued() >= options.capacity() && !entrance.isClosed()) {
                    room.wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                room.notify(); // it may have been meant for this thread
                throw new TaskRejectedException(
                        this + " is full, and the thread was interrupted while it waited for room",
                        e);
            } finally {
                waitingForRoom.decrementAndGet();
            }
        }
    }

    /** Puts an admitted task into a queue. */
    void enqueue(Task<?> task) {
        try {
            Crew[] crews = staff.crews();
            Balancer balancer = options.balancer();
            if (balancer == null || crews.length == 0) {
                lane.add(task);
            } else {
                Crew chosen = crews[choose(balancer, task, crews)];
                if (!chosen.give(task)) {
                    staff.passOn(chosen);
                }
            }
        } catch (Throwable e) { // no memory for it, or a balancer of the user's
            task.fail(e);
        }
        String why = stopped;
        if (why != null) { // then withdrawAll() may not have seen it
            task.cancelQueued(why);
        } else {
            growIfNobodyIsFree();
        }
    }

    /** For whoever has added a task, or sees one whose submitter may have relied on him. */
    void growIfNobodyIsFree() {
        if (staff.mayGrow() && lane.hasNobody()) {
            staff.grow();
        }
    }

    private int choose(Balancer balancer, Task<?> task, Crew[] crews) {
        List<Balancer.Load> loads = new ArrayList<>(crews.length);
        for (Crew crew : crews) {
            int running = 0;
            for (Runner runner : crew.runners()) {
                running += runner.task() == null ? 0 : 1;
            }
            loads.add(new Balancer.Load(crew.number(), crew.own().size(), running));
        }
        int chosen = balancer.choose(task.options.key(), loads);
        if (chosen < 0 || chosen >= crews.length) {
            throw new IndexOutOfBoundsException("the balancer of " + this + " has chosen " + chosen + " of "
                    + crews.length + " workers");
        }
        return chosen;
    }

    /** Puts a task into a queue later. */
    CompletableFuture<@Nullable Void> delay(Task<?> task, long nanos) {
        delayed.add(task);
        CompletableFuture<@Nullable Void> timer = after(nanos, () -> {
            delayed.remove(task);
            enqueue(task);
        });
        String why = stopped;
        if (why != null) { // as in enqueue()
            task.cancelQueued(why);
        }
        return timer;
    }

    /** A task that waited for its next attempt won't have it. */
    void forget(Task<?> task) {
        delayed.remove(task);
    }

    /** Runs something short after some time, on a thread of the JDK's, unless the future is completed before. */
    static CompletableFuture<@Nullable Void> after(long nanos, Runnable action) {
        CompletableFuture<@Nullable Void> timer = new CompletableFuture<>();
        if (nanos != Long.MAX_VALUE) {
            var _ = timer.orTimeout(nanos, TimeUnit.NANOSECONDS).exceptionally(_ -> {
                action.run();
                return null;
            });
        }
        return timer;
    }

    // ---- counts

    /** How many tasks wait; those that wait for their next attempt included. */
    long queued() {
        long left = staff.countTaken() + callersTaken.get() + withdrawn.get();
        return requeued.get() + entrance.count() - left; // these last: it is never too low
    }

    /** How many tasks wait or run. */
    private long pending() {
        long over = staff.countOver() + callersDone.get() + withdrawn.get() + abandoned.get();
        return requeued.get() + entrance.count() - over; // these last: it is never too low
    }

    /** A worker has taken a task from a queue. */
    void taken() {
        if (waitingForRoom.get() > 0) {
            synchronized (room) {
                room.notify();
            }
        }
        if (isDrainAwaited) {
            lookForDrain();
        }
    }

    /** A task was measured. */
    void measured(long runNanos) {
        boolean isShort = runNanos < SHORT_NANOS;
        if (isShort != areShort) { // else the line stays shared among those who only read it
            areShort = isShort;
        }
    }

    /** A task has left the queue and will not run; or what it counted for is over. */
    void withdrawn(boolean isInQueue) {
        withdrawn.incrementAndGet();
        if (isInQueue) {
            lane.withdrawn(queued());
        }
        taken();
        if (entrance.isClosed()) {
            lookForEnd(); // there may be no worker that could
        }
    }

    /** A task is about to be put back into the queue. */
    void requeued() {
        requeued.incrementAndGet();
    }

    private void lookForDrain() {
        long enough = options.capacity() == Integer.MAX_VALUE ? 0 : options.capacity() / 2;
        if (queued() <= enough && DRAIN_AWAITED.compareAndSet(this, true, false)) {
            drainListeners.forEach(listener -> Thread.ofVirtual().name("handoff-drain").start(listener));
        }
    }

    /** Whether this is closed and has done everything. */
    boolean isDrained() {
        if (isDrained) {
            return true;
        }
        if (!entrance.isClosed() || pending() > 0) {
            return false;
        }
        isDrained = true;
        staff.nudge();
        return true;
    }

    /** The thread of a task was given up. */
    void abandoned() {
        abandoned.incrementAndGet();
        isDrained();
    }

    /** Workers can't be started: nobody will do what waits. */
    void fail(Throwable why) {
        failure = why;
        closeEntrance();
        withdrawAll(" never ran, as the workers of its pool could not be started: " + why);
        isDrained();
    }

    /** Whether tasks are no longer begun. */
    boolean isStopped() {
        return stopped != null;
    }

    /** A worker has taken a task just when nobody should any more, so that {@link #stopAll} may not have seen it. */
    void takenTooLate(Task<?> task) {
        task.cancelFrom(CLOSED_UNDER_IT);
    }

    /** A worker has ended, or was given up. */
    void lookForEnd() {
        if (isDrained() && staff.isGone()) {
            staff.nobodyIsReady(new IllegalStateException(this + " was closed before its workers were ready"));
            if (ENDING.compareAndSet(this, false, true)) {
                var _ = ended.completeAsync(() -> {
                    closeSharedHandlers();
                    return null;
                }, VIRTUAL);
            }
        }
    }

    // ---- for users: the pool

    /**
     * The moment at which all workers of the minimum have made their handlers.
     *
     * @return a future that is complete then; it fails with what the handler factory threw where no worker could be started
     */
    public CompletableFuture<@Nullable Void> ready() {
        return staff.ready();
    }

    /**
     * Attaches a listener that is told when it is time to submit more: with a bounded queue, when there was no room and half
     * of it is free now; without a bound, when all tasks that were submitted have been begun.
     *
     * @param listener run on a virtual thread
     * @return the way to detach it
     */
    public Registration onDrain(Runnable listener) {
        Objects.requireNonNull(listener, "listener");
        drainListeners.add(listener);
        return () -> drainListeners.remove(listener);
    }

    /**
     * What the pool has done so far. Any thread may ask, whatever the workers are doing.
     *
     * @return the reading
     */
    public PoolStatistics statistics() {
        Staff.Sums sums = staff.sums();
        long completed = sums.over - sums.failed - sums.cancelled + callersDone.get() - callersFailed.sum()
                - callersCancelled.sum();
        return new PoolStatistics(Math.max(0, queued()), sums.running, entrance.count(), completed,
                sums.failed - retried.sum() + callersFailed.sum(),
                sums.cancelled + abandoned.get() + cancelledInQueue.sum() + callersCancelled.sum(), retried.sum(),
                staff.respawned(),
                sums.threadNanos == 0 ? 0 : (double) sums.runNanos / sums.threadNanos, new Percentiles(sums.waits),
                new Percentiles(sums.runs), sums.workers);
    }

    /**
     * Takes no more tasks, does all that were submitted, and waits until all threads have ended. If the calling thread is
     * interrupted it does what {@link #closeNow} does and goes on waiting; its flag stays set.
     *
     * @throws IllegalStateException if the calling thread does a task of this pool
     */
    @Override
    public void close() {
        requireOther();
        shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                ended.get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                closeNow();
            } catch (java.util.concurrent.ExecutionException e) {
                throw new AssertionError("nothing completes it so", e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes no more tasks. */
    void shutdown() {
        closeEntrance();
        lookForEnd();
    }

    /** No more tasks come in, and nobody waits for room any more. */
    private void closeEntrance() {
        entrance.close();
        synchronized (room) {
            room.notifyAll();
        }
    }

    /**
     * Takes no more tasks, cancels those that run, as their futures would, and does not begin those that wait: their futures
     * fail with a {@link TaskCancelledException}. Does not wait; {@link #close} does.
     *
     * @return what never ran: the copies that workers would have got, their handles unclaimed
     */
    @SuppressWarnings("unchecked") // of a pool with keys, T is Object
    public List<T> closeNow() {
        return (List<T>) stopAll().stream().filter(input -> !(input instanceof Job)).toList();
    }

    /** Does so; returns the inputs of all that never ran. */
    List<Object> stopAll() {
        entrance.close();
        List<Object> unrun = withdrawAll(" never ran, as its pool was closed");
        staff.runners().map(Runner::task).filter(Objects::nonNull).forEach(task -> task.cancelFrom(CLOSED_UNDER_IT));
        staff.killUnstarted();
        shutdown();
        return unrun;
    }

    /**
     * Takes no more tasks, does those that were submitted for some time, then does what {@link #closeNow} does; and waits
     * until all threads have ended.
     *
     * @param time how long tasks are done
     * @return what never ran: empty if everything was done in time
     * @throws InterruptedException if the calling thread is interrupted; tasks were cancelled then as well
     * @throws IllegalStateException if the calling thread does a task of this pool
     */
    public List<T> close(Duration time) throws InterruptedException {
        Objects.requireNonNull(time, "time");
        requireOther();
        shutdown();
        List<T> unrun = List.of();
        try {
            if (!awaitEnd(TimeUnit.NANOSECONDS.convert(time))) { // saturates
                unrun = closeNow();
                awaitEnd(Long.MAX_VALUE);
            }
        } catch (InterruptedException e) {
            closeNow();
            throw e;
        }
        return unrun;
    }

    /** False if the time was up first. */
    boolean awaitEnd(long nanos) throws InterruptedException {
        try {
            ended.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (java.util.concurrent.TimeoutException e) {
            return false;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new AssertionError("nothing completes it so", e);
        }
    }

    private List<Object> withdrawAll(String why) {
        stopped = why;
        List<Object> unrun = new ArrayList<>();
        List<Queue<Task<?>>> queues = new ArrayList<>();
        queues.add(lane.tasks());
        Arrays.stream(staff.crews()).forEach(crew -> queues.add(crew.own()));
        for (Queue<Task<?>> queue : queues) {
            for (Task<?> task = queue.poll(); task != null; task = queue.poll()) {
                Object input = task.cancelQueued(why);
                if (input != null) {
                    unrun.add(input);
                }
            }
        }
        delayed.forEach(task -> task.cancelQueued(why));
        return unrun;
    }

    boolean isShutdown() {
        return entrance.isClosed();
    }

    boolean hasEnded() {
        return ended.isDone();
    }

    private boolean isOwnWorker() {
        Runner here = Runner.current();
        return here != null && here.isOf(this);
    }

    private void requireOther() {
        if (isOwnWorker() || equals(CALLED.get())) {
            throw new IllegalStateException("a task of " + this + " can't wait for its end");
        }
    }

    // ---- for the parts of the pool

    /** The handlers of one worker. */
    Handlers makeHandlers(WorkerScope<?, ?, ?> worker) throws Exception {
        Map<TaskKey<?, ?>, TaskHandler<?, ?>> made = new HashMap<>();
        List<Object> own = new ArrayList<>();
        try {
            for (Map.Entry<TaskKey<?, ?>, HandlerFactory<?, ?>> entry : factories.entrySet()) {
                TaskHandler<?, ?> handler = Objects.requireNonNull(entry.getValue().create(worker),
                        "the handler that the factory has made");
                if (!(entry.getValue() instanceof StatelessFactory)) {
                    own.add(handler);
                }
                made.put(entry.getKey(), handler);
            }
        } catch (Throwable e) {
            try {
                Handlers.close(own);
            } catch (Exception other) {
                e.addSuppressed(other);
            }
            throw e;
        }
        return handlers(made, own);
    }

    /** All workers have ended. */
    private void closeSharedHandlers() {
        try {
            Handlers.close(factories.values().stream()
                    .flatMap(factory -> factory instanceof StatelessFactory<?, ?> shared
                            ? Stream.of(shared.handler())
                            : Stream.empty())
                    .distinct().toList());
        } catch (Exception e) { // the user's; there is nobody left to tell
            Thread here = Thread.currentThread();
            here.getUncaughtExceptionHandler().uncaughtException(here, e);
        }
    }

    private Handlers handlersOfCallers() {
        Map<TaskKey<?, ?>, TaskHandler<?, ?>> made = new HashMap<>();
        factories.forEach((key, factory) -> made.put(key, ((StatelessFactory<?, ?>) factory).handler()));
        return handlers(made, List.of());
    }

    private Handlers handlers(Map<TaskKey<?, ?>, TaskHandler<?, ?>> made, List<Object> own) {
        made.put(JOB, (TaskHandler<Job<?>, @Nullable Object>) Job::call);
        return new Handlers(made, defaultKey, own);
    }

    /** Whether tasks of a key, and their results, are shared rather than cloned. */
    @SuppressWarnings("ReferenceEquality") // keys have no equals
    boolean isShared(TaskKey<?, ?> key) {
        return key == JOB;
    }

    /** Closes what moved with a copy that nobody will ever see. */
    void free(Object copy) {
        try {
            if (cloners.copyAlone(copy) == null) {
                PreparedClone<?> moved = cloners.prepareMove(copy);
                moved.revoke();
                moved.commit("nobody");
                moved.discard();
            }
        } catch (RuntimeException e) {
            // somebody has it, so it is not lost
        }
    }

    Retry retryOf(TaskOptions how) {
        return how.retry() != null ? how.retry() : options.retry();
    }

    Staff staff() {
        return staff;
    }

    PoolOptions options() {
        return options;
    }

    Cloners cloners() {
        return cloners;
    }

    boolean isDrainAwaited() {
        return isDrainAwaited;
    }

    Lane lane() {
        return lane;
    }

    IdleStrategy idleOfWorkers() {
        return idleOfWorkers;
    }

    IdleStrategy idleOfWaiters() {
        return idleOfWaiters;
    }

    @Override
    public String toString() {
        return "pool '" + options.name() + "'";
    }
}
