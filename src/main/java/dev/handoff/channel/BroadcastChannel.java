package dev.handoff.channel;

import dev.handoff.clone.Cloners;
import dev.handoff.sync.IdleStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A channel with a name, which all workers and threads of the JVM that know the name meet on: what one instance posts, all
 * others of that name receive, but never itself.
 *
 * <p>
 * A message is cloned at the moment of posting, once for each instance that is open then; nobody shares anything but what
 * is immutable, or meant to be shared. Owned buffers are copied: nothing can move to many. Each instance gets the messages
 * of one sender in the order in which they were posted.
 *
 * <p>
 * Messages are taken, or given to handlers, as those of a {@link MessagePort} are; they wait until somebody asks for them.
 * An instance receives from the moment at which it is opened until it is closed, and has to be closed: else its messages
 * pile up, as there is no bound. One that was opened on the thread of an event loop, or that has handlers there, belongs to
 * the loop, and is closed with the ports of its worker.
 *
 * <p>
 * Thread-safe: any thread may call any method. Posting is lock-free but for the clones. What was done before posting
 * happens-before what is done with the message. That the types of the instances of one name agree is up to the program.
 * Modelled on the web's <a href=
 * "https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts">{@code
 * BroadcastChannel}</a>, as <a href=
 * "https://nodejs.org/api/worker_threads.html#class-broadcastchannel-extends-eventtarget">Node has it</a>.
 *
 * @param <T> the type of the messages
 */
public final class BroadcastChannel<T> implements AutoCloseable {
    /** The open instances by name. The lists are replaced, never changed; there is none without a member. */
    private static final ConcurrentHashMap<String, List<BroadcastChannel<?>>> OPEN = new ConcurrentHashMap<>();

    private final String name;
    private final Cloners cloners;
    private final Inbox<T> inbox;

    private BroadcastChannel(String name, Cloners cloners) {
        this.name = name;
        this.cloners = cloners;
        this.inbox = new Inbox<>("broadcast channel '" + name + "'", Mailbox.UNBOUNDED, IdleStrategy.adaptive());
        inbox.moveTo(this);
    }

    /**
     * Opens an instance, which receives what is posted on the name from now on.
     *
     * @param name the name
     * @param <T> the type of the messages
     * @return the instance, to be closed
     */
    public static <T> BroadcastChannel<T> open(String name) {
        return open(name, Cloners.standard());
    }

    /**
     * Opens an instance whose own messages are cloned as the cloners say.
     *
     * @param name the name
     * @param cloners how what is posted here is cloned
     * @param <T> the type of the messages
     * @return the instance, to be closed
     */
    public static <T> BroadcastChannel<T> open(String name, Cloners cloners) {
        BroadcastChannel<T> channel = new BroadcastChannel<>(Objects.requireNonNull(name, "name"),
                Objects.requireNonNull(cloners, "cloners"));
        EventLoop loop = EventLoop.current();
        if (loop != null) {
            channel.inbox.settle(channel, loop);
        }
        var _ = channel.inbox.closed().thenRun(channel::leave); // as its loop may close it
        OPEN.merge(name, List.of(channel), (some, one) -> Stream.concat(some.stream(), one.stream()).toList());
        return channel;
    }

    private void leave() {
        OPEN.computeIfPresent(name, (_, all) -> {
            List<BroadcastChannel<?>> others = all.stream().filter(channel -> channel != this).toList();
            return others.isEmpty() ? null : others;
        });
    }

    /**
     * The name.
     *
     * @return the name that this was opened with
     */
    public String name() {
        return name;
    }

    /**
     * Sends a copy of a message to each other instance of the name that is open now. All of them get it, or none.
     *
     * @param message what to send
     * @throws NullPointerException if the message is null
     * @throws dev.handoff.clone.DataCloneException if something in the message can't be cloned, such as a port, which can
     *     only be moved; nothing was sent
     * @throws WrongThreadException if another thread owns a buffer in the message; nothing was sent
     * @throws PortClosedException if this is closed; nothing was sent
     */
    public void post(T message) {
        Objects.requireNonNull(message, "message");
        String end = inbox.ended();
        if (end != null) {
            throw closed(end);
        }
        List<BroadcastChannel<?>> others = OPEN.getOrDefault(name, List.of()).stream()
                .filter(channel -> channel != this).toList();
        if (others.isEmpty()) { // what can't be sent is refused all the same
            Slot.abort(Slot.copy(message, cloners));
            return;
        }
        List<Object> copies = new ArrayList<>(others.size());
        try {
            for (int i = 0; i < others.size(); i++) {
                Object copy = Slot.copy(message, cloners);
                copies.add(copy);
                Slot.revoke(copy);
            }
        } catch (Throwable e) { // also what code of the user's throws undeclared
            copies.forEach(Slot::abort);
            throw e;
        }
        for (int i = 0; i < others.size(); i++) {
            if (others.get(i).inbox.offer(copies.get(i)) != Mailbox.Outcome.ADDED) { // it was closed just now
                Slot.abort(copies.get(i));
            }
        }
    }

