package dev.handoff.channel;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Linearizability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a port receives through. */
@Tag(Linearizability.TAG)
class MailboxLinearizabilityTest {
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    public static class Operations {
        private final Mailbox<Integer> mailbox = new Mailbox<>();

        @Operation(params = "number")
        public String add(int number) {
            return mailbox.add(number);
        }

        @Operation
        public Integer poll() {
            return mailbox.poll();
        }

        @Operation
        public Integer pollWithATimeout() throws InterruptedException {
            return mailbox.poll(0);
        }

        @Operation
        public List<Integer> drain() {
            return mailbox.drain();
        }

        @Operation
        public boolean end() {
            return mailbox.end("ended");
        }

        @Operation
        public boolean endIfEmpty() {
            return mailbox.endIfEmpty("ended while empty");
        }

        @Operation
        public String ended() {
            return mailbox.ended();
        }
    }

    public static class Queue {
        private final ArrayDeque<Integer> queue = new ArrayDeque<>();
        private String end;

        public String add(int number) {
            if (end == null) {
                queue.add(number);
            }
            return end;
        }

        public Integer poll() {
            return queue.poll();
        }

        public Integer pollWithATimeout() {
            return queue.poll();
        }

        public List<Integer> drain() {
            List<Integer> all = new ArrayList<>(queue);
            queue.clear();
            return all;
        }

        public boolean end() {
            return end("ended");
        }

        private boolean end(String reason) {
            if (end != null) {
                return false;
            }
            end = reason;
            return true;
        }

        public boolean endIfEmpty() {
            if (!queue.isEmpty()) {
                return false;
            }
            end("ended while empty");
            return true;
        }

        public String ended() {
            return end;
        }

        int size() {
            return queue.size();
        }
    }

    /** Without drain, which is not one step where room that it makes is used meanwhile. */
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    public static class BoundedOperations {
        private final Mailbox<Integer> mailbox = new Mailbox<>(2, IdleStrategy.parking());

        @Operation(params = "number")
        public String offer(int number) {
            return mailbox.offer(number, null).name();
        }

        @Operation(params = "number")
        public String offerWithATimeout(int number) throws InterruptedException {
            return mailbox.offer(number, null, 0).name();
        }

        @Operation
        public Integer poll() {
            return mailbox.poll();
        }

        @Operation
        public boolean end() {
            return mailbox.end("ended");
        }

        @Operation
        public boolean endIfEmpty() {
            return mailbox.endIfEmpty("ended while empty");
        }
    }

    public static class BoundedQueue extends Queue {
        public String offer(int number) {
            if (ended() != null) {
                return "ENDED";
            }
            if (size() == 2) {
                return "FULL";
            }
            add(number);
            return "ADDED";
        }

        public String offerWithATimeout(int number) {
            return offer(number);
        }
    }

    @Test
    void itIsAQueueThatCanEndAndBeFull() {
        Linearizability.check(BoundedOperations.class, BoundedQueue.class, 3);
    }

    @Test
    void itIsAQueueThatCanEnd() {
        Linearizability.check(Operations.class, Queue.class, 3);
    }
}
