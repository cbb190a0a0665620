package dev.handoff.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that a handle reaches: a whole block, or a part of a split one. The regions of a block are a tree; each
 * split adds a level to it, and each join takes one away.
 *
 * <p>
 * What changes in a region is written by the thread that owns it, or is just publishing it, so that these writes are
 * ordered as the owner's bytes are. They are opaque for those who only look ({@link #bytes}, {@link #visit}): each value
 * is whole, and order is not needed, as the objects behind the references are made of final fields. A region refers to
 * its handle, and that to the region: such a cycle keeps neither alive.
 */
final class Region {
    private static final VarHandle BYTES;
    private static final VarHandle HANDLE;
    private static final VarHandle CHILDREN;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BYTES = lookup.findVarHandle(Region.class, "bytes", long.class);
            HANDLE = lookup.findVarHandle(Region.class, "handle", OwnedBuffer.class);
            CHILDREN = lookup.findVarHandle(Region.class, "children", List.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

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
    final long offset;
    final long maxBytes;
    final @Nullable Region parent;
    /** How many parts the parent was split into, this one included. */
    final int siblings;

    private long bytes;
    /** The handle whose tenure it is, or of the last one; null before the first. */
    private @Nullable OwnedBuffer handle;
    private List<Region> children = List.of();

    /** A whole block, or what is aligned of it. */
    Region(Block block, long offset, long bytes, long maxBytes) {
        this(block, offset, bytes, maxBytes, null, 1);
    }

    private Region(Block block, long offset, long bytes, long maxBytes, @Nullable Region parent, int siblings) {
        this.block = block;
        this.offset = offset;
        this.bytes = bytes;
        this.maxBytes = maxBytes;
        this.parent = parent;
        this.siblings = siblings;
    }

    /** One of several parts; it belongs to the tree only after {@link #split}. */
    Region part(long from, long to, int siblings) {
        return new Region(block, offset + from, to - from, to - from, this, siblings);
    }

    /** As the owner: what the parts' handles reach from now on; the list is never changed. */
    void split(List<Region> parts) {
        CHILDREN.setOpaque(this, parts);
    }

    /** As the owner of all parts. */
    void join() {
        CHILDREN.setOpaque(this, List.of());
    }

    long bytes() {
        return (long) BYTES.getOpaque(this);
    }

    /** As the owner. */
    void resize(long newBytes) {
        BYTES.setOpaque(this, newBytes);
    }

    /** As the owner: the tenure of this handle begins. */
    void enter(OwnedBuffer newHandle) {
        HANDLE.setOpaque(this, newHandle);
    }

    /**
     * Tells of all handles in this region that are not gone. What happens meanwhile may be told in part: a buffer that is
     * just split may be told with its parts, or neither.
     */
    @SuppressWarnings("unchecked") // children
    void visit(Visitor visitor) {
        ArrayDeque<Region> open = new ArrayDeque<>(); // rather than recursion: there is no limit to the levels
        open.add(this);
        while (!open.isEmpty()) {
            Region region = open.removeLast();
            OwnedBuffer tenant = (OwnedBuffer) HANDLE.getOpaque(region);
            if (tenant != null && tenant.state() != OwnedBuffer.State.GONE) {
                visitor.holding(tenant.owner(), region.maxBytes);
            }
            open.addAll((List<Region>) CHILDREN.getOpaque(region));
        }
    }
}
