package dev.handoff.channel;

import dev.handoff.clone.Cloners;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.Transferable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One end of a two-way channel. Messages are cloned at the moment of posting, or moved, and arrive in the order in which
 * they were posted.
 *
 * <p>
 * Messages are taken by {@link #poll} and {@link #receive}, or given to handlers. A handler that is attached on a thread
 * with an {@link EventLoop}, such as a worker's, runs on that loop; one attached with an executor runs there; any other
 * runs on virtual threads. In each case one message is handled at a time, in order. Buffers in a message are claimed by
 * the thread that touches them.
 *
 * <p>
 * Each direction ends on its own. {@link #close} ends both: what was posted before is still delivered to the peer, what
 * the peer posted and nobody took is freed. {@link #shutdownOutput} ends the outgoing one only.
 *
 * <p>
 * Thread-safe: any thread may call any method. Posting never waits for the receiver; the queue has no bound. What was
 * done before posting happens-before what is done with the message. Modelled on the web's
 * <a href="https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports">{@code MessagePort}</a>.
 *
 * @param <S> the type of the messages to send
 * @param <R> the type of the messages to receive
 */
public final class MessagePort<S, R> implements AutoCloseable {
    /** Messages that are handled before other tasks of the same executor get their turn. */
    private static final int BATCH = 256;

    private record Handler<R>(Consumer<? super R> action, Registration hold) {
    }

    private final String name;
    private final Cloners cloners;
    private final Mailbox<PreparedClone<R>> inbox = new Mailbox<>();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    /** Guards the three fields that follow; nothing foreign runs under it. */
    private final Object lock = new Object();
    private List<Handler<R>> handlers = List.of();
    /** Where the handlers run; means nothing while there are none. */
    private @Nullable Executor executor;
    /** The one task that gives messages to handlers, while it is scheduled or runs: it gives them their order. */
    private @Nullable Pump pump;
    /** The last virtual thread that a handler ran on: what it owned is unclaimed only when it has ended. */
    private @Nullable Thread lastThread;
    @SuppressWarnings("NullAway.Init") // set by connect, before anybody else sees this
    private MessagePort<R, S> peer;

    MessagePort(String name, Cloners cloners) {
        this.name = name;
        this.cloners = cloners;
    }

    /** Makes the other end. */
    MessagePort<R, S> connect(String peerName) {
        peer = new MessagePort<>(peerName, cloners);
        peer.peer = this;
        return peer;
    }

    /**
     * Sends a copy of a message; what is listed moves instead.
     *
     * @param message what to send
     * @param transfer what to move: the handles are gone afterwards, in the message or not
     * @throws NullPointerException if the message is null
     * @throws dev.handoff.clone.DataCloneException if something in the message can't be cloned, or if something in the
     *     list is listed twice or gone; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a listed buffer; nothing was sent or taken
     * @throws PortClosedException if the channel is closed; nothing was taken
     */
    public void post(S message, Transferable... transfer) {
        Objects.requireNonNull(message, "message");
        requireOpen();
        send(cloners.prepare(message, transfer));
    }

    /**
     * Sends a message, moving every transferable that it reaches and copying the rest.
     *
     * @param message what to send
     * @throws NullPointerException if the message is null
     * @throws dev.handoff.clone.DataCloneException if something in the message can't be cloned or moved; nothing was
     *     sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a buffer in the message; nothing was sent or taken
     * @throws PortClosedException if the channel is closed; nothing was taken
     */
    public void transfer(S message) {
        Objects.requireNonNull(message, "message");
        requireOpen();
        send(cloners.prepareMove(message));
    }

    private void requireOpen() {
        String end = peer.inbox.ended();
        if (end != null) {
            throw new PortClosedException(this, end);
        }
    }

    private void send(PreparedClone<S> message) {
        message.revoke();
        String end = peer.inbox.add(message, () -> message.commit(peer.name));
        if (end != null) {
            message.abort();
            throw new PortClosedException(this, end);
        }
        peer.schedule();
    }

    /**
     * Takes the next message, if one is there.
     *
     * @return the message, or null where none is there
     * @throws PortClosedException if none is there and none will come; it says why
     */
    public @Nullable R poll() {
        PreparedClone<R> message = inbox.poll();
        return message != null ? message.value() : nothing();
    }

    /**
     * Takes the next message, waiting for as long as it takes.
     *
     * @return the message
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if none is there and none will come; it says why
     */
    public R receive() throws InterruptedException {
        PreparedClone<R> message = inbox.poll(Long.MAX_VALUE);
        if (message == null) {
            throw new PortClosedException(this, Objects.requireNonNull(inbox.ended()));
        }
        return message.value();
    }

    /**
     * Takes the next message, waiting for some time.
     *
     * @param timeout how long at most; zero or less does not wait
     * @return the message, or null where none came in time
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if none is there and none will come; it says why
     */
    public @Nullable R receive(Duration timeout) throws InterruptedException {
        PreparedClone<R> message = inbox.poll(TimeUnit.NANOSECONDS.convert(timeout)); // saturates
        return message != null ? message.value() : nothing();
    }

    private @Nullable R nothing() {
        String end = inbox.ended();
        if (end != null && inbox.isEmpty()) {
            throw new PortClosedException(this, end);
        }
        return null;
    }

    /**
     * Attaches a handler for messages: on the calling thread's event loop if it has one, else on virtual threads.
     *
     * @param handler gets every message from now on, those that are queued first; what it throws goes to its executor
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this port runs elsewhere
     */
    public Registration onMessage(Consumer<? super R> handler) {
        return onMessage(handler, EventLoop.executorHere());
    }

    /**
     * Attaches a handler for messages on an executor.
     *
     * @param handler gets every message from now on, those that are queued first; what it throws goes to its executor
     * @param executor where it runs, for one message at a time; it must run what it accepts, and if it rejects a task, the
     *     port is closed
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this port runs elsewhere
     */
    public Registration onMessage(Consumer<? super R> handler, Executor executor) {
        Objects.requireNonNull(handler, "handler");
        Objects.requireNonNull(executor, "executor");
        Registration hold = executor instanceof EventLoop loop ? loop.hold(() -> abandon(executor)) : () -> {
        };
        Handler<R> attached = new Handler<>(handler, hold);
        synchronized (lock) {
            if (!handlers.isEmpty() && !executor.equals(this.executor)) {
                hold.close();
                throw new IllegalStateException("the handlers of a port run on one executor; here that is "
                        + this.executor);
            }
            this.executor = executor;
            handlers = Stream.concat(handlers.stream(), Stream.of(attached)).toList();
        }
        schedule();
        return () -> {
            synchronized (lock) {
                handlers = handlers.stream().filter(h -> h != attached).toList();
            }
            hold.close();
            schedule();
        };
    }

    /** An executor will run nothing more: its handlers are gone, and so is a pump that it may have in its queue. */
    private void abandon(Executor ended) {
        synchronized (lock) {
            if (ended.equals(executor)) {
                handlers = List.of();
            }
            if (pump != null && ended.equals(pump.where)) {
                pump = null;
            }
        }
        schedule();
    }

    /**
     * Attaches a handler for the end of the incoming direction. It runs once: after the handlers for messages have seen
     * the last one, or at once where the end has come before or no handler for messages is attached.
     *
     * @param handler gets the reason
     */
    public void onClose(Consumer<String> handler) {
        Objects.requireNonNull(handler, "handler");
        Executor where = EventLoop.executorHere();
        var _ = closed.thenAccept(reason -> {
            try {
                where.execute(() -> handler.accept(reason));
            } catch (RejectedExecutionException e) {
                // its loop has ended: nobody is there to listen
            }
        });
    }

    /**
     * The end of the incoming direction.
     *
     * @return a future of the reason, complete at the time at which {@link #onClose} handlers run
     */
    public CompletableFuture<String> closed() {
        return closed.copy();
    }

    /** Gives the handlers a turn, if there is something for them and they are not at it; or tells that all is over. */
    private void schedule() {
        Pump next = null;
        List<Handler<R>> done = List.of();
        String end = inbox.ended(); // before isEmpty: nothing is added after the end
        synchronized (lock) {
            if (pump != null) {
                return; // it will look again
            }
            if (!inbox.isEmpty() && !handlers.isEmpty()) {
                next = new Pump(Objects.requireNonNull(executor));
                pump = next;
            } else if (end != null) {
                done = handlers;
            }
        }
        if (next != null) {
            next.submit();
        } else if (end != null) {
            closed.complete(end);
            done.forEach(handler -> handler.hold.close());
        }
    }

    private final class Pump implements Runnable {
        private final Executor where;
        private Registration hold = () -> {
        };
        private boolean begun;

        Pump(Executor where) {
            this.where = where;
        }

        /** Never throws: who posted a message has nothing to do with what becomes of it. */
        void submit() {
            if (where instanceof EventLoop loop) {
                hold = loop.hold(() -> abandon(where)); // as the handler may be detached before the loop ends
            }
            try {
                where.execute(this);
            } catch (Throwable e) {
                if (begun) { // it ran at once, so this is a handler's
                    Thread here = Thread.currentThread();
                    here.getUncaughtExceptionHandler().uncaughtException(here, e);
                    return;
                }
                hold.close();
                abandon(where);
                if (!(where instanceof EventLoop)) {
                    close("the executor of its handlers takes no more tasks: " + e.getMessage());
                }
            }
        }

        @Override
        public void run() {
            begun = true;
            hold.close();
            awaitLastThread();
            try {
                for (int i = 0; i < BATCH; i++) {
                    List<Handler<R>> now;
                    synchronized (lock) {
                        now = pump == this && where.equals(executor) ? handlers : List.of();
                    }
                    boolean stopped = where instanceof EventLoop loop && loop.hasEnded();
                    PreparedClone<R> message = now.isEmpty() || stopped ? null : inbox.poll();
                    if (message == null) {
                        return;
                    }
                    deliver(message.value(), now);
                }
            } finally {
                synchronized (lock) {
                    if (pump == this) {
                        pump = null;
                    }
                }
                schedule(); // for what came after the last look
            }
        }

        private void awaitLastThread() {
            if (!EventLoop.startsThreads(where)) {
                return;
            }
            Thread last;
            synchronized (lock) {
                last = lastThread;
                lastThread = Thread.currentThread();
            }
            boolean interrupted = false;
            while (last != null && last.isAlive()) {
                try {
                    last.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Every handler gets the message, whatever the others throw. */
    private static <R> void deliver(R message, List<Handler<R>> handlers) {
        Throwable thrown = null;
        for (Handler<R> handler : handlers) {
            try {
                handler.action.accept(message);
            } catch (Throwable e) {
                if (thrown == null) {
                    thrown = e;
                } else {
                    thrown.addSuppressed(e);
                }
            }
        }
        if (thrown != null) {
            MessagePort.<RuntimeException>sneak(thrown);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a handler may throw what it does not declare
    private static <T extends Throwable> void sneak(Throwable e) throws T {
        throw (T) e;
    }

    /**
     * Ends the outgoing direction: the peer gets what was posted before and then the end. Messages can still come in.
     */
    public void shutdownOutput() {
        endPeer(name + " posts no more");
    }

    /**
     * Closes the channel: the peer gets what was posted before and then the end; what the peer posted and nobody took is
     * freed. Does nothing the second time.
     */
    @Override
    public void close() {
        close(name + " was closed");
    }

    /**
     * Closes the channel for a reason that both ends are told.
     *
     * @param reason why
     */
    public void close(String reason) {
        Objects.requireNonNull(reason, "reason");
        endPeer(reason);
        inbox.end(reason);
        inbox.drain().forEach(PreparedClone::discard);
        schedule();
    }

    private void endPeer(String reason) {
        peer.inbox.end(reason);
        peer.schedule();
    }

    /**
     * Whether messages can still be posted.
     *
     * @return false after either end was closed
     */
    public boolean isOpen() {
        return peer.inbox.ended() == null;
    }

    @Override
    public String toString() {
        return "MessagePort[" + name + (isOpen() ? "" : ", closed") + "]";
    }
}
