package dev.handoff.stress;

import dev.handoff.memory.SharedBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Shared memory off the heap for the states of tests, of which there are some ten thousand at a time: to allocate a
 * buffer for each would keep the collector busy, and nobody else.
 */
final class Lines {
    /** Two cache lines: data in one, a flag in the other. */
    static final int BYTES = 128;
    /** jcstress holds strideSize * strideCount states at a time, 10,240 unless told otherwise, and makes as many anew. */
    private static final int COUNT = 1 << 16;
    private static final AtomicInteger NEXT = new AtomicInteger();

    static final SharedBuffer BUFFER = SharedBuffer.allocate((long) COUNT * BYTES);

    private Lines() {
    }

    /** The byte offset in {@link #BUFFER} of zeros that no other state uses. */
    static long next() {
        long offset = nextOffset();
        BUFFER.segment().asSlice(offset, BYTES).fill((byte) 0);
        return offset;
    }

    /** The same for another buffer of that size: what it holds there is the caller's business. */
    static long nextOffset() {
        return (long) (NEXT.getAndIncrement() & COUNT - 1) * BYTES;
    }
}
