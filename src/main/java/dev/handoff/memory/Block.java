package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one allocation, whole or split into parts: what handles and their views keep reachable.
 *
 * <p>
 * Reachability is the safety net: every handle refers to its block, and the arena of every view does so through its
 * clean-up action, so that a slice that outlives all handles keeps the memory from being given to anybody else. When
 * nothing reaches a block any more, the {@link Allocator}'s cleaner takes its memory back. A block that was closed is
 * held by the pool instead and keeps its one cleaner registration for the next lease.
 */
final class Block implements Consumer<MemorySegment> {
    private static final VarHandle ROOT;

    static {
        try {
            ROOT = MethodHandles.lookup().findVarHandle(Block.class, "root", Region.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Allocator.Chunk chunk;
    private final Cleaner.Cleanable registration;
    /** Parts that are not closed yet; whoever takes it to 0 gives the block back. */
    private final AtomicInteger parts = new AtomicInteger();
    private @Nullable Region root;

    Block(Allocator.Chunk chunk, Cleaner cleaner) {
        this.chunk = chunk;
        this.registration = cleaner.register(this, chunk);
    }

    /** For a block that is not leased: leaves its memory to the garbage collector at once, not only after a detour. */
    void forget() {
        registration.clean();
    }

    Allocator.Chunk chunk() {
        return chunk;
    }

    /** The first offset at which an address is a multiple of the alignment, a power of two. */
    long firstAligned(long alignment) {
        return -chunk.base().address() & alignment - 1;
    }

    void lease() {
        parts.setPlain(1); // nobody else sees the block yet
    }

    /** Before the first handle is published: who holds the bytes can be asked there. */
    void root(Region region) {
        ROOT.setRelease(this, region); // pairs with root()
    }

    /** For those who only look. */
    @Nullable
    Region root() {
        return (Region) ROOT.getAcquire(this);
    }

    /**
     * A view of some bytes that lives as long as the arena: the one call of {@code reinterpret} on leased memory, and
     * the seam for a JVM that denies it.
     */
    MemorySegment view(long offset, long bytes, Arena arena) {
        return chunk.base().asSlice(offset, bytes).reinterpret(arena, this);
    }

    /**
     * A view of some bytes for all threads, for as long as anything reaches it. It pins the block: the caller does not
     * close its part, so that the block never goes back to the pool, and what the collector finds of it is no mistake of
     * anybody's. The caller holds a part that is not closed, and has revoked its views.
     */
    MemorySegment share(long offset, long bytes) {
        chunk.pin();
        return view(offset, bytes, Arena.ofAuto());
    }

    /** Clean-up action of every view's arena; it exists so that the arena reaches this block. */
    @Override
    public void accept(MemorySegment view) {
    }

    void partsAdded(int n) {
        parts.addAndGet(n);
    }

    /** Everything done to the bytes of any part happens-before their next lease: each closer's update is ordered. */
    void partClosed() {
        if (parts.decrementAndGet() == 0) {
            Allocator.release(this);
        }
    }
}
