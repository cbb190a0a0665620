package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.PortStatistics;
import dev.handoff.channel.Registration;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.MemoryStatistics;
import dev.handoff.memory.Transferable;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A thread with an event loop of its own and a port to whoever started it, as its starter sees it.
 *
 * <p>
 * A worker ends when its body has returned and no handler waits for messages any more, when its code calls
 * {@link WorkerScope#exit}, when something is thrown and not caught, when it has used more than its
 * {@linkplain WorkerOptions#limits limits} allow, or when it is {@linkplain #terminate terminated}. Its exit code is 0 for
 * a normal end, what was given to {@code exit}, else 1. Listeners hear of all messages first, then of the error if there
 * was one, and of the exit always last; one that comes late still hears what happened before. They run where the handlers
 * of a {@link MessagePort} run.
 *
 * <p>
 * The parent of a worker is the worker whose code started it, or the JVM; when a worker ends, its children are
 * terminated. Until its {@code onExit} listeners have returned, a worker keeps the JVM alive, and the event loop on which
 * it was started, unless it is a daemon or {@linkplain #unref unreferenced}. (Its thread is a daemon in any case, and so
 * are, if they do not say otherwise, the threads that its code starts.)
 *
 * <p>
 * Thread-safe. What was done before {@code start} or {@code post} happens-before what the worker does with it, and the
 * other way round. Modelled on Node's <a href="https://nodejs.org/api/worker_threads.html">{@code worker_threads}</a>.
 *
 * @param <I> the type of the messages to the worker
 * @param <O> the type of the messages from the worker
 */
public final class Worker<I, O> implements AutoCloseable {
    private static final AtomicLong IDS = new AtomicLong();
    /** The worker whose thread this is. */
    private static final ThreadLocal<@Nullable Worker<?, ?>> CURRENT = new ThreadLocal<>();

    /** Where what users wait for is completed, so that their code runs on nobody else's thread. */
    private static final Executor VIRTUAL = task -> Thread.ofVirtual().name("handoff-worker").start(task);

    /** How a worker ended, or is to end. */
    private record End(int code, @Nullable Throwable error) {
    }

    private final long id = IDS.incrementAndGet();
    private final String name;
    private final Thread thread;
    private final MessagePort<I, O> port;
    private final MessagePort<O, I> scopePort;
    private final EventLoop loop;
    private final Streams streams;
    private final ResourceLimits limits;
    private final Duration gracePeriod;
    /** What the thread does first; it lets go of it then, as a thread that has ended still knows its task. */
    private EventLoop.@Nullable Body main;
    private final CountDownLatch started = new CountDownLatch(1);
    private final Set<Worker<?, ?>> children = ConcurrentHashMap.newKeySet();
    private final @Nullable Worker<?, ?> parent = current();
    private final EnvironmentData environmentData = EnvironmentData.of(parent).inherited();
    /** The loop that this was started on: the errors that nobody listens for end it. */
    private final @Nullable EventLoop home = EventLoop.current();
    /** Guards the two fields that follow, and that there is a {@link #termination} for an {@link #end} that asks for it. */
    private final Object lock = new Object();
    /** What is kept alive while this is referenced. */
    private @Nullable Registration reference;
    private boolean told;
    /** Whoever sets it first decides how the worker ends. */
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private final Event<Worker<I, O>> online = new Event<>(Worker::done);
    /** Written by the worker's thread; read when that has ended. */
    private CompletableFuture<Void> onlineTold = CompletableFuture.completedFuture(null);
    private final Event<Throwable> error = new Event<>(this::handled);
    private final Event<Integer> exit = new Event<>(this::handled);
    /** The thread has ended. */
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    /** All listeners have been told. */
    private final CompletableFuture<Integer> exited = new CompletableFuture<>();
    /** Complete when the thread has ended after a termination, or fails after the grace period; null until there is one. */
    private volatile @Nullable CompletableFuture<Integer> termination;
    /** Of the thread at its end, as it can't be asked later; unknown until then, or where nobody has ever asked. */
    private volatile long lastCpuNanos = ThreadUsage.UNKNOWN;
    private volatile long lastAllocatedBytes = ThreadUsage.UNKNOWN;

    private <D extends @Nullable Object> Worker(WorkerBody<I, O, D> body, WorkerOptions<D> options, D workerData) {
        name = options.name() != null ? options.name() : "worker-" + id;
        limits = options.limits();
        gracePeriod = options.gracePeriod();
        streams = options.streams();
        loop = new EventLoop(options.idleStrategy());
        MessageChannel<I, O> channel = MessageChannel.create(options.channel("the parent of " + this, toString()));
        port = channel.port1();
        scopePort = channel.port2();
        WorkerScope<I, O, D> scope = new WorkerScope<>(this, scopePort, workerData);
        main = () -> body.run(scope);
        thread = options.thread(name, this::run);
        Thread.UncaughtExceptionHandler handler = Thread.currentThread().getUncaughtExceptionHandler();
        if (!(handler instanceof ThreadGroup) && thread.getUncaughtExceptionHandler() instanceof ThreadGroup) {
            thread.setUncaughtExceptionHandler(handler); // the parent's own
        }
    }

    /**
     * Starts a worker with default options.
     *
     * @param body what it does
     * @param <I> the type of the messages to the worker
     * @param <O> the type of the messages from the worker
     * @return the worker, running
     */
    public static <I, O> Worker<I, O> start(WorkerBody<I, O, @Nullable Void> body) {
        return start(body, WorkerOptions.defaults());
    }

    /**
     * Starts a worker. Its data is cloned, and what is listed with it moved, before this returns.
     *
     * @param body what it does
     * @param options its name, its data, and whether the JVM waits for it
     * @param <I> the type of the messages to the worker
     * @param <O> the type of the messages from the worker
     * @param <D> the type of the worker's data
     * @return the worker, running
     * @throws dev.handoff.clone.DataCloneException if the data can't be cloned; no thread was started, nothing taken
     * @throws WrongThreadException if another thread owns a buffer in the data; no thread was started, nothing taken
     * @throws IllegalStateException if a native call is using a listed buffer; no thread was started, nothing
     *     taken
     */
    public static <I, O, D extends @Nullable Object> Worker<I, O> start(WorkerBody<I, O, D> body,
            WorkerOptions<D> options) {
        PreparedClone<D> data = options.cloners().prepare(options.workerData(), options.transfer());
        data.revoke();
        Worker<I, O> worker;
        try {
            worker = new Worker<>(body, options, data.value());
            worker.begin(options.isDaemon());
        } catch (Throwable e) { // no more threads: the sender keeps what is its own
            data.abort();
            throw e;
        }
        data.commit(worker.toString());
        worker.started.countDown();
        return worker;
    }

    private void begin(boolean daemon) {
        if (!daemon) {
            ref();
        }
        try {
            thread.start();
        } catch (Throwable e) {
            unref();
            throw e;
        }
        if (parent != null) {
            parent.children.add(this);
            if (parent.end.get() != null) { // it may have looked at its children already
                terminate();
            }
        }
        WorkerStartEvent event = new WorkerStartEvent();
        if (event.isEnabled()) {
            event.workerId = id;
            event.workerName = name;
            event.parentId = parent == null ? 0 : parent.id;
            event.virtual = thread.isVirtual();
            event.commit();
        }
    }

    // ---- on the worker's thread

    private void run() {
        CURRENT.set(this);
        WorkerExitEvent event = WorkerExitEvent.begun();
        EventLoop.Body first = Objects.requireNonNull(main);
        main = null;
        Watcher.Watch watch = limits.watched().isEmpty() ? null : new Watcher.Watch(this, thread, limits);
        try {
            started.await();
            if (watch != null) {
                Watcher.add(watch);
            }
            if (end.get() == null) {
                onlineTold = online.fire(this);
                loop.run(first);
            }
            end.compareAndSet(null, new End(0, null));
        } catch (PortClosedException e) {
            // a body that receives until there is nothing more has done what it was started for
            end.compareAndSet(null, scopePort.equals(e.port()) ? new End(0, null) : new End(1, e));
        } catch (Throwable e) {
            // an Exit, and what terminate() causes, find it set
            end.compareAndSet(null, new End(1, e));
        }
        if (watch != null) {
            Watcher.remove(watch);
        }
        finish(Objects.requireNonNull(end.get()), event);
    }

    private void finish(End how, @Nullable WorkerExitEvent event) {
        children.forEach(Worker::terminate);
        Messages.forget(id);
        streams.end();
        String why = this + " exited with code " + how.code;
        scopePort.close(why);
        loop.closePorts(why);
        if (parent != null) {
            parent.children.remove(this);
        }
        if (ThreadUsage.wasAsked()) {
            lastCpuNanos = ThreadUsage.cpuNanos(thread);
            lastAllocatedBytes = ThreadUsage.allocatedBytes(thread);
        }
        if (event != null) {
            event.end();
            event.workerId = id;
            event.workerName = name;
            event.exitCode = how.code;
            event.error = how.error == null ? null : how.error.toString();
            event.ownedBytes = ownedBytes();
            event.activeTime = loop.utilisation().active().toNanos();
            event.commit();
        }
        if (how.error != null && home == null && !error.hasListeners()) {
            uncaught(how.error);
        }
        Thread me = Thread.currentThread();
        try {
            Thread.ofVirtual().name(name + " (exit)").start(() -> {
                awaitEnd(me);
                tell(how);
            });
        } catch (OutOfMemoryError e) { // better by this one, which still owns its buffers, than never
            tell(how);
        }
    }

    private void uncaught(Throwable e) {
        try {
            Thread.currentThread().getUncaughtExceptionHandler().uncaughtException(thread, e);
        } catch (Throwable ignored) {
            // as the JVM does: the end of a worker has to be told whatever a handler does
        }
    }

    @SuppressWarnings("ThreadJoinLoop")
    private static void awaitEnd(Thread thread) {
        while (true) {
            try {
                thread.join();
                return;
            } catch (InterruptedException e) {
                // nobody has a reason to; the thread is about to end
            }
        }
    }

    /** Tells of the end when the worker's thread is dead, so that what it owned is unclaimed. */
    private void tell(End how) {
        ended.complete(how.code);
        allReceived().thenCompose(_ -> onlineTold).thenCompose(_ -> raise(how.error))
                .thenCompose(_ -> exit.fire(how.code))
                .whenComplete((_, _) -> {
                    synchronized (lock) {
                        told = true;
                        unref();
                    }
                    exited.completeAsync(() -> how.code, VIRTUAL);
                });
    }

    private CompletableFuture<Void> raise(@Nullable Throwable e) {
        if (e == null) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Boolean> heard = home == null
                ? CompletableFuture.completedFuture(true)
                : Event.submit(home, () -> { // as the listener may be attached after the worker was started, and has
                                             // failed
                    if (!error.hasListeners()) {
                        Worker.<RuntimeException>sneak(e);
                    }
                });
        return heard.thenCompose(ran -> {
            if (!ran && !error.hasListeners()) {
                uncaught(e);
            }
            return error.fire(e);
        });
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // errors stay the very objects
    private static <T extends Throwable> void sneak(Throwable e) throws T {
        throw (T) e;
    }

    /** What the worker's code gets in place of an exception that says that its port is closed. */
    RuntimeException orTerminated(PortClosedException e) {
        return termination == null ? e : new WorkerTerminatedException(this + " was terminated");
    }

    void checkTerminated() {
        if (termination != null) {
            throw new WorkerTerminatedException(this + " was terminated");
        }
    }

    boolean isEnding() {
        return end.get() != null;
    }

    void exit(int code) {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("exit(" + code + ") was called by thread '"
                    + Thread.currentThread().getName() + "'; it is for " + this + "'s own");
        }
        end.compareAndSet(null, new End(code, null));
        loop.stop();
        throw new Exit();
    }

    /** Unwinds the worker's stack; an {@link Error}, as code that catches exceptions must let it through. */
    private static final class Exit extends Error {
        private static final long serialVersionUID = 1;

        Exit() {
            super("WorkerScope.exit", null, false, false);
        }
    }

    /** The worker whose thread this is, or null. */
    static @Nullable Worker<?, ?> current() {
        return CURRENT.get();
    }

    EnvironmentData environmentData() {
        return environmentData;
    }

    // ---- for the parent

    /**
     * The worker's number.
     *
     * @return a number that no other worker of this JVM has or had, from 1
     */
    public long id() {
        return id;
    }

    /**
     * The worker's name.
     *
     * @return the name of the options, else {@code worker-} and the number
     */
    public String name() {
        return name;
    }

    /**
     * The parent's end of the channel to the worker.
     *
     * @return the port
     */
    public MessagePort<I, O> port() {
        return port;
    }

    /**
     * Sends a message to the worker; the same as {@code port().post(message, transfer)}. Messages queue up until the
     * worker takes them.
     *
     * @param message what to send
     * @param transfer what to move
     * @throws PortClosedException if the worker has ended or was closed; nothing was taken
     * @see MessagePort#post
     */
    public void post(I message, Transferable... transfer) {
        port.post(message, transfer);
    }

    /**
     * Sends a message to the worker and moves all that it reaches; the same as {@code port().transfer(message)}.
     *
     * @param message what to send
     * @throws PortClosedException if the worker has ended or was closed; nothing was taken
     * @see MessagePort#transfer
     */
    public void transfer(I message) {
        port.transfer(message);
    }

    /**
     * Takes the next message from the worker, waiting for as long as it takes; the same as {@code port().receive()}.
     *
     * @return the message
     * @throws InterruptedException if the thread is interrupted
     * @throws PortClosedException if the worker has ended and all its messages are taken
     */
    public O receive() throws InterruptedException {
        return port.receive();
    }

    /**
     * Takes the next message from the worker, waiting for some time; the same as {@code port().receive(timeout)}.
     *
     * @param timeout how long at most
     * @return the message, or null where none came in time
     * @throws InterruptedException if the thread is interrupted
     * @throws PortClosedException if the worker has ended and all its messages are taken
     */
    public @Nullable O receive(Duration timeout) throws InterruptedException {
        return port.receive(timeout);
    }

    /**
     * Attaches a handler for messages from the worker; the same as {@code port().onMessage(handler)}.
     *
     * @param handler gets each message
     * @return the way to detach it
     */
    public Registration onMessage(Consumer<? super O> handler) {
        return port.onMessage(handler);
    }

    /**
     * Attaches a listener for the exception or error that ends the worker.
     *
     * <p>
     * If there is none when the worker ends, the error ends the event loop that the worker was started on (a listener that is
     * attached in the same turn of the loop is in time). Where a plain thread started it, the error goes to the uncaught
     * exception handler of the worker's thread: there is no turn to wait for, and nothing is held back for a listener that
     * may never come. One that comes late hears of it as well. Who wants to be the only one to hear lets the body wait for a
     * first message, and posts that when the listener is attached.
     *
     * @param listener gets what the worker threw, the very object
     * @return the way to detach it
     */
    public Registration onError(Consumer<? super Throwable> listener) {
        return error.listen(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Attaches a listener for the worker's end.
     *
     * @param listener gets the exit code, after everything else
     * @return the way to detach it
     */
    public Registration onExit(Consumer<? super Integer> listener) {
        return exit.listen(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Attaches a listener for the worker's beginning.
     *
     * @param listener run when the worker's thread is about to run its body; never if it was terminated before
     * @return the way to detach it
     */
    public Registration onOnline(Runnable listener) {
        Objects.requireNonNull(listener, "listener");
        return online.listen(_ -> listener.run());
    }

    /**
     * Ends the worker as soon as its code allows: its ports are closed, its loop runs no more tasks, its thread is
     * interrupted, which ends every wait of this library and of the JDK's; after that, its {@link WorkerScope} throws
     * {@link WorkerTerminatedException}. What it posted before can still be taken. Does nothing if the worker has ended.
     *
     * <p>
     * A thread can't be ended against the will of its code. Where that goes on for the
     * {@linkplain WorkerOptions#gracePeriod grace period}, the worker is reported with its stack, by the
     * {@link System.Logger} named {@code dev.handoff.worker} and a JFR event.
     *
     * @return a future of the exit code, complete when the {@code onExit} listeners have returned; it fails with
     *     {@link WorkerStillRunningException} if the worker's code still runs when the grace period is over. The same end is
     *     told each time
     */
    public CompletableFuture<Integer> terminate() {
        stop(new End(1, null), "was terminated");
        CompletableFuture<Integer> stopped = termination;
        return stopped == null ? exited() : stopped.thenCompose(_ -> exited);
    }

    /** The watcher has found that a limit was overrun. */
    void overrun(ResourceLimitException e) {
        WorkerLimitEvent event = new WorkerLimitEvent();
        if (event.isEnabled()) {
            event.workerId = id;
            event.workerName = name;
            event.resource = e.resource().name();
            event.used = e.used();
            event.limit = e.limit();
            event.commit();
        }
        stop(new End(1, e), "has used more than its limits allow");
    }

    private void stop(End how, String why) {
        synchronized (lock) {
            if (!end.compareAndSet(null, how)) {
                return;
            }
            termination = ended.copy().orTimeout(TimeUnit.NANOSECONDS.convert(gracePeriod), TimeUnit.NANOSECONDS)
                    .exceptionallyAsync(_ -> {
                        throw stillRunning(why);
                    }, VIRTUAL);
        }
        loop.stop();
        scopePort.close(this + " " + why);
        loop.closePorts(this + " " + why);
        streams.terminate(this + " " + why);
        thread.interrupt();
    }

    private WorkerStillRunningException stillRunning(String why) {
        StackTraceElement[] stack = thread.getStackTrace();
        WorkerStillRunningException e = new WorkerStillRunningException(
                this + " still runs " + gracePeriod + " after it " + why, stack);
        System.getLogger("dev.handoff.worker").log(System.Logger.Level.WARNING, e.getMessage(), e);
        WorkerStillRunningEvent event = new WorkerStillRunningEvent();
        if (event.isEnabled()) {
            event.workerId = id;
            event.workerName = name;
            event.stack = Arrays.stream(stack).map(StackTraceElement::toString).collect(Collectors.joining("\n"));
            event.commit();
        }
        return e;
    }

    /**
     * The end of the worker and of everything that it caused.
     *
     * @return a future of the exit code, complete when the {@code onExit} listeners have returned
     */
    public CompletableFuture<Integer> exited() {
        return exited.copy();
    }

    /**
     * Waits until the worker's thread has ended; what it owned is unclaimed then. Listeners may still be running; {@link #exited} waits for these as well.
     *
     * @return the exit code
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if the calling thread is the worker's own
     */
    public int join() throws InterruptedException {
        requireOther();
        try {
            return ended.get();
        } catch (ExecutionException e) {
            throw new AssertionError("nothing completes it so", e);
        }
    }

    private void requireOther() {
        if (Thread.currentThread().equals(thread)) {
            throw new IllegalStateException(this + " can't wait for its own end");
        }
    }

    /**
     * Lets the worker end when it has handled what was posted: no more messages can be posted, messages from the worker can
     * still be taken. A worker that waits for something other than its port goes on. Does not wait; {@link #join} does.
     */
    public void shutdown() {
        port.shutdownOutput();
    }

    /**
     * {@linkplain #terminate Terminates} the worker, and waits until its code has ended. What is still to be handled is
     * dropped; a worker that shall do it before is ended by {@link #shutdown} and {@link #join}. If the calling thread is
     * interrupted, its flag stays set.
     *
     * @throws IllegalStateException if the calling thread is the worker's own, which has {@link WorkerScope#close}
     * @throws WorkerStillRunningException if the worker's code still runs when the grace period is over
     */
    @Override
    public void close() {
        requireOther();
        terminate();
        CompletableFuture<Integer> stopped = termination;
        boolean interrupted = false;
        while (true) {
            try {
                (stopped == null ? ended : stopped).get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw (WorkerStillRunningException) e.getCause();
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /**
     * Keeps the JVM, and the event loop on which the worker was started, from ending before the worker's end has been told,
     * as is the default.
     */
    public void ref() {
        synchronized (lock) {
            if (reference != null || told) {
                return;
            }
            Keeper.hold();
            Registration hold = home == null ? Worker::nothing : home.hold(Worker::nothing);
            reference = () -> {
                hold.close();
                Keeper.release();
            };
        }
    }

    /** Lets the JVM, and the event loop on which the worker was started, end while the worker runs. */
    public void unref() {
        synchronized (lock) {
            if (reference != null) {
                reference.close();
                reference = null;
            }
        }
    }

    private static void nothing() {
    }

    /**
     * Whether the worker keeps the JVM alive.
     *
     * @return false if it is a daemon or unreferenced, or if its end has been told
     */
    public boolean hasRef() {
        synchronized (lock) {
            return reference != null;
        }
    }

    /**
     * What the worker writes to for its own {@linkplain WorkerScope#stdin input}. Bytes are kept until the worker reads
     * them; who writes more than the {@linkplain WorkerOptions#streamCapacity capacity} waits for that. Closing the stream
     * ends the worker's.
     *
     * @return the stream; once the worker has ended, writing to it throws, and so it does for a thread that is interrupted
     *     while it waits, whose flag stays set
     * @throws IllegalStateException if the worker was started without {@link WorkerOptions#openStdin}
     */
    public OutputStream stdin() {
        return streams.input();
    }

    /**
     * What the worker prints, in UTF-8. Bytes are kept until they are read, so that none are lost; where more than the
     * {@linkplain WorkerOptions#streamCapacity capacity} are not read yet, the worker waits. So whoever waits for the end of a
     * worker that prints much has to read, or to close this stream, which drops the bytes. The end comes when the worker
     * has ended.
     *
     * @return the stream; of several, each gets a part
     * @throws IllegalStateException if the worker was started without {@link WorkerOptions#captureStdout}
     */
    public InputStream stdout() {
        return streams.output();
    }

    /**
     * What the worker prints as errors, as {@link #stdout} does.
     *
     * @return the stream
     * @throws IllegalStateException if the worker was started without {@link WorkerOptions#captureStderr}
     */
    public InputStream stderr() {
        return streams.errors();
    }

    /**
     * What the worker has done and used so far. Any thread may ask, whatever the worker is doing.
     *
     * @return the reading
     */
    public WorkerStatistics statistics() {
        long cpu = ThreadUsage.cpuNanos(thread);
        long allocated = ThreadUsage.allocatedBytes(thread);
        cpu = cpu == ThreadUsage.UNKNOWN ? lastCpuNanos : cpu;
        allocated = allocated == ThreadUsage.UNKNOWN ? lastAllocatedBytes : allocated;
        return new WorkerStatistics(loop.utilisation(),
                cpu == ThreadUsage.UNKNOWN ? Optional.empty() : Optional.of(Duration.ofNanos(cpu)),
                allocated == ThreadUsage.UNKNOWN ? OptionalLong.empty() : OptionalLong.of(allocated), messages(),
                ownedBytes());
    }

    private static CompletableFuture<?> done() {
        return CompletableFuture.completedFuture(null);
    }

    /** When the messages that came before have been handled, also by those who attached themselves late. */
    private CompletableFuture<?> handled() {
        try {
            return port.handled();
        } catch (DetachedException e) {
            return done(); // they are somebody else's
        }
    }

    /** When the last message has been handled, where that is for this one's parent to do. */
    private CompletableFuture<?> allReceived() {
        try {
            return port.closed();
        } catch (DetachedException e) {
            return done(); // it is for somebody else
        }
    }

    private Optional<PortStatistics> messages() {
        try {
            return Optional.of(port.statistics());
        } catch (DetachedException e) {
            return Optional.empty();
        }
    }

    private long ownedBytes() {
        return MemoryStatistics.bytesOwned().getOrDefault(thread, 0L);
    }

    Streams streams() {
        return streams;
    }

    EventLoop loop() {
        return loop;
    }

    @Override
    public String toString() {
        return "worker '" + name + "'";
    }
}
