package dev.handoff.stress;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.PortClosedException;
import dev.handoff.memory.OwnedBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Messages through a channel: in order, whole, and each buffer in one place. */
public class Ports {
    /** A buffer in a message. */
    @JCStressTest
    @JCStressMeta(Ownership.HandOver.class)
    @State
    public static class Transfer {
        private final MessageChannel<OwnedBuffer, String> channel = MessageChannel.create();
        private final OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();

        @Actor
        public void sender() {
            buffer.segment().set(JAVA_INT, 0, 7);
            channel.port1().post(buffer, buffer);
        }

        @Actor
        public void receiver(I_Result r) {
            OwnedBuffer received = channel.port2().poll();
            if (received == null) {
                r.r1 = -1;
            } else {
                r.r1 = received.segment().get(JAVA_INT, 0);
                received.close();
            }
        }

        @Arbiter
        public void free() {
            channel.port1().close();
            channel.port2().close();
        }
    }

    /** Two messages. */
    @JCStressTest
    @Outcome(id = {"0, 0", "0, 1", "1, 0", "1, 2"}, expect = ACCEPTABLE, desc = "In order.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "The second message overtook the first.")
    @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "A message came twice.")
    @Outcome(id = "0, 2", expect = FORBIDDEN, desc = "A message was lost.")
    @State
    public static class Order {
        private final MessageChannel<Integer, String> channel = MessageChannel.create();

        private int poll() {
            Integer message = channel.port2().poll();
            return message == null ? 0 : message;
        }

        @Actor
        public void sender() {
            channel.port1().post(1);
            channel.port1().post(2);
        }

        @Actor
        public void receiver(II_Result r) {
            r.r1 = poll();
            r.r2 = poll();
        }
    }

    /** What was posted before the close is delivered before the end. */
    @JCStressTest
    @Outcome(id = {"nothing, nothing", "nothing, message"}, expect = ACCEPTABLE, desc = "Posted later.")
    @Outcome(id = {"message, nothing", "message, closed"}, expect = ACCEPTABLE, desc = "The message, then the end.")
    @Outcome(id = {"closed, .*", "nothing, closed"}, expect = FORBIDDEN, desc = "The end came before the message.")
    @Outcome(id = "message, message", expect = FORBIDDEN, desc = "The message came twice.")
    @State
    public static class PostThenClose {
        private final MessageChannel<String, String> channel = MessageChannel.create();

        private String poll() {
            try {
                String message = channel.port2().poll();
                return message == null ? "nothing" : message;
            } catch (PortClosedException e) {
                return "closed";
            }
        }

        @Actor
        public void sender() {
            channel.port1().post("message");
            channel.port1().close();
        }

        @Actor
        public void receiver(LL_Result r) {
            r.r1 = poll();
            r.r2 = poll();
        }
    }

    /** A post against the receiver's close takes the buffer, or leaves it. */
    @JCStressTest
    @Outcome(id = "posted, GONE", expect = ACCEPTABLE, desc = "Posted first; the close has freed it.")
    @Outcome(id = "refused, UNCLAIMED", expect = ACCEPTABLE, desc = "Closed first; the buffer is as it was.")
    @Outcome(id = "refused, GONE", expect = FORBIDDEN, desc = "Not sent, but lost.")
    @Outcome(id = "refused, OWNED", expect = FORBIDDEN, desc = "Not sent, but claimed.")
    @Outcome(id = {"posted, OWNED", "posted, UNCLAIMED"}, expect = FORBIDDEN, desc = "Sent, but kept.")
    @State
    public static class PostOrClose {
        private final MessageChannel<OwnedBuffer, String> channel = MessageChannel.create();
        private final OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();

        @Actor
        public void sender(LL_Result r) {
            try {
                channel.port1().post(buffer, buffer);
                r.r1 = "posted";
            } catch (PortClosedException e) {
                r.r1 = "refused";
            }
            r.r2 = buffer.state();
            buffer.close();
        }

        @Actor
        public void receiver() {
            channel.port2().close();
        }
    }
}
