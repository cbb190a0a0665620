package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Linearizability;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class SharedLatchLinearizabilityTest {
    /** Nobody waits. */
    public static class Latch {
        private final SharedLatch latch = SharedLatch.create(
                SharedBuffer.wrap(MemorySegment.ofArray(new long[(int) SharedLatch.bytes() / Long.BYTES])), 0, 3);

        @Operation
        public void countDown() {
            latch.countDown();
        }

        @Operation
        public int count() {
            return latch.count();
        }

        @Operation
        public boolean isOpen() throws InterruptedException {
            return latch.await(Duration.ZERO);
        }
    }

    public static class Count {
        private int count = 3;

        public void countDown() {
            count = Math.max(count - 1, 0);
        }

        public int count() {
            return count;
        }

        public boolean isOpen() {
            return count == 0;
        }
    }

    @Test
    void itCountsDownToZeroAndStaysOpen() {
        Linearizability.check(Latch.class, Count.class, 3);
    }
}
