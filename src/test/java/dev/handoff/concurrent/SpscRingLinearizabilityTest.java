package dev.handoff.concurrent;

import dev.handoff.testing.Linearizability;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class SpscRingLinearizabilityTest {
    /** With one producer. */
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    abstract static class Operations {
        private final NumberRing ring;

        Operations(NumberRing ring) {
            this.ring = ring;
        }

        @Operation(nonParallelGroup = "producer", params = "number")
        public boolean offer(int number) {
            return ring.offer(number);
        }

        @Operation(nonParallelGroup = "producer", params = "number")
        public boolean send(int number) {
            return ring.send(number);
        }

        @Operation(nonParallelGroup = "consumer")
        public Integer poll() {
            return ring.poll();
        }
    }

    public static class Small extends Operations {
        public Small() {
            super(NumberRing.small(ByteRingTest.Kind.SPSC));
        }
    }

    /** A header is kept free, so three fit. */
    public static class SmallQueue extends NumberRing.Queue {
        public SmallQueue() {
            super(3);
        }
    }

    public static class Wrapping extends Operations {
        public Wrapping() {
            super(NumberRing.wrapping(ByteRingTest.Kind.SPSC));
        }
    }

    public static class UnboundedQueue extends NumberRing.Queue {
        public UnboundedQueue() {
            super(Integer.MAX_VALUE);
        }
    }

    @Test
    void aSmallRingIsAQueueThatRefusesWhatDoesNotFit() {
        Linearizability.check(Small.class, SmallQueue.class, 2);
    }

    @Test
    void aRingWhoseMessagesWrapIsAQueue() {
        Linearizability.check(Wrapping.class, UnboundedQueue.class, 2);
    }
}
