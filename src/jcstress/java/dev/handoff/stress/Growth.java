package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.LLI_Result;

/** Shared memory that grows while others look at it. */
public class Growth {
    /** A view that follows the growth of its buffer. */
    @JCStressTest
    @Outcome(id = {"1, 1, .*", "1, 2, .*"}, expect = ACCEPTABLE, desc = "Looked at too early.")
    @Outcome(id = "2, 2, 7", expect = ACCEPTABLE, desc = "It has grown, and what came before that is there.")
    @Outcome(id = "2, 2, 0", expect = FORBIDDEN, desc = "It has grown, but what came before that is missing.")
    @Outcome(id = "2, 1, .*", expect = FORBIDDEN, desc = "It has shrunk.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A length that it never had, or bytes that nobody wrote.")
    @State
    public static class Follow {
        private final SharedBuffer buffer = SharedBuffer.allocate(4, 8);
        private final Int32View view = Int32View.of(buffer);

        @Actor
        public void grower() {
            view.setPlain(0, 7);
            buffer.grow(8);
        }

        @Actor
        public void reader(III_Result r) {
            r.r1 = (int) view.length();
            r.r2 = (int) view.length();
            r.r3 = view.getPlain(0) + view.getPlain(r.r1 - 1) * (r.r1 - 1); // the new bytes are within bounds, and zero
        }
    }

    /** Two threads that grow a buffer at once. */
    @JCStressTest
    @Outcome(id = "grown, grown, 12", expect = ACCEPTABLE, desc = "The smaller growth came first.")
    @Outcome(id = "refused, grown, 12", expect = ACCEPTABLE, desc = "The larger growth came first.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A growth was lost, or has shrunk the buffer.")
    @State
    public static class GrowOrGrow {
        private final SharedBuffer buffer = SharedBuffer.allocate(4, 12);

        private String grow(long bytes) {
            try {
                buffer.grow(bytes);
                return "grown";
            } catch (IllegalArgumentException e) {
                return "refused";
            }
        }

        @Actor
        public void smaller(LLI_Result r) {
            r.r1 = grow(8);
        }

        @Actor
        public void larger(LLI_Result r) {
            r.r2 = grow(12);
        }

        @Arbiter
        public void size(LLI_Result r) {
            r.r3 = (int) buffer.byteSize();
        }
    }
}
