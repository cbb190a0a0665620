package dev.handoff.memory;

import java.lang.foreign.MemorySegment;

/**
 * Memory that nobody can write to any more, so that any number of threads may read it without a copy and without
 * synchronisation. It is made by {@link OwnedBuffer#freeze}.
 *
 * <p>
 * Immutable and thread-safe: whatever the freezer wrote happens-before what a reader gets that received the buffer by any
 * means, a data race included, as its only field is final. It travels in messages by reference. There is no
 * {@code close}, as segments that escaped could not be counted: the memory is freed when the garbage collector finds that
 * neither a buffer nor a segment reaches it.
 */
public final class FrozenBuffer {
    private final MemorySegment segment;

    /** Takes memory whose views for writing have been revoked. */
    FrozenBuffer(MemorySegment segment) {
        this.segment = segment.asReadOnly();
    }

    /**
     * The bytes, for any thread to read; what tries to write through the segment, or through anything made from it, fails
     * as it does with every read-only segment.
     *
     * @return a read-only segment over the whole buffer, the same object every time
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * The size.
     *
     * @return in bytes
     */
    public long byteSize() {
        return segment.byteSize();
    }

    @Override
    public String toString() {
        return "FrozenBuffer[" + byteSize() + " bytes]";
    }
}
