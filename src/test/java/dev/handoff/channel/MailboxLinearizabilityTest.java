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
    /** What every mailbox does. */
    public abstract static class Operations {
        final Mailbox<Integer> mailbox;

        Operations(Mailbox<Integer> mailbox) {
            this.mailbox = mailbox;
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

    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    public static class Unbounded extends Operations {
        public Unbounded() {
            super(new Mailbox<>());
        }

        @Operation(params = "number")
        public String add(int number) {
            return mailbox.add(number);
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
        public String ended() {
            return mailbox.ended();
        }
    }

    /** Without drain, which is not one step where room that it makes is used meanwhile. */
    @Param(name = "number", gen = IntGen.class, conf = "1:99")
    public static class Bounded extends Operations {
        public Bounded() {
            super(new Mailbox<>(Queue.CAPACITY, IdleStrategy.parking()));
        }

        @Operation(params = "number")
        public String offer(int number) {
            return mailbox.offer(number, null).name();
        }

        @Operation(params = "number")
        public String offerWithATimeout(int number) throws InterruptedException {
            return mailbox.offer(number, null, 0).name();
        }
    }

    /** What they are to do, one after the other: {@code add} knows no bound, {@code offer} does. */
    public static class Queue {
        static final int CAPACITY = 2;

        private final ArrayDeque<Integer> queue = new ArrayDeque<>();
        private String end;

        public String add(int number) {
            if (end == null) {
                queue.add(number);
            }
            return end;
        }

        public String offer(int number) {
            if (end == null && queue.size() == CAPACITY) {
                return "FULL";
            }
            return add(number) == null ? "ADDED" : "ENDED";
        }

        public String offerWithATimeout(int number) {
            return offer(number);
        }

        public Integer poll() {
            return queue.poll();
        }

        public Integer pollWithATimeout() {
            return poll();
        }

        public List<Integer> drain() {
            List<Integer> all = new ArrayList<>(queue);
            queue.clear();
            return all;
        }

        public boolean end() {
            return end("ended");
        }

        public boolean endIfEmpty() {
            if (!queue.isEmpty()) {
                return false;
            }
            end("ended while empty");
            return true;
        }

        private boolean end(String reason) {
            if (end != null) {
                return false;
            }
            end = reason;
            return true;
        }

        public String ended() {
            return end;
        }
    }

    @Test
    void itIsAQueueThatCanEndAndBeFull() {
        Linearizability.check(Bounded.class, Queue.class, 3);
    }

    @Test
    void itIsAQueueThatCanEnd() {
        Linearizability.check(Unbounded.class, Queue.class, 3);
    }
}
