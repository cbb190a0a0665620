package dev.handoff.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that a handle reaches: a whole block, or a part of a split one. The regions of a block are a tree; each
 * split adds a level to it, and each join takes one away. The root stays with its block from lease to lease.
 *
 * <p>
 * What changes in a region is written by the thread that owns it, or is just publishing it, so that these writes are
 * ordered as the owner's bytes are. For those who only look ({@link #bytes}, {@link #maxBytes}, {@link #visit}) each
 * value is whole. Who holds the bytes is a copy of what the handle knows, made of a number and a thread that is mostly
 * the same as before: a region is old, as the collector sees it, a handle young, and to store a young object in an old
 * one costs as much as a quarter of a handoff.
 */
final class Region {
    private static final VarHandle BYTES;
    private static final VarHandle MAX_BYTES;
    private static final VarHandle TENURE;
    private static final VarHandle OWNER;
    private static final VarHandle PARTS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BYTES = lookup.findVarHandle(Region.class, "bytes", long.class);
            MAX_BYTES = lookup.findVarHandle(Region.class, "maxBytes", long.class);
            TENURE = lookup.findVarHandle(Region.class, "tenure", int.class);
            OWNER = lookup.findVarHandle(Region.class, "owner", Thread.class);
            PARTS = lookup.findVarHandle(Region.class, "parts", List.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** No handle that is not gone. */
    private static final int VACANT = 0;
    private static final int UNCLAIMED = 1;
    private static final int OWNED = 2;

    /** Is told who holds what. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Some bytes are held.
         *
         * @param owner the thread that owns them, or null if nobody does, or if they are in flight
         * @param bytes how many are kept from others, hence also those that the buffer may still grow by
         */
        void holding(@Nullable Thread owner, long bytes);
    }

    final Block block;
    final @Nullable Region parent;
    /** How many parts the parent was split into, this one included. */
    final int siblings;

    private long offset;
    private long bytes;
    private long maxBytes;
    private int tenure;
    /** Who owns it, or did last. */
    private @Nullable Thread owner;
    private @Nullable List<Region> parts;

    /** The root of a block. */
    Region(Block block) {
        this.block = block;
        this.parent = null;
        this.siblings = 1;
    }

    private Region(Region parent, int siblings, long from, long to) {
        this.block = parent.block;
        this.parent = parent;
        this.siblings = siblings;
        this.offset = parent.offset + from;
        this.bytes = to - from;
        this.maxBytes = to - from;
    }

    /**
     * Of the root, by the new owner: a lease begins, of the whole block or of what is aligned of it. Who still looks at an
     * earlier one can tell by its handle, which is gone.
     */
    void lease(long newOffset, long newBytes, long newMaxBytes) {
        offset = newOffset;
        BYTES.setRelease(this, newBytes); // pairs with bytes(): who sees it sees the earlier handle gone
        MAX_BYTES.setRelease(this, newMaxBytes); // pairs with maxBytes(), likewise
        claimed(Thread.currentThread());
    }

    /** Of the root, whose parts are closed: a lease has ended. */
    void unlease() {
        if (parts != null) {
            join();
        }
    }

    /** Of the root of a block that is leased to nobody, and goes where others find it: it keeps no thread. */
    void forgetOwner() {
        OWNER.setOpaque(this, null);
    }

    /** One of several parts; it belongs to the tree only after {@link #split}. */
    Region part(long from, long to, int ofParts) {
        return new Region(this, ofParts, from, to);
    }

    /** As the owner: the parts' handles reach the bytes from now on; the list is never changed. */
    void split(List<Region> newParts) {
        vacated();
        PARTS.setOpaque(this, newParts);
    }

    /** As the owner of all parts. */
    void join() {
        PARTS.setOpaque(this, null);
    }

    /** As the owner of it, or of a part, of which it never changes. */
    long offset() {
        return offset;
    }

    long bytes() {
        return (long) BYTES.getAcquire(this); // pairs with lease()
    }

    long maxBytes() {
        return (long) MAX_BYTES.getAcquire(this); // pairs with lease()
    }

    /** As the owner. */
    void resize(long newBytes) {
        BYTES.setOpaque(this, newBytes);
    }

    /** As the owner, the thread that has just become that. */
    void claimed(Thread by) {
        if (owner != by) {
            OWNER.setOpaque(this, by);
        }
        TENURE.setRelease(this, OWNED); // pairs with visit()
    }

    /** As the owner: from now on it is nobody's, or in flight. */
    void unclaimed() {
        TENURE.setOpaque(this, UNCLAIMED);
    }

    /** As the owner: the last handle has gone. */
    void vacated() {
        TENURE.setOpaque(this, VACANT);
    }

    /**
     * Tells of all that handles in this region hold. What happens meanwhile may be told in part: a buffer that is just
     * split may be told with its parts, or neither.
     */
    @SuppressWarnings("unchecked") // parts
    void visit(Visitor visitor) {
        ArrayDeque<Region> open = new ArrayDeque<>(); // rather than recursion: there is no limit to the levels
        open.add(this);
        while (!open.isEmpty()) {
            Region region = open.removeLast();
            int held = (int) TENURE.getAcquire(region); // pairs with claimed()
            if (held != VACANT) {
                Thread by = held == OWNED ? (Thread) OWNER.getOpaque(region) : null;
                visitor.holding(by != null && by.isAlive() ? by : null, region.maxBytes());
            }
            List<Region> within = (List<Region>) PARTS.getOpaque(region);
            if (within != null) {
                open.addAll(within);
            }
        }
    }
}
