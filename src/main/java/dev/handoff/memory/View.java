package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the typed views have in common: which memory, and how much of it.
 *
 * <p>
 * A view of shared memory that was made without a length of its own follows the growth of its buffer. Its segment covers
 * all bytes that there can ever be, and the length that the hot path checks against is a copy of the buffer's; only an index
 * beyond that copy looks at the buffer, before it fails. Nothing orders the copy: lengths only grow, the bytes of every
 * length are there from the beginning, and a thread that reads an old copy looks at the buffer in its turn.
 *
 * <p>
 * Memory that only the garbage collector can end is there while the view is, so that the hot accesses to it need no other
 * check than that of the index: {@link #isDirect} is that check, and tells that the view's memory is of this kind.
 */
abstract sealed class View permits Int8View, Int16View, Int32View, Int64View, Float32View, Float64View {
    /** The elements: the first one begins where it does. */
    final MemorySegment segment;
    /** The buffer, where other threads can see it. */
    final @Nullable SharedBuffer shared;
    private final boolean tracking;
    private final int shift;
    private final String of;
    /** Where the first element is in the {@link AddressSpace}; 0 if it is not accessed there. */
    final long address;
    private long length;
    /** How many elements may be accessed in the {@link AddressSpace}: a copy of the length, or 0. */
    private long direct;

    /** Views all of a shared buffer, and what it grows by. */
    View(SharedBuffer buffer, long elementBytes) {
        shared = buffer;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = buffer.isGrowable();
        segment = part(buffer.reservation(), 0, buffer.maxByteSize() >> shift);
        of = "a shared";
        address = buffer.isDirect() ? segment.address() : 0;
        setLength(buffer.byteSize() >> shift);
    }

    /** Views a part of a shared buffer. */
    View(SharedBuffer buffer, long elementBytes, long byteOffset, long length) {
        shared = buffer;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = false;
        segment = part(buffer.segment(), byteOffset, length);
        of = "a shared";
        address = buffer.isDirect() ? segment.address() : 0;
        setLength(length);
    }

    /** Views a part of memory that nobody else can write. */
    View(MemorySegment buffer, String of, long elementBytes, long byteOffset, long length) {
        shared = null;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = false;
        segment = part(buffer, byteOffset, length);
        this.of = of;
        address = 0;
        setLength(length);
    }

    private MemorySegment part(MemorySegment buffer, long byteOffset, long elements) {
        long bytes = buffer.byteSize();
        if (byteOffset < 0 || elements < 0 || byteOffset > bytes || elements > (bytes - byteOffset) >> shift) {
            throw new IndexOutOfBoundsException("byteOffset=" + byteOffset + " and length=" + elements
                    + " reach beyond the buffer's " + bytes + " bytes");
        }
        MemorySegment part = buffer.asSlice(byteOffset, elements << shift);
        long alignment = 1L << shift;
        if (part.maxByteAlignment() < alignment) {
            throw new IllegalArgumentException("byteOffset=" + byteOffset + " is not aligned to " + alignment
                    + " bytes in this buffer, as atomic access needs it");
        }
        return part;
    }

    /** The number of elements at this moment. */
    long length() {
        if (tracking && shared != null) {
            setLength(shared.byteSize() >> shift);
        }
        return length;
    }

    private void setLength(long elements) {
        length = elements;
        direct = address == 0 ? 0 : elements;
    }

    /** Tells whether an index is inside, and its element may be accessed in the {@link AddressSpace}. */
    final boolean isDirect(long index) {
        return index >= 0 && index < direct;
    }

    /** Checks an index and returns it. */
    final long check(long index) {
        try {
            return Objects.checkIndex(index, length);
        } catch (IndexOutOfBoundsException e) {
            return Objects.checkIndex(index, length()); // the buffer may have grown
        }
    }

    /** Checks a range and returns where it begins, in bytes. */
    final long check(long index, long count) {
        return Objects.checkFromIndexSize(index, count, length()) << shift;
    }

    /** Copies elements between views of the same kind, of the same memory even, as if all were read before any is written. */
    final void copy(long index, View target, long targetIndex, long count) {
        MemorySegment.copy(segment, check(index, count), target.segment, target.check(targetIndex, count),
                count << shift);
    }

    /** The buffer to wait on. */
    final SharedBuffer shared(String operation) {
        if (shared == null) {
            throw new UnsupportedOperationException(
                    operation + " needs shared memory; this is a view of " + of + " buffer");
        }
        if (shared.isMapped()) {
            Waits.requireWord(Byte.SIZE << shift);
        }
        return shared;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + length() + " elements of " + of + " buffer]";
    }
}
