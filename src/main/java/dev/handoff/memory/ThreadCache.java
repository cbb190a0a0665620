package dev.handoff.memory;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * A few free blocks of small classes that one platform thread has to itself: taking and giving back is a matter of plain
 * loads and stores. A virtual thread has none, as there may be millions.
 *
 * <p>
 * The collector may empty a cache at any time, for only this weak reference holds the blocks; they are in the {@link Pool}
 * then, and the thread gets a new cache. So what an idle thread keeps from others, and what a thread leaves behind at its
 * end, comes back without that anybody must look after it.
 *
 * <p>
 * The blocks of a class are a stack. One that is taken out stays referred to in its place: mostly it comes back there, and
 * to store it costs more than all the rest. As the collector takes the whole stack, it finds that block when it is dropped.
 */
final class ThreadCache extends WeakReference<@Nullable Block[]> {
    /** A sixty-fourth of the pool's bound, 1 MiB at most. */
    static final long MAX_BYTES = Math.min(1 << 20, Pool.MAX_BYTES / 64);
    /** Of one class. */
    static final int MAX_BLOCKS = 8;

    /** Threads whose numbers differ by a multiple of this share a slot. */
    static final int SLOTS = 256;

    private static final int CLASSES = Allocator.sizeClass(MAX_BYTES / 4) + 1;
    /** Weak, as a thread may outlive the class loader of this library. */
    private static final ThreadLocal<@Nullable WeakReference<ThreadCache>> CURRENT = new ThreadLocal<>();
    /**
     * What most threads find sooner than {@link #CURRENT}, by their number. Each slot is the last thread's that got a
     * cache; a thread uses only what it wrote itself, and of others' it reads but a final field, so there is no order to
     * be kept.
     */
    private static final @Nullable ThreadCache[] RECENT = new @Nullable ThreadCache[SLOTS];

    private final long threadId;
    private final int[] depths = new int[CLASSES];
    private long bytes;

    private ThreadCache(long threadId) {
        super(new @Nullable Block[CLASSES * MAX_BLOCKS]);
        this.threadId = threadId;
    }

    /** The cache of the calling thread for blocks of this class, if it may have one. */
    static @Nullable ThreadCache current(int sizeClass) {
        if (sizeClass >= CLASSES) {
            return null;
        }
        Thread me = Thread.currentThread();
        ThreadCache recent = RECENT[slot(me)];
        return recent != null && recent.threadId == me.threadId() && !recent.refersTo(null) ? recent : find(me);
    }

    private static int slot(Thread thread) {
        return (int) thread.threadId() & SLOTS - 1;
    }

    private static @Nullable ThreadCache find(Thread me) {
        if (me.isVirtual()) {
            return null;
        }
        WeakReference<ThreadCache> reference = CURRENT.get();
        ThreadCache cache = reference == null ? null : reference.get();
        if (cache == null || cache.refersTo(null)) {
            cache = new ThreadCache(me.threadId());
            CURRENT.set(new WeakReference<>(cache));
            RECENT[slot(me)] = cache;
        }
        return cache;
    }

    @Nullable
    Block poll(int sizeClass) {
        int depth = depths[sizeClass];
        @Nullable Block[] blocks = get();
        if (depth == 0 || blocks == null) {
            return null;
        }
        Block top = blocks[sizeClass * MAX_BLOCKS + depth - 1];
        if (top != null) {
            depths[sizeClass] = depth - 1;
            bytes -= top.bytes;
        }
        return top;
    }

    /** Takes a block without a lease, if there is room for it. */
    boolean offer(Block block) {
        int depth = depths[block.sizeClass];
        @Nullable Block[] blocks = get();
        if (depth == MAX_BLOCKS || bytes + block.bytes > MAX_BYTES || blocks == null) {
            return false;
        }
        int top = block.sizeClass * MAX_BLOCKS + depth;
        if (blocks[top] != block) {
            blocks[top] = block;
        }
        depths[block.sizeClass] = depth + 1;
        bytes += block.bytes;
        return true;
    }
}
