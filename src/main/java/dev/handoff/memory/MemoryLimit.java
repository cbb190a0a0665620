package dev.handoff.memory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The bytes that are held from the system, leased or pooled, and the most that may be: {@value #PROPERTY}, or the heap's
 * limit. A thread that has to go beyond waits until what nobody needs has been freed.
 */
final class MemoryLimit {
    static final String PROPERTY = "dev.handoff.memory.maxBytes";

    static final long BYTES = Long.getLong(PROPERTY, Runtime.getRuntime().maxMemory());
    /** How often the collector is asked before memory is refused; about 1, 2, 4 ... milliseconds for it each time. */
    private static final int COLLECTIONS = 9;
    private static final int MILLISECOND_SHIFT = 20;
    /** How long the cleaner may take each time, where it is busy. */
    private static final long CLEANER_NANOS = TimeUnit.SECONDS.toNanos(2);

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

    private static boolean reserveAfterCollecting(long bytes) {
        return collectUntil(() -> tryReserve(bytes));
    }

    /**
     * Gives back to the system what nobody needs, for somebody whom it has refused.
     *
     * @return whether there was anything
     */
    static boolean collect() {
        long held = HELD.get();
        return collectUntil(() -> HELD.get() < held);
    }

    /**
     * What is pooled goes first; then what was dropped, and what other threads have in their caches, for the collector
     * gives back both. As the JDK does it for direct buffers, but for the pool.
     */
    private static boolean collectUntil(BooleanSupplier enough) {
        Pool.trim();
        if (enough.getAsBoolean()) {
            return true;
        }
        boolean interrupted = false;
        COLLECTING.lock();
        try {
            for (int i = 0; i < COLLECTIONS; i++) {
                Pool.trim();
                if (enough.getAsBoolean()) {
                    return true;
                }
                BooleanSupplier cleaned = collectOnce();
                long start = System.nanoTime();
                for (long waited = 0; waited < 1L << MILLISECOND_SHIFT + i
                        || !cleaned.getAsBoolean() && waited < CLEANER_NANOS; waited = System.nanoTime() - start) {
                    Pool.trim();
                    if (enough.getAsBoolean()) {
                        return true;
                    }
                    interrupted |= Thread.interrupted(); // or parking would be spinning
                    LockSupport.parkNanos(100_000);
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

    /** Collects; true of what is returned when the cleaner has come to something that this collection found. */
    private static BooleanSupplier collectOnce() {
        AtomicBoolean cleaned = new AtomicBoolean();
        Allocator.CLEANER.register(new Object(), () -> cleaned.set(true));
        System.gc();
        return cleaned::get;
    }
}
