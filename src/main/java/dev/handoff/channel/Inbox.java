package dev.handoff.channel;

import dev.handoff.clone.DataCloneException;
import dev.handoff.sync.IdleStrategy;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where messages arrive: a mailbox with handlers that they are given to. Ports are handles to it, one after another.
 *
 * <p>
 * What it holds is a {@link Slot}; what {@link #receive} gives is the message.
 *
 * @param <R> the type of the messages
 */
final class Inbox<R> extends Mailbox<Object> {
    /** Messages that are handled before other tasks of the same executor get their turn. */
    private static final int BATCH = 256;
    private static final Registration NOTHING = () -> {
    };

    /** One of the two is not null. */
    private record Handler<R>(@Nullable Consumer<? super R> onMessage, @Nullable Consumer<Request<R, ?>> onRequest) {
    }

    /** What its receiver is called. */
    final String name;
    /** Where the other end's messages arrive; null where this has no other end. */
    @Nullable Inbox<?> peer;
    private final UnaryOperator<Object> commit = this::commit;
    /** What came with messages, and what was dropped. */
    private final AtomicLong bytesTransferred = new AtomicLong();
    private final AtomicLong bytesCloned = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    /** Messages that can't be delivered, and why; null until there is one. */
    private volatile @Nullable Map<Object, Throwable> broken;
    /** The questions whose answers come in here. */
    private final Set<Question<R>> questions = ConcurrentHashMap.newKeySet();
    private final Waiters.Waiter onMail = this::onMail;
    private final CompletableFuture<String> closed = new CompletableFuture<>();

    /** Guards all that follows; nothing foreign runs under it. */
    private final Object lock = new Object();
    /** Whose handlers these are, and who may take messages. */
    private Object handle = this;
    private List<Handler<R>> handlers = List.of();
    /** Closes this when its worker ends. */
    private @Nullable EventLoop home;
    /** Where the handlers run; means nothing while there are none. */
    private @Nullable Executor executor;
    /** Keeps the executor alive, if it is a loop, there are handlers, and nobody said otherwise. */
    private Registration hold = NOTHING;
    private boolean isRef;
    /** The one task that gives messages to handlers, while it is scheduled or runs: it gives them their order. */
    private @Nullable Pump pump;
    /** To be completed when there is no pump any more. */
    private @Nullable CompletableFuture<Void> rest;
    /** Whether the mailbox will call {@link #onMail}. */
    private boolean isArmed;
    private List<Drain> drains = List.of();
    /** What is run when the handle changes. */
    private List<Runnable> onMove = List.of();
    private List<ErrorHandler> errorHandlers = List.of();
    private boolean isDrainArmed;
    /** The last virtual thread that a handler ran on: what it owned is unclaimed only when it has ended. */
    private @Nullable Thread lastThread;

    Inbox(String name, int capacity, IdleStrategy idle) {
        super(capacity, idle);
        this.name = name;
    }

    // ---- what comes in

    /** Adds a message, if there is room; what moves with it was revoked, and is committed. */
    Mailbox.Outcome offer(Object message) {
        return offer(message, Slot.isLight(message) ? null : commit);
    }

    /** As {@link #offer(Object)}, for a message that is known to have nothing that moves. */
    Mailbox.Outcome offerShared(Object message) {
        return offer(message, null);
    }

    /** As {@link #offer(Object)}, waiting for room. */
    Mailbox.Outcome offer(Object message, long timeoutNanos) throws InterruptedException {
        return offer(message, Slot.isLight(message) ? null : commit, timeoutNanos);
    }

    private Object commit(Object sent) {
        Object slot = Slot.delivered(sent);
        count(bytesTransferred, Slot.bytesTransferred(sent));
        count(bytesCloned, Slot.bytesCloned(sent));
        try {
            Slot.commit(sent, name);
        } catch (Throwable e) { // a resource of the user's broke its promise; takers wait for the slot all the same
            synchronized (lock) {
                Map<Object, Throwable> map = broken;
                if (map == null) {
                    map = Collections.synchronizedMap(new IdentityHashMap<>());
                    broken = map;
                }
                map.put(slot, e);
            }
        }
        return slot;
    }

    private static void count(AtomicLong counter, long bytes) {
        if (bytes > 0) {
            counter.addAndGet(bytes);
        }
    }

    /** Whether a message can't be delivered, as what moves with it failed to; then that is told. */
    private boolean isBroken(Object slot) {
        Map<Object, Throwable> map = broken;
        Throwable cause = map == null ? null : map.remove(slot);
        if (cause == null) {
            return false;
        }
        DataCloneException error = new DataCloneException("a message for " + name
                + " can't be delivered, as something that moves with it failed to: " + cause, cause);
        if (slot instanceof Question<?> question) {
            question.giveUp(error);
        }
        Slot.discard(slot);
        List<ErrorHandler> now;
        synchronized (lock) {
            now = errorHandlers;
        }
        if (now.isEmpty()) {
            Thread here = Thread.currentThread();
            here.getUncaughtExceptionHandler().uncaughtException(here, error);
        }
        now.forEach(handler -> handler.run(error));
        return true;
    }

    private record ErrorHandler(Consumer<? super DataCloneException> action, Executor where) {
        void run(DataCloneException error) {
            try {
                where.execute(() -> action.accept(error));
            } catch (RejectedExecutionException e) {
                // its loop has ended: nobody is there to listen
            }
        }
    }

    Registration onMessageError(Consumer<? super DataCloneException> action, Executor where) {
        ErrorHandler handler = new ErrorHandler(action, where);
        synchronized (lock) {
            errorHandlers = Stream.concat(errorHandlers.stream(), Stream.of(handler)).toList();
        }
        return () -> {
            synchronized (lock) {
                errorHandlers = errorHandlers.stream().filter(h -> h != handler).toList();
            }
        };
    }

    @SuppressWarnings("unchecked") // what a port of this type has sent
    private R open(Object slot) {
        if (!Slot.isWrapped(slot)) {
            return (R) slot;
        }
        if (slot instanceof Question<?> question) {
            question.giveUp(new UnansweredException(name + " has taken it as a message, and not by onRequest"));
        }
        return (R) Slot.message(slot);
    }

    String fullText() {
        return name + " has no room: capacity=" + capacity();
    }

    // ---- senders that wait for room

    private record Drain(Runnable action, Executor where) {
        void run() {
            try {
                where.execute(action);
            } catch (RejectedExecutionException e) {
                // its loop has ended: nobody is there to listen
            }
        }
    }

    Registration onDrain(Runnable action, Executor where) {
        Drain drain = new Drain(action, where);
        synchronized (lock) {
            drains = Stream.concat(drains.stream(), Stream.of(drain)).toList();
        }
        return () -> {
            synchronized (lock) {
                drains = drains.stream().filter(d -> d != drain).toList();
            }
        };
    }

    private void forgetDrains() {
        synchronized (lock) {
            drains = List.of();
        }
    }

    /** Somebody has found no room. */
    void tellOfDrain() {
        synchronized (lock) {
            if (drains.isEmpty() || isDrainArmed) {
                return;
            }
            isDrainArmed = true; // before, as the mailbox may call at once
        }
        if (!armForDrain(this::onDrained)) {
            onDrained();
        }
    }

    private void onDrained() {
        List<Drain> now;
        synchronized (lock) {
            isDrainArmed = false;
            now = drains;
        }
        if (ended() == null) {
            now.forEach(Drain::run);
        }
    }

    /** Drops the message that has waited for longest. */
    void dropOldest() {
        Object oldest = pollForAnybody();
        if (oldest != null) {
            dropped.incrementAndGet();
            if (oldest instanceof Question<?> question) {
                question.giveUp(
                        new UnansweredException(name + " has dropped it, as it had no room for newer messages"));
            }
            Slot.discard(oldest);
        }
    }

    // ---- what is taken

    /** The next message, if there is one and this is the handle that may take it. */
    @Nullable
    R receive(Object handle) {
        Object slot = take(handle);
        return slot == null ? null : open(slot);
    }

    private @Nullable Object take(Object handle) {
        Object slot = poll(handle);
        while (slot != null && isBroken(slot)) {
            slot = poll(handle);
        }
        return slot;
    }

    @Nullable
    R receive(Object handle, long timeoutNanos) throws InterruptedException {
        Object slot = poll(handle, timeoutNanos);
        while (slot != null && isBroken(slot)) {
            slot = poll(handle, timeoutNanos);
        }
        return slot == null ? null : open(slot);
    }

    /** From now on messages are for another handle; the handlers that were attached through the last one are gone. */
    void moveTo(Object handle) {
        setTaker(handle);
        List<Runnable> told;
        synchronized (lock) {
            told = onMove;
            onMove = List.of();
            if (home != null) {
                home.forget(this);
                home = null;
            }
            this.handle = handle;
            handlers = List.of();
            pump = null; // its executor may be at it for long, or never come to it
            lastThread = null;
            holdOrLetGo();
        }
        if (peer != null) {
            peer.forgetDrains();
        }
        told.forEach(Runnable::run);
        schedule();
    }

    /** Runs an action, nothing foreign, when messages are no longer for a handle: at once if that is so. */
    Registration onMove(Object by, Runnable action) {
        synchronized (lock) {
            if (by == handle) {
                onMove = Stream.concat(onMove.stream(), Stream.of(action)).toList();
                return () -> {
                    synchronized (lock) {
                        onMove = onMove.stream().filter(a -> a != action).toList();
                    }
                };
            }
        }
        action.run();
        return NOTHING;
    }

    /** A loop becomes the one that this belongs to. */
    void settle(Object by, EventLoop loop) {
        synchronized (lock) {
            if (by == handle) {
                settle(loop);
            }
        }
    }

    /** Under the lock. */
    private void settle(EventLoop loop) {
        if (home != null && home != loop) {
            home.forget(this);
        }
        home = loop;
        loop.adopt(this);
    }

    // ---- handlers

    Registration onMessage(Object by, Consumer<? super R> action, Executor where) {
        return attach(by, new Handler<>(Objects.requireNonNull(action, "handler"), null), where);
    }

    Registration onRequest(Object by, Consumer<Request<R, ?>> action, Executor where) {
        return attach(by, new Handler<>(null, action), where);
    }

    private Registration attach(Object by, Handler<R> handler, Executor where) {
        Objects.requireNonNull(where, "executor");
        synchronized (lock) {
            if (by != handle) {
                return NOTHING; // it has just been moved away: its handlers never run
            }
            if (handlers.isEmpty()) {
                isRef = true;
            } else if (!where.equals(executor)) {
                throw new IllegalStateException("the handlers of a port run on one executor; here that is " + executor);
            }
            executor = where;
            handlers = Stream.concat(handlers.stream(), Stream.of(handler)).toList();
            holdOrLetGo();
            if (where instanceof EventLoop loop) {
                settle(loop);
            }
        }
        if (where instanceof EventLoop loop && loop.hasEnded() && EventLoop.current() != loop) {
            var _ = abandon(loop); // it may have looked at its ports already
        }
        schedule();
        return () -> {
            synchronized (lock) {
                handlers = handlers.stream().filter(h -> h != handler).toList();
                holdOrLetGo();
            }
            schedule();
        };
    }

    /** Under the lock. */
    private void holdOrLetGo() {
        boolean holds = isRef && !handlers.isEmpty() && executor instanceof EventLoop;
        if (holds && hold == NOTHING) {
            hold = ((EventLoop) Objects.requireNonNull(executor)).hold(() -> {
            });
        } else if (!holds) {
            hold.close();
            hold = NOTHING;
        }
    }

    void ref(boolean isRef) {
        synchronized (lock) {
            this.isRef = isRef;
            holdOrLetGo();
        }
    }

    boolean isRef() {
        synchronized (lock) {
            return isRef && !handlers.isEmpty();
        }
    }

    /**
     * An executor will run nothing more: its handlers are gone, and so is a pump that it may have in its queue.
     *
     * @return whether there were handlers
     */
    boolean abandon(Executor ended) {
        boolean had = false;
        synchronized (lock) {
            if (ended.equals(executor)) {
                had = !handlers.isEmpty();
                handlers = List.of();
                holdOrLetGo();
            }
            if (pump != null && ended.equals(pump.where)) {
                pump = null;
            }
        }
        schedule();
        return had;
    }

    private void onMail() {
        synchronized (lock) {
            isArmed = false;
        }
        schedule();
    }

    /** Gives the handlers a turn, if there is something for them and they are not at it; or tells that all is over. */
    private void schedule() {
        Pump next = null;
        CompletableFuture<Void> rested = null;
        boolean hasHandlers;
        boolean arms = false;
        String end = ended(); // before isEmpty: nothing is added after the end
        synchronized (lock) {
            if (pump != null) {
                return; // it will look again
            }
            hasHandlers = !handlers.isEmpty();
            if (hasHandlers && !isEmpty()) {
                next = new Pump(Objects.requireNonNull(executor), handle);
                pump = next;
            } else {
                rested = rest;
                rest = null;
                arms = hasHandlers && end == null && !isArmed;
                isArmed |= arms; // before it is done, as the mailbox may call at once
            }
        }
        if (next != null) {
            next.submit();
            return;
        }
        if (rested != null) {
            rested.complete(null);
        }
        if (end != null) {
            closed.complete(end);
            synchronized (lock) {
                isRef = false;
                holdOrLetGo();
            }
        } else if (arms) {
            if (!arm(onMail)) {
                onMail();
            }
        } else if (!hasHandlers) {
            passOn();
        }
    }

    /** Complete when the handlers have returned and there is nothing for them. */
    CompletableFuture<Void> handled() {
        synchronized (lock) {
            if (pump == null) {
                return CompletableFuture.completedFuture(null);
            }
            if (rest == null) {
                rest = new CompletableFuture<>();
            }
            return rest.copy();
        }
    }

    private final class Pump implements Runnable {
        private final Executor where;
        private final Object by;
        private boolean begun;

        Pump(Executor where, Object by) {
            this.where = where;
            this.by = by;
        }

        /** Never throws: who posted a message has nothing to do with what becomes of it. */
        void submit() {
            try {
                where.execute(this);
            } catch (Throwable e) {
                if (begun) { // it ran at once, so this is a handler's
                    Thread here = Thread.currentThread();
                    here.getUncaughtExceptionHandler().uncaughtException(here, e);
                    return;
                }
                boolean hadHandlers = abandon(where);
                if (hadHandlers && !(where instanceof EventLoop)) { // else the last of them was detached meanwhile
                    closeBoth("the executor of its handlers takes no more tasks: " + e.getMessage());
                }
            }
        }

        @Override
        public void run() {
            begun = true;
            awaitLastThread();
            EventLoop loop = where instanceof EventLoop l ? l : null;
            try {
                for (int i = 0; i < BATCH; i++) {
                    List<Handler<R>> now;
                    synchronized (lock) {
                        now = pump == this && where.equals(executor) ? handlers : List.of();
                    }
                    boolean stopped = loop != null && loop.hasEnded();
                    Object slot = now.isEmpty() || stopped ? null : take(by);
                    if (slot == null) {
                        return;
                    }
                    deliver(slot, now, loop);
                    if (loop != null) {
                        loop.settle();
                    }
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

    /** Every handler gets the message, whatever the others throw, unless one has ended their loop. */
    @SuppressWarnings("unchecked") // what a port of this type has sent
    private void deliver(Object slot, List<Handler<R>> handlers, @Nullable EventLoop loop) {
        Request<R, ?> request = null;
        R message;
        if (canAnswer(handlers)) {
            message = (R) Slot.message(slot);
            request = new Request<>(message, slot instanceof Question<?> question ? question : null);
        } else {
            message = open(slot);
        }
        MessageDeliveredEvent event = MessageDeliveredEvent.begun();
        Throwable thrown = null;
        for (Handler<R> handler : handlers) {
            if (loop != null && loop.hasEnded()) {
                break;
            }
            try {
                if (handler.onMessage != null) {
                    handler.onMessage.accept(message);
                } else if (handler.onRequest != null && request != null) {
                    handler.onRequest.accept(request);
                }
            } catch (Throwable e) {
                if (thrown == null) {
                    thrown = e;
                } else {
                    thrown.addSuppressed(e);
                }
            }
        }
        MessageDeliveredEvent.end(event, this, message);
        if (thrown != null) {
            Inbox.<RuntimeException>sneak(thrown);
        }
    }

    private static <R> boolean canAnswer(List<Handler<R>> handlers) {
        for (Handler<R> handler : handlers) { // for each message: without a stream
            if (handler.onRequest != null) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a handler may throw what it does not declare
    private static <T extends Throwable> void sneak(Throwable e) throws T {
        throw (T) e;
    }

    // ---- the end

    boolean isOver() {
        return ended() != null && isEmpty();
    }

    CompletableFuture<String> closed() {
        return closed.copy();
    }

    /** Nothing more comes in; what did can still be taken. */
    void finish(String reason) {
        end(reason);
        failQuestions();
        schedule();
    }

    private void failQuestions() {
        String end = ended();
        if (end != null) {
            questions.forEach(question -> question.portClosed(end));
        }
    }

    /** Somebody waits for an answer to come in. */
    void expect(Question<R> question) {
        questions.add(question);
        var _ = question.answer.whenComplete((_, _) -> questions.remove(question));
        failQuestions(); // the end may not have seen this one
    }

    long dropped() {
        return dropped.get();
    }

    long bytesTransferred() {
        return bytesTransferred.get();
    }

    long bytesCloned() {
        return bytesCloned.get();
    }

    /** Nothing more comes in, and what did is freed. */
    private void close(String reason) {
        end(reason);
        failQuestions();
        drain().forEach(Slot::discard);
        schedule();
    }

    /** Ends the channel: the other end still gets what was posted before. */
    void closeBoth(String reason) {
        Inbox<?> other = peer;
        if (other != null) {
            other.finish(reason);
        }
        close(reason);
    }
}
