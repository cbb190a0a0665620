package dev.handoff.pool;

import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.PortFullException;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.Transferable;
import dev.handoff.worker.WorkerScope;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A task from the moment it is submitted, its future, and what its handler sees of it: one object.
 *
 * @param <R> the type of the result
 */
final class Task<R extends @Nullable Object> extends CompletableFuture<R> implements TaskContext, BooleanSupplier {
    /*
     * Two words decide everything. The outcome: whoever sets it decides how the task ends; until then it is null or those
     * who wait. The state: whose the task is; out of QUEUED it is taken by a worker, or withdrawn, by one compare-and-set.
     * Who has cancelled a running task (so has set the outcome) makes it UNWANTED; then he, or somebody else later, may
     * interrupt its thread, between INTERRUPTING and INTERRUPTED, and abandon it at last; the thread, when the task is done,
     * sets the outcome; if it finds one it takes the state back with a compare-and-set before it goes on, so that an
     * interrupt hits this task or none.
     *
     * Dependents of the future must never run on a thread of a pool, and yet a result shall cost no hop to another thread.
     * So who waits waits for the outcome itself, and a worker completes the CompletableFuture quietly: it sets the result
     * without running what depends on it, then looks whether there is anything, and leaves that to a virtual thread. Who
     * makes a dependent adds it and then looks at the result; so one of both sees the other. Failures are completed by
     * virtual threads, as CompletableFuture has no quiet way for them.
     */
    private static final int QUEUED = 0;
    private static final int RUNNING = 1;
    private static final int INTERRUPTING = 2;
    private static final int INTERRUPTED = 3;
    private static final int OVER = 4;
    private static final int WITHDRAWN = 5;
    private static final int ABANDONED = 6;
    private static final int UNWANTED = 7;

    private static final Object NULL = new Object();

    private static final VarHandle OUTCOME;
    private static final VarHandle STATE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OUTCOME = lookup.findVarHandle(Task.class, "outcome", Object.class);
            STATE = lookup.findVarHandle(Task.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A thread that waits for the outcome. */
    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        volatile boolean isGone;
        @Nullable Waiter next;
    }

    /** A result that could be taken for a failure. */
    private record Value(Throwable value) {
    }

    /** What only some tasks need. */
    static final class Extra {
        /** By which those of one priority go. */
        long order;
        int attempts;
        int crashes;
        @Nullable CompletableFuture<@Nullable Void> totalTimer;
        @Nullable CompletableFuture<@Nullable Void> runTimer;
        @Nullable CompletableFuture<@Nullable Void> delay;
        @Nullable Relay relay;
        @Nullable MessagePort<Object, Object> emitter;
    }

    final WorkerPool<?, ?> pool;
    final TaskKey<?, R> key;
    final TaskOptions options;
    final @Nullable Extra extra;
    /** Of whoever has the task by its state. */
    private @Nullable Object input;
    /** Set before the task runs, and read by those who see it run. */
    private @Nullable Runner runner;
    /** When it came into the queue, or 0 if that shall not be measured. */
    private long since;
    private volatile @Nullable Object outcome;
    private volatile int state;

    Task(WorkerPool<?, ?> pool, TaskKey<?, R> key, Object input, TaskOptions options, @Nullable Extra extra) {
        this.pool = pool;
        this.key = key;
        this.input = input;
        this.options = options;
        this.extra = extra;
    }

    int priority() {
        return options.priority();
    }

    /** Of pools whose queue has priorities. */
    long order() {
        return Objects.requireNonNull(extra).order;
    }

    /** Its time in the queue begins. */
    void measure() {
        since = System.nanoTime() | 1; // not 0
    }

    long since() {
        return since;
    }

    // ---- the worker's side

    /** Takes it from the queue; false if it was withdrawn. */
    boolean take(@Nullable Runner by) {
        if (state != QUEUED) {
            return false;
        }
        runner = by;
        return STATE.compareAndSet(this, QUEUED, RUNNING); // pairs with withdraw() and ask()
    }

