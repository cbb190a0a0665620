package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Two threads hand a baton back and forth: one writes a number and waits until it finds the number in the other's place,
 * the other answers at once.
 *
 * <p>
 * A sample is the time of a batch of round trips. Batches of 1,000 tell what a trip costs; where a trip takes as long as
 * a few readings of the clock, nothing else can. Batches of one trip show the spread. A mean over a whole iteration
 * would be mostly about the moments in which the machine did something else.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PingPong {
    private static final VarHandle INT = JAVA_INT.varHandle();

    /** Where the two words lie: not on one cache line, and not on two that are fetched together. */
    private static final long PING = 0;
    private static final long PONG = 128;
    private static final long BYTES = 256;

    /** Batons are numbered from 1, so that 0 is what lies there before the first. */
    private static final int STOP = -1;

    /** A way to pass batons, and the thread that sends them back. */
    @State(Scope.Thread)
    public abstract static class Pair {
        /** Round trips in a sample. */
        @Param({"1", "1000"}) public int batch;

        /** Who sends the batons. */
        Thread sender;
        private Partner partner;
        private int baton;

        /** Sends a baton. */
        abstract void send(int value) throws InterruptedException;

        /** Waits until the partner has sent it back. */
        abstract void awaitAnswer(int value) throws InterruptedException;

        /** The partner's part: waits for the baton that comes after this one. */
        abstract int receive(int last) throws InterruptedException;

        /** The partner's part: sends it back. */
        abstract void answer(int value) throws InterruptedException;

        @Setup
        public void setUp() {
            partner = Partner.start(() -> {
                for (int value = receive(0); value != STOP; value = receive(value)) {
                    answer(value);
                }
            });
        }

        @TearDown
        public void tearDown() throws InterruptedException {
            send(STOP);
            partner.join();
        }

        final Thread receiver() {
            return partner.thread();
        }

        final int trips() throws InterruptedException {
            sender = Thread.currentThread();
            int value = baton;
            for (int i = 0; i < batch; i++) {
                value++;
                send(value);
                awaitAnswer(value);
            }
            baton = value;
            return value;
        }
    }

    /** The floor: nothing but the two words. */
    public static class BareWords extends Pair {
        private final MemorySegment words = SharedBuffer.allocate(BYTES).segment();

        @Override
        void send(int value) {
            INT.setRelease(words, PING, value);
        }

        @Override
        void awaitAnswer(int value) {
            while ((int) INT.getAcquire(words, PONG) != value) {
                Thread.onSpinWait();
            }
        }

        @Override
        int receive(int last) {
            int value;
            while ((value = (int) INT.getAcquire(words, PING)) == last) {
                Thread.onSpinWait();
            }
            return value;
        }

        @Override
        void answer(int value) {
            INT.setRelease(words, PONG, value);
        }
    }

    /** The floor for whoever parks: the two words, and {@link LockSupport}. */
    public static class BareParking extends Pair {
        private final MemorySegment words = SharedBuffer.allocate(BYTES).segment();

        @Override
        void send(int value) {
            INT.setRelease(words, PING, value);
            LockSupport.unpark(receiver());
        }

        @Override
        void awaitAnswer(int value) {
            while ((int) INT.getAcquire(words, PONG) != value) {
                LockSupport.park();
            }
        }

        @Override
        int receive(int last) {
            int value;
            while ((value = (int) INT.getAcquire(words, PING)) == last) {
                LockSupport.park();
            }
            return value;
        }

        @Override
        void answer(int value) {
            INT.setRelease(words, PONG, value);
            LockSupport.unpark(sender);
        }
    }

    /** Ours: the word says what there is, {@code wake} that it has changed. */
    public static class AwaitWake extends Pair {
        private static final long PING_INDEX = PING / Integer.BYTES;
        private static final long PONG_INDEX = PONG / Integer.BYTES;

        private final Int32View words = Int32View.of(SharedBuffer.allocate(BYTES));

        @Override
        void send(int value) {
            words.setRelease(PING_INDEX, value);
            words.wake(PING_INDEX, 1);
        }

        @Override
        void awaitAnswer(int value) throws InterruptedException {
            while (words.getAcquire(PONG_INDEX) != value) {
                words.await(PONG_INDEX, value - 1);
            }
        }

        @Override
        int receive(int last) throws InterruptedException {
            int value;
            while ((value = words.getAcquire(PING_INDEX)) == last) {
                words.await(PING_INDEX, last);
            }
            return value;
        }

        @Override
        void answer(int value) {
            words.setRelease(PONG_INDEX, value);
            words.wake(PONG_INDEX, 1);
        }
    }

    /** The JDK's: a queue there and a queue back, in which one number lies at a time. */
    public abstract static class Queues extends Pair {
        private final BlockingQueue<Integer> ping;
        private final BlockingQueue<Integer> pong;

        Queues(BlockingQueue<Integer> ping, BlockingQueue<Integer> pong) {
            this.ping = ping;
            this.pong = pong;
        }

        @Override
        void send(int value) throws InterruptedException {
            ping.put(value);
        }

        @Override
        void awaitAnswer(int value) throws InterruptedException {
            if (pong.take() != value) {
                throw new AssertionError("the answer to another baton");
            }
        }

        @Override
        int receive(int last) throws InterruptedException {
            return ping.take();
        }

        @Override
        void answer(int value) throws InterruptedException {
            pong.put(value);
        }
    }

    /** Sender and receiver meet. */
    public static class Synchronous extends Queues {
        public Synchronous() {
            super(new SynchronousQueue<>(), new SynchronousQueue<>());
        }
    }

    /** The sender leaves the baton and waits for nobody. */
    public static class LinkedTransfer extends Queues {
        public LinkedTransfer() {
            super(new LinkedTransferQueue<>(), new LinkedTransferQueue<>());
        }
    }

    @Benchmark
    public int bareWords(BareWords pair) throws InterruptedException {
        return pair.trips();
    }

    @Benchmark
    public int bareParking(BareParking pair) throws InterruptedException {
        return pair.trips();
    }

    @Benchmark
    public int awaitWakeAdaptive(AwaitWake pair) throws InterruptedException {
        return pair.trips();
    }

    @Benchmark
    public int synchronousQueue(Synchronous pair) throws InterruptedException {
        return pair.trips();
    }

    @Benchmark
    public int linkedTransferQueue(LinkedTransfer pair) throws InterruptedException {
        return pair.trips();
    }
}
