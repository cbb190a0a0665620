package dev.handoff.stress;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.sync.IdleStrategy;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Messages through a channel: in order, whole, and each buffer in one place. */
public class Ports {
    private static <R> R receive(MessagePort<?, R> port) {
        try {
            return port.receive();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }

    /** Tries to post a buffer that nobody has, and tells what became of both. */
    private static void post(MessagePort<? super OwnedBuffer, ?> port, OwnedBuffer buffer, LL_Result r) {
        try {
            port.post(buffer, buffer);
            r.r1 = "posted";
        } catch (PortClosedException e) {
            r.r1 = "refused";
        }
        r.r2 = buffer.state();
        buffer.close();
    }

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
            post(channel.port1(), buffer, r);
        }

        @Actor
        public void receiver() {
            channel.port2().close();
        }
    }

    /** Two offers for one place. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, true"}, expect = ACCEPTABLE, desc = "One of them has the place.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "More wait than there is room for.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Nobody has the place.")
    @State
    public static class Capacity {
        private final MessageChannel<Integer, String> channel = MessageChannel
                .create(ChannelOptions.defaults().capacity(1));

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = channel.port1().offer(1);
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = channel.port1().offer(2);
        }
    }

    /** A waiting post against the poll that makes room. */
    @JCStressTest
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "It had the room.")
    @State
    public static class Room {
        private final MessageChannel<Integer, String> channel = MessageChannel
                .create(ChannelOptions.defaults().capacity(1).idleStrategy(IdleStrategy::parking));

        public Room() {
            channel.port1().post(1);
        }

        @Actor
        public void sender() {
            channel.port1().post(2);
        }

        @Actor
        public void receiver(II_Result r) {
            r.r1 = Ports.receive(channel.port2());
            r.r2 = Ports.receive(channel.port2());
        }
    }

    /** A waiting post against the receiver's close. */
    @JCStressTest
    @Outcome(id = "refused, UNCLAIMED", expect = ACCEPTABLE, desc = "The buffer is as it was.")
    @Outcome(id = "refused, GONE", expect = FORBIDDEN, desc = "Not sent, but lost.")
    @Outcome(id = "posted, .*", expect = FORBIDDEN, desc = "There never was room.")
    @State
    public static class WaitOrClose {
        private final MessageChannel<Object, String> channel = MessageChannel
                .create(ChannelOptions.defaults().capacity(1));
        private final OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();

        public WaitOrClose() {
            channel.port1().post("no room any more");
        }

        @Actor
        public void sender(LL_Result r) {
            post(channel.port1(), buffer, r);
        }

        @Actor
        public void receiver() {
            channel.port2().close();
        }
    }

    /** A port moves while its peer posts and its old handle polls: two actors, as there may be two processors only. */
    @JCStressTest
    @Outcome(id = {"old, nothing", "none, new", "gone, new"}, expect = ACCEPTABLE, desc = "The message comes once.")
    @Outcome(id = "old, new", expect = FORBIDDEN, desc = "The message came twice.")
    @Outcome(id = {"none, nothing", "gone, nothing"}, expect = FORBIDDEN, desc = "The message was lost.")
    @State
    public static class Move {
        private final MessageChannel<String, String> channel = MessageChannel.create();
        private final MessageChannel<Object, Object> road = MessageChannel.create();

        @Actor
        public void mover() {
            road.port1().post(channel.port2(), channel.port2());
        }

        @Actor
        public void senderAndReceiver(LL_Result r) {
            channel.port1().post("message");
            try {
                r.r1 = channel.port2().poll() == null ? "none" : "old";
            } catch (DetachedException e) {
                r.r1 = "gone";
            }
        }

        @Arbiter
        public void next(LL_Result r) {
            MessagePort<?, ?> next = (MessagePort<?, ?>) road.port2().poll();
            r.r2 = next.poll() == null ? "nothing" : "new";
        }
    }

    /** A receiver waits through a handle that moves. */
    @JCStressTest
    @Outcome(id = "gone", expect = ACCEPTABLE, desc = "It is told; otherwise this would hang.")
    @State
    public static class ReceiveOrMove {
        private final MessageChannel<String, String> channel = MessageChannel
                .create(ChannelOptions.defaults().idleStrategy(IdleStrategy::parking));
        private final MessageChannel<Object, Object> road = MessageChannel.create();

        @Actor
        public void mover() {
            road.port1().post(channel.port2(), channel.port2());
        }

        @Actor
        public void receiver(L_Result r) {
            try {
                r.r1 = Ports.receive(channel.port2());
            } catch (DetachedException e) {
                r.r1 = "gone";
            }
        }
    }

    /** Two that move one port. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, true"}, expect = ACCEPTABLE, desc = "One has moved it.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "It is in two places.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "Each kept the other from it.")
    @State
    public static class TwoMoves {
        private final MessageChannel<String, String> channel = MessageChannel.create();
        private final MessageChannel<Object, Object> road = MessageChannel.create();

        private boolean move() {
            try {
                road.port1().post(channel.port2(), channel.port2());
                return true;
            } catch (DataCloneException | DetachedException e) {
                return false;
            }
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = move();
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = move();
        }
    }

    /** The mover's close of the road against the move: the port is delivered and closed, or it is still here. */
    @JCStressTest
    @Outcome(id = "moved, false", expect = ACCEPTABLE, desc = "Nobody will receive it: its peer knows.")
    @Outcome(id = "kept, true", expect = ACCEPTABLE, desc = "It was not sent.")
    @Outcome(id = "moved, true", expect = FORBIDDEN, desc = "It is lost, and its peer waits for ever.")
    @Outcome(id = "kept, false", expect = FORBIDDEN, desc = "Not sent, but closed.")
    @State
    public static class MoveOrClose {
        private final MessageChannel<String, String> channel = MessageChannel.create();
        private final MessageChannel<Object, Object> road = MessageChannel.create();

        @Actor
        public void mover(LL_Result r) {
            try {
                road.port1().post(channel.port2(), channel.port2());
                r.r1 = "moved";
            } catch (PortClosedException e) {
                r.r1 = "kept";
            }
        }

        @Actor
        public void receiver() {
            road.port2().close();
        }

        @Arbiter
        public void peer(LL_Result r) {
            r.r2 = channel.port1().isOpen();
        }
    }
}
