package dev.handoff.concurrent;

import dev.handoff.testing.Linearizability;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class ByteRingLinearizabilityTest {
    /** With one consumer. */
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    abstract static class Operations {
        final NumberRing ring;

        Operations(NumberRing ring) {
            this.ring = ring;
        }

        @Operation(nonParallelGroup = "consumer")
        public Integer poll() {
            return ring.poll();
        }
    }

    abstract static class OneProducer extends Operations {
        OneProducer(NumberRing ring) {
            super(ring);
        }

        @Operation(nonParallelGroup = "producer", params = "number")
        public boolean offer(int number) {
            return ring.offer(number);
        }

        @Operation(nonParallelGroup = "producer", params = "number")
        public boolean send(int number) {
            return ring.send(number);
        }
    }

    abstract static class ManyProducers extends Operations {
        ManyProducers(NumberRing ring) {
            super(ring);
        }

        @Operation(params = "number")
        public boolean offer(int number) {
            return ring.offer(number);
        }

        @Operation(params = "number")
        public boolean send(int number) {
            return ring.send(number);
        }
    }

    public static class SmallSpsc extends OneProducer {
        public SmallSpsc() {
            super(NumberRing.small(ByteRingTest.Kind.SPSC));
        }
    }

    public static class WrappingSpsc extends OneProducer {
        public WrappingSpsc() {
            super(NumberRing.wrapping(ByteRingTest.Kind.SPSC));
        }
    }

    public static class SmallMpsc extends ManyProducers {
        public SmallMpsc() {
            super(NumberRing.small(ByteRingTest.Kind.MPSC));
        }
    }

    public static class WrappingMpsc extends ManyProducers {
        public WrappingMpsc() {
            super(NumberRing.wrapping(ByteRingTest.Kind.MPSC));
        }
    }

    public static class QueueOfThree extends NumberRing.Queue {
        public QueueOfThree() {
            super(3);
        }
    }

    public static class QueueOfFour extends NumberRing.Queue {
        public QueueOfFour() {
            super(4);
        }
    }

    public static class UnboundedQueue extends NumberRing.Queue {
        public UnboundedQueue() {
            super(Integer.MAX_VALUE);
        }
    }

    /** It keeps a header free, so three of four fit. */
    @Test
    void aSmallSpscRingIsAQueueThatRefusesWhatDoesNotFit() {
        Linearizability.check(SmallSpsc.class, QueueOfThree.class, 2);
    }

    @Test
    void aSmallMpscRingIsAQueueThatRefusesWhatDoesNotFit() {
        Linearizability.check(SmallMpsc.class, QueueOfFour.class, 3);
    }

    @Test
    void anSpscRingWhoseMessagesWrapIsAQueue() {
        Linearizability.check(WrappingSpsc.class, UnboundedQueue.class, 2);
    }

    @Test
    void anMpscRingWhoseMessagesWrapIsAQueue() {
        Linearizability.check(WrappingMpsc.class, UnboundedQueue.class, 2);
    }
}
