package dev.handoff.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a block without keeping it reachable: its memory, for when nothing reaches its {@link Anchor} any
 * more, and whether it is leased. All chunks that hold memory are in one registry, where statistics are gathered when
 * somebody asks, so that a lease need not keep count.
 */
final class Chunk implements Runnable {
    private static final VarHandle LEASED;
    private static final Set<Chunk> ALL = ConcurrentHashMap.newKeySet();

    static {
        try {
            LEASED = MethodHandles.lookup().findVarHandle(Chunk.class, "leased", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Memory memory;
    final int sizeClass;
    final long bytes;
    /** Release by who leases and gives back, so that {@link #site} and {@link #pinned} go with it. */
    private boolean leased;
    private boolean pinned;
    /** The class that allocated the buffer, where that was looked up. */
    private @Nullable String site;
    private boolean freed;
    private volatile WeakReference<@Nullable Block> block = new WeakReference<>(null);

    Chunk(Memory memory, int sizeClass) {
        this.memory = memory;
        this.sizeClass = sizeClass;
        this.bytes = Allocator.classBytes(sizeClass);
        ALL.add(this);
    }

    /** All that hold memory; what comes and goes meanwhile may be missing. */
    static Iterable<Chunk> all() {
        return ALL;
    }

    void block(Block newBlock) {
        block = new WeakReference<>(newBlock);
    }

    /** The block, or null if it was dropped. */
    @Nullable
    Block block() {
        return block.get();
    }

    void lease(@Nullable String allocationSite) {
        site = allocationSite;
        LEASED.setRelease(this, true); // pairs with isLeased(), and with run() beside the collector's own order
    }

    void unlease() {
        LEASED.setRelease(this, false);
    }

    boolean isLeased() {
        return (boolean) LEASED.getAcquire(this);
    }

    /** From now on the lease ends with the last view and is nobody's mistake. By the owner of a part. */
    void pin() {
        pinned = true;
        LEASED.setRelease(this, true); // publishes it
    }

    /** Run by the cleaner: nothing reaches the bytes any more. */
    @Override
    public void run() {
        if (freed) {
            return; // by a thread that has just deregistered the block
        }
        boolean wasLeased = isLeased();
        if (pinned) {
            free();
            return;
        }
        String allocatedBy = site;
        boolean first = false;
        try {
            first = wasLeased && DroppedBuffers.count(allocatedBy, bytes);
        } finally { // nobody else will ever do it
            unlease();
            recover();
        }
        if (first) {
            DroppedBuffers.report(allocatedBy, bytes);
        }
    }

    private void recover() {
        try {
            Allocator.recover(this);
        } catch (Error e) { // no heap for a block that the pool could take
            free();
            throw e;
        }
    }

    /** Nothing reaches the bytes, or what does is just being given up. */
    void free() {
        freed = true;
        ALL.remove(this);
        memory.free();
    }
}
