package dev.handoff.memory;

/**
 * A snapshot of what the allocator of {@link OwnedBuffer} holds. The figures are read one after another while other
 * threads go on, so they fit together only when these are quiet.
 *
 * @param bytesInUse bytes of the blocks that some handle or view still reaches; a dropped one counts until the
 *     collector has found it
 * @param bytesPooled bytes of the blocks kept for the next allocation
 * @param blocksReclaimed how many blocks were dropped without {@code close} and reclaimed by the collector
 * @param bytesReclaimed the bytes of those
 */
public record MemoryStatistics(long bytesInUse, long bytesPooled, long blocksReclaimed, long bytesReclaimed) {
    /**
     * Reads the figures as they are now.
     *
     * @return the snapshot
     */
    public static MemoryStatistics snapshot() {
        return Allocator.statistics();
    }
}
