package dev.handoff.channel;

import dev.handoff.clone.Cloners;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * One end of a two-way channel. Messages are cloned at the moment of posting, or moved, and arrive in the order in which
 * they were posted.
 *
 * <p>
 * Messages are taken by {@link #poll} and {@link #receive}, or given to handlers. A handler that is attached on a thread
 * with an {@link EventLoop}, such as a worker's, runs on that loop; one attached with an executor runs there; any other
 * runs on virtual threads. In each case one message is handled at a time, in order. Buffers in a message are claimed by
 * the thread that touches them. A port whose messages are given to handlers on a loop, or that was first used on the
 * thread of one, belongs to that loop: when the loop's worker ends, its ports are closed.
 *
 * <p>
 * Each direction ends on its own. {@link #close} ends both: what was posted before is still delivered to the peer, what
 * the peer posted and nobody took is freed. {@link #shutdownOutput} ends the outgoing one only.
 *
 * <p>
 * The queue of a direction has no bound, unless its channel was {@linkplain ChannelOptions#capacity built} with one: then
 * {@link #offer} adds what there is room for, and {@link #post} does what the channel was built for where there is none.
 *
 * <p>
 * A port can itself be moved, in a message or in the data that a worker starts with; the messages that wait in it move,
 * too. The handle is <em>gone</em> then: its handlers never run again, and all that would use it throws
 * {@link DetachedException}.
 *
 * <p>
 * Thread-safe: any thread may call any method. Posting is lock-free where there is no bound. What was done before posting
 * happens-before what is done with the message. Modelled on the web's
 * <a href="https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports">{@code MessagePort}</a>.
 *
 * @param <S> the type of the messages to send
 * @param <R> the type of the messages to receive
 */
public final class MessagePort<S, R> implements Transferable {
    private static final Transferable[] NOTHING = {};
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(MessagePort.class, "state", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Cloners cloners;
    private final Overflow overflow;
    /** The inbox while this is a live handle to it; a Move of the port that is not over yet; or the reason why it is gone. */
    private volatile Object state;
    /** The loop that this belongs to is known, or that there is none: decided by the first use, by whichever thread. */
    private boolean isHome;

    /** The last class that was found to need no copies: messages of one port are alike. A race costs a look-up. */
    private @Nullable Class<?> sharedClass;

    private MessagePort(Object state, Cloners cloners, Overflow overflow) {
        this.state = state;
        this.cloners = cloners;
        this.overflow = overflow;
    }

    static <A, B> MessageChannel<A, B> channel(ChannelOptions options) {
        Inbox<B> in1 = new Inbox<>(options.name1(), options.capacity(), options.newIdleStrategy());
        Inbox<A> in2 = new Inbox<>(options.name2(), options.capacity(), options.newIdleStrategy());
        in1.peer = in2;
        in2.peer = in1;
        MessagePort<A, B> port1 = new MessagePort<>(in1, options.cloners(), options.overflow());
        MessagePort<B, A> port2 = new MessagePort<>(in2, options.cloners(), options.overflow());
        in1.moveTo(port1);
        in2.moveTo(port2);
        return new MessageChannel<>(port1, port2);
    }

    @SuppressWarnings("unchecked") // only this class makes inboxes, of these types
    private Inbox<R> in() {
        if (state instanceof Inbox<?> inbox) {
            if (!isHome) {
                settle(inbox);
            }
            return (Inbox<R>) inbox;
        }
        throw gone();
    }

    private void settle(Inbox<?> inbox) {
        EventLoop loop = EventLoop.current();
        if (loop != null) {
            inbox.settle(this, loop);
        }
        isHome = true;
    }

    @SuppressWarnings("unchecked") // as above
    private Inbox<S> out() {
        return (Inbox<S>) Objects.requireNonNull(in().peer);
    }

    /** For those who only look: they may do so when the handle is gone. */
    private @Nullable Inbox<?> look() {
        return switch (state) {
            case Inbox<?> inbox -> inbox;
            case MessagePort<?, ?>.Move move -> move.inbox;
            default -> null;
        };
    }

    DetachedException gone() {
        return new DetachedException("this port is gone: " + describe(state));
    }

    private static String describe(Object state) {
        return state instanceof MessagePort<?, ?>.Move move
                ? "it is being moved by " + describe(move.mover)
                : String.valueOf(state);
    }

    private static String describe(Thread thread) {
        return thread.getName().isEmpty()
                ? "virtual thread #" + thread.threadId()
                : "thread '" + thread.getName() + "'";
    }

    // ---- sending

    /**
     * Sends a copy of a message; what is listed moves instead.
     *
     * <p>
     * If the channel has a bound and there is no room, this waits, throws, or drops the message that has waited for
     * longest, as the channel was {@linkplain ChannelOptions#overflow built}. Who waits on an event loop stops that loop.
     *
     * @param message what to send
     * @param transfer what to move: the handles are gone afterwards, in the message or not
     * @throws NullPointerException if the message is null
     * @throws DataCloneException if something in the message can't be cloned, if something in the list is listed twice or
     *     gone, or if an end of this channel is to move through it; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a listed buffer; nothing was sent or taken
     * @throws PortClosedException if the channel is closed, or is closed while this waits; nothing was taken
     * @throws PortFullException if there is no room, and the channel was built to fail then, or the thread is interrupted
     *     while it waits, whose flag stays set; nothing was taken
     * @throws DetachedException if this port was moved away; nothing was taken
     */
    public void post(S message, Transferable... transfer) {
        if (transfer.length == 0) {
            post(message);
        } else {
            Objects.requireNonNull(message, "message");
            Inbox<S> out = openOut();
            MessagePostedEvent event = MessagePostedEvent.begun();
            post(out, copy(message, transfer));
            MessagePostedEvent.end(event, out);
        }
    }

    /**
     * Sends a copy of a message, as {@link #post(Object, Transferable...)} does where nothing is listed.
     *
     * @param message what to send
     * @throws NullPointerException if the message is null
     * @throws DataCloneException if something in the message can't be cloned; nothing was sent
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent
     * @throws PortClosedException if the channel is closed, or is closed while this waits
     * @throws PortFullException if there is no room, and the channel was built to fail then, or the thread is interrupted
     *     while it waits, whose flag stays set
     * @throws DetachedException if this port was moved away
     */
    public void post(S message) {
        Objects.requireNonNull(message, "message");
        if (message.getClass() == sharedClass) {
            Inbox<S> out = out();
            if (out.offerShared(message) != Mailbox.Outcome.ADDED) {
                MessagePostedEvent event = MessagePostedEvent.begun();
                insist(out, message);
                MessagePostedEvent.end(event, out);
            }
        } else {
            Inbox<S> out = openOut();
            MessagePostedEvent event = MessagePostedEvent.begun();
            post(out, copy(message, NOTHING));
            MessagePostedEvent.end(event, out);
        }
    }

    /**
     * Sends a message, moving every transferable that it reaches and copying the rest. Where there is no room it does what
     * {@link #post} does.
     *
     * @param message what to send
     * @throws NullPointerException if the message is null
     * @throws DataCloneException if something in the message can't be cloned or moved; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent or taken
     * @throws IllegalStateException if a native call is using a buffer in the message; nothing was sent or taken
     * @throws PortClosedException if the channel is closed, or is closed while this waits; nothing was taken
     * @throws PortFullException as {@link #post} does; nothing was taken
     * @throws DetachedException if this port was moved away; nothing was taken
     */
    public void transfer(S message) {
        Objects.requireNonNull(message, "message");
        Inbox<S> out = openOut();
        MessagePostedEvent event = MessagePostedEvent.begun();
        post(out, Slot.move(message, cloners));
        MessagePostedEvent.end(event, out);
    }

    /** Makes a {@link Slot} of a message, and remembers whether those of its class are their own. */
    private Object copy(S message, Transferable[] transfer) {
        Object slot = Slot.copy(message, cloners, transfer);
        if (slot == message && cloners.isShared(message.getClass())) {
            sharedClass = message.getClass();
        }
        return slot;
    }

    private void post(Inbox<S> out, Object slot) {
        revoke(out, slot);
        if (out.offer(slot) != Mailbox.Outcome.ADDED) {
            insist(out, slot);
        }
    }

    private static void revoke(Inbox<?> out, Object slot) {
        if (!Slot.isPlain(slot)) {
            try {
                requireStrangers(out, slot);
            } catch (DataCloneException e) {
                Slot.abort(slot);
                throw e;
            }
            Slot.revoke(slot);
        }
    }

    /** A port that moved through its own channel could never be received, and the channel would be lost. */
    private static void requireStrangers(Inbox<?> out, Object slot) {
        if (slot instanceof Transfer transfer) {
            requireStranger(out, transfer.successor()); // without a list
        } else {
            Slot.moved(slot).forEach(resource -> requireStranger(out, resource));
        }
    }

    private static void requireStranger(Inbox<?> out, Transferable resource) {
        Inbox<?> inbox = resource instanceof MessagePort<?, ?> port ? port.look() : null;
        if (inbox == out || inbox != null && inbox == out.peer) {
            throw new DataCloneException("an end of a channel can't move through the channel itself: " + resource);
        }
    }

    /** There was no room, or there is no channel any more. */
    private void insist(Inbox<S> out, Object message) {
        out.tellOfDrain();
        Mailbox.Outcome outcome = Mailbox.Outcome.FULL;
        try {
            while (outcome == Mailbox.Outcome.FULL) {
                outcome = overflow == Overflow.WAIT ? out.offer(message, Long.MAX_VALUE) : out.offer(message);
                if (outcome == Mailbox.Outcome.FULL) {
                    if (overflow == Overflow.FAIL) {
                        throw new PortFullException(out.fullText());
                    }
                    out.dropOldest();
                }
            }
            if (outcome == Mailbox.Outcome.ENDED) {
                throw new PortClosedException(this, Objects.requireNonNull(out.ended()));
            }
        } catch (InterruptedException e) {
            Slot.abort(message);
            Thread.currentThread().interrupt();
            throw new PortFullException("interrupted while waiting for room: " + out.fullText());
        } catch (RuntimeException e) {
            Slot.abort(message);
            throw e;
        }
    }

    /**
     * Sends a copy of a message and expects an answer from a handler of {@link #onRequest} at the other end; what is listed
     * moves instead. Where there is no room it does what {@link #post} does.
     *
     * @param message what to send
     * @param transfer what to move: the handles are gone afterwards, in the message or not
     * @return the answer; fails with what the answerer reports, with {@link PortClosedException} when no answer can come
     *     any more, with {@link UnansweredException} where the message is taken by code that can't answer. What hangs on it
     *     runs on virtual threads. Whoever completes it, or cancels it, gives up waiting
     * @throws NullPointerException if the message is null
     * @throws DataCloneException as {@link #post} does
     * @throws WrongThreadException as {@link #post} does
     * @throws IllegalStateException as {@link #post} does
     * @throws PortClosedException as {@link #post} does
     * @throws PortFullException as {@link #post} does
     * @throws DetachedException if this port was moved away; nothing was taken
     */
    public CompletableFuture<R> request(S message, Transferable... transfer) {
        Objects.requireNonNull(message, "message");
        Inbox<R> in = in();
        Inbox<S> out = openOut();
        MessagePostedEvent event = MessagePostedEvent.begun();
        Question<R> question = new Question<>(copy(message, transfer), this);
        post(out, question);
        MessagePostedEvent.end(event, out);
        in.expect(question);
        return question.answer;
    }

    /**
     * Sends a copy of a message if there is room for it; never waits. What is listed moves instead of being copied.
     *
     * @param message what to send
     * @param transfer what to move: the handles are gone afterwards, in the message or not, if it was sent
     * @return whether it was sent; if not, nothing was taken, but views of what is listed may be revoked
     * @throws NullPointerException if the message is null
     * @throws DataCloneException as {@link #post} does
     * @throws WrongThreadException as {@link #post} does
     * @throws IllegalStateException as {@link #post} does
     * @throws PortClosedException if the channel is closed; nothing was taken
     * @throws DetachedException if this port was moved away; nothing was taken
     */
    public boolean offer(S message, Transferable... transfer) {
        try {
            return offer(message, 0, transfer);
        } catch (InterruptedException e) {
            throw new AssertionError("it does not wait", e);
        }
    }

    /**
     * Sends a copy of a message if there is room for it, as {@link #offer(Object, Transferable...)} does where nothing is
     * listed.
     *
     * @param message what to send
     * @return whether it was sent
     * @throws NullPointerException if the message is null
     * @throws DataCloneException as {@link #post(Object)} does
     * @throws WrongThreadException as {@link #post(Object)} does
     * @throws PortClosedException if the channel is closed
     * @throws DetachedException if this port was moved away
     */
    public boolean offer(S message) {
        Objects.requireNonNull(message, "message");
        if (message.getClass() != sharedClass) {
            return offer(message, NOTHING);
        }
        Inbox<S> out = out();
        return isSent(out, out.offerShared(message));
    }

    /**
     * Sends a copy of a message as soon as there is room for it, waiting for some time. What is listed moves instead of
     * being copied.
     *
     * @param message what to send, copied before the wait
     * @param timeout how long at most; zero or less does not wait
     * @param transfer what to move: the handles are gone afterwards, in the message or not, if it was sent
     * @return whether it was sent; if not, nothing was taken, but views of what is listed may be revoked
     * @throws InterruptedException if the thread is interrupted on entry or while it waits; nothing was taken
     * @throws NullPointerException if the message is null
     * @throws DataCloneException as {@link #post} does
     * @throws WrongThreadException as {@link #post} does
     * @throws IllegalStateException as {@link #post} does
     * @throws PortClosedException if the channel is closed, or is closed while this waits; nothing was taken
     * @throws DetachedException if this port was moved away; nothing was taken
     */
    public boolean offer(S message, Duration timeout, Transferable... transfer) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return offer(message, TimeUnit.NANOSECONDS.convert(timeout), transfer); // saturates
    }

    private boolean offer(S message, long timeoutNanos, Transferable... transfer) throws InterruptedException {
        Objects.requireNonNull(message, "message");
        Inbox<S> out = openOut();
        if (timeoutNanos <= 0 && out.isFull()) {
            out.tellOfDrain();
            return false; // without the cost of a copy
        }
        MessagePostedEvent event = MessagePostedEvent.begun();
        Object slot = copy(message, transfer);
        revoke(out, slot);
        Mailbox.Outcome outcome = Mailbox.Outcome.FULL;
        try {
            outcome = timeoutNanos > 0 ? out.offer(slot, timeoutNanos) : out.offer(slot);
        } finally {
            if (outcome != Mailbox.Outcome.ADDED) {
                Slot.abort(slot);
            }
        }
        boolean sent = isSent(out, outcome);
        if (sent) {
            MessagePostedEvent.end(event, out);
        }
        return sent;
    }

    private boolean isSent(Inbox<S> out, Mailbox.Outcome outcome) {
        if (outcome == Mailbox.Outcome.ENDED) {
            throw new PortClosedException(this, Objects.requireNonNull(out.ended()));
        }
        if (outcome == Mailbox.Outcome.FULL) {
            out.tellOfDrain();
        }
        return outcome == Mailbox.Outcome.ADDED;
    }

    private Inbox<S> openOut() {
        Inbox<S> out = out();
        String end = out.ended();
        if (end != null) {
            throw new PortClosedException(this, end);
        }
        return out;
    }

    /**
     * Attaches a handler that is told when sending can go on: once after each time that {@link #offer} returned false, or
     * {@link #post} found no room, as soon as half of the capacity is free. It runs where a handler of messages would that
     * the calling thread attaches. Never runs if the channel has no bound.
     *
     * @param handler what to do
     * @return the way to detach it
     * @throws DetachedException if this port was moved away
     */
    public Registration onDrain(Runnable handler) {
        Objects.requireNonNull(handler, "handler");
        return out().onDrain(handler, EventLoop.executorHere());
    }

    // ---- receiving

    /**
     * Takes the next message, if one is there.
     *
     * @return the message, or null where none is there
     * @throws PortClosedException if none is there and none will come; it says why
     * @throws DetachedException if this port was moved away
     */
    public @Nullable R poll() {
        Inbox<R> in = in();
        R message = in.receive(this);
        return message != null ? message : nothing(in);
    }

    /**
     * Takes the next message, waiting for as long as it takes.
     *
     * @return the message
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if none is there and none will come; it says why
     * @throws DetachedException if this port was moved away, or is while this waits
     */
    public R receive() throws InterruptedException {
        Inbox<R> in = in();
        R message = in.receive(this, Long.MAX_VALUE);
        if (message == null) {
            in(); // throws if it was moved away
            throw new PortClosedException(this, Objects.requireNonNull(in.ended()));
        }
        return message;
    }

    /**
     * Takes the next message, waiting for some time.
     *
     * @param timeout how long at most; zero or less does not wait
     * @return the message, or null where none came in time
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if none is there and none will come; it says why
     * @throws DetachedException if this port was moved away, or is while this waits
     */
    public @Nullable R receive(Duration timeout) throws InterruptedException {
        Inbox<R> in = in();
        R message = in.receive(this, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
        return message != null ? message : nothing(in);
    }

    private @Nullable R nothing(Inbox<R> in) {
        String end = in.ended();
        if (end != null && in.isOver()) {
            throw new PortClosedException(this, end);
        }
        in(); // throws if it was moved away
        return null;
    }

    /**
     * Takes the messages that are there, up to a limit, and gives them to the calling thread's own code.
     *
     * @param consumer gets each; what it throws ends this, and the messages that it did not get stay
     * @param limit how many at most
     * @return how many it got
     * @throws IllegalArgumentException if the limit is negative
     * @throws PortClosedException if none is there and none will come; it says why
     * @throws DetachedException if this port was moved away
     */
    public int drain(Consumer<? super R> consumer, int limit) {
        Objects.requireNonNull(consumer, "consumer");
        if (limit < 0) {
            throw new IllegalArgumentException("limit=" + limit + " must not be negative");
        }
        Inbox<R> in = in();
        int taken = 0;
        for (; taken < limit; taken++) {
            R message = in.receive(this);
            if (message == null) {
                break;
            }
            consumer.accept(message);
        }
        if (taken == 0 && limit > 0) {
            var _ = nothing(in);
        }
        return taken;
    }

    /**
     * Attaches a handler for messages: on the calling thread's event loop if it has one, else on virtual threads.
     *
     * @param handler gets every message from now on, those that are queued first; what it throws goes to its executor
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this port runs elsewhere
     * @throws DetachedException if this port was moved away
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
     * @throws DetachedException if this port was moved away
     */
    public Registration onMessage(Consumer<? super R> handler, Executor executor) {
        return in().onMessage(this, handler, executor);
    }

    /**
     * Attaches a handler that can answer: on the calling thread's event loop if it has one, else on virtual threads.
     *
     * @param handler gets every message from now on, those that are queued first, and answers those that were sent by
     *     {@link #request}; what it throws goes to its executor, and answers nothing
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this port runs elsewhere
     * @throws DetachedException if this port was moved away
     */
    public Registration onRequest(Consumer<? super Request<R, S>> handler) {
        return onRequest(handler, EventLoop.executorHere());
    }

    /**
     * Attaches a handler that can answer, on an executor.
     *
     * @param handler as for {@link #onRequest(Consumer)}
     * @param executor as for {@link #onMessage(Consumer, Executor)}
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this port runs elsewhere
     * @throws DetachedException if this port was moved away
     */
    @SuppressWarnings("unchecked") // the answer goes to whoever asked through the other end of this very channel
    public Registration onRequest(Consumer<? super Request<R, S>> handler, Executor executor) {
        Objects.requireNonNull(handler, "handler");
        return in().onRequest(this, request -> handler.accept((Request<R, S>) request), executor);
    }

    /**
     * Attaches a handler for messages that can't be delivered: something that moves with them has failed after it was taken
     * from its sender, which nothing of this library's does. Such a message is passed over, the rest of it is freed, and the
     * next one is delivered. Without a handler, the error goes to the uncaught exception handler of the thread that would
     * have had the message. It runs where a handler of messages would that the calling thread attaches.
     *
     * @param handler gets the error, whose cause is what was thrown
     * @return the way to detach it
     * @throws DetachedException if this port was moved away
     */
    public Registration onMessageError(Consumer<? super DataCloneException> handler) {
        return in().onMessageError(Objects.requireNonNull(handler, "handler"), EventLoop.executorHere());
    }

    /**
     * When the handlers of this port are at rest.
     *
     * @return a future, complete when they have returned and no message is there for them; at once where none is attached.
     *     What hangs on it runs on virtual threads
     * @throws DetachedException if this port was moved away
     */
    public CompletableFuture<Void> handled() {
        return EventLoop.detached(in().handled());
    }

    /**
     * The messages, one after another, for a loop that waits for each: it ends when the channel does. Each message goes to
     * one taker, whichever way it is taken.
     *
     * @return a view of this port. Its iterators throw {@link CancellationException} if the thread is interrupted while it
     *     waits, whose flag stays set
     */
    public Iterable<R> messages() {
        return () -> new Messages<>(this);
    }

    /**
     * The messages, as a stream that waits for each and ends when the channel does.
     *
     * @return a sequential stream over {@link #messages}
     */
    public Stream<R> stream() {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(new Messages<>(this),
                Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    /**
     * The messages, as many as its subscriber asks for: what it does not ask for stays in the queue, and so, if the channel
     * has a bound, the sender finds no room. The subscriber's methods run where a handler of messages would that the thread
     * attaches which subscribes; it is complete when the channel ends and the last message was taken.
     *
     * @return a view of this port, for one subscriber
     * @throws DetachedException if this port was moved away
     */
    public Flow.Publisher<R> publisher() {
        return new PortPublisher<>(in(), this);
    }

    private static final class Messages<R> implements Iterator<R> {
        private final MessagePort<?, R> port;
        private @Nullable R next;

        Messages(MessagePort<?, R> port) {
            this.port = port;
        }

        @Override
        public boolean hasNext() {
            if (next == null) {
                try {
                    next = port.receive();
                } catch (PortClosedException e) {
                    return false;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new CancellationException("interrupted while waiting for a message of " + port);
                }
            }
            return true;
        }

        @Override
        public R next() {
            if (!hasNext()) {
                throw new NoSuchElementException(port + " has no more messages");
            }
            R message = Objects.requireNonNull(next);
            next = null;
            return message;
        }
    }

    /**
     * Lets the handlers of this port keep their event loop alive, as they do unless {@link #unref} was called. Does nothing
     * where there are none.
     */
    public void ref() {
        in().ref(true);
    }

    /** Lets the event loop of this port's handlers end even though these are attached; they run for as long as it does. */
    public void unref() {
        in().ref(false);
    }

    /**
     * Whether this port has handlers that keep their event loop alive.
     *
     * @return true if it has
     */
    public boolean hasRef() {
        return in().isRef();
    }

    /**
     * Attaches a handler for the end of the incoming direction. It runs once: after the handlers for messages have seen
     * the last one, or at once where the end has come before or no handler for messages is attached.
     *
     * @param handler gets the reason
     * @throws DetachedException if this port was moved away
     */
    public void onClose(Consumer<String> handler) {
        Objects.requireNonNull(handler, "handler");
        Executor where = EventLoop.executorHere();
        var _ = in().closed().thenAccept(reason -> {
            try {
                where.execute(() -> {
                    if (look() != null) {
                        handler.accept(reason);
                    }
                });
            } catch (RejectedExecutionException e) {
                // its loop has ended: nobody is there to listen
            }
        });
    }

    /**
     * The end of the incoming direction.
     *
     * @return a future of the reason, complete at the time at which {@link #onClose} handlers run. What hangs on it runs on
     *     virtual threads
     * @throws DetachedException if this port was moved away
     */
    public CompletableFuture<String> closed() {
        return EventLoop.detached(in().closed());
    }

    /**
     * What has gone through this port so far.
     *
     * @return the figures of now
     * @throws DetachedException if this port was moved away
     */
    public PortStatistics statistics() {
        Inbox<R> in = in();
        Inbox<S> out = out();
        long taken = in.taken();
        long takenThere = out.taken();
        return new PortStatistics(out.added(), taken - in.dropped(), out.added() - takenThere, in.added() - taken,
                out.dropped(), out.bytesTransferred(), in.bytesTransferred(), out.bytesCloned(), in.bytesCloned());
    }

    Cloners cloners() {
        return cloners;
    }

    // ---- the end

    /**
     * Ends the outgoing direction: the peer gets what was posted before and then the end. Messages can still come in.
     *
     * @throws DetachedException if this port was moved away
     */
    public void shutdownOutput() {
        out().finish(in().name + " posts no more");
    }

    /**
     * Closes the channel: the peer gets what was posted before and then the end; what the peer posted and nobody took is
     * freed. Does nothing the second time, and nothing if this port was moved away.
     */
    @Override
    public void close() {
        if (state instanceof Inbox<?> inbox) {
            inbox.closeBoth(inbox.name + " was closed");
        }
    }

    /**
     * Closes the channel for a reason that both ends are told.
     *
     * @param reason why
     * @throws DetachedException if this port was moved away
     */
    public void close(String reason) {
        Objects.requireNonNull(reason, "reason");
        in().closeBoth(reason);
    }

    /**
     * Whether messages can still be posted.
     *
     * @return false after either end was closed, or if this port was moved away
     */
    public boolean isOpen() {
        return state instanceof Inbox<?> inbox && Objects.requireNonNull(inbox.peer).ended() == null;
    }

    // ---- moving

    @Override
    public Transfer beginTransfer() {
        Inbox<?> inbox = in();
        if (inbox.isOver() && !isOpen()) {
            throw new DetachedException("it is closed: " + this);
        }
        return new Move(inbox);
    }

    @Override
    public String toString() {
        Inbox<?> inbox = look();
        if (inbox == null) {
            return "MessagePort[gone: " + describe(state) + "]";
        }
        return "MessagePort[" + inbox.name + (isOpen() ? "" : ", closed") + "]";
    }

    /** A move in a message, from validation to commit. */
    private final class Move implements Transfer {
        final Inbox<?> inbox;
        final Thread mover = Thread.currentThread();
        private final MessagePort<S, R> successor = new MessagePort<>(this, cloners, overflow);

        Move(Inbox<?> inbox) {
            this.inbox = inbox;
        }

        @Override
        public MessagePort<S, R> successor() {
            return successor;
        }

        @Override
        public void revoke() {
            if (!STATE.compareAndSet(MessagePort.this, inbox, this)) {
                throw new DetachedException("it was moved while its message was being copied: " + MessagePort.this);
            }
        }

        @Override
        public void commit(String receiver) {
            if (state != this) {
                throw new IllegalStateException("a move is committed once, after its revoke: " + MessagePort.this);
            }
            state = "handed to " + receiver + " by " + describe(mover);
            successor.state = inbox;
            inbox.moveTo(successor);
        }

        @Override
        public void abort() {
            if (successor.state == this) {
                successor.state = "never handed over, as its message was not sent";
                STATE.compareAndSet(MessagePort.this, this, inbox);
            }
        }
    }
}
