package dev.handoff.memory;

import java.util.Map;

/**
 * A snapshot of what the allocator of {@link OwnedBuffer} holds. It is gathered when somebody asks, from all blocks there
 * are, while other threads go on; so the figures fit together only when these are quiet.
 *
 * <p>
 * System properties, read once, set the bounds: {@code dev.handoff.memory.maxBytes}, the most that is held from the system
 * (the heap's limit); {@code dev.handoff.memory.maxPooledBytes}, the most that is pooled, without the 1 MiB at most that
 * each platform thread keeps for itself (256 MiB, or an eighth of the heap's limit if that is less);
 * {@code dev.handoff.memory.idleMillis}, after how long memory that was pooled and not needed is freed (10,000).
 *
 * <p>
 * What was dropped without {@code close} is reported once for each class that had allocated it, by a warning of the
 * {@link System.Logger} named {@code dev.handoff.memory}, and with its count by the JFR event
 * {@code dev.handoff.BuffersDropped}. To look for that class takes a microsecond, so it is not done for every allocation,
 * and {@code unknown} may be told in its place; with {@code -Ddev.handoff.trace=allocation} it is done for all.
 *
 * @param bytesInUse bytes of the blocks that some handle or view still reaches; a dropped one counts until the
 *     collector has found it
 * @param bytesPooled bytes of the blocks kept for the next allocation, by the pool or by a thread
 * @param bytesInFlight bytes of the buffers in use that no thread owns: unclaimed ones
 * @param peakBytes the most bytes that were held from the system at once, in use and pooled
 * @param blocksReclaimed how many blocks were dropped without {@code close} and reclaimed by the collector
 * @param bytesReclaimed the bytes of those
 */
public record MemoryStatistics(long bytesInUse, long bytesPooled, long bytesInFlight, long peakBytes,
        long blocksReclaimed, long bytesReclaimed) {
    /**
     * Reads the figures as they are now.
     *
     * @return the snapshot
     */
    public static MemoryStatistics snapshot() {
        return Allocator.statistics();
    }

    /**
     * Who owns how much now, gathered as the figures of a snapshot are.
     *
     * @return for each live thread that owns buffers, their bytes; those that a resizable one may still grow by included
     */
    public static Map<Thread, Long> bytesOwned() {
        return Holders.now().owned();
    }
}
