package dev.handoff.benchmarks;

import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.sync.IdleStrategy;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jctools.queues.MpscUnboundedXaddArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Small immutable messages, one way through queues without a bound. A sample is the time of 10,000 messages,
 * until the receiver has seen the last. The messages are {@code Integer}s that are there before: what is allocated is the
 * queue's.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Channels {
    /** In a sample; the tables are made alike. */
    private static final int MESSAGES = Rings.MESSAGES;

    private static final int HALF = MESSAGES / 2;
    /** How many messages a producer that is the consumer, too, sends before it takes what is there. */
    private static final int RUN = 16;
    /** How many it takes then, at most. */
    private static final int LIMIT = 64;
    private static final int LAST = MESSAGES - 1;
    private static final int STOP = -1;
    /** JCTools' own examples have chunks of this size; two of them are used again, as by default. */
    private static final int CHUNK = 1024;

    private static final Integer[] NUMBERS = new Integer[MESSAGES];

    static {
        for (int i = 0; i < MESSAGES; i++) {
            NUMBERS[i] = i;
        }
    }

    /** A queue, ours or theirs. */
    abstract static class Queue {
        abstract void send(Integer message);

        /** The next message, or null. */
        abstract Integer poll();

        /** The next message, waited for in the queue's way. */
        abstract Integer receive() throws InterruptedException;
    }

    /** Ours: posted at one end of a channel, taken at the other. */
    static final class Port extends Queue {
        private final MessagePort<Integer, Integer> near;
        private final MessagePort<Integer, Integer> far;

        Port(Supplier<IdleStrategy> idle) {
            MessageChannel<Integer, Integer> channel = MessageChannel
                    .create(ChannelOptions.defaults().idleStrategy(idle));
            near = channel.port1();
            far = channel.port2();
        }

        @Override
        void send(Integer message) {
            near.post(message);
        }

        @Override
        Integer poll() {
            return far.poll();
        }

        @Override
        Integer receive() throws InterruptedException {
            return far.receive();
        }
    }

    /**
     * JCTools', whose producers take a place by one fetch-and-add; {@code relaxedPoll} does not look at the producers'
     * index, so that who spins gets into nobody's way.
     */
    static final class JcTools extends Queue {
        private final MpscUnboundedXaddArrayQueue<Integer> queue = new MpscUnboundedXaddArrayQueue<>(CHUNK);

        @Override
        void send(Integer message) {
            queue.offer(message);
        }

        @Override
        Integer poll() {
            return queue.relaxedPoll();
        }

        @Override
        Integer receive() {
            Integer message;
            while ((message = queue.relaxedPoll()) == null) {
                Thread.onSpinWait();
            }
            return message;
        }
    }

    /** The JDK's; {@code take} parks. */
    static final class LinkedTransfer extends Queue {
        private final LinkedTransferQueue<Integer> queue = new LinkedTransferQueue<>();

        @Override
        void send(Integer message) {
            queue.put(message);
        }

        @Override
        Integer poll() {
            return queue.poll();
        }

        @Override
        Integer receive() throws InterruptedException {
            return queue.take();
        }
    }

    // ---- one producer: the benchmark's thread sends, the partner receives

    /** The sender is told when a sample's last message has been seen, and does not look before it has sent it. */
    @State(Scope.Thread)
    public abstract static class OneProducer {
        private final Queue queue;
        private final AtomicLong seen = new AtomicLong();
        private long samples;
        private Partner consumer;

        OneProducer(Queue queue) {
            this.queue = queue;
        }

        @Setup
        public void setUp() {
            consumer = Partner.start(() -> {
                int next = 0;
                for (int message = queue.receive(); message != STOP; message = queue.receive()) {
                    if (message != next) {
                        throw new AssertionError(message + " where " + next + " was due");
                    }
                    if (message == LAST) {
                        seen.setRelease(seen.getPlain() + 1);
                        next = 0;
                    } else {
                        next++;
                    }
                }
            });
        }

        @TearDown
        public void tearDown() throws InterruptedException {
            queue.send(STOP);
            consumer.join();
        }

        final long stream() {
            samples++;
            for (Integer number : NUMBERS) {
                queue.send(number);
            }
            while (seen.getAcquire() != samples) {
                Thread.onSpinWait();
            }
            return samples;
        }
    }

    /** Through ports whose receiver spins. */
    public static class SpinningPort extends OneProducer {
        public SpinningPort() {
            super(new Port(IdleStrategy::busySpin));
        }
    }

    /** Through ports as they are by default. */
    public static class AdaptivePort extends OneProducer {
        public AdaptivePort() {
            super(new Port(IdleStrategy::adaptive));
        }
    }

    /** Through {@link MpscUnboundedXaddArrayQueue}. */
    public static class Xadd extends OneProducer {
        public Xadd() {
            super(new JcTools());
        }
    }

    /** Through {@link LinkedTransferQueue}. */
    public static class Transfer extends OneProducer {
        public Transfer() {
            super(new LinkedTransfer());
        }
    }

    @Benchmark
    public long mpscUnboundedXaddArrayQueue(Xadd stream) {
        return stream.stream();
    }

    @Benchmark
    public long linkedTransferQueue(Transfer stream) {
        return stream.stream();
    }

    @Benchmark
    public long portSpinning(SpinningPort stream) {
        return stream.stream();
    }

    @Benchmark
    public long portAdaptive(AdaptivePort stream) {
        return stream.stream();
    }

    // ---- two producers, one of which is the consumer, too: so two cores are enough

    /**
     * The partner sends half of the messages; the benchmark's thread sends the other half, and takes all: some after each
     * run of its own, and when it has sent its last it waits for what is left.
     */
    @State(Scope.Thread)
    public abstract static class TwoProducers {
        private final Queue queue;
        /** The sample that the partner may send its half of. */
        private final AtomicLong sample = new AtomicLong();
        private Partner producer;

        TwoProducers(Queue queue) {
            this.queue = queue;
        }

        @Setup
        public void setUp() {
            producer = Partner.start(() -> {
                for (long last = 0;;) {
                    long next = sample.getAcquire();
                    if (next == STOP) {
                        return;
                    }
                    if (next == last) {
                        Thread.onSpinWait();
                        continue;
                    }
                    for (int i = 0; i < HALF; i++) {
                        queue.send(NUMBERS[i]);
                    }
                    last = next;
                }
            });
        }

        @TearDown
        public void tearDown() throws InterruptedException {
            sample.setRelease(STOP);
            producer.join();
        }

        final long streams() throws InterruptedException {
            sample.setRelease(sample.getPlain() + 1);
            long sum = 0;
            int received = 0;
            for (int sent = 0; sent < HALF;) {
                for (int end = Math.min(HALF, sent + RUN); sent < end; sent++) {
                    queue.send(NUMBERS[HALF + sent]);
                }
                Integer message;
                for (int i = 0; i < LIMIT && (message = queue.poll()) != null; i++) {
                    sum += message;
                    received++;
                }
            }
            for (; received < MESSAGES; received++) {
                sum += queue.receive();
            }
            if (sum != (long) MESSAGES * LAST / 2) {
                throw new AssertionError("other messages were received than were sent");
            }
            return sum;
        }
    }

    /** Through ports whose receiver spins. */
    public static class SpinningPorts extends TwoProducers {
        public SpinningPorts() {
            super(new Port(IdleStrategy::busySpin));
        }
    }

    /** Through ports as they are by default. */
    public static class AdaptivePorts extends TwoProducers {
        public AdaptivePorts() {
            super(new Port(IdleStrategy::adaptive));
        }
    }

    /** Through {@link MpscUnboundedXaddArrayQueue}. */
    public static class Xadds extends TwoProducers {
        public Xadds() {
            super(new JcTools());
        }
    }

    /** Through {@link LinkedTransferQueue}. */
    public static class Transfers extends TwoProducers {
        public Transfers() {
            super(new LinkedTransfer());
        }
    }

    @Benchmark
    public long mpscUnboundedXaddArrayQueueTwo(Xadds streams) throws InterruptedException {
        return streams.streams();
    }

    @Benchmark
    public long linkedTransferQueueTwo(Transfers streams) throws InterruptedException {
        return streams.streams();
    }

    @Benchmark
    public long portSpinningTwo(SpinningPorts streams) throws InterruptedException {
        return streams.streams();
    }

    @Benchmark
    public long portAdaptiveTwo(AdaptivePorts streams) throws InterruptedException {
        return streams.streams();
    }
}
