package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Two threads hand a {@link Baton} back and forth: one writes a number into a word and waits until it finds the number in
 * the other's word, the other answers at once.
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
    private static final long PING_INDEX = PING / Integer.BYTES;
    private static final long PONG_INDEX = PONG / Integer.BYTES;

    private static final IdleStrategy BUSY_SPIN = IdleStrategy.busySpin();
    private static final IdleStrategy PARKING = IdleStrategy.parking();

    /** The floor: nothing but the two words. */
    public static class BareWords extends Baton {
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
    public static class BareParking extends Baton {
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

    /** Ours: spins on the word itself, and needs no wake. */
    public static class AwaitChange extends Baton {
        private final Int32View words = Int32View.of(SharedBuffer.allocate(BYTES));

        @Override
        void send(int value) {
            words.setRelease(PING_INDEX, value);
        }

        @Override
        void awaitAnswer(int value) throws InterruptedException {
            words.awaitChange(PONG_INDEX, value - 1, BUSY_SPIN);
        }

        @Override
        int receive(int last) throws InterruptedException {
            return words.awaitChange(PING_INDEX, last, BUSY_SPIN);
        }

        @Override
        void answer(int value) {
            words.setRelease(PONG_INDEX, value);
        }
    }

    /** Ours: the word says what there is, {@code wake} that it has changed. */
    public abstract static class AwaitWake extends Baton {
        final Int32View words = Int32View.of(SharedBuffer.allocate(BYTES));

        abstract void await(long index, int expected) throws InterruptedException;

        @Override
        void send(int value) {
            words.setRelease(PING_INDEX, value);
            words.wake(PING_INDEX, 1);
        }

        @Override
        void awaitAnswer(int value) throws InterruptedException {
            while (words.getAcquire(PONG_INDEX) != value) {
                await(PONG_INDEX, value - 1);
            }
        }

        @Override
        int receive(int last) throws InterruptedException {
            int value;
            while ((value = words.getAcquire(PING_INDEX)) == last) {
                await(PING_INDEX, last);
            }
            return value;
        }

        @Override
        void answer(int value) {
            words.setRelease(PONG_INDEX, value);
            words.wake(PONG_INDEX, 1);
        }
    }

    /** Whoever waits spins. */
    public static class AwaitWakeBusySpin extends AwaitWake {
        @Override
        void await(long index, int expected) throws InterruptedException {
            words.await(index, expected, BUSY_SPIN);
        }
    }

    /** Whoever waits spins as long as has lately been worth it, then parks: the default. */
    public static class AwaitWakeAdaptive extends AwaitWake {
        @Override
        void await(long index, int expected) throws InterruptedException {
            words.await(index, expected);
        }
    }

    /** Whoever waits parks. */
    public static class AwaitWakeParking extends AwaitWake {
        @Override
        void await(long index, int expected) throws InterruptedException {
            words.await(index, expected, PARKING);
        }
    }

    /** The JDK's: a queue there and a queue back, in which one number lies at a time. */
    public abstract static class Queues extends Baton {
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
    public int bareWords(BareWords baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int bareParking(BareParking baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int awaitChange(AwaitChange baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int awaitWakeBusySpin(AwaitWakeBusySpin baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int awaitWakeAdaptive(AwaitWakeAdaptive baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int awaitWakeParking(AwaitWakeParking baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int synchronousQueue(Synchronous baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    public int linkedTransferQueue(LinkedTransfer baton) throws InterruptedException {
        return baton.trips();
    }
}
