package dev.handoff.channel;

import dev.handoff.sync.IdleStrategy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A queue, first in, first out, that can end: any number of threads add and take. What was done before an element was
 * added happens-before what is done after it was taken. Blocking.
 *
 * @param <T> what it holds
 */
final class Mailbox<T> {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<T> queue = new ArrayDeque<>();
    private final IdleStrategy idle = IdleStrategy.adaptive();
    private final BooleanSupplier ready = this::isReady;
    /** Written under the lock; read without it by those who only want to know whether to take it. */
    private volatile int size;
    private volatile @Nullable String end;

    /**
     * Adds an element, or refuses with the reason why this has ended.
     *
     * @param commit run when the element has its place and nobody can see it yet; never throws
     * @return null, or the reason
     */
    @Nullable
    String add(T element, Runnable commit) {
        lock.lock();
        try {
            if (end != null) {
                return end;
            }
            queue.addLast(element);
            commit.run();
            size = queue.size();
            changed.signal();
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** The first element, or null where there is none. */
    @Nullable
    T poll() {
        if (size == 0) {
            return null;
        }
        lock.lock();
        try {
            return take();
        } finally {
            lock.unlock();
        }
    }

    /** The first element, as soon as there is one; or null where the time is up or this has ended and is empty. */
    @Nullable
    T poll(long timeoutNanos) throws InterruptedException {
        boolean forever = timeoutNanos == Long.MAX_VALUE;
        long deadline = forever ? 0 : System.nanoTime() + timeoutNanos;
        idle.idle(ready, timeoutNanos);
        lock.lockInterruptibly();
        try {
            long left = timeoutNanos;
            while (queue.isEmpty() && end == null && left > 0) {
                if (forever) {
                    changed.await();
                } else {
                    left = changed.awaitNanos(deadline - System.nanoTime());
                }
            }
            return take();
        } finally {
            lock.unlock();
        }
    }

    private boolean isReady() {
        return size > 0 || end != null;
    }

    private @Nullable T take() {
        T element = queue.pollFirst();
        size = queue.size();
        return element;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Ends this for the first time; what it holds can still be taken. */
    boolean end(String reason) {
        lock.lock();
        try {
            if (end != null) {
                return false;
            }
            end = reason;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean endIfEmpty(String reason) {
        lock.lock();
        try {
            if (!queue.isEmpty()) {
                return false;
            }
            end(reason);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Why this has ended, or null while it goes on. */
    @Nullable
    String ended() {
        return end;
    }

    /** Takes all there is. */
    List<T> drain() {
        lock.lock();
        try {
            List<T> all = new ArrayList<>(queue);
            queue.clear();
            size = 0;
            return all;
        } finally {
            lock.unlock();
        }
    }
}
