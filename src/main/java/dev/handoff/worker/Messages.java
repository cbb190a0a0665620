package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.Registration;
import dev.handoff.clone.Cloner;
import dev.handoff.clone.Cloners;
import dev.handoff.clone.PreparedClone;
import dev.handoff.clone.StructuredClone;
import dev.handoff.internal.future.PendingFuture;
import dev.handoff.memory.Transferable;
import dev.handoff.worker.MessagingException.Reason;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Messages to a worker of which nothing is known but its {@linkplain Worker#id number}: it may be anybody's child. They are
 * acknowledged, and one that was not taken in time is retracted. For more than a word now and then, send a port.
 *
 * <p>
 * Messages go straight from thread to thread, and are handled by the one listener of the receiver, one at a time, those of
 * one sender in their order. They are cloned and moved as those of a port are. A listener does not keep its worker alive;
 * a message that is on its way does.
 *
 * <p>
 * Thread-safe; lock-free to send, but for the clone. What was done before sending happens-before what the listener does,
 * and that happens-before what is done with the acknowledgement. Modelled on Node's <a href=
 * "https://nodejs.org/api/worker_threads.html#workerpostmessagetothreadthreadid-value-transferlist-timeout">{@code
 * postMessageToThread}</a>.
 */
public final class Messages {
    /** The number of all threads that are no worker's, the main thread's for one. */
    public static final long MAIN = 0;

    /** Gets the messages that are sent to a worker by its number. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Handles a message.
         *
         * @param message the receiver's own copy
         * @param sender the number of the worker that sent it, or {@link #MAIN}
         * @throws Exception what the sender is told, in place of an acknowledgement
         */
        void handle(Object message, long sender) throws Exception;
    }

    /** Whoever listens, and where; compared by identity. */
    private static final class Receiver {
        final long id;
        final Listener listener;
        final Executor where;

        Receiver(long id, Listener listener, Executor where) {
            this.id = id;
            this.listener = listener;
            this.where = where;
        }

        /** Whether its event loop takes no more tasks. */
        boolean hasEnded() {
            try {
                if (where instanceof EventLoop loop) {
                    loop.execute(() -> {
                    });
                }
                return false;
            } catch (RejectedExecutionException e) {
                return true;
            }
        }
    }

    private static final ConcurrentHashMap<Long, Receiver> RECEIVERS = new ConcurrentHashMap<>();
    /** A delivery goes through a channel as it is. */
    private static final Cloners SHARED = Cloners.builder().register(Delivery.class, Cloner.shared()).build();

    private Messages() {
    }

    /**
     * Makes the calling worker listen: on its event loop, where it has one. Of threads that are no worker's one can listen
     * for all, on its event loop if it has one, else on virtual threads.
     *
     * @param listener gets each message from now on
     * @return the way to stop; what was sent before is still handled
     * @throws IllegalStateException if there is a listener already
     */
    public static Registration listen(Listener listener) {
        EventLoop loop = EventLoop.current();
        Receiver receiver = new Receiver(here(), Objects.requireNonNull(listener, "listener"),
                loop != null ? loop : oneAtATime());
        Receiver other = RECEIVERS.putIfAbsent(receiver.id, receiver);
        if (other != null && !(other.hasEnded() && RECEIVERS.replace(receiver.id, other, receiver))) {
            throw new IllegalStateException(describe(receiver.id) + " has a listener already");
        }
        return () -> RECEIVERS.remove(receiver.id, receiver);
    }

    private static Executor oneAtATime() {
        MessageChannel<Runnable, Void> channel = MessageChannel.create("the senders", "the listener", SHARED);
        channel.port2().onMessage(Runnable::run);
        return channel.port1()::post;
    }

    /** A worker has ended. */
    static void forget(long id) {
        RECEIVERS.remove(id);
    }

    private static long here() {
        Worker<?, ?> worker = Worker.current();
        return worker == null ? MAIN : worker.id();
    }

    private static String describe(long id) {
        return id == MAIN ? "the main program" : "the worker of number " + id;
    }

    /**
     * Sends a message to a worker, without a time limit.
     *
     * @param id its number, or {@link #MAIN}
     * @param message what to send
     * @param transfer what to move
     * @return the acknowledgement, as that of {@link #toThread(long, Object, Duration, Transferable...)}
     * @throws dev.handoff.clone.DataCloneException if something in the message can't be cloned, or if something in the
     *     list is listed twice or gone; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a listed buffer; nothing was sent or taken
     */
    public static CompletableFuture<@Nullable Void> toThread(long id, Object message, Transferable... transfer) {
        return send(id, message, Long.MAX_VALUE, transfer);
    }

    /**
     * Sends a message to a worker.
     *
     * @param id its number, or {@link #MAIN}
     * @param message what to send
     * @param timeout for how long to wait for the acknowledgement; then the message is retracted, unless the listener has
     *     begun to handle it
     * @param transfer what to move
     * @return a future that is complete when the listener has returned. It fails with a {@link MessagingException}, which
     *     gives back what was not delivered. To cancel it, or to complete it in any other way, retracts the message and
     *     frees what moved with it, and does nothing once the listener has begun. What depends on it runs on virtual
     *     threads
     * @throws IllegalArgumentException if the timeout is negative
     * @throws dev.handoff.clone.DataCloneException if something in the message can't be cloned, or if something in the
     *     list is listed twice or gone; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a listed buffer; nothing was sent or taken
     */
    public static CompletableFuture<@Nullable Void> toThread(long id, Object message, Duration timeout,
            Transferable... transfer) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout=" + timeout + " must not be negative");
        }
        return send(id, message, TimeUnit.NANOSECONDS.convert(timeout), transfer); // saturates
    }

    private static CompletableFuture<@Nullable Void> send(long id, Object message, long timeoutNanos,
            Transferable... transfer) {
        Objects.requireNonNull(message, "message");
        long sender = here();
        if (id == sender) {
            return CompletableFuture.failedFuture(new MessagingException(Reason.SAME_THREAD,
                    describe(id) + " can't send messages to itself", null, null));
        }
        Receiver receiver = RECEIVERS.get(id);
        if (receiver == null) {
            return CompletableFuture.failedFuture(new MessagingException(Reason.NO_LISTENER,
                    describe(id) + " does not run, or does not listen", null, null));
        }
        PreparedClone<Object> copy = StructuredClone.prepare(message, transfer);
        copy.revoke();
        Delivery delivery = new Delivery(receiver, copy, sender);
        copy.commit(describe(id));
        delivery.begin(timeoutNanos);
        return delivery;
    }

    /** A message on its way. */
    private static final class Delivery extends PendingFuture<@Nullable Void> implements Runnable {
        private final Receiver receiver;
        private final PreparedClone<Object> message;
        private final long sender;
        /** Whoever sets it decides: the listener begins, or the message is retracted. */
        private final AtomicBoolean decided = new AtomicBoolean();
        private final CompletableFuture<@Nullable Void> timer = new CompletableFuture<>();
        private Registration hold = () -> {
        };

        Delivery(Receiver receiver, PreparedClone<Object> message, long sender) {
            this.receiver = receiver;
            this.message = message;
            this.sender = sender;
        }

        void begin(long timeoutNanos) {
            if (receiver.where instanceof EventLoop loop) {
                hold = loop.hold(this::receiverEnded);
            }
            if (timeoutNanos < Long.MAX_VALUE) {
                var _ = timer.orTimeout(timeoutNanos, TimeUnit.NANOSECONDS).exceptionally(_ -> {
                    timeIsUp(timeoutNanos);
                    return null;
                });
            }
            try {
                receiver.where.execute(this);
            } catch (RejectedExecutionException e) {
                receiverEnded();
            }
        }

        @Override
        public void run() {
            if (!decide()) {
                return;
            }
            Throwable thrown = null;
            try {
                receiver.listener.handle(message.value(), sender);
            } catch (Throwable e) { // the listener's, for the sender
                thrown = new MessagingException(Reason.LISTENER_THREW, "the listener of " + describe(receiver.id)
                        + " threw " + e, null, e);
            }
            end(null, thrown);
            timer.complete(null);
        }

        /** Ends what may still come of it; true for the first. */
        private boolean decide() {
            boolean first = decided.compareAndSet(false, true);
            if (first) {
                hold.close();
            }
            return first;
        }

        private void timeIsUp(long nanos) {
            boolean retracted = decide();
            String what = describe(receiver.id) + (retracted
                    ? " did not take the message"
                    : " took the message, but did not end") + " within " + Duration.ofNanos(nanos);
            end(null, new MessagingException(Reason.TIMED_OUT, what, retracted ? message.value() : null, null));
        }

        private void receiverEnded() {
            if (decide()) {
                end(null, new MessagingException(Reason.NO_LISTENER, describe(receiver.id)
                        + " ended before it took the message", message.value(), null));
                timer.complete(null);
            }
        }

        @Override
        protected boolean withdraw() {
            boolean first = decide();
            if (first) {
                message.discard();
                timer.complete(null);
            }
            return first;
        }
    }
}
