package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.Registration;
import dev.handoff.memory.Transferable;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker as its own code sees it: its data, and its port to the parent. Thread-safe, but for {@link #exit}, which is for
 * the worker's own thread.
 *
 * @param <I> the type of the messages from the parent
 * @param <O> the type of the messages to the parent
 * @param <D> the type of the worker's data
 */
public final class WorkerScope<I, O, D extends @Nullable Object> {
    private final Worker<I, O> worker;
    private final MessagePort<O, I> port;
    private final D workerData;

    WorkerScope(Worker<I, O> worker, MessagePort<O, I> port, D workerData) {
        this.worker = worker;
        this.port = port;
        this.workerData = workerData;
    }

    /**
     * The worker's number.
     *
     * @return a number that no other worker of this JVM has or had, from 1
     */
    public long id() {
        return worker.id();
    }

    /**
     * The worker's name.
     *
     * @return the name
     */
    public String name() {
        return worker.name();
    }

    /**
     * The value that the worker was started with.
     *
     * @return the worker's own copy; null where none was given
     */
    public D workerData() {
        return workerData;
    }

    /**
     * Values by name that the worker has from its parent, and that its own children will have.
     *
     * @return the worker's own set
     */
    public EnvironmentData environmentData() {
        return worker.environmentData();
    }

    /**
     * The port to the parent.
     *
     * @return the port
     */
    public MessagePort<O, I> port() {
        return port;
    }

    /**
     * Sends a message to the parent; the same as {@code port().post(message, transfer)}.
     *
     * @param message what to send
     * @param transfer what to move
     * @throws WorkerTerminatedException if the worker was terminated; nothing was taken
     * @see MessagePort#post
     */
    public void post(O message, Transferable... transfer) {
        try {
            port.post(message, transfer);
        } catch (PortClosedException e) {
            throw worker.orTerminated(e);
        }
    }

    /**
     * Sends a message to the parent and moves all that it reaches; the same as {@code port().transfer(message)}.
     *
     * @param message what to send
     * @throws WorkerTerminatedException if the worker was terminated; nothing was taken
     * @see MessagePort#transfer
     */
    public void transfer(O message) {
        try {
            port.transfer(message);
        } catch (PortClosedException e) {
            throw worker.orTerminated(e);
        }
    }

    /**
     * Takes the next message from the parent; the same as {@code port().receive()}. When the parent has
     * {@linkplain Worker#shutdown shut down} this worker and all messages are taken, it throws, and a body that lets that
     * through ends the worker normally.
     *
     * @return the message
     * @throws InterruptedException if the worker is terminated while it waits
     * @throws WorkerTerminatedException if the worker was terminated
     * @throws PortClosedException if no message will come any more
     */
    public I receive() throws InterruptedException {
        try {
            return port.receive();
        } catch (PortClosedException e) {
            throw worker.orTerminated(e);
        }
    }

    /**
     * Attaches a handler for messages from the parent, which keeps the worker alive until the parent shuts it down; the same
     * as {@code port().onMessage(handler)}.
     *
     * @param handler gets each message, on this worker's event loop
     * @return the way to detach it
     */
    public Registration onMessage(Consumer<? super I> handler) {
        return port.onMessage(handler);
    }

    /**
     * Closes the port to the parent, so that nothing keeps the worker alive that it did not open itself.
     */
    public void close() {
        port.close();
    }

    /**
     * Ends the worker at once: nothing after the call runs, except {@code finally} blocks and handlers that catch
     * {@link Error}; queued messages are dropped.
     *
     * @param code the exit code
     * @throws IllegalStateException if the calling thread is not the worker's own
     */
    public void exit(int code) {
        worker.exit(code);
    }

    /**
     * For code that runs long without waiting for anything: returns, or unwinds the worker if it was terminated.
     *
     * @throws WorkerTerminatedException if the worker was terminated, or has used more than its limits allow
     */
    public void checkTerminated() {
        worker.checkTerminated();
    }

    /**
     * Whether the worker's code is to end: the worker was terminated, has used more than its limits allow, or has called
     * {@link #exit}. For code that catches whatever the code it calls throws.
     *
     * @return true from then on
     */
    public boolean isEnding() {
        return worker.isEnding();
    }

    /**
     * The worker's event loop, for timers, continuations and tasks.
     *
     * @return the loop
     */
    public EventLoop loop() {
        return worker.loop();
    }

    /**
     * What the parent writes to the worker, if it was started with {@link WorkerOptions#openStdin}.
     *
     * @return the stream; else an empty one
     */
    public InputStream stdin() {
        return worker.streams().stdin();
    }

    /**
     * Where the worker prints: to {@link System#out} as it is at that moment, in its encoding, or, if the parent captures
     * it, to the parent in UTF-8. What one call prints, up to some thousand characters, is not cut by what others print.
     * Where the parent has not read what was captured and there is no room, printing waits for it. That wait ends with
     * {@link WorkerTerminatedException} if the worker is terminated. If the thread is interrupted otherwise, or the worker
     * ends while another thread of its own waits, what there was no room for is lost, as {@link PrintStream} says.
     *
     * @return the stream
     */
    public PrintStream stdout() {
        return worker.streams().stdout();
    }

    /**
     * Where the worker prints errors, as {@link #stdout} does.
     *
     * @return the stream
     */
    public PrintStream stderr() {
        return worker.streams().stderr();
    }

    @Override
    public String toString() {
        return "WorkerScope[" + name() + "]";
    }
}
