package dev.handoff.pool;

import dev.handoff.testing.Linearizability;
import java.util.ArrayDeque;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What tasks wait in. */
@Tag(Linearizability.TAG)
class FifoLinearizabilityTest {
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    public static class Operations {
        private final Fifo<Integer> fifo = new Fifo<>();

        @Operation(params = "number")
        public boolean offer(int number) {
            return fifo.offer(number);
        }

        @Operation
        public Integer poll() {
            return fifo.poll();
        }
    }

    public static class Queue {
        private final ArrayDeque<Integer> queue = new ArrayDeque<>();

        public boolean offer(int number) {
            return queue.offer(number);
        }

        public Integer poll() {
            return queue.poll();
        }
    }

    @Test
    void itIsAQueue() {
        Linearizability.check(Operations.class, Queue.class, 3);
    }
}
