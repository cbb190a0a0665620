package dev.handoff.memory;

/**
 * A snapshot of what the allocator of {@link OwnedBuffer} holds. It is gathered when somebody asks, from all blocks there
 * are, while other threads go on; so the figures fit together only when these are quiet.
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
}
