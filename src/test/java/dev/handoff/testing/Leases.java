package dev.handoff.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.memory.MemoryBacking;
import dev.handoff.memory.MemoryStatistics;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What tests want to know of the allocator, in spite of a collector that reclaims what other tests dropped. */
public final class Leases {
    private static final Queue<Object> KEPT = new ConcurrentLinkedQueue<>();

    private Leases() {
    }

    /**
     * Keeps what was frozen or shared until the JVM ends: the collector frees it without counting it, and when it does so
     * is anybody's guess.
     */
    public static <T> T keep(T buffer) {
        KEPT.add(buffer);
        return buffer;
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

    /** Where addresses stay when memory changes hands, this view must be at the one that another view had. */
    public static void assertAddress(long expected, MemorySegment view) {
        if (MemoryBacking.current() == MemoryBacking.NATIVE) {
            assertEquals(expected, view.address(), "the same memory, without a copy");
        }
    }
}
