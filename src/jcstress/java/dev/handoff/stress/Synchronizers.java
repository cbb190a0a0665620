package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.concurrent.SharedBarrier;
import dev.handoff.concurrent.SharedLatch;
import dev.handoff.concurrent.SharedMutex;
import dev.handoff.concurrent.SharedSemaphore;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LI_Result;

/** Locks and their kin in shared memory: who waits is let in, one at a time, and sees what came before. */
public class Synchronizers {
    /** Turns a hang into an outcome. */
    private static final Duration FOR_EVER = Duration.ofSeconds(20);
    private static final Slots SLOTS = new Slots(256);

    /** Plain writes under a mutex. */
    @JCStressTest
    @Outcome(id = ".*, 3", expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(id = ".*, [12]", expect = FORBIDDEN, desc = "Both held the mutex, or a write under it was lost.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "A wake-up was lost.")
    @State
    public static class Mutex {
        private enum Way {
            LOCK,
            LOCK_INTERRUPTIBLY,
            TRY_LOCK,
            TRY_LOCK_TIMED
        }

        private static final Way[] WAYS = Way.values();

        private final long place = SLOTS.next();
        private final Way way = WAYS[(int) (place / 256 % WAYS.length)];
        private final SharedMutex mutex = SharedMutex.create(SLOTS.buffer(), place);
        private int sum;
        private volatile boolean lost;

        private void lock() throws InterruptedException {
            switch (way) {
                case LOCK -> mutex.lock();
                case LOCK_INTERRUPTIBLY -> mutex.lockInterruptibly();
                case TRY_LOCK -> {
                    while (!mutex.tryLock()) {
                        Thread.onSpinWait();
                    }
                }
                case TRY_LOCK_TIMED -> {
                    while (!mutex.tryLock(FOR_EVER.toSeconds(), TimeUnit.SECONDS)) {
                        lost = true;
                    }
                }
            }
        }

        private void add(int value) {
            try {
                lock();
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            sum += value;
            mutex.unlock();
        }

        @Actor
        public void first() {
            add(1);
        }

        @Actor
        public void second() {
            add(2);
        }

        @Arbiter
        public void both(LI_Result r) {
            r.r1 = way;
            r.r2 = lost ? 0 : sum;
        }
    }

    /** A mutex whose owner's process has died. */
    abstract static class Orphan {
        /** Of the owner word in the layout of a mutex, and of the process in it. */
        private static final long OWNER_OFFSET = 16;
        private static final int PROCESS_SHIFT = 41;
        private static final long DEAD_PROCESS = dead();

        final SharedMutex mutex;

        Orphan() {
            long place = SLOTS.next();
            mutex = SharedMutex.create(SLOTS.buffer(), place);
            SLOTS.buffer().segment().set(ValueLayout.JAVA_LONG, place + OWNER_OFFSET,
                    DEAD_PROCESS << PROCESS_SHIFT | 2);
        }

        private static long dead() {
            try {
                Process process = new ProcessBuilder("true").start();
                process.waitFor();
                return process.pid();
            } catch (IOException | InterruptedException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }

    /** Two heirs. */
    @JCStressTest
    @Outcome(id = {"0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "One of them took over.")
    @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "Both took over.")
    @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "Neither did.")
    @State
    public static class TakeOver extends Orphan {
        @Actor
        public void first(II_Result r) {
            r.r1 = mutex.tryTakeOver() ? 1 : 0;
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = mutex.tryTakeOver() ? 1 : 0;
        }
    }

    /** An heir, and one who waits for the mutex meanwhile. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The heir, and then the waiter, who sees the heir's work.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "It was not taken over.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The waiter got in without what came before, or had no right to it.")
    @Outcome(id = "1, -1", expect = FORBIDDEN, desc = "The wake-up was lost.")
    @State
    public static class TakeOverBesideAWaiter extends Orphan {
        private int data;

        @Actor
        public void heir(II_Result r) {
            r.r1 = mutex.tryTakeOver() ? 1 : 0;
            data = 1;
            mutex.unlock();
        }

        @Actor
        public void waiter(II_Result r) {
            try {
                r.r2 = mutex.tryLock(FOR_EVER.toSeconds(), TimeUnit.SECONDS) ? data : -1;
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
        }
    }

    /** A permit that one thread gives and the other one takes. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The permit, and what came before it.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The permit without what came before it.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "The permit was lost.")
    @State
    public static class Permit {
        private final SharedSemaphore semaphore = SharedSemaphore.create(SLOTS.buffer(), SLOTS.next(), 0);
        private int data;

        @Actor
        public void giver() {
            data = 1;
            semaphore.release();
        }

        @Actor
        public void taker(II_Result r) {
            try {
                r.r1 = semaphore.tryAcquire(1, FOR_EVER) ? 1 : 0;
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            r.r2 = data;
        }
    }

    /** One permit for two takers. */
    @JCStressTest
    @Outcome(id = {"0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "One of them got it.")
    @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "Both got it.")
    @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "Neither got it.")
    @State
    public static class LastPermit {
        private final SharedSemaphore semaphore = SharedSemaphore.create(SLOTS.buffer(), SLOTS.next(), 1);

        @Actor
        public void first(II_Result r) {
            r.r1 = semaphore.tryAcquire() ? 1 : 0;
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = semaphore.tryAcquire() ? 1 : 0;
        }
    }

    /** A latch that one thread opens and the other one waits for. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Open, and what came before is there.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Open, but what came before is missing.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "The wake-up was lost.")
    @State
    public static class Latch {
        private final SharedLatch latch = SharedLatch.create(SLOTS.buffer(), SLOTS.next(), 1);
        private int data;

        @Actor
        public void opener() {
            data = 1;
            latch.countDown();
        }

        @Actor
        public void waiter(II_Result r) {
            try {
                r.r1 = latch.await(FOR_EVER) ? 1 : 0;
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            r.r2 = data;
        }
    }

    /** A latch that needs both. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each waited for the other, and sees what it did.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A count was lost, or what came before it.")
    @State
    public static class LatchOfTwo {
        private final SharedLatch latch = SharedLatch.create(SLOTS.buffer(), SLOTS.next(), 2);
        private int one;
        private int two;

        private boolean meet() {
            latch.countDown();
            try {
                return latch.await(FOR_EVER);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
        }

        @Actor
        public void first(II_Result r) {
            one = 1;
            r.r1 = meet() ? two : -1;
        }

        @Actor
        public void second(II_Result r) {
            two = 1;
            r.r2 = meet() ? one : -1;
        }
    }

    /** A barrier that two threads pass again and again. */
    @JCStressTest
    @Outcome(id = "1, 1, 2, 2", expect = ACCEPTABLE, desc = "Each time both were there, and saw each other's work.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "One ran ahead, was left behind, or did not see the other's work.")
    @State
    public static class Barrier {
        private final SharedBarrier barrier = SharedBarrier.create(SLOTS.buffer(), SLOTS.next(), 2);
        private int one;
        private int two;

        private void meet() {
            try {
                barrier.await(FOR_EVER);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new AssertionError("nobody interrupts or breaks it", e);
            }
        }

        @Actor
        public void first(IIII_Result r) {
            one = 1;
            meet();
            r.r1 = two;
            meet();
            one = 2;
            meet();
            r.r3 = two;
        }

        @Actor
        public void second(IIII_Result r) {
            two = 1;
            meet();
            r.r2 = one;
            meet();
            two = 2;
            meet();
            r.r4 = one;
        }
    }
}
