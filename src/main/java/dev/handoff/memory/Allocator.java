package dev.handoff.memory;

import java.lang.ref.Cleaner;

/**
 * Where blocks come from and go to: the calling thread's {@link ThreadCache}, then the {@link Pool} of the JVM, then the
 * system, as far as the {@link MemoryLimit} lets it. Thread-safe; lock-free but for what it takes to find new memory.
 */
final class Allocator {
    private static final int MIN_SHIFT = 6;
    /** A cache line, the widest vector; every block begins on such a boundary. */
    static final int MIN_BYTES = 1 << MIN_SHIFT;
    private static final int MAX_SHIFT = 47;
    /** More than user space holds on any 64-bit platform of today. */
    static final long MAX_BYTES = 1L << MAX_SHIFT;
    /** How often the system is asked, if something was given back to it in between. */
    private static final int ATTEMPTS = 3;
    static final Cleaner CLEANER = Cleaner.create(Thread.ofPlatform().name("handoff-cleaner")
            .inheritInheritableThreadLocals(false).factory()); // nor anybody's class loader

    private Allocator() {
    }

    /**
     * Leases a block to the caller.
     *
     * @param zeroed false if the caller does without: it overwrites all the bytes before anybody else sees them, or its
     *     user asked for whatever is there, which is zeros or what buffers of this JVM held that were closed since
     * @throws MemoryLimitError if there would be more than the limit
     * @throws OutOfMemoryError if there is no memory of that size
     */
    static Block lease(long bytes, boolean zeroed) {
        if (bytes > MAX_BYTES) {
            throw new OutOfMemoryError("bytes=" + bytes + " is more than an address space holds (" + MAX_BYTES + ")");
        }
        int sizeClass = sizeClass(bytes);
        ThreadCache cache = ThreadCache.current(sizeClass);
        Block block = cache == null ? null : cache.poll(sizeClass);
        if (block == null) {
            block = Pool.poll(sizeClass);
        }
        if (block == null) {
            block = create(sizeClass);
        } else if (zeroed) {
            block.zero(bytes);
        }
        block.lease();
        return block;
    }

    private static Block create(int sizeClass) {
        Memory memory = newMemory(classBytes(sizeClass));
        Chunk chunk;
        try {
            chunk = new Chunk(memory, sizeClass);
        } catch (Error e) {
            memory.free();
            throw e;
        }
        try {
            return new Block(chunk, CLEANER);
        } catch (Error e) {
            chunk.free();
            throw e;
        }
    }

    private static Memory newMemory(long bytes) {
        for (int attempt = 1;; attempt++) {
            try {
                return Memory.allocate(bytes);
            } catch (MemoryLimitError e) {
                throw e; // all was done for it
            } catch (OutOfMemoryError e) {
                if (attempt == ATTEMPTS || !MemoryLimit.collect()) {
                    throw e;
                }
            }
        }
    }

    /** Takes a block back whose last part was closed. */
    static void release(Block block) {
        block.unlease();
        ThreadCache cache = ThreadCache.current(block.sizeClass);
        if (cache == null || !cache.offer(block)) {
            Pool.offer(block);
        }
    }

    /** Takes the memory of a block back that was dropped, under a lease or in a thread's cache. */
    static void recover(Chunk chunk) {
        Pool.offer(new Block(chunk, CLEANER));
    }

    static MemoryStatistics statistics() {
        Holders holders = Holders.now();
        return new MemoryStatistics(holders.inUse(), holders.pooled(), holders.unclaimed(), MemoryLimit.peak(),
                DroppedBuffers.blocks(), DroppedBuffers.bytes());
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
