package dev.handoff.benchmarks;

import dev.handoff.concurrent.SharedBarrier;
import dev.handoff.concurrent.SharedLatch;
import dev.handoff.concurrent.SharedMutex;
import dev.handoff.concurrent.SharedSemaphore;
import dev.handoff.memory.SharedBuffer;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Locks and their like that lie in shared memory, beside the JDK's, which lie on the heap: by one thread that never has to
 * wait; by two that want the same; and as a way to hand a {@link Baton} over.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Locks {
    private static SharedMutex newMutex() {
        return SharedMutex.create(SharedBuffer.allocate(SharedMutex.bytes()), 0);
    }

    private static SharedSemaphore newSemaphore(int permits) {
        return SharedSemaphore.create(SharedBuffer.allocate(SharedSemaphore.bytes()), 0, permits);
    }

    private static SharedLatch newLatch(int count) {
        return SharedLatch.create(SharedBuffer.allocate(SharedLatch.bytes()), 0, count);
    }

    /** Of all threads of the benchmark, one or two. */
    @State(Scope.Benchmark)
    public static class Mutexes {
        private final SharedMutex ours = newMutex();
        private final ReentrantLock theirs = new ReentrantLock();
        /** What they guard. */
        private long count;

        private long increment(Lock lock) {
            lock.lock();
            try {
                return ++count;
            } finally {
                lock.unlock();
            }
        }
    }

    /** Of all threads of the benchmark, one or two. */
    @State(Scope.Benchmark)
    public static class Semaphores {
        private final SharedSemaphore ours = newSemaphore(1);
        private final Semaphore theirs = new Semaphore(1);
        private long count;

        private long incrementOurs() throws InterruptedException {
            ours.acquire();
            try {
                return ++count;
            } finally {
                ours.release();
            }
        }

        private long incrementTheirs() throws InterruptedException {
            theirs.acquire();
            try {
                return ++count;
            } finally {
                theirs.release();
            }
        }
    }

    /** Latches that are open, and latches that no benchmark counts down to the end. */
    @State(Scope.Thread)
    public static class Latches {
        private final SharedLatch ours = newLatch(Integer.MAX_VALUE);
        private final SharedLatch oursOpen = newLatch(0);
        private final CountDownLatch theirs = new CountDownLatch(Integer.MAX_VALUE);
        private final CountDownLatch theirsOpen = new CountDownLatch(0);
    }

    // ---- one thread

    @Benchmark
    public long reentrantLock(Mutexes locks) {
        return locks.increment(locks.theirs);
    }

    @Benchmark
    public long sharedMutex(Mutexes locks) {
        return locks.increment(locks.ours);
    }

    @Benchmark
    public long semaphore(Semaphores locks) throws InterruptedException {
        return locks.incrementTheirs();
    }

    @Benchmark
    public long sharedSemaphore(Semaphores locks) throws InterruptedException {
        return locks.incrementOurs();
    }

    @Benchmark
    public void countDownLatchCountDown(Latches latches) {
        latches.theirs.countDown();
    }

    @Benchmark
    public void sharedLatchCountDown(Latches latches) {
        latches.ours.countDown();
    }

    @Benchmark
    public void countDownLatchAwait(Latches latches) throws InterruptedException {
        latches.theirsOpen.await();
    }

    @Benchmark
    public void sharedLatchAwait(Latches latches) throws InterruptedException {
        latches.oursOpen.await();
    }

    // ---- two threads that want the same

    @Benchmark
    @Threads(2)
    public long reentrantLockContended(Mutexes locks) {
        return locks.increment(locks.theirs);
    }

    @Benchmark
    @Threads(2)
    public long sharedMutexContended(Mutexes locks) {
        return locks.increment(locks.ours);
    }

    @Benchmark
    @Threads(2)
    public long semaphoreContended(Semaphores locks) throws InterruptedException {
        return locks.incrementTheirs();
    }

    @Benchmark
    @Threads(2)
    public long sharedSemaphoreContended(Semaphores locks) throws InterruptedException {
        return locks.incrementOurs();
    }

    // ---- a baton

    /** A number in a plain field; whoever is told that it is there reads it. */
    public abstract static class Handed extends Baton {
        private int number;

        /** To the partner. */
        abstract void tellReceiver() throws InterruptedException;

        abstract void awaitSender() throws InterruptedException;

        /** To the benchmark's thread. */
        abstract void tellSender() throws InterruptedException;

        abstract void awaitReceiver() throws InterruptedException;

        @Override
        void send(int value) throws InterruptedException {
            number = value;
            tellReceiver();
        }

        @Override
        void awaitAnswer(int value) throws InterruptedException {
            awaitReceiver();
        }

        @Override
        int receive(int last) throws InterruptedException {
            awaitSender();
            return number;
        }

        @Override
        void answer(int value) throws InterruptedException {
            tellSender();
        }
    }

    /** A permit there and a permit back. */
    public static class SharedSemaphoreBaton extends Handed {
        private final SharedSemaphore there = newSemaphore(0);
        private final SharedSemaphore back = newSemaphore(0);

        @Override
        void tellReceiver() {
            there.release();
        }

        @Override
        void awaitSender() throws InterruptedException {
            there.acquire();
        }

        @Override
        void tellSender() {
            back.release();
        }

        @Override
        void awaitReceiver() throws InterruptedException {
            back.acquire();
        }
    }

    /** The same with the JDK's. */
    public static class SemaphoreBaton extends Handed {
        private final Semaphore there = new Semaphore(0);
        private final Semaphore back = new Semaphore(0);

        @Override
        void tellReceiver() {
            there.release();
        }

        @Override
        void awaitSender() throws InterruptedException {
            there.acquire();
        }

        @Override
        void tellSender() {
            back.release();
        }

        @Override
        void awaitReceiver() throws InterruptedException {
            back.acquire();
        }
    }

    /** Both threads meet, and when the number has been read they meet again. */
    public abstract static class BarrierBaton extends Handed {
        abstract void meet() throws InterruptedException, BrokenBarrierException;

        private void met() throws InterruptedException {
            try {
                meet();
            } catch (BrokenBarrierException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        void tellReceiver() throws InterruptedException {
            met();
        }

        @Override
        void awaitSender() throws InterruptedException {
            met();
        }

        @Override
        void tellSender() throws InterruptedException {
            met();
        }

        @Override
        void awaitReceiver() throws InterruptedException {
            met();
        }
    }

    /** At ours. */
    public static class SharedBarrierBaton extends BarrierBaton {
        private final SharedBarrier barrier = SharedBarrier.create(SharedBuffer.allocate(SharedBarrier.bytes()), 0, 2);

        @Override
        void meet() throws InterruptedException, BrokenBarrierException {
            barrier.await();
        }
    }

    /** At the JDK's. */
    public static class CyclicBarrierBaton extends BarrierBaton {
        private final CyclicBarrier barrier = new CyclicBarrier(2);

        @Override
        void meet() throws InterruptedException, BrokenBarrierException {
            barrier.await();
        }
    }

    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public int semaphoreTrip(SemaphoreBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public int sharedSemaphoreTrip(SharedSemaphoreBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public int cyclicBarrierTrip(CyclicBarrierBaton baton) throws InterruptedException {
        return baton.trips();
    }

    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public int sharedBarrierTrip(SharedBarrierBaton baton) throws InterruptedException {
        return baton.trips();
    }
}
