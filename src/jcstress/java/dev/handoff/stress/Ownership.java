package dev.handoff.stress;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.OwnedBuffer;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A buffer has one owner at a time, and the next one sees the plain writes of the last. */
public class Ownership {
    private static final String DONE = "done";
    private static final String NOT_THE_OWNER = "WrongThread";
    private static final String GONE = "Detached";

    private static OwnedBuffer unclaimed(long bytes) {
        return OwnedBuffer.allocate(bytes).transfer();
    }

    /** What comes of an operation that needs the buffer. */
    private static String outcome(Runnable operation) {
        try {
            operation.run();
            return DONE;
        } catch (WrongThreadException e) {
            return NOT_THE_OWNER;
        } catch (DetachedException e) {
            return GONE;
        }
    }

    @Outcome(id = "-1", expect = ACCEPTABLE, desc = "The handle was not there yet.")
    @Outcome(id = "7", expect = ACCEPTABLE, desc = "The handle came, and the bytes with it.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "The handle came without what its last owner wrote.")
    static final class HandOver {
        private HandOver() {
        }
    }

    /** The handle reaches its next owner by a data race; transfer and claim order the bytes all the same. */
    @JCStressTest
    @JCStressMeta(HandOver.class)
    @State
    public static class TransferThroughRace {
        private final OwnedBuffer buffer = unclaimed(64);
        private OwnedBuffer handle;

        @Actor
        public void sender() {
            buffer.segment().set(JAVA_INT, 0, 7);
            handle = buffer.transfer();
        }

        @Actor
        public void receiver(I_Result r) {
            OwnedBuffer received = handle;
            if (received == null) {
                r.r1 = -1;
            } else {
                r.r1 = received.segment().get(JAVA_INT, 0);
                received.close();
            }
        }

        @Arbiter
        public void free() {
            handle.close();
        }
    }

    /** The handle reaches its next owner in a volatile field. */
    @JCStressTest
    @JCStressMeta(HandOver.class)
    @State
    public static class TransferThroughVolatile {
        private final OwnedBuffer buffer = unclaimed(64);
        private volatile OwnedBuffer handle;

        @Actor
        public void sender() {
            buffer.segment().set(JAVA_INT, 0, 7);
            handle = buffer.transfer();
        }

        @Actor
        public void receiver(I_Result r) {
            OwnedBuffer received = handle;
            if (received == null) {
                r.r1 = -1;
            } else {
                r.r1 = received.segment().get(JAVA_INT, 0);
                received.close();
            }
        }

        @Arbiter
        public void free() {
            handle.close();
        }
    }

    /** A frozen buffer reaches its readers by a data race, and without a claim. */
    @JCStressTest
    @JCStressMeta(HandOver.class)
    @State
    public static class FreezeThroughRace {
        private final OwnedBuffer buffer = unclaimed(64);
        private FrozenBuffer frozen;

        @Actor
        public void writer() {
            buffer.segment().set(JAVA_INT, 0, 7);
            frozen = buffer.freeze();
        }

        @Actor
        public void reader(I_Result r) {
            FrozenBuffer received = frozen;
            r.r1 = received == null ? -1 : received.segment().get(JAVA_INT, 0);
        }
    }

    @Outcome(id = {"done, WrongThread", "done, Detached"}, expect = ACCEPTABLE, desc = "The first one won.")
    @Outcome(id = {"WrongThread, done", "Detached, done"}, expect = ACCEPTABLE, desc = "The second one won.")
    @Outcome(id = "done, done", expect = FORBIDDEN, desc = "Both had the buffer.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Neither got the buffer.")
    static final class OneWins {
        private OneWins() {
        }
    }

    /** Two threads claim one handle. */
    @JCStressTest
    @JCStressMeta(OneWins.class)
    @State
    public static class ClaimOrClaim {
        private final OwnedBuffer buffer = unclaimed(64);

        private String use(byte value) {
            return outcome(() -> {
                buffer.claim().segment().set(JAVA_BYTE, 0, value);
                buffer.close();
            });
        }

        @Actor
        public void first(LL_Result r) {
            r.r1 = use((byte) 1);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = use((byte) 2);
        }
    }

    /** One thread passes an unclaimed handle on, another one uses it. */
    @JCStressTest
    @JCStressMeta(OneWins.class)
    @State
    public static class TransferOrClaim {
        private final OwnedBuffer buffer = unclaimed(64);

        @Actor
        public void first(LL_Result r) {
            r.r1 = outcome(() -> buffer.transfer().close());
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = outcome(() -> {
                buffer.segment();
                buffer.close();
            });
        }
    }

    /** Two threads pass one handle on. */
    @JCStressTest
    @JCStressMeta(OneWins.class)
    @State
    public static class TransferOrTransfer {
        private final OwnedBuffer buffer = unclaimed(64);

        @Actor
        public void first(LL_Result r) {
            r.r1 = outcome(() -> buffer.transfer().close());
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = outcome(() -> buffer.transfer().close());
        }
    }

    /** One thread gives up writing, another one wants to write. */
    @JCStressTest
    @JCStressMeta(OneWins.class)
    @State
    public static class FreezeOrClaim {
        private final OwnedBuffer buffer = unclaimed(64);

        @Actor
        public void first(LL_Result r) {
            r.r1 = outcome(buffer::freeze);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = outcome(() -> {
                buffer.segment();
                buffer.close();
            });
        }
    }

    /** One thread shares a buffer, another one passes it on. */
    @JCStressTest
    @JCStressMeta(OneWins.class)
    @State
    public static class ShareOrTransfer {
        private final OwnedBuffer buffer = unclaimed(64);

        @Actor
        public void first(LL_Result r) {
            r.r1 = outcome(buffer::share);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = outcome(() -> buffer.transfer().close());
        }
    }

    /** One thread joins the parts, another one uses one of them; a join that fails gives back what it claimed. */
    @JCStressTest
    @Outcome(id = {"done, WrongThread, GONE", "done, Detached, GONE"}, expect = ACCEPTABLE, desc = "Joined.")
    @Outcome(id = {"WrongThread, done, UNCLAIMED",
            "Detached, done, UNCLAIMED"}, expect = ACCEPTABLE, desc = "Not joined; the other part is free again.")
    @Outcome(id = "done, done, .*", expect = FORBIDDEN, desc = "Both had the part.")
    @Outcome(id = ".*, OWNED", expect = FORBIDDEN, desc = "The join kept a part that it did not need.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "Neither got the part.")
    @State
    public static class JoinOrClaim {
        private final List<OwnedBuffer> parts = OwnedBuffer.allocate(128).split(2, 64);

        @Actor
        public void first(LLL_Result r) {
            r.r1 = outcome(() -> OwnedBuffer.join(parts).close());
        }

        @Actor
        public void second(LLL_Result r) {
            r.r2 = outcome(() -> {
                parts.get(1).segment();
                parts.get(1).close();
            });
        }

        @Arbiter
        public void other(LLL_Result r) {
            r.r3 = parts.get(0).state();
            parts.get(0).close();
        }
    }

    /** Owners of neighbouring bytes do not disturb each other. */
    @JCStressTest
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "Both bytes are there.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A write to a part has undone one to its neighbour.")
    @State
    public static class PartsOfOneWord {
        private final List<OwnedBuffer> parts = OwnedBuffer.allocate(2).split(2, 1);
        private OwnedBuffer first;
        private OwnedBuffer second;

        @Actor
        public void first() {
            parts.get(0).segment().set(JAVA_BYTE, 0, (byte) 1);
            first = parts.get(0).transfer();
        }

        @Actor
        public void second() {
            parts.get(1).segment().set(JAVA_BYTE, 0, (byte) 2);
            second = parts.get(1).transfer();
        }

        @Arbiter
        public void both(II_Result r) {
            try (OwnedBuffer whole = OwnedBuffer.join(List.of(second, first))) {
                r.r1 = whole.segment().get(JAVA_BYTE, 0);
                r.r2 = whole.segment().get(JAVA_BYTE, 1);
            }
        }
    }
}
