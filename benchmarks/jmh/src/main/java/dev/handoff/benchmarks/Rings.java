package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.handoff.concurrent.ByteRing;
import dev.handoff.concurrent.MpscRing;
import dev.handoff.concurrent.SpscRing;
import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BufferUtil;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
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
 * Messages of 64 bytes through a ring of 64 KiB, beside the same through Agrona's rings. All copy the message in, and
 * read its first 8 bytes where it lies. Whoever has nothing to do spins.
 *
 * <p>
 * A sample is the time of {@value #MESSAGES} messages, until the last has been received; or of a batch of round trips
 * through two rings, see {@link Baton}.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.AGRONA})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Rings {
    /** In a sample of a stream. */
    static final int MESSAGES = 10_000;

    private static final int BYTES = 64;
    private static final int CAPACITY = 64 * 1024;
    /** How many messages a consumer takes at a time. */
    private static final int LIMIT = 64;
    /** How many messages a producer that is the consumer, too, sends before it consumes again. */
    private static final int RUN = 16;
    private static final long STOP = -1;
    /** Of the one type of message that there is; Agrona wants it positive. */
    private static final int TYPE = 1;

    /** A ring, ours or theirs. */
    abstract static class Ring {
        private static final int MIDDLE = 16;
        /** The consumer's: what the last message said, with nobody else's data on its cache line. */
        private final long[] last = new long[2 * MIDDLE];

        /** For one producer: memory for its messages is its own. */
        abstract Sender sender();

        /** Receives so many messages at most. */
        abstract int poll(int limit);

        final void received(long number) {
            last[MIDDLE] = number;
        }

        final long last() {
            return last[MIDDLE];
        }

        /** Receives the next message. */
        final long next() {
            while (poll(1) == 0) {
                Thread.onSpinWait();
            }
            return last();
        }
    }

    /** A producer's end. */
    interface Sender {
        /** Sends a message that begins with this number, if there is room. */
        boolean offer(long number);

        default void send(long number) {
            while (!offer(number)) {
                Thread.onSpinWait();
            }
        }
    }

    private static final class Ours extends Ring {
        private final ByteRing ring;
        private final ByteRing.Handler handler = (memory, offset, length,
                type) -> received(memory.get(JAVA_LONG, offset));

        Ours(ByteRing ring) {
            this.ring = ring;
        }

        static Ours singleProducer() {
            return new Ours(SpscRing.create(SharedBuffer.allocate(SpscRing.bytes(CAPACITY)), 0, CAPACITY));
        }

        static Ours manyProducers() {
            return new Ours(MpscRing.create(SharedBuffer.allocate(MpscRing.bytes(CAPACITY)), 0, CAPACITY));
        }

        @Override
        Sender sender() {
            MemorySegment message = SharedBuffer.allocate(BYTES).segment();
            return number -> {
                message.set(JAVA_LONG, 0, number);
                return ring.offer(message, 0, BYTES, TYPE);
            };
        }

        @Override
        int poll(int limit) {
            return ring.poll(handler, limit);
        }
    }

    private static final class Agronas extends Ring {
        private final RingBuffer ring;
        private final MessageHandler handler = (type, buffer, offset, length) -> received(buffer.getLong(offset));

        Agronas(RingBuffer ring) {
            this.ring = ring;
        }

        static Agronas singleProducer() {
            return new Agronas(new OneToOneRingBuffer(buffer(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH)));
        }

        static Agronas manyProducers() {
            return new Agronas(new ManyToOneRingBuffer(buffer(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH)));
        }

        private static UnsafeBuffer buffer(int bytes) {
            return new UnsafeBuffer(BufferUtil.allocateDirectAligned(bytes, 64));
        }

        @Override
        Sender sender() {
            UnsafeBuffer message = buffer(BYTES);
            return number -> {
                message.putLong(0, number);
                return ring.write(TYPE, message, 0, BYTES);
            };
        }

        @Override
        int poll(int limit) {
            return ring.read(handler, limit);
        }
    }

    // ---- round trips

    /** Numbers go there through one ring and back through another. */
    public abstract static class RingBaton extends Baton {
        private final Ring there;
        private final Ring back;
        private final Sender sender;
        private final Sender answerer;

        RingBaton(Ring there, Ring back) {
            this.there = there;
            this.back = back;
            sender = there.sender();
            answerer = back.sender();
        }

        @Override
        void send(int value) {
            sender.send(value);
        }

        @Override
        void awaitAnswer(int value) {
            if (back.next() != value) {
                throw new AssertionError("the answer to another message");
            }
        }

        @Override
        int receive(int last) {
            return (int) there.next();
        }

        @Override
        void answer(int value) {
            answerer.send(value);
        }
    }

    /** Through {@link SpscRing}. */
    public static class SpscBaton extends RingBaton {
        public SpscBaton() {
            super(Ours.singleProducer(), Ours.singleProducer());
        }
    }

    /** Through {@link OneToOneRingBuffer}. */
    public static class OneToOneBaton extends RingBaton {
        public OneToOneBaton() {
            super(Agronas.singleProducer(), Agronas.singleProducer());
        }
    }

    /** Through {@link MpscRing}. */
    public static class MpscBaton extends RingBaton {
        public MpscBaton() {
            super(Ours.manyProducers(), Ours.manyProducers());
        }
    }

    /** Through {@link ManyToOneRingBuffer}. */
    public static class ManyToOneBaton extends RingBaton {
        public ManyToOneBaton() {
            super(Agronas.manyProducers(), Agronas.manyProducers());
        }
    }

    @Benchmark
    public int spscRingTrip(SpscBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int oneToOneRingBufferTrip(OneToOneBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int mpscRingTrip(MpscBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int manyToOneRingBufferTrip(ManyToOneBaton baton) throws InterruptedException {
        return baton.trips();
    }

    // ---- one producer, one consumer: the partner

    /** The benchmark's thread sends, the partner receives, and says so at the end of each sample. */
    @State(Scope.Thread)
    public abstract static class Stream {
        private final Ring ring;
        private final Sender sender;
        private final AtomicLong received = new AtomicLong();
        private long sent;
        private Partner consumer;

        Stream(Ring ring) {
            this.ring = ring;
            sender = ring.sender();
        }

        @Setup
        public void setUp() {
            consumer = Partner.start(() -> {
                long count = 0;
                while (ring.last() != STOP) {
                    int messages = ring.poll(LIMIT);
                    if (messages == 0) {
                        Thread.onSpinWait();
                    } else {
                        count += messages;
                        received.setRelease(count);
                    }
                }
            });
        }

        @TearDown
        public void tearDown() throws InterruptedException {
            sender.send(STOP);
            consumer.join();
        }

        final long stream() {
            for (int i = 0; i < MESSAGES; i++) {
                sent++;
                sender.send(sent);
            }
            while (received.getAcquire() != sent) {
                Thread.onSpinWait();
            }
            return sent;
        }
    }

    /** Through {@link SpscRing}. */
    public static class SpscStream extends Stream {
        public SpscStream() {
            super(Ours.singleProducer());
        }
    }

    /** Through {@link OneToOneRingBuffer}. */
    public static class OneToOneStream extends Stream {
        public OneToOneStream() {
            super(Agronas.singleProducer());
        }
    }

    @Benchmark
    public long spscRing(SpscStream stream) {
        return stream.stream();
    }

    @Benchmark
    public long oneToOneRingBuffer(OneToOneStream stream) {
        return stream.stream();
    }

    // ---- two producers, one of which is the consumer, too: so two cores are enough

    /** The partner sends half of the messages; the benchmark's thread sends the other half, and receives all. */
    @State(Scope.Thread)
    public abstract static class TwoProducers {
        private final Ring ring;
        private final Sender sender;
        private final Sender partnersSender;
        /** The sample that the partner may send its half of. */
        private final AtomicLong sample = new AtomicLong();
        private Partner producer;

        TwoProducers(Ring ring) {
            this.ring = ring;
            sender = ring.sender();
            partnersSender = ring.sender();
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
                    for (int i = 0; i < MESSAGES / 2; i++) {
                        partnersSender.send(i);
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

        final int streams() {
            sample.setRelease(sample.getPlain() + 1);
            int sent = 0;
            int received = 0;
            while (received < MESSAGES) {
                for (int i = 0; i < RUN && sent < MESSAGES / 2 && sender.offer(sent); i++) {
                    sent++;
                }
                received += ring.poll(LIMIT);
            }
            return received;
        }
    }

    /** Through {@link MpscRing}. */
    public static class MpscProducers extends TwoProducers {
        public MpscProducers() {
            super(Ours.manyProducers());
        }
    }

    /** Through {@link ManyToOneRingBuffer}. */
    public static class ManyToOneProducers extends TwoProducers {
        public ManyToOneProducers() {
            super(Agronas.manyProducers());
        }
    }

    @Benchmark
    public int mpscRing(MpscProducers producers) {
        return producers.streams();
    }

    @Benchmark
    public int manyToOneRingBuffer(ManyToOneProducers producers) {
        return producers.streams();
    }
}
