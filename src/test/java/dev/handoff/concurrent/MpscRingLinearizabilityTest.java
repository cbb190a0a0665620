package dev.handoff.concurrent;

import dev.handoff.testing.Linearizability;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class MpscRingLinearizabilityTest {
    /** With any number of producers. */
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    abstract static class Operations {
        private final NumberRing ring;

        Operations(NumberRing ring) {
            this.ring = ring;
        }

        @Operation(params = "number")
        public boolean offer(int number) {
            return ring.offer(number);
        }

        @Operation(params = "number")
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
            super(NumberRing.small(ByteRingTest.Kind.MPSC));
        }
    }

    /** Four fit. */
    public static class SmallQueue extends NumberRing.Queue {
        public SmallQueue() {
            super(4);
        }
    }

    public static class Wrapping extends Operations {
        public Wrapping() {
            super(NumberRing.wrapping(ByteRingTest.Kind.MPSC));
        }
    }

    public static class UnboundedQueue extends NumberRing.Queue {
        public UnboundedQueue() {
            super(Integer.MAX_VALUE);
        }
    }

    @Test
    void aSmallRingIsAQueueThatRefusesWhatDoesNotFit() {
        Linearizability.check(Small.class, SmallQueue.class, 3);
    }

    @Test
    void aRingWhoseMessagesWrapIsAQueue() {
        Linearizability.check(Wrapping.class, UnboundedQueue.class, 2);
    }
}