    /**
     * Takes the next message, if one is there.
     *
     * @return the message, or null where none is there
     * @throws PortClosedException if this is closed
     */
    public @Nullable T poll() {
        return orNothing(inbox.receive(this));
    }

    /**
     * Takes the next message, waiting for as long as it takes.
     *
     * @return the message
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if this is closed, or is while this waits
     */
    public T receive() throws InterruptedException {
        T message = inbox.receive(this, Long.MAX_VALUE);
        if (message == null) {
            throw closed(Objects.requireNonNull(inbox.ended()));
        }
        return message;
    }

    /**
     * Takes the next message, waiting for some time.
     *
     * @param timeout how long at most; zero or less does not wait
     * @return the message, or null where none came in time
     * @throws InterruptedException if the thread is interrupted on entry or while it waits
     * @throws PortClosedException if this is closed, or is while this waits
     */
    public @Nullable T receive(Duration timeout) throws InterruptedException {
        return orNothing(inbox.receive(this, TimeUnit.NANOSECONDS.convert(timeout))); // saturates
    }

    private @Nullable T orNothing(@Nullable T message) {
        String end = inbox.ended();
        if (message == null && end != null) {
            throw closed(end);
        }
        return message;
    }

    private static PortClosedException closed(String reason) {
        return new PortClosedException(null, reason);
    }

    /**
     * Attaches a handler for messages: on the calling thread's event loop if it has one, else on virtual threads.
     *
     * @param handler gets every message from now on, those that are queued first; what it throws goes to its executor
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this instance runs elsewhere
     */
    public Registration onMessage(Consumer<? super T> handler) {
        return onMessage(handler, EventLoop.executorHere());
    }

    /**
     * Attaches a handler for messages on an executor.
     *
     * @param handler gets every message from now on, those that are queued first; what it throws goes to its executor
     * @param executor where it runs, for one message at a time; it must run what it accepts, and if it rejects a task, this
     *     is closed
     * @return the way to detach it; without a handler messages queue up again
     * @throws IllegalStateException if another handler of this instance runs elsewhere
     */
    public Registration onMessage(Consumer<? super T> handler, Executor executor) {
        return inbox.onMessage(this, handler, executor);
    }

    /** Makes the event loop that the handlers run on wait for messages, as it does unless told otherwise. */
    public void ref() {
        inbox.ref(true);
    }

    /** Lets the event loop that the handlers run on end in spite of them. */
    public void unref() {
        inbox.ref(false);
    }

    /**
     * Whether handlers of this keep an event loop alive, or would if they ran on one.
     *
     * @return true if there are handlers and {@link #unref} was not called since
     */
    public boolean hasRef() {
        return inbox.isRef();
    }

    /**
     * Attaches a handler for the end of this instance: where a handler for messages would run that the calling thread
     * attaches. It runs once, at once where this is closed already.
     *
     * @param handler gets the reason
     */
    public void onClose(Consumer<String> handler) {
        Objects.requireNonNull(handler, "handler");
        Executor where = EventLoop.executorHere();
        var _ = inbox.closed().thenAccept(reason -> {
            try {
                where.execute(() -> handler.accept(reason));
            } catch (RejectedExecutionException e) {
                // its loop has ended: nobody is there to listen
            }
        });
    }

    /**
     * The end of this instance.
     *
     * @return a future of the reason, complete at the time at which {@link #onClose} handlers run. What hangs on it runs on
     *     virtual threads
     */
    public CompletableFuture<String> closed() {
        return EventLoop.detached(inbox.closed());
    }

    /** Closes this instance; what it did not take is freed. The others go on. Does nothing the second time. */
    @Override
    public void close() {
        leave();
        inbox.closeBoth(inbox.name + " was closed");
    }

    /**
     * Whether messages can still be posted and received.
     *
     * @return false once this was closed
     */
    public boolean isOpen() {
        return inbox.ended() == null;
    }

    @Override
    public String toString() {
        return "BroadcastChannel['" + name + "'" + (isOpen() ? "" : ", closed") + "]";
    }
}
