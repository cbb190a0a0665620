package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that any number of threads see at once. Its bytes are accessed through {@link #segment} or a typed view such as
 * {@link Int32View}, whose atomic operations order the accesses; plain accesses are as racy as those to an array.
 *
 * <p>
 * Immutable and thread-safe. It travels in messages by reference, as {@code SharedArrayBuffer} does in ECMAScript.
 */
public final class SharedBuffer {
    private static final long ALIGNMENT = 64;
    /** Never started: stands for "some other thread" in {@link MemorySegment#isAccessibleBy}. */
    private static final Thread STRANGER = Thread.ofPlatform().unstarted(() -> {
    });

    private final MemorySegment segment;

    private SharedBuffer(MemorySegment segment) {
        this.segment = segment;
    }

    /**
     * Allocates a buffer of zeros, aligned to 64 bytes. Its memory is freed when nothing reaches it any more.
     *
     * @param bytes its size, 0 or more
     * @return the buffer
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws OutOfMemoryError if the JVM has no such memory left; the limit is {@code -XX:MaxDirectMemorySize}
     */
    public static SharedBuffer allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes=" + bytes + " must not be negative");
        }
        return new SharedBuffer(Arena.ofAuto().allocate(bytes, ALIGNMENT));
    }

    /**
     * Takes a segment that all threads may access as shared memory, without a copy. It lives as long as its arena does,
     * which must not be closed while a thread waits on it: that thread would go on waiting.
     *
     * @param segment the memory: of a shared, automatic or the global arena, or on the heap
     * @return the buffer over it
     * @throws IllegalArgumentException if the segment is confined to a thread or read-only
     */
    public static SharedBuffer wrap(MemorySegment segment) {
        if (!segment.isAccessibleBy(STRANGER)) {
            throw new IllegalArgumentException("confined to one thread, so it can't be shared: " + segment);
        }
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("read-only, so there is nothing to synchronise on: " + segment);
        }
        return new SharedBuffer(segment);
    }

    /**
     * The bytes, for any thread.
     *
     * @return an ordinary segment over the whole buffer, the same object every time
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
        return "SharedBuffer[" + byteSize() + " bytes]";
    }
}
