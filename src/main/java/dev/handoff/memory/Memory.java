package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The bytes of one block, as the system gave them. There are two kinds, and a JVM uses one of them throughout:
 * {@link NativeMemory}, and its twin {@link MappedMemory} where native access is denied.
 */
sealed interface Memory permits NativeMemory, MappedMemory {
    /**
     * Gets new memory, all zeros, and counts it in the {@link MemoryLimit}.
     *
     * @throws MemoryLimitError if there would be more than the limit
     * @throws OutOfMemoryError if the JVM or the system refuses
     */
    static Memory allocate(long bytes) {
        return MemoryBacking.current() == MemoryBacking.NATIVE
                ? NativeMemory.allocate(bytes)
                : MappedMemory.allocate(bytes);
    }

    /** A new arena of the calling thread for {@link #view}: one that lets go of the anchor as soon as it is closed. */
    @SuppressWarnings("MustBeClosed") // by the caller
    static Arena arena() {
        return MemoryBacking.current() == MemoryBacking.NATIVE ? Arena.ofConfined() : new MappedMemory.Mapping();
    }

    /**
     * A view of some bytes that dies with the arena; while anything reaches its scope, the anchor of the hold, a new one, is
     * reachable.
     *
     * @throws OutOfMemoryError if there is no room for one
     */
    MemorySegment view(long offset, long bytes, Arena arena, Hold hold);

    /** The same. */
    default MemorySegment view(long offset, long bytes, Arena arena, Anchor anchor) {
        return view(offset, bytes, arena, new Hold(anchor));
    }

    /** The first offset at which the address of a view will be a multiple of the alignment, a power of two. */
    long firstAligned(long alignment);

    /** Whether a view at the offset begins at a multiple of the alignment, and if so all that are opened from now on. */
    boolean isAligned(long offset, long alignment);

    /** Zeroes the first bytes; nobody has a view. */
    void zero(long bytes);

    /** Gives the memory back; nobody has a view, and nobody will. */
    void free();
}
