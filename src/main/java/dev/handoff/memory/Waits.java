package dev.handoff.memory;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.MappedWait;
import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the waits of views go: to the parking lot, or, on memory that is mapped, to the futex that processes share.
 *
 * <p>
 * Everywhere, an element is given by its buffer, the segment of the view, its offset there in bytes and its size in bits;
 * what it is expected to hold by that and by a condition which reads it with volatile semantics.
 */
final class Waits {
    /** How often {@code awaitChange} looks before it asks a strategy: for some microseconds, without anything to set up. */
    static final int SPINS = 128;
    /** What {@code awaitChange} does then. */
    static final IdleStrategy CHANGES = IdleStrategy.adaptive();
    /** Parked, {@code awaitChange} looks again after a time that doubles from the one to the other. */
    private static final long SHORTEST_NAP_NANOS = 50_000;
    private static final long LONGEST_NAP_NANOS = 1_000_000;

    private Waits() {
    }

    static WaitResult await(SharedBuffer buffer, MemorySegment segment, long offset, int bits, long expected,
            BooleanSupplier holds, long timeoutNanos) throws InterruptedException {
        if (buffer.isMapped()) {
            return MappedWait.await(word(segment, offset, bits), (int) expected, timeoutNanos);
        }
        try {
            return ParkingLot.await(block(segment), segment.address() + offset, holds, timeoutNanos);
        } finally {
            Reference.reachabilityFence(buffer); // or the address could be another buffer's before the wait is over
        }
    }

    static WaitResult await(SharedBuffer buffer, MemorySegment segment, long offset, int bits, long expected,
            BooleanSupplier holds, long timeoutNanos, IdleStrategy idle) throws InterruptedException {
        if (buffer.isMapped()) {
            return MappedWait.await(word(segment, offset, bits), (int) expected, timeoutNanos, idle);
        }
        try {
            return ParkingLot.await(block(segment), segment.address() + offset, holds, timeoutNanos, idle);
        } finally {
            Reference.reachabilityFence(buffer); // or the address could be another buffer's before the wait is over
        }
    }

    static CompletableFuture<WaitResult> awaitAsync(SharedBuffer buffer, MemorySegment segment, long offset, int bits,
            long expected, BooleanSupplier holds, long timeoutNanos) {
        return buffer.isMapped()
                ? MappedWait.awaitAsync(word(segment, offset, bits), (int) expected, timeoutNanos)
                : ParkingLot.awaitAsync(block(segment), segment.address() + offset, holds, timeoutNanos, buffer);
    }

    static int wake(SharedBuffer buffer, MemorySegment segment, long offset, int bits, int count) {
        return buffer.isMapped()
                ? MappedWait.wake(word(segment, offset, bits), count)
                : ParkingLot.wake(block(segment), segment.address() + offset, count);
    }

    /** Of memory that is mapped. */
    static void requireWord(int bits) {
        if (bits != Integer.SIZE) {
            throw new UnsupportedOperationException("processes can only wait on 32 bits, not on " + bits);
        }
    }

    private static MemorySegment word(MemorySegment segment, long offset, int bits) {
        requireWord(bits);
        return segment.asSlice(offset, Integer.BYTES);
    }

    /** What {@link MemorySegment#address} is relative to: null for memory outside the heap. */
    private static @Nullable Object block(MemorySegment segment) {
        return segment.heapBase().orElse(null);
    }

    /**
     * Waits until an element holds something else or the time is up.
     *
     * @param changed says that it does; what it said last is how the wait ended
     */
    static void awaitChange(SharedBuffer buffer, MemorySegment segment, long offset, int bits, long old,
            BooleanSupplier changed, long timeoutNanos, IdleStrategy idle) throws InterruptedException {
        Objects.requireNonNull(idle, "idle");
        boolean forever = timeoutNanos == Long.MAX_VALUE;
        long begun = forever ? 0 : System.nanoTime();
        long left = timeoutNanos;
        for (long nap = SHORTEST_NAP_NANOS;; nap = Math.min(2 * nap, LONGEST_NAP_NANOS)) {
            throwIfInterrupted();
            if (idle.idle(changed, left)) {
                return;
            }
            throwIfInterrupted();
            left = forever ? Long.MAX_VALUE : Math.max(0, timeoutNanos) - (System.nanoTime() - begun);
            if (left <= 0) {
                return;
            }
            await(buffer, segment, offset, bits, old, () -> !changed.getAsBoolean(), Math.min(left, nap),
                    IdleStrategy.parking());
            if (changed.getAsBoolean()) {
                return;
            }
        }
    }

    static void throwIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }
}
