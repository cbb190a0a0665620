package dev.handoff.memory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bytes that are held from the system, leased or pooled, and the most that may be: {@value #PROPERTY}, or the heap's
 * limit. A thread that has to go beyond waits until what nobody needs has been freed.
 */
final class MemoryLimit {
    static final String PROPERTY = "dev.handoff.memory.maxBytes";

    static final long BYTES = Long.getLong(PROPERTY, Runtime.getRuntime().maxMemory());
    /** How often the collector is asked before memory is refused; 1, 2, 4 ... milliseconds for it each time. */
    private static final int COLLECTIONS = 9;

    private static final AtomicLong HELD = new AtomicLong();
    private static final AtomicLong PEAK = new AtomicLong();
    /** One thread at a time calls the collector; the next one finds what that has freed. */
    private static final ReentrantLock COLLECTING = new ReentrantLock();

    private MemoryLimit() {
    }

    /** The most bytes that were held at once. */
    static long peak() {
        return PEAK.get();
    }

    /**
     * Reserves bytes for memory that the caller is going to ask the system for.
     *
     * @throws MemoryLimitError if there would be too many
     */
    static void reserve(long bytes) {
        if (!tryReserve(bytes) && !(bytes <= BYTES && reserveAfterCollecting(bytes))) {
            throw new MemoryLimitError(BYTES, bytes, Holders.describe());
        }
    }

    static boolean tryReserve(long bytes) {
        long held = HELD.get();
        while (bytes <= BYTES - held) {
            long witness = HELD.compareAndExchange(held, held + bytes);
            if (witness == held) {
                PEAK.accumulateAndGet(held + bytes, Math::max);
                return true;
            }
            held = witness;
        }
        return false;
    }

    /** The memory has been freed. */
    static void unreserve(long bytes) {
        HELD.addAndGet(-bytes);
    }

    /**
     * What is pooled goes first; then what was dropped, and what other threads have in their caches, for the collector
     * gives back both. As the JDK does it for direct buffers, but for the pool.
     */
    private static boolean reserveAfterCollecting(long bytes) {
        Pool.trim();
        if (tryReserve(bytes)) {
            return true;
        }
        boolean interrupted = false;
        COLLECTING.lock();
        try {
            for (int i = 0; i < COLLECTIONS; i++) {
                Pool.trim();
                if (tryReserve(bytes)) {
                    return true;
                }
                System.gc();
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1L << i);
                for (long left = 1; left > 0; left = deadline - System.nanoTime()) {
                    Pool.trim();
                    if (tryReserve(bytes)) {
                        return true;
                    }
                    interrupted |= Thread.interrupted(); // or parking would be spinning
                    LockSupport.parkNanos(Math.min(left, 100_000));
                }
            }
            return false;
        } finally {
            COLLECTING.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
