package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.Registration;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.Transferable;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A thread with an event loop of its own and a port to whoever started it, as its starter sees it.
 *
 * <p>
 * A worker ends when its body has returned and no handler waits for messages any more, when its code calls
 * {@link WorkerScope#exit}, when something is thrown and not caught, or when it is {@linkplain #terminate terminated}.
 * Its exit code is 0 for a normal end, 1 for the last two, else what was given to {@code exit}. Listeners hear of all
 * messages first, then of the error if there was one, and of the exit always last; one that comes late still hears what
 * happened before. They run where the handlers of a {@link MessagePort} run.
 *
 * <p>
 * The parent of a worker is the worker whose code started it, or the JVM; when a worker ends, its children are
 * terminated. A worker that is not a daemon keeps the JVM alive until its {@code onExit} listeners have returned; one
 * that was started on an event loop keeps that loop alive until then.
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

    private final long id = IDS.incrementAndGet();
    private final String name;
    private final Thread thread;
    private final MessagePort<I, O> port;
    private final EventLoop loop = new EventLoop();
    private final CountDownLatch started = new CountDownLatch(1);
    private final Set<Worker<?, ?>> children = ConcurrentHashMap.newKeySet();
    private final @Nullable Worker<?, ?> parent = current();
    private final EnvironmentData environmentData = EnvironmentData.of(parent).inherited();
    /** Keeps the loop that this was started on alive until the exit has been told. */
    private Registration parentHold = Worker::nothing;
    /** Whoever sets it first decides how the worker ends. */
    private final AtomicReference<@Nullable Integer> exitCode = new AtomicReference<>();
    private final Event<Throwable> error = new Event<>();
    private final Event<Integer> exit = new Event<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private final CompletableFuture<Integer> exited = new CompletableFuture<>();

    private <D extends @Nullable Object> Worker(WorkerBody<I, O, D> body, WorkerOptions<D> options, D workerData) {
        name = options.name() != null ? options.name() : "worker-" + id;
        MessageChannel<I, O> channel = MessageChannel.create("the parent of " + this, toString(), options.cloners());
        port = channel.port1();
        WorkerScope<I, O, D> scope = new WorkerScope<>(this, channel.port2(), workerData);
        thread = Thread.ofPlatform().name(name).daemon(options.isDaemon()).unstarted(() -> run(body, scope));
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
            worker.thread.start();
        } catch (Throwable e) { // no more threads: the sender keeps what is its own
            data.abort();
            throw e;
        }
        data.commit(worker.toString());
        try {
            worker.enter();
        } finally {
            worker.started.countDown();
        }
        return worker;
    }

    private void enter() {
        EventLoop here = EventLoop.current();
        if (here != null) {
            parentHold = here.hold(Worker::nothing); // read by the worker's thread after the latch
        }
        if (parent != null) {
            parent.children.add(this);
            if (parent.exitCode.get() != null) { // it may have looked at its children already
                terminate();
            }
        }
    }

    // ---- on the worker's thread

    private <D extends @Nullable Object> void run(WorkerBody<I, O, D> body, WorkerScope<I, O, D> scope) {
        CURRENT.set(this);
        Throwable uncaught = null;
        try {
            started.await();
            if (exitCode.get() == null) {
                loop.run(() -> body.run(scope));
            }
            exitCode.compareAndSet(null, 0);
        } catch (PortClosedException e) {
            // a body that receives until there is nothing more has done what it was started for
            boolean parentClosed = scope.port().equals(e.port());
            if (exitCode.compareAndSet(null, parentClosed ? 0 : 1) && !parentClosed) {
                uncaught = e;
            }
        } catch (Throwable e) {
            // an Exit, and the interrupt of terminate(), find the code set
            if (exitCode.compareAndSet(null, 1)) {
                uncaught = e;
            }
        }
        end(uncaught, scope.port());
    }

    private void end(@Nullable Throwable uncaught, MessagePort<O, I> scopePort) {
        int code = Objects.requireNonNull(exitCode.get());
        children.forEach(Worker::terminate);
        Messages.forget(id);
        scopePort.close("worker '" + name + "' exited with code " + code);
        if (parent != null) {
            parent.children.remove(this);
        }
        if (uncaught != null && !error.hasListeners()) {
            try {
                thread.getUncaughtExceptionHandler().uncaughtException(thread, uncaught);
            } catch (Throwable e) {
                // ignored, as the JVM does: the end of a worker has to be told whatever a handler does
            }
        }
        Runnable tell = () -> tell(uncaught, code);
        try {
            Thread.ofPlatform().name(name + " (exit)").daemon(thread.isDaemon()).start(tell);
        } catch (OutOfMemoryError e) { // no more threads: better by this one, which still owns its buffers, than never
            tell.run();
        }
    }

    /**
     * Tells of the end when the worker's thread is dead, so that what it owned is unclaimed; and keeps the JVM alive until
     * the listeners have returned, unless the worker is a daemon.
     */
    @SuppressWarnings("ThreadJoinLoop")
    private void tell(@Nullable Throwable uncaught, int code) {
        boolean dead = Thread.currentThread().equals(thread);
        while (!dead) {
            try {
                thread.join();
                dead = true;
            } catch (InterruptedException e) {
                // nobody has a reason to; the thread is about to end
            }
        }
        ended.complete(code);
        CompletableFuture<?> messages = port.closed();
        messages.thenCompose(_ -> uncaught == null ? CompletableFuture.completedFuture(null) : error.fire(uncaught))
                .thenCompose(_ -> exit.fire(code))
                .whenComplete((_, _) -> {
                    parentHold.close();
                    exited.complete(code);
                });
        exited.join();
    }

    private static void nothing() {
    }

    void exit(int code) {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("exit(" + code + ") was called by thread '"
                    + Thread.currentThread().getName() + "'; it is for " + this + "'s own");
        }
        exitCode.compareAndSet(null, code);
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
     * Attaches a listener for the exception or error that ends the worker. Without one, it goes to the uncaught exception
     * handler of the worker's thread.
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
     * Ends the worker as soon as its code allows: its thread is interrupted, and its loop runs no more tasks. A body that
     * ignores interruption goes on until it returns. Does nothing if the worker has ended.
     *
     * @return the same as {@link #exited}
     */
    public CompletableFuture<Integer> terminate() {
        if (exitCode.compareAndSet(null, 1)) {
            loop.stop();
            thread.interrupt();
        }
        return exited();
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
     * Lets the worker handle what was posted, and waits until its code has ended. No more messages can be posted;
     * messages from the worker can still be taken. A worker that waits for something other than its port has to be told
     * otherwise, or terminated. If the calling thread is interrupted, the worker is terminated; the flag stays set.
     *
     * @throws IllegalStateException if the calling thread is the worker's own, which has {@link WorkerScope#close}
     */
    @Override
    public void close() {
        requireOther();
        port.shutdownOutput();
        boolean interrupted = false;
        while (true) {
            try {
                join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                terminate();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "worker '" + name + "'";
    }
}