    /** Does it once; the calling thread is the one that has taken it. */
    void run(TaskHandler<Object, ?> handler) {
        Object in = Objects.requireNonNull(input);
        if (extra != null) {
            extra.attempts++;
            if (options.runTime() != TaskOptions.NEVER) {
                extra.runTimer = WorkerPool.after(options.runTime(), this::runTimeIsUp);
            }
        } else {
            input = null; // nobody will need it again: the future must not keep it
        }
        Object result;
        PreparedClone<?> moved = null;
        try {
            @Nullable Object value = handler.handle(in, this);
            Object copy = value == null || pool.isShared(key) ? value : pool.cloners().copyAlone(value);
            if (copy == null && value != null) {
                moved = pool.cloners().prepareMove(value);
                moved.revoke();
                moved.commit("who waits for the result of " + name());
                copy = moved.value();
            }
            result = resultOf(copy);
        } catch (Throwable e) { // the task's, whatever it is: the worker goes on
            result = e;
        }
        if (result instanceof Throwable e && isWorkerEnding()) {
            throw new WorkerEnds(e); // it is not the task that failed
        }
        finish(result, moved);
    }

    boolean isWorkerEnding() {
        return runner != null && runner.isEnding();
    }

    /** Unwinds the thread of a worker that ended itself, or was ended, in the middle of a task. */
    static final class WorkerEnds extends RuntimeException {
        private static final long serialVersionUID = 1;

        WorkerEnds(@Nullable Throwable cause) {
            super(null, cause, false, false);
        }
    }

    private void finish(Object result, @Nullable PreparedClone<?> moved) {
        Runner by = runner;
        if (extra != null) {
            stopRunTimer(extra);
            if (result instanceof Throwable e && by != null && retry(e, by)) {
                return;
            }
            input = null;
            release(extra);
            if (extra.relay != null) {
                giveBack();
                boolean isWanted = !isDone(outcome);
                extra.relay.end(result, moved);
                count(by, result, isWanted);
                return;
            }
        }
        Object before = publish(result);
        boolean first = before != result;
        if (first) {
            STATE.setRelease(this, OVER); // nobody will ask it to stop any more
            if (by == null) {
                settle();
            } else if (result instanceof Throwable || by.completeQuietly()) {
                settleElsewhere();
            }
        } else {
            if (moved != null) {
                moved.discard();
            }
            giveBack();
        }
        count(by, result, first);
    }

    private void count(@Nullable Runner by, Object result, boolean first) {
        if (by == null) {
            if (!first) {
                pool.callersCancelled.increment();
            } else if (result instanceof Throwable) {
                pool.callersFailed.increment();
            }
        } else if (!first) {
            by.meter().cancelled();
        } else if (result instanceof Throwable) {
            by.meter().failed();
        }
    }

    /**
     * Takes the state back from those who may interrupt the thread; then no interrupt is on its way. Throws where the
     * thread has been given up.
     */
    private void giveBack() {
        if (!takeBack()) {
            throw new WorkerEnds(null);
        }
    }

    /** The same for whoever acts for the thread; false where that has been given up. */
    private boolean takeBack() {
        int s;
        do {
            s = state;
            while (s == INTERRUPTING) {
                Thread.onSpinWait();
                s = state;
            }
        } while (s != ABANDONED && !STATE.compareAndSet(this, s, OVER)); // pairs with ask() and abandon()
        return s != ABANDONED;
    }

    private boolean retry(Throwable e, Runner by) {
        Extra x = Objects.requireNonNull(extra);
        if (isDone(outcome) || !isWorthRetrying(e, x)) {
            return false;
        }
        Object in = Objects.requireNonNull(input);
        try {
            if (!pool.isShared(key) && pool.cloners().copyAlone(in) == null) { // then this thread may own a part of it
                PreparedClone<?> moved = pool.cloners().prepareMove(in);
                moved.revoke();
                moved.commit("the next attempt of " + name());
                in = moved.value();
                input = in;
            }
        } catch (Throwable gone) {
            e.addSuppressed(gone);
            return false;
        }
        if (!requeue(x)) {
            free(in);
            return false;
        }
        by.meter().failed();
        return true;
    }

