package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that happens once, or never. A listener that comes late hears of it all the same. Thread-safe.
 *
 * @param <T> what listeners are told
 */
final class Event<T> {
    private record Listener<T>(Consumer<? super T> action, Executor executor) {
    }

    private final List<Listener<T>> listeners = new ArrayList<>();
    /** What has to be over before a listener is told. */
    private final Supplier<CompletableFuture<?>> before;
    private @Nullable T fired;

    Event(Supplier<CompletableFuture<?>> before) {
        this.before = before;
    }

    /** Attaches a listener; it runs where a handler of the calling thread runs. */
    synchronized Registration listen(Consumer<? super T> action) {
        Listener<T> listener = new Listener<>(action, EventLoop.executorHere());
        if (fired != null) {
            var _ = tell(listener, fired);
        } else {
            listeners.add(listener);
        }
        return () -> forget(listener);
    }

    private synchronized void forget(Listener<T> listener) {
        listeners.remove(listener);
    }

    synchronized boolean hasListeners() {
        return !listeners.isEmpty();
    }

    /** Tells all listeners; the future is complete when they have returned, or will never run. */
    synchronized CompletableFuture<Void> fire(T value) {
        fired = value;
        return CompletableFuture.allOf(
                listeners.stream().map(listener -> tell(listener, value)).toArray(CompletableFuture<?>[]::new));
    }

    /** Tells a listener, whose loop does not end by itself before that. */
    private CompletableFuture<?> tell(Listener<T> listener, T value) {
        Registration hold = listener.executor instanceof EventLoop loop ? loop.hold(Event::nothing) : Event::nothing;
        return run(listener, value).whenComplete((_, _) -> hold.close());
    }

    private static void nothing() {
    }

    /**
     * Runs a listener, when what has to be over is over: looked at once more where the listener runs, as something may
     * have begun there meanwhile. What the listener throws goes to the executor, as from a handler of messages; if that has
     * ended, nobody listens.
     */
    private CompletableFuture<?> run(Listener<T> listener, T value) {
        AtomicBoolean isTold = new AtomicBoolean(true);
        return before.get().handle((_, _) -> value).thenCompose(_ -> submit(listener.executor, () -> {
            isTold.set(before.get().isDone());
            if (isTold.get()) {
                listener.action.accept(value);
            }
        })).thenCompose(_ -> isTold.get() ? CompletableFuture.completedFuture(null) : run(listener, value));
    }

    /**
     * Runs an action on an executor. The future is complete when it has returned or thrown, or will never do so:
     * it tells which.
     */
    static CompletableFuture<Boolean> submit(Executor executor, Runnable action) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Registration hold = executor instanceof EventLoop loop ? loop.hold(() -> done.complete(false)) : Event::nothing;
        try {
            executor.execute(() -> {
                try {
                    action.run();
                } finally {
                    done.complete(true);
                    hold.close();
                }
            });
        } catch (RejectedExecutionException e) { // its loop has ended
            hold.close();
            done.complete(false);
        }
        return done;
    }
}
