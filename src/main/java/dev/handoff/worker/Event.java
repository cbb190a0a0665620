package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.Registration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something that happens once, or never. A listener that comes late hears of it all the same. Thread-safe.
 *
 * @param <T> what listeners are told
 */
final class Event<T> {
    private final Map<Object, Consumer<? super T>> listeners = new LinkedHashMap<>();
    private final Map<Object, Executor> executors = new LinkedHashMap<>();
    private @Nullable T fired;

    /** Attaches a listener; it runs where a handler of the calling thread runs. */
    synchronized Registration listen(Consumer<? super T> listener) {
        Object key = new Object();
        Executor executor = EventLoop.executorHere();
        if (fired != null) {
            run(executor, listener, fired);
        } else {
            listeners.put(key, listener);
            executors.put(key, executor);
        }
        return () -> forget(key);
    }

    private synchronized void forget(Object key) {
        listeners.remove(key);
        executors.remove(key);
    }

    synchronized boolean hasListeners() {
        return !listeners.isEmpty();
    }

    /** Tells all listeners; the future is complete when they have returned, or will never run. */
    synchronized CompletableFuture<Void> fire(T value) {
        fired = value;
        List<CompletableFuture<?>> runs = new ArrayList<>();
        listeners.forEach((key, listener) -> runs.add(
                run(Objects.requireNonNull(executors.get(key)), listener, value)));
        return CompletableFuture.allOf(runs.toArray(CompletableFuture<?>[]::new));
    }

    /** What the listener throws goes to the executor, as from a handler of messages. */
    private static <T> CompletableFuture<?> run(Executor executor, Consumer<? super T> listener, T value) {
        CompletableFuture<?> done = new CompletableFuture<>();
        Runnable complete = () -> done.complete(null);
        Registration hold = executor instanceof EventLoop loop ? loop.hold(complete) : () -> {
        };
        try {
            executor.execute(() -> {
                try {
                    listener.accept(value);
                } finally {
                    complete.run();
                    hold.close();
                }
            });
        } catch (RejectedExecutionException e) { // its loop has ended: nobody is there to listen
            complete.run();
        }
        return done;
    }
}