    private boolean isWorthRetrying(Throwable e, Extra x) {
        Retry rule = pool.retryOf(options);
        try {
            return x.attempts < rule.attempts() && x.crashes < pool.options().quarantineAfter() && rule.on().test(e);
        } catch (Throwable thrown) { // the user's
            e.addSuppressed(thrown);
            return false;
        }
    }

    /** Puts it back into the queue, now or later; false if it was cancelled meanwhile. */
    private boolean requeue(Extra x) {
        double backoff = TimeUnit.NANOSECONDS.convert(pool.retryOf(options).backoff()); // saturates, as the cast below
        double shortening = ThreadLocalRandom.current().nextDouble() / 2;
        long delay = (long) (Math.scalb(backoff, x.attempts - 1) * (1 - shortening));
        pool.requeued(); // before anybody can take it
        if (since != 0) {
            measure();
        }
        if (!STATE.compareAndSet(this, RUNNING, QUEUED)) { // pairs with ask()
            pool.withdrawn(false);
            return false;
        }
        pool.retried.increment();
        if (delay <= 0) {
            pool.enqueue(this);
        } else {
            x.delay = pool.delay(this, delay);
        }
        return true;
    }

    /** Its thread is dead; false if that was given up before. On a virtual thread. */
    boolean workerLost(String what, @Nullable Throwable cause) {
        int crashes = extra == null ? 1 : ++extra.crashes;
        WorkerLostException e = new WorkerLostException(what + " while it did " + name(), crashes, cause);
        if (extra != null) {
            stopRunTimer(extra);
            if (!isDone(outcome) && isWorthRetrying(e, extra) && requeue(extra)) {
                return true;
            }
        }
        if (!takeBack()) {
            return false;
        }
        if (extra != null) {
            release(extra);
        }
        if (publish(e) != e) {
            settle();
        }
        return true;
    }

    private static void stopRunTimer(Extra x) {
        if (x.runTimer != null) {
            x.runTimer.complete(null);
        }
    }

    /** Closes what moved with an input that nobody will ever see. */
    private void free(Object in) {
        if (!pool.isShared(key)) {
            pool.free(in);
        }
    }

    /** Nothing more comes of it. */
    private static void release(Extra x) {
        stopRunTimer(x);
        if (x.totalTimer != null) {
            x.totalTimer.complete(null);
        }
        if (x.emitter != null) {
            x.emitter.close();
        }
    }

    // ---- those who want it to end

    boolean isWithdrawn() {
        return state == WITHDRAWN;
    }

    /** What a worker would have got, if it can't get it any more. */
    @Nullable
    Object withdraw() {
        Object in = input;
        return STATE.compareAndSet(this, QUEUED, WITHDRAWN) ? in : null;
    }

    private interface Reason {
        Throwable of(@Nullable Object input);
    }

    /** Ends it with a failure, wherever it is. Who gets true has to see to it that it is settled. */
    private boolean end(Reason reason, boolean interrupt) {
        Object in = withdraw();
        if (in != null) {
            input = null;
            boolean isUnrun = extra == null || extra.attempts == 0;
            Throwable e = reason.of(isUnrun ? in : null);
            if (!isUnrun) {
                free(in);
            }
            withdrawn();
            return publish(e) != e;
        }
        if (isDone(outcome)) {
            askAgain(interrupt);
            return false;
        }
        return endRunning(reason.of(null), interrupt);
    }

    private boolean endRunning(Object result, boolean interrupt) {
        if (publish(result) == result) {
            askAgain(interrupt);
            return false;
        }
        ask(interrupt);
        if (extra != null && extra.emitter != null) {
            extra.emitter.close();
        }
        return true;
    }

    /** Whoever comes second may want an interrupt where the first did not. */
    private void askAgain(boolean interrupt) {
        if (interrupt) {
            while (state == RUNNING) { // who has set the outcome is about to make it UNWANTED, or OVER
                Thread.onSpinWait();
            }
            if (state == UNWANTED) {
                ask(true);
            }
        }
    }

