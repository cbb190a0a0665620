package dev.handoff.memory;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * A few free blocks of small classes that one platform thread has to itself: taking and giving back is a matter of plain
 * loads and stores. A virtual thread has none, as there may be millions.
 *
 * <p>
 * The collector may take a cache at any time, for only a weak reference holds it; its blocks are in the {@link Pool}
 * then. So what an idle thread keeps from others, and what a thread leaves behind at its end, comes back without that
 * anybody must look after it.
 */
final class ThreadCache {
    /** A sixty-fourth of the pool's bound, 1 MiB at most. */
    static final long MAX_BYTES = Math.min(1 << 20, Pool.MAX_BYTES / 64);
    /** Of one class. */
    static final int MAX_BLOCKS = 8;

    private static final int CLASSES = Allocator.sizeClass(MAX_BYTES / 4) + 1;
    private static final ThreadLocal<@Nullable WeakReference<ThreadCache>> CURRENT = new ThreadLocal<>();

    private final @Nullable Block[] tops = new @Nullable Block[CLASSES];
    private long bytes;

    private ThreadCache() {
    }

    /** The cache of the calling thread for blocks of this class, if it may have one. */
    static @Nullable ThreadCache current(int sizeClass) {
        if (sizeClass >= CLASSES || Thread.currentThread().isVirtual()) {
            return null;
        }
        WeakReference<ThreadCache> reference = CURRENT.get();
        ThreadCache cache = reference == null ? null : reference.get();
        if (cache == null) {
            cache = new ThreadCache();
            CURRENT.set(new WeakReference<>(cache));
        }
        return cache;
    }

    @Nullable
    Block poll(int sizeClass) {
        Block top = tops[sizeClass];
        if (top != null) {
            tops[sizeClass] = top.below;
            top.below = null;
            bytes -= top.byteSize();
        }
        return top;
    }

    /** Takes a block without a lease, if there is room for it. */
    boolean offer(Block block) {
        Block top = tops[block.sizeClass()];
        int depth = top == null ? 1 : top.depth + 1;
        if (depth > MAX_BLOCKS || bytes + block.byteSize() > MAX_BYTES) {
            return false;
        }
        block.below = top;
        block.depth = depth;
        tops[block.sizeClass()] = block;
        bytes += block.byteSize();
        return true;
    }
}
