package dev.handoff.stress;

import dev.handoff.memory.SharedBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Shared memory for the states of a test, of which there are some ten thousand at a time: to allocate a buffer for each
 * would keep the collector busy, and nobody else.
 */
final class Slots {
    /** jcstress holds strideSize * strideCount states at a time, 10,240 unless told otherwise, and makes as many anew. */
    private static final int COUNT = 1 << 15;

    private final SharedBuffer buffer;
    private final long bytes;
    private final AtomicInteger next = new AtomicInteger();

    /** Slots of a size, which ought to be a multiple of a cache line. */
    Slots(long bytes) {
        this(SharedBuffer.allocate(size(bytes)), bytes);
    }

    /** Slots in other memory of the right {@link #size}. */
    Slots(SharedBuffer buffer, long bytes) {
        this.buffer = buffer;
        this.bytes = bytes;
    }

    static long size(long bytes) {
        return bytes * COUNT;
    }

    SharedBuffer buffer() {
        return buffer;
    }

    /** The byte offset in {@link #buffer} of zeros that no other state uses. */
    long next() {
        long offset = (next.getAndIncrement() & COUNT - 1) * bytes;
        buffer.segment().asSlice(offset, bytes).fill((byte) 0);
        return offset;
    }
}
