package dev.handoff.memory;

import java.lang.foreign.MemorySegment;

/**
 * All of native memory as one segment, in which the offset of a byte is its address.
 *
 * <p>
 * Access to an ordinary segment asks each time whether it lives and where it ends, and after a volatile read the JVM has to
 * fetch that from memory anew; of this one, a constant, it knows. Nothing is checked here: the caller compares the index
 * with the length itself, uses memory that only the garbage collector can end, and keeps it reachable until after the
 * access by {@link java.lang.ref.Reference#reachabilityFence}, as the JDK does.
 */
final class AddressSpace {
    /** Empty where native access is denied. */
    static final MemorySegment ALL = isAccessible()
            ? MemorySegment.NULL.reinterpret(Long.MAX_VALUE)
            : MemorySegment.NULL;

    private AddressSpace() {
    }

    /**
     * A mask that changes no address of an element, and that tells the JVM what it else would have to check: an address is
     * not negative, nor beyond the end of all memory, and aligned.
     *
     * @param bytes the element's size
     */
    static long aligned(long bytes) {
        return Long.MAX_VALUE >> 1 & -bytes;
    }

    @SuppressWarnings("MemorySegmentReferenceEquality") // this very object is what the JVM knows all about
    static boolean isAll(MemorySegment segment) {
        return segment == ALL;
    }

    static boolean isAccessible() {
        return MemoryBacking.current() == MemoryBacking.NATIVE;
    }
}