    private void withdrawn() {
        pool.cancelledInQueue.increment();
        pool.withdrawn(true);
        if (extra != null) {
            release(extra);
            if (extra.delay != null) {
                extra.delay.complete(null);
                pool.forget(this);
            }
        }
    }

    /** Whoever has set the outcome, or finds it UNWANTED, asks the handler to stop, and takes its worker away if it does not. */
    private void ask(boolean interrupt) {
        while (true) {
            switch (state) {
                case QUEUED -> { // it was completed by somebody else, or put back to be retried
                    Object in = withdraw();
                    if (in != null) {
                        input = null;
                        free(in);
                        withdrawn();
                        return;
                    }
                }
                case RUNNING -> STATE.compareAndSet(this, RUNNING, UNWANTED); // pairs with takeBack() and requeue()
                case UNWANTED -> {
                    if (!interrupt || runner == null) {
                        return;
                    }
                    if (STATE.compareAndSet(this, UNWANTED, INTERRUPTING)) { // pairs with takeBack()
                        runner.thread().interrupt();
                        STATE.setRelease(this, INTERRUPTED);
                        var _ = WorkerPool.after(TimeUnit.NANOSECONDS.convert(pool.options().gracePeriod()),
                                this::abandon);
                        return;
                    }
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void abandon() {
        if (STATE.compareAndSet(this, INTERRUPTED, ABANDONED)) { // pairs with takeBack()
            if (extra != null) {
                release(extra);
            }
            Objects.requireNonNull(runner).abandoned(this);
        }
    }

    void startTotalTimer() {
        Objects.requireNonNull(extra).totalTimer = WorkerPool.after(options.totalTime(), this::totalTimeIsUp);
    }

    private void totalTimeIsUp() {
        timeIsUp("a total time of " + Duration.ofNanos(options.totalTime()));
    }

    private void runTimeIsUp() {
        timeIsUp("a run time of " + Duration.ofNanos(options.runTime()));
    }

    private void timeIsUp(String limit) {
        if (end(in -> new TaskTimeoutException(name() + " has not ended within " + limit, in), true)) {
            settleElsewhere();
        }
    }

    /** Fails it if it has not begun, and returns what it would have worked on. */
    @Nullable
    Object cancelQueued(String why) {
        Object in = withdraw();
        if (in != null) {
            boolean isUnrun = extra == null || extra.attempts == 0;
            withdrawn();
            publish(new TaskCancelledException(name() + why, isUnrun ? in : null));
            settleElsewhere();
            return isUnrun ? in : null;
        }
        return null;
    }

    /** Cancels it wherever it is, without running anything of the user's here. */
    void cancelFrom(String why) {
        if (end(in -> new TaskCancelledException(name() + why, in), true)) {
            settleElsewhere();
        }
    }

    /** Fails it, as it could not be queued. */
    void fail(Throwable e) {
        Object in = withdraw();
        if (in != null) {
            input = null;
            free(in);
            withdrawn();
            publish(e);
            settleElsewhere();
        }
    }

    // ---- the outcome

    private static boolean isDone(@Nullable Object outcome) {
        return outcome != null && !(outcome instanceof Waiter);
    }

    /** Sets the outcome and wakes those who wait: returns those; or the new outcome itself where there was one already. */
    @Nullable
    Object publish(Object result) {
        Object before;
        do {
            before = outcome;
            if (isDone(before)) {
                return result;
            }
        } while (!OUTCOME.compareAndSet(this, before, result)); // pairs with every look at it
        for (Waiter w = (Waiter) before; w != null; w = w.next) {
            LockSupport.unpark(w.thread);
        }
        return before;
    }

    /** The outcome of a task with a listener for its progress, which has heard all. On a virtual thread. */
    void publishAfterProgress(Object result, @Nullable PreparedClone<?> moved) {
        if (publish(result) == result && moved != null) {
            moved.discard();
        }
        settle();
    }

    /** Tells the CompletableFuture, and runs what depends on it: not for threads of pools. */
    @SuppressWarnings("unchecked") // only results are published
    private void settle() {
        Object o = outcome;
        if (o instanceof Throwable e) {
            super.completeExceptionally(e);
        } else {
            super.complete((R) valueOf(Objects.requireNonNull(o)));
        }
    }

    private void settleElsewhere() {
        try {
            Thread.ofVirtual().name("handoff-result").start(this::settle);
        } catch (OutOfMemoryError e) { // better by this one than never
            settle();
        }
    }

    private void settleHere() {
        if (Runner.current() != null) {
            settleElsewhere();
        } else {
            settle();
        }
    }

    /** The result, which was published. */
    @Nullable
    Object result() {
        return valueOf(Objects.requireNonNull(outcome));
    }

    private static Object resultOf(@Nullable Object value) {
        return value == null ? NULL : value instanceof Throwable e ? new Value(e) : value;
    }

    private static @Nullable Object valueOf(Object o) {
        return o == NULL ? null : o instanceof Value v ? v.value : o;
    }

    @Override
    public boolean getAsBoolean() {
        return isDone(outcome);
    }

    /** Waits for the outcome; false if the time is up. */
    private boolean await(long nanos) throws InterruptedException {
        if (isDone(outcome)) {
            return true;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        long deadline = nanos == Long.MAX_VALUE ? 0 : System.nanoTime() + nanos;
        if (pool.idleOfWaiters().idle(this, nanos)) {
            return true;
        }
        Waiter me = new Waiter();
        Object o;
        do {
            o = outcome;
            if (isDone(o)) {
                return true;
            }
            Waiter w = (Waiter) o;
            while (w != null && w.isGone) {
                w = w.next;
            }
            me.next = w;
        } while (!OUTCOME.compareAndSet(this, o, me));
        while (true) {
            if (isDone(outcome)) {
                return true;
            }
            if (Thread.interrupted()) {
                me.isGone = true;
                throw new InterruptedException();
            }
            if (nanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    me.isGone = true;
                    return false;
                }
                LockSupport.parkNanos(this, left);
            }
        }
    }

    // ---- the future, as its users see it

    /** The outcome, which is there: the very exceptions, where CompletableFuture wraps those of cancellations. */
    @SuppressWarnings({"unchecked", "NullAway"}) // only results are published, and null only where R can be null
    private R report() throws ExecutionException {
        Object o = Objects.requireNonNull(outcome);
        if (o instanceof CancellationException e) {
            throw e;
        }
        if (o instanceof Throwable e) {
            throw new ExecutionException(e);
        }
        return (R) valueOf(o);
    }

    @Override
    public R get() throws InterruptedException, ExecutionException {
        await(Long.MAX_VALUE);
        return report();
    }

    @Override
    public R get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        if (!await(unit.toNanos(timeout))) {
            throw new TimeoutException(name() + " has not ended within " + timeout + " " + unit);
        }
        return report();
    }

    @Override
    public R join() {
        boolean interrupted = false;
        while (true) {
            try {
                await(Long.MAX_VALUE);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return now();
    }

    /** The outcome, which is there, as {@code join} tells it. */
    private R now() {
        try {
            return report();
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        }
    }

    @Override
    public R getNow(R valueIfAbsent) {
        return isDone() ? now() : valueIfAbsent;
    }

    @Override
    public R resultNow() {
        requireDone();
        Object o = Objects.requireNonNull(outcome);
        if (o instanceof Throwable) {
            throw new IllegalStateException(o instanceof CancellationException
                    ? name() + " was cancelled"
                    : name() + " has failed");
        }
        return now();
    }

    @Override
    public Throwable exceptionNow() {
        requireDone();
        if (outcome instanceof Throwable e && !(e instanceof CancellationException)) {
            return e;
        }
        throw new IllegalStateException(outcome instanceof CancellationException
                ? name() + " was cancelled"
                : name() + " has a result");
    }

    private void requireDone() {
        if (!isDone()) {
            throw new IllegalStateException(name() + " has not ended");
        }
    }

    @Override
    public State state() {
        if (!isDone()) {
            return State.RUNNING;
        }
        if (!(outcome instanceof Throwable)) {
            return State.SUCCESS;
        }
        return outcome instanceof CancellationException ? State.CANCELLED : State.FAILED;
    }

    @Override
    public boolean isDone() {
        return isDone(outcome);
    }

    @Override
    public boolean isCompletedExceptionally() {
        return outcome instanceof Throwable;
    }

    @Override
    public boolean isCancelled() {
        return outcome instanceof CancellationException;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }

    /** {@inheritDoc} A handler that has begun is interrupted only if the argument is true, now or in a later call. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (end(in -> new TaskCancelledException(name() + " was cancelled", in), mayInterruptIfRunning)) {
            settleHere();
        }
        return isCancelled();
    }

    /** {@inheritDoc} Then nobody waits for the task: it is cancelled. */
    @Override
    public boolean complete(R value) {
        boolean first = endRunning(resultOf(value), true);
        if (first) {
            settleHere();
        }
        return first;
    }

    /** {@inheritDoc} Then nobody waits for the task: it is cancelled. */
    @Override
    public boolean completeExceptionally(Throwable e) {
        boolean first = endRunning(Objects.requireNonNull(e), true);
        if (first) {
            settleHere();
        }
        return first;
    }

    @Override
    public CompletableFuture<R> completeAsync(Supplier<? extends R> supplier, Executor executor) {
        Objects.requireNonNull(supplier);
        executor.execute(() -> { // as it is in CompletableFuture, where it does not call complete
            if (isDone()) {
                return;
            }
            try {
                complete(supplier.get());
            } catch (Throwable e) {
                completeExceptionally(e);
            }
        });
        return this;
    }

    @Override
    public void obtrudeValue(R value) {
        complete(value);
        OUTCOME.setVolatile(this, resultOf(value));
        super.obtrudeValue(value);
    }

    @Override
    public void obtrudeException(Throwable e) {
        completeExceptionally(e);
        OUTCOME.setVolatile(this, e);
        super.obtrudeException(e);
    }

    // ---- the task, as its handler sees it

    @Override
    public boolean cancelled() {
        return isDone(outcome);
    }

    @Override
    public void checkCancelled() {
        if (outcome instanceof CancellationException e) {
            throw e;
        }
        if (cancelled()) {
            throw new CancellationException("nobody waits for " + name() + " any more");
        }
    }

    @Override
    public void progress(Object progress) {
        Objects.requireNonNull(progress, "progress");
        if (extra != null && extra.relay != null) {
            PreparedClone<Object> copy = pool.cloners().prepareMove(progress);
            copy.revoke();
            copy.commit("the listener of " + name());
            extra.relay.add(copy.value());
        }
    }

    @Override
    public void emit(Object value, Transferable... transfer) {
        if (extra == null || extra.emitter == null) {
            throw new IllegalStateException(name() + " was not submitted by stream(task) or publisher(task), so nobody"
                    + " takes more than its one result");
        }
        try {
            extra.emitter.post(value, transfer);
        } catch (PortClosedException | PortFullException e) { // nobody takes any; or interrupted while waiting for that
            CancellationException cancelled = new CancellationException("nobody takes the values of " + name());
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    @Override
    public int attempt() {
        return extra == null ? 1 : extra.attempts;
    }

    @Override
    public String name() {
        String name = options.name();
        return name != null ? "task '" + name + "'" : "a task of " + pool;
    }

    @Override
    public WorkerScope<?, ?, ?> worker() {
        if (runner == null) {
            throw new IllegalStateException(name() + " is done by the thread that submitted it");
        }
        return runner.scope();
    }

    @Override
    public String toString() {
        return name() + (isDone(outcome) ? ": " + valueOf(Objects.requireNonNull(outcome)) : "");
    }
}
