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
 */
abstract sealed class View permits Int8View, Int16View, Int32View, Int64View, Float32View, Float64View {
    /** The elements: the first one begins where it does. */
    final MemorySegment segment;
    /** The buffer, where other threads can see it. */
    final @Nullable SharedBuffer shared;
    private final boolean tracking;
    private final int shift;
    private final String of;
    private long length;

    /** Views all of a shared buffer, and what it grows by. */
    View(SharedBuffer buffer, long elementBytes) {
        shared = buffer;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = buffer.isGrowable();
        segment = part(buffer.reservation(), 0, buffer.maxByteSize() >> shift);
        length = buffer.byteSize() >> shift;
        of = "a shared";
    }

    /** Views a part of a shared buffer. */
    View(SharedBuffer buffer, long elementBytes, long byteOffset, long length) {
        shared = buffer;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = false;
        segment = part(buffer.segment(), byteOffset, length);
        this.length = length;
        of = "a shared";
    }

    /** Views a part of memory that nobody else can write. */
    View(MemorySegment buffer, String of, long elementBytes, long byteOffset, long length) {
        shared = null;
        shift = Long.numberOfTrailingZeros(elementBytes);
        tracking = false;
        segment = part(buffer, byteOffset, length);
        this.length = length;
        this.of = of;
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
            length = shared.byteSize() >> shift;
        }
        return length;
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
        return shared;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + length() + " elements of " + of + " buffer]";
    }
}
