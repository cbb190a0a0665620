package dev.handoff.channel;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait until something can be had, first come, first woken.
 *
 * <p>
 * Who waits announces itself and then looks once more; who brings something brings it and then looks whether anybody has
 * announced itself. Both announce and look with volatile semantics, so that at least one of them sees the other.
 */
final class Waiters {
    /** Runs at most once for each {@link #arm}, on the thread that brought something. */
    @FunctionalInterface
    interface Waiter {
        void wake();
    }

    /** Made for the first who waits: of most queues and rooms nobody ever does. */
    private @Nullable ArrayDeque<Waiter> queue;
    /** The length of the queue: written under the lock, read without it by those who bring something. */
    private volatile int waiting;

    /**
     * Announces a waiter, unless there is no need to wait.
     *
     * @param over whether there is none; read what it reads with volatile semantics
     * @return false if there is none, and the waiter will not be woken
     */
    boolean arm(Waiter waiter, BooleanSupplier over) {
        synchronized (this) {
            if (queue == null) {
                queue = new ArrayDeque<>(1);
            }
            queue.addLast(waiter);
            waiting = queue.size();
        }
        return !over.getAsBoolean() || !disarm(waiter);
    }

    /** Takes a waiter back; false if it has been woken. */
    synchronized boolean disarm(Waiter waiter) {
        if (queue == null || !queue.removeFirstOccurrence(waiter)) {
            return false;
        }
        waiting = queue.size();
        return true;
    }

    /** Wakes whoever has waited for longest. */
    void wakeOne() {
        if (waiting > 0) {
            Waiter first;
            synchronized (this) {
                first = Objects.requireNonNull(queue).pollFirst();
                waiting = queue.size();
            }
            if (first != null) {
                first.wake();
            }
        }
    }

    /** Wakes all that wait now. */
    void wakeAll() {
        if (waiting > 0) {
            List<Waiter> all;
            synchronized (this) {
                all = List.copyOf(Objects.requireNonNull(queue));
                queue.clear();
                waiting = 0;
            }
            all.forEach(Waiter::wake);
        }
    }

    /**
     * Parks the calling thread until it is woken, or the time is up, or it is interrupted; each of these it finds out
     * itself. Whoever returns false and does not take what there may be passes it on by {@link #wakeOne}.
     *
     * @return true if it was not woken by {@link #wakeOne}, hence kept nobody else from being woken
     */
    boolean park(BooleanSupplier over, long nanos) {
        ParkedThread me = new ParkedThread();
        if (!arm(me, over)) {
            return false;
        }
        long deadline = nanos == Long.MAX_VALUE ? 0 : System.nanoTime() + nanos;
        long left = nanos;
        while (!me.isWoken && left > 0 && !Thread.currentThread().isInterrupted()) {
            if (nanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, left);
                left = deadline - System.nanoTime();
            }
        }
        return !me.isWoken && disarm(me);
    }

    private static final class ParkedThread implements Waiter {
        private final Thread thread = Thread.currentThread();
        private volatile boolean isWoken;

        @Override
        public void wake() {
            isWoken = true;
            LockSupport.unpark(thread);
        }
    }
}
