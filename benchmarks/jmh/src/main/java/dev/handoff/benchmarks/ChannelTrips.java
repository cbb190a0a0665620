package dev.handoff.benchmarks;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.sync.IdleStrategy;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.MpscArrayQueue;
import org.jctools.queues.MpscUnboundedXaddArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A {@link Baton} goes there and back as a message: through the two ports of a channel, and through pairs of queues. A
 * message is an {@code Integer}, boxed anew each way by all; the Disruptor's lies in an event that is there already.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChannelTrips {
    /** Of queues that have a bound or chunks: never full, as one message is under way at a time. */
    private static final int CAPACITY = 1024;

    /** Two ends, at each of which one sends and receives. */
    public abstract static class Exchange extends Baton {
        /** The next message to the sender. */
        abstract int nextAnswer() throws InterruptedException;

        @Override
        final void awaitAnswer(int value) throws InterruptedException {
            if (nextAnswer() != value) {
                throw new AssertionError("the answer to another message");
            }
        }
    }

    /** Ours: {@code post} and {@code receive} at both ends. */
    public abstract static class Ports extends Exchange {
        private final MessagePort<Integer, Integer> near;
        private final MessagePort<Integer, Integer> far;

        Ports(Supplier<IdleStrategy> idle) {
            MessageChannel<Integer, Integer> channel = MessageChannel
                    .create(ChannelOptions.defaults().idleStrategy(idle));
            near = channel.port1();
            far = channel.port2();
        }

        @Override
        void send(int value) {
            near.post(value);
        }

        @Override
        int nextAnswer() throws InterruptedException {
            return near.receive();
        }

        @Override
        int receive(int last) throws InterruptedException {
            return far.receive();
        }

        @Override
        void answer(int value) {
            far.post(value);
        }
    }

    /** Whoever waits spins. */
    public static class SpinningPorts extends Ports {
        public SpinningPorts() {
            super(IdleStrategy::busySpin);
        }
    }

    /** Whoever waits spins as long as has lately been worth it, then parks: the default. */
    public static class AdaptivePorts extends Ports {
        public AdaptivePorts() {
            super(IdleStrategy::adaptive);
        }
    }

    /** Whoever waits parks. */
    public static class ParkingPorts extends Ports {
        public ParkingPorts() {
            super(IdleStrategy::parking);
        }
    }

    /** JCTools' queues; who waits spins by {@code relaxedPoll}, which does not look at the producer's index. */
    public abstract static class JcTools extends Exchange {
        private final MessagePassingQueue<Integer> there;
        private final MessagePassingQueue<Integer> back;

        JcTools(Supplier<MessagePassingQueue<Integer>> queue) {
            there = queue.get();
            back = queue.get();
        }

        private static int next(MessagePassingQueue<Integer> queue) {
            Integer message;
            while ((message = queue.relaxedPoll()) == null) {
                Thread.onSpinWait();
            }
            return message;
        }

        @Override
        void send(int value) {
            there.offer(value);
        }

        @Override
        int nextAnswer() {
            return next(back);
        }

        @Override
        int receive(int last) {
            return next(there);
        }

        @Override
        void answer(int value) {
            back.offer(value);
        }
    }

    /** {@link MpscArrayQueue}, which has a bound. */
    public static class Bounded extends JcTools {
        public Bounded() {
            super(() -> new MpscArrayQueue<>(CAPACITY));
        }
    }

    /** {@link MpscUnboundedXaddArrayQueue}, which has none, as ours have by default. */
    public static class Unbounded extends JcTools {
        public Unbounded() {
            super(() -> new MpscUnboundedXaddArrayQueue<>(CAPACITY));
        }
    }

    /** An event of the Disruptor. */
    private static final class Event {
        private int value;
    }

    /** One direction: a ring with one producer; its one consumer waits at a barrier that spins, with no handler between. */
    private static final class Disruptor {
        private final RingBuffer<Event> ring = RingBuffer.createSingleProducer(Event::new, CAPACITY,
                new BusySpinWaitStrategy());
        private final SequenceBarrier barrier = ring.newBarrier();
        private final Sequence consumed = new Sequence();

        Disruptor() {
            ring.addGatingSequences(consumed);
        }

        void send(int value) {
            long sequence = ring.next();
            ring.get(sequence).value = value;
            ring.publish(sequence);
        }

        int receive() {
            long sequence = consumed.get() + 1;
            try {
                barrier.waitFor(sequence);
            } catch (Exception e) {
                throw new AssertionError("nobody alerts or interrupts who waits", e);
            }
            int value = ring.get(sequence).value;
            consumed.set(sequence);
            return value;
        }
    }

    /** Through {@link RingBuffer}s. */
    public static class Disruptors extends Exchange {
        private final Disruptor there = new Disruptor();
        private final Disruptor back = new Disruptor();

        @Override
        void send(int value) {
            there.send(value);
        }

        @Override
        int nextAnswer() {
            return back.receive();
        }

        @Override
        int receive(int last) {
            return there.receive();
        }

        @Override
        void answer(int value) {
            back.send(value);
        }
    }

    @Benchmark
    public int mpscArrayQueue(Bounded baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int mpscUnboundedXaddArrayQueue(Unbounded baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int disruptor(Disruptors baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int synchronousQueue(PingPong.Synchronous baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int linkedTransferQueue(PingPong.LinkedTransfer baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int bareParking(PingPong.BareParking baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int portsSpinning(SpinningPorts baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int portsAdaptive(AdaptivePorts baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int portsParking(ParkingPorts baton) throws InterruptedException {
        return baton.trips();
    }
}
