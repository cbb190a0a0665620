package dev.handoff.pool;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A queue of tasks, and the threads that have nothing to do.
 *
 * <p>
 * Who adds a task adds it, by a volatile write in all kinds of queues, and then looks for threads that sleep; who goes to
 * sleep announces itself and then, after a full fence, looks for tasks once more: so at least one of them sees the other.
 * While a thread spins nobody has to be woken: it will see the task, or look once more before it sleeps, and wakes the next
 * one if it leaves any.
 */
final class Lane {
    private static final int TOMBSTONES = 64;

    private final Queue<Task<?>> tasks;
    /** Threads that look for tasks and do not sleep yet. */
    private final AtomicInteger spinning = new AtomicInteger();
    /** Last in, first out: the one whose caches are warm. */
    private final ArrayDeque<Runner> sleepers = new ArrayDeque<>();
    /** The length of that, written under the lock, read without it. */
    private volatile int sleeping;
    /** How many of the tasks may have been withdrawn. */
    private final AtomicInteger tombstones = new AtomicInteger();

    Lane(PoolOptions.Queueing queueing) {
        tasks = queue(queueing);
    }

    static Queue<Task<?>> queue(PoolOptions.Queueing queueing) {
        return switch (queueing) {
            case FIFO -> new Fifo<>();
            case LIFO -> Collections.asLifoQueue(new ConcurrentLinkedDeque<>());
            case PRIORITY -> new PriorityBlockingQueue<>(16, Comparator.<Task<?>>comparingInt(Task::priority).reversed()
                    .thenComparingLong(Task::order));
        };
    }

    void add(Task<?> task) {
        tasks.add(task);
        wakeForMore();
    }

    @Nullable
    Task<?> poll() {
        return tasks.poll();
    }

    Queue<Task<?>> tasks() {
        return tasks;
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    /** A task that is still in here was withdrawn: it goes at once if there are many of them, else when it is met. */
    void withdrawn(long queued) {
        int dead = tombstones.incrementAndGet();
        if (dead > TOMBSTONES && dead > queued && tombstones.compareAndSet(dead, 0)) {
            tasks.removeIf(Task::isWithdrawn);
        }
    }

    /** A task that was withdrawn was met and is gone. */
    void buried() {
        tombstones.decrementAndGet();
    }

    /** Whether all threads are busy, or soon will be. */
    boolean hasNobody() {
        return sleeping == 0 && spinning.get() == 0;
    }

    void spin() {
        spinning.incrementAndGet();
    }

    /** After the last look for tasks, or before a task that was found is done. */
    void spun() {
        spinning.decrementAndGet();
    }

    /** Wakes a thread if there are tasks for it and nobody else looks for them. */
    void wakeForMore() {
        if (sleeping > 0 && spinning.get() == 0 && !tasks.isEmpty()) {
            Runner runner;
            synchronized (this) {
                runner = sleepers.pollLast();
                sleeping = sleepers.size();
            }
            if (runner != null) {
                runner.wake();
            }
        }
    }

    /** Announces a thread that is about to sleep. */
    synchronized void announce(Runner runner) {
        sleepers.addLast(runner);
        sleeping = sleepers.size();
    }

    /** A thread is awake; false if it was woken for a task. */
    synchronized boolean retract(Runner runner) {
        boolean wasThere = sleepers.remove(runner);
        sleeping = sleepers.size();
        return wasThere;
    }
}
