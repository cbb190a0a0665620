package dev.handoff.pool;

import dev.handoff.clone.PreparedClone;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells a listener of a task's progress on virtual threads, one at a time and in order; and then tells the outcome. */
final class Relay {
    private final Task<?> task;
    private final Consumer<Object> listener;
    private final ConcurrentLinkedQueue<Runnable> news = new ConcurrentLinkedQueue<>();
    /** How much is to be told: who moves it from zero makes a thread tell it. */
    private final AtomicInteger untold = new AtomicInteger();

    Relay(Task<?> task, Consumer<Object> listener) {
        this.task = task;
        this.listener = listener;
    }

    void add(Object progress) {
        tell(() -> listener.accept(progress));
    }

    void end(Object outcome, @Nullable PreparedClone<?> moved) {
        tell(() -> task.publishAfterProgress(outcome, moved));
    }

    private void tell(Runnable what) {
        news.add(what);
        if (untold.getAndIncrement() == 0) {
            Thread.ofVirtual().name("handoff-progress").start(this::run);
        }
    }

    private void run() {
        do {
            try {
                news.remove().run();
            } catch (Throwable e) { // the listener's; the others have to be told as well
                Thread here = Thread.currentThread();
                here.getUncaughtExceptionHandler().uncaughtException(here, e);
            }
        } while (untold.decrementAndGet() > 0);
    }
}
