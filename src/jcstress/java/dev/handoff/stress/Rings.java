package dev.handoff.stress;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.concurrent.ByteRing;
import dev.handoff.concurrent.MpscRing;
import dev.handoff.concurrent.SpscRing;
import dev.handoff.memory.OwnedBuffer;
import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Messages through rings of bytes: whole, in order, each one once. */
public class Rings {
    private static final long CAPACITY = 64;
    private static final long SLOT_BYTES = 512;
    private static final Slots SLOTS = new Slots(SLOT_BYTES);

    /** A ring that has room for four messages of 4 bytes, or for two longer ones and padding. */
    abstract static class Ring {
        final ByteRing ring;
        private final int length;
        /** Whether messages are copied in by {@code offer}, not written after a {@code claim}: every other time. */
        private final boolean copies;
        private int seen;

        Ring(boolean manyProducers) {
            this(manyProducers, Integer.BYTES);
        }

        Ring(boolean manyProducers, int length) {
            this.length = length;
            long offset = SLOTS.next();
            copies = offset / SLOT_BYTES % 2 == 0;
            ring = manyProducers
                    ? MpscRing.create(SLOTS.buffer(), offset, CAPACITY)
                    : SpscRing.create(SLOTS.buffer(), offset, CAPACITY);
        }

        /** Claims room and writes a message there; -1 if there is none. */
        final long write(int message) {
            long at = ring.claim(length, message);
            if (at >= 0) {
                ring.segment().set(JAVA_INT, at, message);
            }
            return at;
        }

        final void send(int message) {
            while (!(copies ? copy(message) : writeAndCommit(message))) {
                Thread.yield();
            }
        }

        private boolean copy(int message) {
            int[] words = new int[length / Integer.BYTES];
            words[0] = message;
            return ring.offer(MemorySegment.ofArray(words), 0, length, message);
        }

        private boolean writeAndCommit(int message) {
            long at = write(message);
            if (at < 0) {
                return false;
            }
            ring.commit(at);
            return true;
        }

        /** Appends the digits of up to so many messages to those that were received before; 0 for another's header. */
        final int receive(int limit) {
            ring.poll((memory, offset, length, type) -> {
                int message = memory.get(JAVA_INT, offset);
                seen = seen * 10 + (type == message ? message : 0);
            }, limit);
            return seen;
        }
    }

