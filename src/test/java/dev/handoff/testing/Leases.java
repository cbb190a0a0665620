package dev.handoff.testing;

import dev.handoff.memory.MemoryStatistics;

/** What tests want to know of the allocator, in spite of a collector that reclaims what other tests dropped. */
public final class Leases {
    private Leases() {
    }

    /** Bytes of the blocks that were leased and not closed; what is reclaimed stays counted. */
    public static long bytes() {
        MemoryStatistics before;
        MemoryStatistics now = MemoryStatistics.snapshot();
        do {
            before = now;
            Thread.yield();
            now = MemoryStatistics.snapshot();
        } while (!now.equals(before));
        return now.bytesInUse() + now.bytesReclaimed();
    }
}
