package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the heap that at most one thread owns at any time, and that moves to another owner without a copy.
 *
 * <p>
 * A buffer is reached through a handle, an object of this class. A handle is <em>unclaimed</em>, <em>owned</em> by a
 * thread, or <em>gone</em>. Handles from {@link #allocate} and {@link #copyOf} are owned by the calling thread. Those
 * that come by {@link #transfer}, {@link #split}, {@link #join}, a message or a result are unclaimed: the first thread
 * that uses one owns it. Looking at a handle ({@link #byteSize}, {@link #maxByteSize}, {@link #state}, {@link #owner},
 * {@link #toString}) claims nothing.
 *
 * <table>
 * <caption>What an operation does, by the state of the handle</caption>
 * <tr><th>operation<th>unclaimed<th>owned, by the owner<th>owned, by another thread<th>gone
 * <tr><td>{@link #segment}, {@link #slice}, {@link #asByteBuffer}, typed views, {@link #copyTo}, {@link #copyFrom}<td>claims, then
 * works<td>works<td>{@link WrongThreadException}<td>{@link DetachedException}
 * <tr><td>{@link #claim}<td>claims<td>no-op<td>{@code WrongThreadException}<td>{@code DetachedException}
 * <tr><td>{@link #transfer}<td>works<td>revokes all views, works<td>{@code WrongThreadException}<td>
 * {@code DetachedException}
 * <tr><td>listed in a post<td>moves<td>revokes all views, moves<td>{@code WrongThreadException}, nothing sent<td>
 * {@code DataCloneException}, nothing sent
 * <tr><td>in a message, not listed<td>{@code DataCloneException}<td>bytes are copied<td>
 * {@code WrongThreadException}, nothing sent<td>{@code DataCloneException}, nothing sent
 * <tr><td>{@link #split}, {@link #join}, {@link #resize}, {@link #freeze}, {@link #share}<td>claims, then as the
 * owner<td>revokes all views, works<td>{@code WrongThreadException}<td>{@code DetachedException}
 * <tr><td>{@link #close}<td>frees<td>revokes all views, frees<td>{@code WrongThreadException}<td>no-op
 * </table>
 *
 * <p>
 * A handle is its mover's while a message that it moves with is being sent: from {@link Transfer#revoke} on the mover
 * gets {@link IllegalStateException} from whatever would use it, until the move is committed or aborted, and other threads
 * get {@code WrongThreadException}; so it is with {@link Transfer#successor} until the commit.
 *
 * <p>
 * A buffer whose owner, or mover, has terminated counts as unclaimed. After {@link #resize} the handle is still its owner's; after
 * the other operations that revoke, it is gone. An operation that fails gives back what it claimed. To revoke a view means that every segment, slice and
 * {@code ByteBuffer} made from {@link #segment} is dead: it throws {@link IllegalStateException} for the old owner, and
 * has thrown {@link WrongThreadException} for everybody else all along. Both are the JDK's own checks.
 *
 * <p>
 * Thread-safe: any thread may call any method at any time. Of several threads that claim at once, or that join the same
 * parts, one wins, and the others get what the new state dictates. What the old owner wrote happens-before what the next owner reads, even if the
 * handle reached it through a data race. All methods are lock-free, apart from those that need new memory. The cost of
 * moving, splitting, joining, freezing and sharing does not depend on the size.
 *
 * <p>
 * A buffer that is dropped without {@link #close} is reclaimed when neither a handle nor a segment reaches it any more,
 * and counted in {@link MemoryStatistics#blocksReclaimed}.
 *
 * <p>
 * The order of words follows ECMAScript's
 * <a href="https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer">{@code ArrayBuffer.prototype.transfer}</a> and
 * <a href="https://tc39.es/ecma262/#sec-arraybuffer.prototype.resize">{@code resize}</a>; the confinement is that of
 * {@link Arena#ofConfined}.
 */
public final class OwnedBuffer implements Transferable {
    /*
     * One word decides: state. A handle stands for one tenure of one region, and a new handle is made for the next, so
     * a word per handle needs no epoch.
     *
     * null -> not published yet: seen only where the handle came through a data race
     * UNCLAIMED
     * a Thread -> owned by it; only that thread writes it there, so that reading oneself back needs no ordering
     * a Move -> the handle from revoke on, its successor from the beginning; no other move ends it
     * a Gone -> final, and so is a Move that has ended in favour of the other handle: see isGone()
     *
     * publish() stores UNCLAIMED with release; claims are acquire CASes from UNCLAIMED: that pair orders the bytes. A
     * dead owner or mover is replaced by CAS too; there Thread.isAlive() gives the happens-before (JLS 17.4.5).
     *
     * window belongs to the owner and is only touched by it. region is the owner's, too; who only looks uses
     * look().
     */
    private static final Object UNCLAIMED = "unclaimed";
    /** Whether a handle that goes remembers where: see {@link DetachedException}. */
    private static final boolean TRACED = System.getProperty("dev.handoff.trace", "").contains("handoff");
    private static final VarHandle STATE;
    private static final VarHandle REGION;
    private static final VarHandle HOW;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(OwnedBuffer.class, "state", Object.class);
            REGION = lookup.findVarHandle(OwnedBuffer.class, "region", Region.class);
            HOW = lookup.findVarHandle(Gone.class, "how", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What {@link #state} tells about a handle. */
    public enum State {
        /** Nobody owns it, or its owner has terminated: the first thread to use it will. */
        UNCLAIMED,
        /** A thread that is alive owns it, or is just moving it. */
        OWNED,
        /** It was moved away, split, joined, frozen, shared or closed. */
        GONE
    }

    /** Why a handle is gone. Published with release, and looked at after an acquire. */
    private static sealed class Gone {
        final Thread by = Thread.currentThread();
        private final @Nullable Throwable where;
        long bytes;
        private long maxBytes;
        /** Its text is what was done. */
        Object how;

        Gone(Object how, Region region) {
            this.how = how;
            this.where = TRACED ? new Throwable(describe()) : null;
            measure(region);
        }

        final void measure(Region region) {
            bytes = region.bytes();
            maxBytes = region.maxBytes();
        }

        final DetachedException exception() {
            return new DetachedException("this buffer of " + bytes + " bytes is gone: " + describe(), where);
        }

        final String describe() {
            return (this instanceof Move && how instanceof String ? "handed to " : "") + how + " by "
                    + OwnedBuffer.describe(by);
        }
    }

    /** One of the buffers to be joined, with the region that it had when it was looked at. */
    private record Part(OwnedBuffer buffer, Region region) {
        static Part of(OwnedBuffer buffer) {
            Region region = buffer.look();
            if (region == null) {
                throw buffer.gone().exception();
            }
            return new Part(buffer, region);
        }
    }

    /** Null once the handle is gone: whoever keeps that must not keep the memory of later leases from being found. */
    @Nullable Region region;
    private @Nullable Object state;
    /** Null until the bytes are looked at, and again when the views are revoked. */
    private @Nullable Window window;

    private OwnedBuffer(Region region) {
        REGION.setRelease(this, region); // pairs with look(), where the handle is published by a data race
    }

    /**
     * Allocates a buffer of zeros that the calling thread owns.
     *
     * @param bytes its size, 0 or more
     * @return the buffer, aligned to 64 bytes
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws MemoryLimitError if that would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system has no such memory left
     */
    public static OwnedBuffer allocate(long bytes) {
        return allocate(bytes, 1);
    }

    /**
     * Allocates a buffer of zeros that the calling thread owns, on a boundary of the caller's choice.
     *
     * @param bytes its size, 0 or more
     * @param alignment a power of two; 64 is always given
     * @return the buffer
     * @throws IllegalArgumentException if {@code bytes} is negative or {@code alignment} is no power of two
     * @throws MemoryLimitError if that would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system has no such memory left
     */
    public static OwnedBuffer allocate(long bytes, long alignment) {
        return allocate(bytes, bytes, alignment, true);
    }

    /**
     * Allocates a buffer that the calling thread owns and is about to overwrite: as {@link #allocate(long)}, but what it
     * holds at first is anything, also what another buffer of this JVM held before.
     *
     * @param bytes its size, 0 or more
     * @return the buffer, aligned to 64 bytes
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws MemoryLimitError if that would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system has no such memory left
     */
    public static OwnedBuffer allocateUninitialized(long bytes) {
        return allocateUninitialized(bytes, 1);
    }

    /**
     * Allocates a buffer that the calling thread owns and is about to overwrite: as {@link #allocate(long, long)}, but
     * what it holds at first is anything, also what another buffer of this JVM held before.
     *
     * @param bytes its size, 0 or more
     * @param alignment a power of two; 64 is always given
     * @return the buffer
     * @throws IllegalArgumentException if {@code bytes} is negative or {@code alignment} is no power of two
     * @throws MemoryLimitError if that would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system has no such memory left
     */
    public static OwnedBuffer allocateUninitialized(long bytes, long alignment) {
        return allocate(bytes, bytes, alignment, false);
    }

    /**
     * Allocates a buffer of zeros that the calling thread owns and that can grow: memory for the maximum is set aside, of
     * which only what is used is zeroed.
     *
     * @param bytes its size at first, 0 or more
     * @param maxBytes what {@link #resize} may make of it
     * @return the buffer, aligned to 64 bytes
     * @throws IllegalArgumentException if {@code bytes} is negative or {@code maxBytes} is less than {@code bytes}
     * @throws MemoryLimitError if that would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system has no such memory left
     */
    public static OwnedBuffer allocateResizable(long bytes, long maxBytes) {
        return filled(allocate(bytes, maxBytes, 1, false), segment -> segment.fill((byte) 0));
    }

    private static OwnedBuffer allocate(long bytes, long maxBytes, long alignment, boolean zeroed) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes=" + bytes + " must not be negative");
        }
        if (maxBytes < bytes) {
            throw new IllegalArgumentException("maxBytes=" + maxBytes + " must not be below bytes=" + bytes);
        }
        requirePowerOfTwo(alignment);
        if (Math.max(maxBytes, alignment) > Allocator.MAX_BYTES) {
            throw new OutOfMemoryError("bytes=" + maxBytes + ", alignment=" + alignment
                    + " is more than an address space holds (" + Allocator.MAX_BYTES + ")");
        }
        long slack = Math.max(0, alignment - Allocator.MIN_BYTES);
        Block block = Allocator.lease(maxBytes + slack, zeroed);
        Region region = block.root;
        region.lease(block.firstAligned(alignment), bytes, maxBytes);
        OwnedBuffer buffer = new OwnedBuffer(region);
        STATE.setRelease(buffer, Thread.currentThread()); // a racy reader must not stop at null
        return buffer;
    }

    private static void requirePowerOfTwo(long alignment) {
        if (alignment <= 0 || Long.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment=" + alignment + " must be a power of two");
        }
    }

    /**
     * Allocates a buffer that the calling thread owns and copies a segment into it.
     *
     * @param source the bytes, on the heap or off it, accessible to the calling thread
     * @return the buffer, of the same size
     * @throws IllegalStateException if the arena of the source is closed
     * @throws WrongThreadException if the source is confined to another thread
     * @throws OutOfMemoryError if the JVM has no such memory left
     */
    public static OwnedBuffer copyOf(MemorySegment source) {
        return filled(allocateUninitialized(source.byteSize()), segment -> segment.copyFrom(source));
    }

    /**
     * Allocates a buffer that the calling thread owns and copies another into it, which the calling thread claims if it
     * is unclaimed.
     *
     * @param source the buffer to be copied
     * @return the buffer, of the same size and the same {@link #maxByteSize}
     * @throws WrongThreadException if another thread owns the source
     * @throws DetachedException if the source is gone
     * @throws OutOfMemoryError if the JVM has no such memory left
     */
    public static OwnedBuffer copyOf(OwnedBuffer source) {
        return source.owned(() -> {
            MemorySegment bytes = source.segment();
            OwnedBuffer copy = allocate(bytes.byteSize(), source.maxByteSize(), 1, false);
            return filled(copy, segment -> segment.copyFrom(bytes));
        });
    }

    /** Whose first bytes come from the body, or which is freed if that fails. */
    private static OwnedBuffer filled(OwnedBuffer buffer, Consumer<MemorySegment> body) {
        try {
            body.accept(buffer.segment());
        } catch (RuntimeException | Error e) {
            buffer.close();
            throw e;
        }
        return buffer;
    }

    /**
     * The bytes, for the owner: ordinary foreign memory, for {@code VarHandle}s, {@code ByteBuffer}s and native calls.
     * The calling thread claims the buffer if it is unclaimed.
     *
     * @return a native segment over the whole buffer, confined to the calling thread; the same object until the views
     *     are revoked
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public MemorySegment segment() {
        Window w = window;
        // Another thread may read window in the middle of the owner's work, but it never reads itself in
        // state.
        return state == Thread.currentThread() && w != null ? w.view() : open();
    }

    private MemorySegment open() {
        boolean claimed = acquire();
        try {
            Window w = window;
            if (w == null) {
                Region r = region();
                w = r.block.open(r.offset(), r.bytes());
                window = w;
            }
            return w.view();
        } catch (RuntimeException | Error e) {
            giveBackIf(claimed);
            throw e;
        }
    }

    /**
     * A part of the bytes, for the owner to read. The calling thread claims the buffer if it is unclaimed. For a part to
     * write to take a slice of {@link #segment}, for one with an owner of its own {@link #split}.
     *
     * @param offset where it begins, in bytes
     * @param bytes its size
     * @return a read-only segment, confined to the calling thread, that dies with the other views
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public MemorySegment slice(long offset, long bytes) {
        return owned(() -> {
            Objects.checkFromIndexSize(offset, bytes, region().bytes());
            return segment().asSlice(offset, bytes).asReadOnly();
        });
    }

    /**
     * The bytes as a {@code ByteBuffer}, for the owner. The calling thread claims the buffer if it is unclaimed.
     *
     * @return a direct buffer over the whole, in native byte order (as the typed views, and unlike what the JDK makes, which
     *     is big-endian), confined to the calling thread, that dies with the other views
     * @throws UnsupportedOperationException if there are more bytes than a {@code ByteBuffer} can hold, 2 GiB - 1
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public ByteBuffer asByteBuffer() {
        return owned(() -> {
            long bytes = region().bytes();
            if (bytes > Integer.MAX_VALUE) {
                throw new UnsupportedOperationException("a ByteBuffer holds no more than " + Integer.MAX_VALUE
                        + " bytes, and these are " + bytes + "; make one of a slice of segment()");
            }
            return segment().asByteBuffer().order(ByteOrder.nativeOrder());
        });
    }

    /**
     * Copies all bytes into a segment. The calling thread claims this buffer if it is unclaimed.
     *
     * @param target where to, on the heap or off it, accessible to the calling thread
     * @param offset where in the target the bytes begin
     * @throws IndexOutOfBoundsException if they don't fit there
     * @throws IllegalArgumentException if the target is read-only
     * @throws IllegalStateException if the arena of the target is closed
     * @throws WrongThreadException if another thread owns this buffer, or the target is confined to one
     * @throws DetachedException if the handle is gone
     */
    public void copyTo(MemorySegment target, long offset) {
        owned(() -> copy(segment(), target, offset));
    }

    /**
     * Copies all bytes into another buffer. The calling thread claims both if they are unclaimed. For a part of this
     * buffer write {@code target.copyFrom(buffer.slice(from, bytes), offset)}.
     *
     * @param target where to; it may be this buffer itself
     * @param offset where in the target the bytes begin
     * @throws IndexOutOfBoundsException if they don't fit there
     * @throws WrongThreadException if another thread owns one of the buffers
     * @throws DetachedException if one of the handles is gone
     */
    public void copyTo(OwnedBuffer target, long offset) {
        owned(() -> target.owned(() -> copy(segment(), target.segment(), offset)));
    }

    /**
     * Copies all bytes of a segment into this buffer. The calling thread claims it if it is unclaimed.
     *
     * @param source the bytes, on the heap or off it, accessible to the calling thread
     * @param offset where in this buffer they begin
     * @throws IndexOutOfBoundsException if they don't fit there
     * @throws IllegalStateException if the arena of the source is closed
     * @throws WrongThreadException if another thread owns this buffer, or the source is confined to one
     * @throws DetachedException if the handle is gone
     */
    public void copyFrom(MemorySegment source, long offset) {
        owned(() -> copy(source, segment(), offset));
    }

    private static MemorySegment copy(MemorySegment source, MemorySegment target, long offset) {
        Objects.checkFromIndexSize(offset, source.byteSize(), target.byteSize());
        MemorySegment.copy(source, 0, target, offset, source.byteSize());
        return target;
    }

    /**
     * Makes the calling thread the owner, if nobody is.
     *
     * @return this
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public OwnedBuffer claim() {
        acquire();
        return this;
    }

    /**
     * Gives the buffer up, for whoever gets the new handle; this one is gone.
     *
     * @return a new handle, unclaimed
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer, or if it is
     *     {@linkplain Marks#markUntransferable marked}; nothing changed then
     */
    public OwnedBuffer transfer() {
        if (Marks.isUntransferable(this)) {
            throw new IllegalStateException(this + " is marked as untransferable");
        }
        boolean claimed = acquire();
        try {
            Region r = region();
            OwnedBuffer next = new OwnedBuffer(r);
            Gone gone = new Gone("transferred", r);
            closeView();
            leave(gone);
            next.publish();
            TransferEvent.emit(gone.bytes, null);
            return next;
        } catch (RuntimeException | Error e) {
            giveBackIf(claimed);
            throw e;
        }
    }

    /**
     * Splits the buffer into parts of nearly equal size that can be owned by different threads; this handle is gone.
     *
     * @param parts how many
     * @param unitBytes what must not be cut: each part but the last is a multiple of it (a row of pixels, a record)
     * @return the parts in the order of their bytes, all unclaimed
     * @throws IllegalArgumentException if {@code parts} or {@code unitBytes} is below 1, or if the buffer holds fewer
     *     units than parts
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    public List<OwnedBuffer> split(int parts, long unitBytes) {
        return split(parts, unitBytes, 1);
    }

    /**
     * Splits the buffer as {@link #split(int, long)} does, into parts that all begin on a boundary: on 64 bytes, say, lest
     * two threads write to one cache line, or use vectors that lie across two.
     *
     * <p>
     * Each part but the last is then a multiple of the least common multiple of the unit and the alignment: 192 bytes for
     * pixels of 3 bytes and cache lines of 64. The last part has at least one unit.
     *
     * @param parts how many
     * @param unitBytes what must not be cut
     * @param alignment a power of two, of which each part's address is a multiple
     * @return the parts in the order of their bytes, all unclaimed
     * @throws IllegalArgumentException if {@code parts} or {@code unitBytes} is below 1, if {@code alignment} is no power
     *     of two, if the buffer itself does not begin on that boundary, or if it can't be cut into so many parts
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    public List<OwnedBuffer> split(int parts, long unitBytes, long alignment) {
        if (parts < 1 || unitBytes < 1) {
            throw new IllegalArgumentException("parts=" + parts + " and unitBytes=" + unitBytes
                    + " must both be at least 1");
        }
        requirePowerOfTwo(alignment);
        return owned(() -> {
            Region whole = region();
            if (!whole.block.isAligned(whole.offset(), alignment)) {
                throw new IllegalArgumentException("alignment=" + alignment
                        + " can't be had: the buffer itself, hence its first part, does not begin on such a boundary");
            }
            long bytes = whole.bytes();
            long step = leastCommonMultiple(unitBytes, alignment);
            long steps = bytes / step + (bytes % step >= unitBytes ? 1 : 0);
            if (parts > steps && parts > 1) {
                throw new IllegalArgumentException("parts=" + parts + " is more than the " + steps + " units of "
                        + step + " bytes in " + bytes + " bytes"
                        + (step == unitBytes ? "" : " (unitBytes=" + unitBytes + ", alignment=" + alignment + ")"));
            }
            long[] cuts = new long[parts - 1];
            long each = steps / parts;
            long larger = steps % parts; // so many parts get one step more
            for (int i = 1; i < parts; i++) {
                cuts[i - 1] = (each * i + Math.min(larger, i)) * step;
            }
            return cut(cuts);
        });
    }

    /** Of any number and a power of two; what is above {@code Long.MAX_VALUE} is that: no buffer is as large. */
    private static long leastCommonMultiple(long n, long powerOfTwo) {
        int shift = Math.max(0, Long.numberOfTrailingZeros(powerOfTwo) - Long.numberOfTrailingZeros(n));
        return shift < Long.numberOfLeadingZeros(n) ? n << shift : Long.MAX_VALUE;
    }

    /**
     * Splits the buffer at offsets of the caller's choice; this handle is gone.
     *
     * @param first where the second part begins, in bytes
     * @param more where the following parts begin, ascending
     * @return the parts in the order of their bytes, all unclaimed: one more than there are offsets
     * @throws IllegalArgumentException if the offsets do not ascend or one is not inside the buffer
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    public List<OwnedBuffer> splitAt(long first, long... more) {
        long[] cuts = new long[more.length + 1];
        cuts[0] = first;
        System.arraycopy(more, 0, cuts, 1, more.length);
        return owned(() -> {
            long bytes = region().bytes();
            long before = 0;
            for (long cut : cuts) {
                if (cut <= before || cut >= bytes) {
                    throw new IllegalArgumentException("offset " + cut + " must be above " + before + " and below "
                            + bytes);
                }
                before = cut;
            }
            return cut(cuts);
        });
    }

    /** As the owner. */
    private List<OwnedBuffer> cut(long[] cuts) {
        Region whole = region();
        Region[] regions = new Region[cuts.length + 1];
        OwnedBuffer[] parts = new OwnedBuffer[regions.length];
        long from = 0;
        for (int i = 0; i < regions.length; i++) {
            long to = i < cuts.length ? cuts[i] : whole.bytes();
            regions[i] = whole.part(from, to, regions.length);
            parts[i] = new OwnedBuffer(regions[i]);
            from = to;
        }
        List<Region> children = List.of(regions);
        List<OwnedBuffer> result = List.of(parts);
        Gone split = new Gone("split into " + parts.length + " parts", whole);
        closeView();
        whole.block.partsAdded(cuts.length); // from here on nothing throws, nor allocates
        whole.split(children);
        leave(split);
        for (OwnedBuffer part : parts) {
            part.publish();
        }
        return result;
    }

    /**
     * Makes one buffer again of all the parts of a {@link #split}; their handles are gone. The whole has the size and the
     * maximum that it had before, also where a part was shrunk. Where a part was frozen, shared or closed, there is no way
     * back.
     *
     * <p>
     * Of several threads that join the same unclaimed parts at once exactly one succeeds.
     *
     * @param parts all of them, in any order, each unclaimed or owned by the calling thread
     * @return the whole, unclaimed
     * @throws IllegalArgumentException if the list is empty, if a buffer is no part or occurs twice, if parts of
     *     different buffers are mixed, or if some are missing
     * @throws WrongThreadException if another thread owns a part
     * @throws DetachedException if a part is gone
     * @throws IllegalStateException if a native call is using a view of a part; views of other parts may be revoked then
     */
    public static OwnedBuffer join(List<OwnedBuffer> parts) {
        List<Part> all = List.copyOf(parts).stream().map(Part::of).toList();
        Region whole = wholeOf(all);
        List<Part> inOrder = new ArrayList<>(all);
        inOrder.sort(Comparator.comparingLong(part -> part.region.offset())); // as with locks: the first one decides
        OwnedBuffer joined = new OwnedBuffer(whole);
        Gone[] gone = new Gone[inOrder.size()];
        List<OwnedBuffer> claimed = new ArrayList<>(inOrder.size());
        try {
            for (Part part : inOrder) {
                if (part.buffer.acquire()) {
                    claimed.add(part.buffer);
                }
            }
            for (int i = 0; i < gone.length; i++) {
                gone[i] = new Gone("joined with its siblings", inOrder.get(i).region);
            }
            for (Part part : all) {
                part.buffer.closeView();
            }
        } catch (RuntimeException | Error e) {
            for (int i = 0; i < claimed.size(); i++) {
                claimed.get(i).publish();
            }
            throw e;
        }
        for (int i = 0; i < gone.length; i++) { // from here on nothing throws, nor allocates
            inOrder.get(i).buffer.leave(gone[i]);
        }
        whole.join();
        whole.block.partsAdded(1 - gone.length);
        joined.publish();
        return joined;
    }

    /** The region that these are all the parts of. */
    private static Region wholeOf(List<Part> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("there are no parts to join");
        }
        @Nullable Region whole = parts.getFirst().region.parent;
        Set<OwnedBuffer> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            if (part.region.parent == null) {
                throw new IllegalArgumentException("parts[" + i + "] was never split off: " + part.buffer);
            }
            if (part.region.parent != whole) {
                throw new IllegalArgumentException(
                        "parts[" + i + "] is of another buffer than parts[0]: " + part.buffer);
            }
            if (!seen.add(part.buffer)) {
                throw new IllegalArgumentException("parts[" + i + "] occurs twice: " + part.buffer);
            }
        }
        int siblings = parts.getFirst().region.siblings;
        // More than there are can only be a part that has just gone: acquire() says so.
        if (whole == null || parts.size() < siblings) {
            throw new IllegalArgumentException("parts.size()=" + parts.size() + ", but the buffer was split into "
                    + siblings + "; all of them are needed");
        }
        return whole;
    }

    /**
     * Makes the buffer longer or shorter, up to {@link #maxByteSize}; the handle stays the calling thread's, which claims
     * the buffer if it is unclaimed. All views are revoked. What a buffer gains is zero, whatever was there before.
     *
     * @param bytes the new size
     * @throws IllegalArgumentException if {@code bytes} is negative or above the maximum
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     * @throws OutOfMemoryError if what it gains can't be mapped, where native access is denied: the size is the old one
     *     then, as after any other error of the memory
     */
    public void resize(long bytes) {
        long maxBytes = maxByteSize();
        if (bytes < 0 || bytes > maxBytes) {
            throw new IllegalArgumentException("bytes=" + bytes + " must be from 0 to maxByteSize=" + maxBytes);
        }
        owned(() -> {
            closeView();
            Region r = region();
            long before = r.bytes();
            if (bytes > before) {
                try (Arena gain = Memory.arena()) { // what fails here leaves the buffer as it was
                    r.block.view(r.offset() + before, bytes - before, gain).fill((byte) 0);
                }
            }
            r.resize(bytes);
            return r;
        });
    }

    /**
     * Gives up writing for good, for whoever gets the frozen buffer; this handle is gone. Nothing is copied. The memory is
     * the garbage collector's from now on, and never pooled again: all of it, where the buffer is a part of a split one.
     *
     * @return the same bytes, for all threads to read
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    public FrozenBuffer freeze() {
        return owned(() -> {
            closeView();
            Region r = region();
            FrozenBuffer frozen = new FrozenBuffer(r.block.shared(r.offset(), r.bytes()));
            Gone gone = new Gone("frozen", r);
            r.block.pin();
            r.vacated();
            leave(gone);
            return frozen;
        });
    }

    /**
     * Gives up exclusive access for good; this handle is gone. Nothing is copied. The memory is the garbage collector's
     * from now on, and never pooled again: all of it, where the buffer is a part of a split one. The shared buffer does
     * not grow.
     *
     * @return the same bytes, for all threads to read and write
     * @throws WrongThreadException if another thread owns the buffer; nothing changed then
     * @throws DetachedException if the handle is gone
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    public SharedBuffer share() {
        return owned(() -> {
            closeView();
            Region r = region();
            long from = r.offset() & -Integer.BYTES; // whole words, which atomic access to a byte goes through
            long to = r.offset() + r.bytes() + Integer.BYTES - 1 & -Integer.BYTES;
            SharedBuffer shared = SharedBuffer.over(r.block.shared(from, to - from), r.offset() - from, r.bytes());
            Gone gone = new Gone("shared", r);
            r.block.pin();
            r.vacated();
            leave(gone);
            return shared;
        });
    }

    /**
     * Frees the buffer; the handle is gone. Memory goes back to a pool, and is zeroed before anybody sees it again; what
     * the pool has no room for (256 MiB or an eighth of the heap's limit, unless the system property
     * {@code dev.handoff.memory.maxPooledBytes} says otherwise) is given up. Does nothing if the
     * handle is gone.
     *
     * @throws WrongThreadException if another thread owns the buffer
     * @throws IllegalStateException if a native call is using a view of this buffer; nothing changed then
     */
    @Override
    public void close() {
        boolean claimed;
        try {
            claimed = acquire();
        } catch (DetachedException e) {
            return;
        }
        Region r = region();
        try {
            Gone gone = new Gone("closed", r);
            closeView();
            leave(gone);
        } catch (RuntimeException | Error e) {
            giveBackIf(claimed);
            throw e;
        }
        r.vacated();
        r.block.partClosed();
    }

    /**
     * The size.
     *
     * @return in bytes; a handle that is gone tells what it was when it went
     */
    public long byteSize() {
        Region r = look();
        if (r != null) {
            long bytes = r.bytes();
            if (look() == r) { // or else they may be of a later lease
                return bytes;
            }
        }
        return gone().bytes;
    }

    /**
     * What {@link #resize} can make of the size: what {@link #allocateResizable} was told, else the size at first. It
     * stays the same when the buffer moves. Parts of a split buffer do not grow.
     *
     * @return in bytes
     */
    public long maxByteSize() {
        Region r = look();
        if (r != null) {
            long maxBytes = r.maxBytes();
            if (look() == r) { // as in byteSize()
                return maxBytes;
            }
        }
        return gone().maxBytes;
    }

    /**
     * The state at this moment; another thread may change it right afterwards, unless the calling thread is the owner.
     *
     * @return the state
     */
    public State state() {
        Object s = STATE.getAcquire(this);
        if (isGone(s)) {
            return State.GONE;
        }
        return isClaimable(s) ? State.UNCLAIMED : State.OWNED;
    }

    /**
     * The thread that owns the buffer at this moment.
     *
     * @return the owner, or null if the handle is unclaimed, being moved or gone
     */
    public @Nullable Thread owner() {
        return STATE.getOpaque(this) instanceof Thread t && t.isAlive() ? t : null;
    }

    @Override
    public Transfer beginTransfer() {
        boolean claimed = acquire();
        try {
            return Move.begin(this, claimed);
        } catch (RuntimeException | Error e) {
            giveBackIf(claimed);
            throw e;
        }
    }

    /** Names the size and the state; claims nothing. */
    @Override
    public String toString() {
        Object s = STATE.getAcquire(this);
        String what = switch (s) {
            case Gone g when isGone(g) -> g.describe();
            case Thread t when t.isAlive() -> "owned by " + describe(t);
            case Thread t -> "unclaimed, as its owner " + describe(t) + " has terminated";
            case Move m when isClaimable(m) -> "unclaimed, as its mover " + describe(m.by) + " has terminated";
            case Move m -> "being moved by " + describe(m.by);
            case null, default -> "unclaimed";
        };
        return "OwnedBuffer[" + byteSize() + " bytes, " + what + "]";
    }

    /** Runs the body as the owner; what was claimed for it is given back if it fails. */
    private <T> T owned(Supplier<T> body) {
        boolean claimed = acquire();
        try {
            return body.get();
        } catch (RuntimeException | Error e) {
            giveBackIf(claimed);
            throw e;
        }
    }

    private void giveBackIf(boolean claimed) {
        if (claimed) {
            giveBack();
        }
    }

    /** Makes the calling thread the owner; true if it was not before. */
    private boolean acquire() {
        Thread me = Thread.currentThread();
        while (true) {
            Object s = STATE.getAcquire(this);
            if (s == me) {
                return false;
            }
            if (isClaimable(s)) {
                if (STATE.weakCompareAndSetAcquire(this, s, me)) { // pairs with publish()
                    window = null; // a dead owner's; confined to it, so nobody can use it again
                    region().claimed(me);
                    return true;
                }
                continue;
            }
            switch (s) {
                case null -> Thread.onSpinWait(); // the handle overtook its own publication, by a data race
                case Gone gone when isGone(gone) -> throw gone.exception();
                case Move move when move.by == me ->
                    throw new IllegalStateException(this + " can't be used before its move is complete");
                case Move move when !move.by.isAlive() ->
                    throw new DetachedException(this + " will never be of use, as its mover has terminated");
                default -> throw new WrongThreadException(this + " was used by " + describe(me) + "; it is owned by "
                        + describe(s instanceof Move move ? move.by : (Thread) s));
            }
        }
    }

    /** Whether a handle in this state is for the taking. Of a move that nobody will end, only the old handle is. */
    private boolean isClaimable(@Nullable Object s) {
        return s == UNCLAIMED || s instanceof Thread t && !t.isAlive()
                || s instanceof Move m && m.from == this && !m.by.isAlive() && !isGone(m); // in this order: all is
                                                                                           // written
    }

    /** Whether a handle in this state, which was read with acquire, is gone: a move that has ended leaves one of two. */
    private boolean isGone(@Nullable Object s) {
        if (s instanceof Move move) {
            return move.leaves(this);
        }
        return s instanceof Gone;
    }

    /** As the owner. */
    private Region region() {
        return Objects.requireNonNull(region);
    }

    /** For those who are not the owner; null if the handle is {@link #gone}. */
    private @Nullable Region look() {
        while (true) {
            Region r = (Region) REGION.getAcquire(this); // pairs with the constructor and with leave()
            if (r != null || isGone(STATE.getAcquire(this))) { // acquire: pairs with leave(), for gone()
                return r;
            }
            Thread.onSpinWait(); // the handle overtook its own publication, by a data race
        }
    }

    /** Of a handle that was found to be gone. */
    private Gone gone() {
        return (Gone) STATE.getAcquire(this); // pairs with leave()
    }

    /** As the owner: kills every view, or changes nothing. A buffer just claimed has none. */
    private void closeView() {
        Window w = window;
        if (w != null) {
            try {
                w.close();
            } finally { // whatever it threw, the views may be dead
                if (!w.isOpen()) { // always asked, as what runs for the first time may need heap, too
                    window = null;
                }
            }
        }
    }

    /** As the owner, views revoked: the last act under this handle. What it needs is made before: it never throws. */
    private void leave(Gone gone) {
        STATE.setRelease(this, gone); // pairs with gone() and acquire(), for what it tells
        REGION.setRelease(this, null); // pairs with look(): who misses the region finds why
    }

    /** Makes this handle unclaimed; what the calling thread did so far happens-before the next claim. */
    private void publish() {
        region().unclaimed();
        STATE.setRelease(this, UNCLAIMED); // pairs with acquire()
    }

    /** Undoes a claim, with every view that was opened since. */
    private void giveBack() {
        if (state == Thread.currentThread()) {
            try {
                closeView();
            } catch (IllegalStateException e) {
                return; // a native call looks at it: so the buffer keeps its owner
            }
            publish();
        }
    }

    static String describe(Thread t) {
        return t.getName().isEmpty() ? "virtual thread #" + t.threadId() : "thread '" + t.getName() + "'";
    }

    /**
     * A move in a message, from validation to commit. It ends only what it began: other moves may have begun, too. What its
     * end needs is made before. It is also what the handle that it leaves behind is {@link Gone} by: a message that passes
     * through makes no third object.
     */
    private static final class Move extends Gone implements Transfer {
        /** What {@link #how} is before a commit, which puts the name of the receiver there. */
        private enum Stage {
            /** It was the mover's, and will be again if this is aborted. */
            OWNED("handed over"),
            /** It was nobody's. */
            CLAIMED("handed over"),
            ABORTED("never handed over, as its message was not sent");

            private final String text;

            Stage(String text) {
                this.text = text;
            }

            @Override
            public String toString() {
                return text;
            }
        }

        final OwnedBuffer from;
        /** Null after the commit: who keeps the old handle must not keep the memory of the new one from being found. */
        private @Nullable OwnedBuffer successor;

        private Move(OwnedBuffer from, boolean claimed) {
            super(claimed ? Stage.CLAIMED : Stage.OWNED, from.region());
            this.from = from;
            this.successor = new OwnedBuffer(from.region());
        }

        static Move begin(OwnedBuffer from, boolean claimed) {
            Move move = new Move(from, claimed);
            STATE.setRelease(move.successor(), move); // whole, for those who meet it by a data race
            return move;
        }

        /** Whether it has left one of its two handles behind. */
        boolean leaves(OwnedBuffer handle) {
            Object end = HOW.getAcquire(this); // pairs with commit() and abort()
            return handle == from ? end instanceof String : end == Stage.ABORTED;
        }

        @Override
        public OwnedBuffer successor() {
            OwnedBuffer next = successor;
            if (next == null) {
                throw new IllegalStateException("the new handle is its receiver's: " + from);
            }
            return next;
        }

        @Override
        public void revoke() {
            requireMover();
            if (from.state != by) {
                throw new DetachedException("it was moved while its message was being copied: " + from);
            }
            from.closeView();
            measure(from.region()); // it may have been resized
            from.region().unclaimed();
            STATE.setOpaque(from, this); // lest another transferable's revoke opens a view of this one
        }

        @Override
        public void commit(String receiver) {
            requireMover();
            OwnedBuffer next = successor;
            if (from.state != this || next == null) {
                throw new IllegalStateException("a move is committed once, after its revoke: " + from);
            }
            HOW.setRelease(this, receiver); // pairs with leaves(): the old handle is gone
            REGION.setRelease(from, null); // pairs with look()
            next.publish();
            successor = null;
            TransferEvent.emit(bytes, receiver);
        }

        @Override
        public void abort() {
            requireMover();
            OwnedBuffer next = successor;
            if (next == null || how == Stage.ABORTED) {
                return; // it is over
            }
            boolean claimed = how == Stage.CLAIMED;
            if (from.state == this) {
                if (claimed) {
                    from.publish();
                } else {
                    from.region().claimed(by);
                    STATE.setOpaque(from, by);
                }
            } else if (claimed) {
                from.giveBack(); // somebody may have looked while the message was copied
            }
            HOW.setRelease(this, Stage.ABORTED); // pairs with leaves(): the new handle is gone
            REGION.setRelease(next, null); // pairs with look()
        }

        private void requireMover() {
            if (Thread.currentThread() != by) {
                throw new WrongThreadException("the move was begun by " + OwnedBuffer.describe(by) + ", not by "
                        + OwnedBuffer.describe(Thread.currentThread()) + ": " + from);
            }
        }
    }
}