    @Outcome(id = {"0, 0", "0, 1", "0, 12", "1, 1", "1, 12"}, expect = ACCEPTABLE, desc = "In order.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A message was lost, came twice, too early or torn.")
    static final class InOrder {
        private InOrder() {
        }
    }

    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Not committed yet.")
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "The message, and what came before it.")
    @Outcome(id = "1, [01]", expect = FORBIDDEN, desc = "The message is empty, or what came before it is missing.")
    static final class Visible {
        private Visible() {
        }
    }

    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Too early.")
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "The message that was sent.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "What was given up was delivered.")
    static final class Aborted {
        private Aborted() {
        }
    }

    @Outcome(id = "123456789", expect = ACCEPTABLE, desc = "All of them, in order.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A message was overwritten before it was received, or came twice.")
    static final class Reused {
        private Reused() {
        }
    }

    /** Two messages through Spsc. */
    @JCStressTest
    @JCStressMeta(InOrder.class)
    @State
    public static class SpscOrder extends Ring {
        public SpscOrder() {
            super(false);
        }

        @Actor
        public void producer() {
            send(1);
            send(2);
        }

        @Actor
        public void consumer(II_Result r) {
            r.r1 = receive(1);
            r.r2 = receive(2);
        }
    }

    /** What was done before the commit, outside of the ring, too. */
    @JCStressTest
    @JCStressMeta(Visible.class)
    @State
    public static class SpscCommit extends Ring {
        private int data;

        public SpscCommit() {
            super(false);
        }

        @Actor
        public void producer() {
            long at = write(1);
            data = 1;
            ring.commit(at);
        }

        @Actor
        public void consumer(II_Result r) {
            r.r1 = ring.poll((memory, offset, length, type) -> r.r2 = memory.get(JAVA_INT, offset) + data, 1);
        }
    }

    /** A claim that is given up, and a message behind it. */
    @JCStressTest
    @JCStressMeta(Aborted.class)
    @State
    public static class SpscAbort extends Ring {
        public SpscAbort() {
            super(false);
        }

        @Actor
        public void producer() {
            ring.abort(write(1));
            send(2);
        }

        @Actor
        public void consumer(I_Result r) {
            r.r1 = receive(2);
        }
    }

    /** More messages than there is room for: the room is used again. */
    @JCStressTest
    @JCStressMeta(Reused.class)
    @State
    public static class SpscReuse extends Ring {
        public SpscReuse() {
            super(false);
        }

        @Actor
        public void producer() {
            for (int message = 1; message <= 9; message++) {
                send(message);
            }
        }

        @Actor
        public void consumer(I_Result r) {
            for (r.r1 = receive(4); r.r1 < 100_000_000; r.r1 = receive(4)) {
                Thread.yield();
            }
        }
    }

    /** The same, and after every other message padding up to the end of the memory. */
    @JCStressTest
    @JCStressMeta(Reused.class)
    @State
    public static class SpscWrap extends Ring {
        public SpscWrap() {
            super(false, 16);
        }

        @Actor
        public void producer() {
            for (int message = 1; message <= 9; message++) {
                send(message);
            }
        }

        @Actor
        public void consumer(I_Result r) {
            for (r.r1 = receive(4); r.r1 < 100_000_000; r.r1 = receive(4)) {
                Thread.yield();
            }
        }
    }

    /** Two messages through Mpsc. */
    @JCStressTest
    @JCStressMeta(InOrder.class)
    @State
    public static class MpscOrder extends Ring {
        public MpscOrder() {
            super(true);
        }

        @Actor
        public void producer() {
            send(1);
            send(2);
        }

        @Actor
        public void consumer(II_Result r) {
            r.r1 = receive(1);
            r.r2 = receive(2);
        }
    }

    /** What was done before the commit, outside of the ring, too. */
    @JCStressTest
    @JCStressMeta(Visible.class)
    @State
    public static class MpscCommit extends Ring {
        private int data;

        public MpscCommit() {
            super(true);
        }

        @Actor
        public void producer() {
            long at = write(1);
            data = 1;
            ring.commit(at);
        }

        @Actor
        public void consumer(II_Result r) {
            r.r1 = ring.poll((memory, offset, length, type) -> r.r2 = memory.get(JAVA_INT, offset) + data, 1);
        }
    }

    /** A claim that is given up, and a message behind it. */
    @JCStressTest
    @JCStressMeta(Aborted.class)
    @State
    public static class MpscAbort extends Ring {
        public MpscAbort() {
            super(true);
        }

        @Actor
        public void producer() {
            ring.abort(write(1));
            send(2);
        }

        @Actor
        public void consumer(I_Result r) {
            r.r1 = receive(2);
        }
    }

    /** More messages than there is room for: the room is used again. */
    @JCStressTest
    @JCStressMeta(Reused.class)
    @State
    public static class MpscReuse extends Ring {
        public MpscReuse() {
            super(true);
        }

        @Actor
        public void producer() {
            for (int message = 1; message <= 9; message++) {
                send(message);
            }
        }

        @Actor
        public void consumer(I_Result r) {
            for (r.r1 = receive(4); r.r1 < 100_000_000; r.r1 = receive(4)) {
                Thread.yield();
            }
        }
    }

    /** The same, and after every other message padding up to the end of the memory. */
    @JCStressTest
    @JCStressMeta(Reused.class)
    @State
    public static class MpscWrap extends Ring {
        public MpscWrap() {
            super(true, 16);
        }

        @Actor
        public void producer() {
            for (int message = 1; message <= 9; message++) {
                send(message);
            }
        }

        @Actor
        public void consumer(I_Result r) {
            for (r.r1 = receive(4); r.r1 < 100_000_000; r.r1 = receive(4)) {
                Thread.yield();
            }
        }
    }

    /** Two producers, one of which is the consumer as well. */
    @JCStressTest
    @Outcome(id = {"0, 12", "0, 21", "1, 12", "2, 21", "12, 12",
            "21, 21"}, expect = ACCEPTABLE, desc = "In some order.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A message was lost, came twice or torn.")
    @State
    public static class MpscProducers extends Ring {
        public MpscProducers() {
            super(true);
        }

        @Actor
        public void first() {
            send(1);
        }

        @Actor
        public void second(II_Result r) {
            send(2);
            r.r1 = receive(2);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r2 = receive(2);
        }
    }

    /** A ring carries the number of a handle that lies in a plain array. */
    @JCStressTest
    @JCStressMeta(Ownership.HandOver.class)
    @State
    public static class TransferThroughRing extends Ring {
        private final OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();
        private final OwnedBuffer[] handles = new OwnedBuffer[10];

        public TransferThroughRing() {
            super(false);
        }

        @Actor
        public void sender() {
            buffer.segment().set(JAVA_INT, 0, 7);
            handles[5] = buffer.transfer();
            send(5);
        }

        @Actor
        public void receiver(I_Result r) {
            int number = receive(1);
            if (number == 0) {
                r.r1 = -1;
            } else {
                r.r1 = handles[number].segment().get(JAVA_INT, 0);
                handles[number].close();
            }
        }

        @Arbiter
        public void free() {
            handles[5].close();
        }
    }
}
