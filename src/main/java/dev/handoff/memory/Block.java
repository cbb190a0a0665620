package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * The memory of one allocation, whole or split into parts: what handles keep reachable.
 *
 * <p>
 * Reachability is the safety net: every handle refers to its block, and every block and every view of its bytes reaches
 * its {@link Anchor}, so that a slice that outlives all handles keeps the memory from being given to anybody else. When
 * nothing reaches the anchor any more, the collector hands the memory to its {@link Chunk}. A block that was closed is
 * held by the pool instead and keeps its one cleaner registration for the next lease.
 */
final class Block {
    private static final VarHandle PARTS;

    static {
        try {
            PARTS = MethodHandles.lookup().findVarHandle(Block.class, "parts", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** All of it; who holds the bytes can be asked there. */
    final Region root = new Region(this);
    final int sizeClass;
    /** Of the whole block. */
    final long bytes;
    private final Chunk chunk;
    private final Memory memory;
    private final Anchor anchor = new Anchor();
    private final Cleaner.Cleanable registration;
    /** Parts that are not closed yet; whoever takes it to 0 gives the block back. */
    private int parts;
    private int leases;
    /** The period in which it came to the {@link Pool}; written before it is put there, and read after it was taken out. */
    int period;

    Block(Chunk chunk, Cleaner cleaner) {
        this.chunk = chunk;
        this.sizeClass = chunk.sizeClass;
        this.bytes = chunk.bytes;
        this.memory = chunk.memory;
        chunk.block(this);
        this.registration = cleaner.register(anchor, chunk); // at last: what fails before leaves nothing to be run
    }

    /** A lease begins; nobody else sees the block yet. */
    void lease() {
        parts = 1;
        chunk.lease(DroppedBuffers.isTraced(leases++) ? DroppedBuffers.site() : null);
    }

    /** A lease has ended, and the block goes to a pool. */
    void unlease() {
        root.unlease();
        chunk.unlease();
    }

    /** For a block that is not leased: frees its memory. */
    void free() {
        try {
            chunk.free();
            registration.clean(); // only deregisters
        } finally { // or the cleaner might pool the memory while it is being freed
            Reference.reachabilityFence(anchor);
        }
    }

    void zero(long first) {
        memory.zero(first);
    }

    /** The first offset at which an address is a multiple of the alignment, a power of two. */
    long firstAligned(long alignment) {
        return memory.firstAligned(alignment);
    }

    /** Whether views at the offset begin at a multiple of the alignment, from now on. By the owner. */
    boolean isAligned(long offset, long alignment) {
        return memory.isAligned(offset, alignment);
    }

    /** What the calling thread sees some bytes through, as their owner. */
    Window open(long offset, long length) {
        return new Window(memory, offset, length, anchor);
    }

    /** A view of some bytes that lives as long as the arena, a new one of the calling thread. */
    MemorySegment view(long offset, long length, Arena arena) {
        return memory.view(offset, length, arena, anchor);
    }

    /**
     * A view of some bytes for all threads, for as long as anything reaches it. The caller holds a part that is not
     * closed, has revoked its views, and then pins the block.
     */
    MemorySegment shared(long offset, long length) {
        return memory.view(offset, length, Arena.ofAuto(), anchor);
    }

    /**
     * Once nothing can fail any more: the caller does not close its part, so that the block never goes back to the pool,
     * and what the collector finds of it is no mistake of anybody's.
     */
    void pin() {
        chunk.pin();
    }

    void partsAdded(int n) {
        PARTS.getAndAdd(this, n);
    }

    /**
     * Everything done to the bytes of any part happens-before their next lease: each closer's update is ordered. Where
     * only one part is open, it is the caller's, and there is nobody to race with.
     */
    void partClosed() {
        if ((int) PARTS.getAcquire(this) == 1 || (int) PARTS.getAndAdd(this, -1) == 1) {
            Allocator.release(this);
        }
    }
}
