package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Linearizability;
import java.lang.foreign.MemorySegment;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class SharedSemaphoreLinearizabilityTest {
    private static SharedSemaphore semaphore(int permits) {
        return SharedSemaphore.create(
                SharedBuffer.wrap(MemorySegment.ofArray(new long[(int) SharedSemaphore.bytes() / Long.BYTES])), 0,
                permits);
    }

    /** Nobody waits. */
    @Param(name = "permits", gen = IntGen.class, conf = "0:3")
    public static class Permits {
        private final SharedSemaphore semaphore = semaphore(2);

        @Operation(params = "permits")
        public boolean tryAcquire(int permits) {
            return semaphore.tryAcquire(permits);
        }

        @Operation(params = "permits")
        public void release(int permits) {
            semaphore.release(permits);
        }

        @Operation
        public int drainPermits() {
            return semaphore.drainPermits();
        }

        @Operation
        public int availablePermits() {
            return semaphore.availablePermits();
        }
    }

    public static class Count {
        private int available = 2;

        public boolean tryAcquire(int permits) {
            boolean enough = available >= permits;
            if (enough) {
                available -= permits;
            }
            return enough;
        }

        public void release(int permits) {
            available += permits;
        }

        public int drainPermits() {
            int all = available;
            available = 0;
            return all;
        }

        public int availablePermits() {
            return available;
        }
    }

    /** A plain counter behind the only permit, for which each operation waits. */
    public static class Guarded {
        private final SharedSemaphore semaphore = semaphore(1);
        private int count;

        @Operation
        public int acquire() throws InterruptedException {
            semaphore.acquire();
            int counted = count;
            Thread.yield(); // let them come
            count = counted + 1;
            semaphore.release();
            return counted;
        }
    }

    public static class Counter {
        private int count;

        public int acquire() {
            return count++;
        }
    }

    @Test
    void itIsACountThatNeverFallsBelowZero() {
        Linearizability.check(Permits.class, Count.class, 3);
    }

    @Test
    void whatOnePermitGuardsIsDoneOneAfterTheOther() {
        Linearizability.check(Guarded.class, Counter.class, 3);
    }
}
