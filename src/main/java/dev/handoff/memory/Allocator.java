package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Where blocks come from and go to: one pool for the JVM, by size class, bounded by the system property
 * {@value #MAX_POOLED_PROPERTY}. The memory itself is the collector's (an automatic arena each), so that giving a chunk
 * up means to forget it. Thread-safe; lock-free but for what the JDK does to find new memory.
 */
final class Allocator {
    static final String MAX_POOLED_PROPERTY = "dev.handoff.memory.maxPooledBytes";

    private static final long MAX_POOLED = Long.getLong(MAX_POOLED_PROPERTY,
            Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8));
    private static final int MIN_SHIFT = 6;
    /** A cache line, the widest vector; every block begins on such a boundary. */
    static final int MIN_BYTES = 1 << MIN_SHIFT;
    private static final int MAX_SHIFT = 47;
    /** More than user space holds on any 64-bit platform of today. */
    static final long MAX_BYTES = 1L << MAX_SHIFT;
    private static final Cleaner CLEANER = Cleaner.create(Thread.ofPlatform().name("handoff-cleaner").factory());

    /** Free blocks by size class; last in, first out, as the last one used is still in the cache. */
    private static final Object[] FREE = new Object[sizeClass(MAX_BYTES) + 1];
    private static final LongAdder IN_USE = new LongAdder();
    private static final AtomicLong POOLED = new AtomicLong();
    private static final LongAdder RECLAIMED_BLOCKS = new LongAdder();
    private static final LongAdder RECLAIMED_BYTES = new LongAdder();

    static {
        for (int i = 0; i < FREE.length; i++) {
            FREE[i] = new ConcurrentLinkedDeque<Block>();
        }
    }

    private Allocator() {
    }

    /** The memory of a block, and what is left of it when the block has become unreachable. */
    static final class Chunk implements Runnable {
        private final MemorySegment base;
        /** Release when set, acquire in {@link #run}: the collector's thread sees the last lease. */
        private final AtomicBoolean leased = new AtomicBoolean();

        /** Once set, the block is never pooled again; release when set, acquire in {@link #run}. */
        private final AtomicBoolean pinned = new AtomicBoolean();

        Chunk(MemorySegment base) {
            this.base = base;
        }

        void pin() {
            pinned.setRelease(true);
        }

        MemorySegment base() {
            return base;
        }

        /** Run by the cleaner: nothing reaches the block of this chunk any more. */
        @Override
        public void run() {
            if (pinned.getAcquire()) {
                IN_USE.add(-base.byteSize());
            } else if (leased.getAcquire()) {
                RECLAIMED_BLOCKS.increment();
                RECLAIMED_BYTES.add(base.byteSize());
                release(new Block(this, CLEANER));
            }
        }
    }

    /**
     * Leases a block to the caller.
     *
     * @param zeroed false if the caller overwrites all the bytes before anybody else sees them
     * @throws OutOfMemoryError if there is no memory of that size
     */
    static Block lease(long bytes, boolean zeroed) {
        if (bytes > MAX_BYTES) {
            throw new OutOfMemoryError("bytes=" + bytes + " is more than an address space holds (" + MAX_BYTES + ")");
        }
        int sizeClass = sizeClass(bytes);
        Block block = free(sizeClass).pollFirst();
        if (block == null) {
            block = new Block(new Chunk(newMemory(classBytes(sizeClass))), CLEANER);
        } else {
            POOLED.addAndGet(-block.chunk().base.byteSize());
            if (zeroed) {
                block.chunk().base.asSlice(0, bytes).fill((byte) 0);
            }
        }
        Chunk chunk = block.chunk();
        chunk.leased.setRelease(true);
        IN_USE.add(chunk.base.byteSize());
        block.lease();
        return block;
    }

    private static MemorySegment newMemory(long bytes) {
        try {
            return Arena.ofAuto().allocate(bytes, MIN_BYTES);
        } catch (OutOfMemoryError e) {
            trim(); // the JVM counts what is pooled; it collects once more before it refuses again
            return Arena.ofAuto().allocate(bytes, MIN_BYTES);
        }
    }

    private static void trim() {
        for (int i = 0; i < FREE.length; i++) {
            for (Block b = free(i).pollFirst(); b != null; b = free(i).pollFirst()) {
                POOLED.addAndGet(-b.chunk().base.byteSize());
                b.forget();
            }
        }
    }

    /** Takes a block back whose last part was closed, or that was found dropped. */
    static void release(Block block) {
        Chunk chunk = block.chunk();
        long bytes = chunk.base.byteSize();
        chunk.leased.setRelease(false);
        IN_USE.add(-bytes);
        if (POOLED.addAndGet(bytes) > MAX_POOLED) {
            POOLED.addAndGet(-bytes);
            block.forget();
        } else {
            free(sizeClass(bytes)).addFirst(block);
        }
    }

    static MemoryStatistics statistics() {
        return new MemoryStatistics(IN_USE.sum(), POOLED.get(), RECLAIMED_BLOCKS.sum(), RECLAIMED_BYTES.sum());
    }

    @SuppressWarnings("unchecked")
    private static ConcurrentLinkedDeque<Block> free(int sizeClass) {
        return (ConcurrentLinkedDeque<Block>) FREE[sizeClass];
    }

    /** Four classes for each power of two, so that less than a fifth of a block is slack. */
    static int sizeClass(long bytes) {
        if (bytes <= MIN_BYTES) {
            return 0;
        }
        long last = bytes - 1;
        int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(last);
        return (shift - MIN_SHIFT) * 4 + (int) (last >>> shift - 2 & 3) + 1;
    }

    static long classBytes(int sizeClass) {
        if (sizeClass == 0) {
            return MIN_BYTES;
        }
        int shift = (sizeClass - 1) / 4 + MIN_SHIFT;
        return (1L << shift) + ((sizeClass - 1) % 4 + 1L << shift - 2);
    }
}
