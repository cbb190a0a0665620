package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.Int64View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.WaitResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LIZ_Result;
import org.openjdk.jcstress.infra.results.LI_Result;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Waiting on a word and being woken: nothing is lost, nothing is made up. */
public class AwaitWake {
    private static final Int32View OFF_HEAP = Int32View.of(Lines.BUFFER);
    /** Turns a hang into an outcome. Whoever waits so long has missed a wake. */
    private static final long FOR_EVER = TimeUnit.SECONDS.toNanos(20);

    private static WaitResult await(Int32View words, long word, int expected, long nanos) {
        try {
            return words.await(word, expected, nanos);
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }

    @Outcome(id = ".*, NOT_EQUAL, 0, .*", expect = ACCEPTABLE, desc = "The value was there before the wait.")
    @Outcome(id = ".*, WOKEN, 1, 1", expect = ACCEPTABLE, desc = "The waiter was woken, and sees what came before.")
    @Outcome(id = ".*, WOKEN, 1, 0", expect = FORBIDDEN, desc = "Woken, but the waker's writes are missing.")
    @Outcome(id = ".*, TIMED_OUT, .*, .*", expect = FORBIDDEN, desc = "The wake-up was lost.")
    @Outcome(id = ".*, WOKEN, 0, .*", expect = FORBIDDEN, desc = "A spurious return, or a wake that was not counted.")
    @Outcome(id = ".*, NOT_EQUAL, 1, .*", expect = FORBIDDEN, desc = "Woken was who did not wait.")
    static final class Woken {
        private Woken() {
        }
    }

    /** The store that a wake follows needs no ordering of its own: the wake has the fence. */
    @JCStressTest
    @JCStressMeta(Woken.class)
    @State
    public static class StoreThenWake {
        private enum Store {
            SET,
            SET_RELEASE,
            SET_OPAQUE,
            SET_PLAIN,
            GET_AND_ADD,
            SET_PLAIN_ON_HEAP
        }

        private static final Store[] STORES = Store.values();

        private final long line = Lines.next();
        private final Store store = STORES[(int) (line / Lines.BYTES % STORES.length)];
        private final Int32View words = store == Store.SET_PLAIN_ON_HEAP
                ? Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new int[1])))
                : OFF_HEAP;
        private final long word = store == Store.SET_PLAIN_ON_HEAP ? 0 : line / Integer.BYTES;
        private int data;

        @Actor
        public void waiter(LLLL_Result r) {
            r.r1 = store;
            r.r2 = await(words, word, 0, FOR_EVER);
            r.r4 = data;
        }

        @Actor
        public void waker(LLLL_Result r) {
            data = 1;
            switch (store) {
                case SET -> words.set(word, 1);
                case SET_RELEASE -> words.setRelease(word, 1);
                case SET_OPAQUE -> words.setOpaque(word, 1);
                case SET_PLAIN, SET_PLAIN_ON_HEAP -> words.setPlain(word, 1);
                case GET_AND_ADD -> words.getAndAdd(word, 1);
            }
            r.r3 = words.wake(word, Integer.MAX_VALUE);
        }
    }

    /** Of the end of the time and a wake, one decides. */
    @JCStressTest
    @Outcome(id = "WOKEN, 1", expect = ACCEPTABLE, desc = "The wake came first.")
    @Outcome(id = "TIMED_OUT, 0", expect = ACCEPTABLE, desc = "The time was up first.")
    @Outcome(id = "TIMED_OUT, 1", expect = FORBIDDEN, desc = "A waiter that was gone has swallowed the wake.")
    @Outcome(id = "WOKEN, 0", expect = FORBIDDEN, desc = "A spurious return.")
    @State
    public static class WakeOrTimeout {
        private final long word = Lines.next() / Integer.BYTES;

        @Actor
        public void waiter(LI_Result r) {
            r.r1 = await(OFF_HEAP, word, 0, ThreadLocalRandom.current().nextInt(2_000));
        }

        @Actor
        public void waker(LI_Result r) {
            r.r2 = OFF_HEAP.wake(word, 1);
        }
    }

    /** Of an interrupt and a wake, one decides; a wake that came first leaves the interrupt to be seen. */
    @JCStressTest
    @Outcome(id = "WOKEN, 1, true", expect = ACCEPTABLE, desc = "The wake came first; the flag stays set.")
    @Outcome(id = "INTERRUPTED, 0, false", expect = ACCEPTABLE, desc = "The interrupt came first.")
    @Outcome(id = "INTERRUPTED, 1, .*", expect = FORBIDDEN, desc = "An interrupted waiter has swallowed the wake.")
    @Outcome(id = "WOKEN, 1, false", expect = FORBIDDEN, desc = "The interrupt was lost.")
    @Outcome(id = "WOKEN, 0, .*", expect = FORBIDDEN, desc = "A spurious return.")
    @Outcome(id = "TIMED_OUT, .*, .*", expect = FORBIDDEN, desc = "Both were lost.")
    @State
    public static class WakeOrInterrupt {
        private final long line = Lines.next();
        private final long word = line / Integer.BYTES;
        private final boolean wakeFirst = line / Lines.BYTES % 2 == 0;
        private volatile Thread waiter;
        private volatile boolean interrupted;

        @Actor
        public void waiter(LIZ_Result r) {
            waiter = Thread.currentThread();
            try {
                r.r1 = OFF_HEAP.await(word, 0, FOR_EVER);
            } catch (InterruptedException e) {
                r.r1 = "INTERRUPTED";
            }
            while (!interrupted) {
                Thread.onSpinWait();
            }
            r.r3 = Thread.interrupted();
        }

        @Actor
        public void waker(LIZ_Result r) {
            while (waiter == null) {
                Thread.onSpinWait();
            }
            if (wakeFirst) {
                r.r2 = OFF_HEAP.wake(word, 1);
                waiter.interrupt();
            } else {
                waiter.interrupt();
                r.r2 = OFF_HEAP.wake(word, 1);
            }
            interrupted = true;
        }
    }

    /** A mutex in one word, as in Drepper's "Futexes Are Tricky": 0 free, 1 locked, 2 locked and somebody may wait. */
    @JCStressTest
    @Outcome(id = "3, 0", expect = ACCEPTABLE, desc = "Each held the lock, one after the other.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "A write under the lock was lost.")
    @Outcome(id = ".*, 1", expect = FORBIDDEN, desc = "A waiter was never woken.")
    @State
    public static class FutexMutex {
        private final long word = Lines.next() / Integer.BYTES;
        private int sum;

        private volatile int lost;

        private void add(int value) {
            if (!OFF_HEAP.compareAndSet(word, 0, 1)) {
                while (OFF_HEAP.getAndSet(word, 2) != 0) {
                    if (await(OFF_HEAP, word, 2, FOR_EVER) == WaitResult.TIMED_OUT) {
                        lost = 1;
                    }
                }
            }
            sum += value;
            if (OFF_HEAP.getAndSet(word, 0) == 2) {
                OFF_HEAP.wake(word, 1);
            }
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
        public void both(II_Result r) {
            r.r1 = sum;
            r.r2 = lost;
        }
    }

    /** Whatever the waiter does before it parks. */
    @JCStressTest
    @JCStressMeta(Woken.class)
    @State
    public static class Strategies {
        private enum Idle {
            BUSY_SPIN(IdleStrategy.busySpin()),
            YIELDING(IdleStrategy.yielding()),
            PARKING(IdleStrategy.parking()),
            ADAPTIVE(IdleStrategy.adaptive());

            private final IdleStrategy strategy;

            Idle(IdleStrategy strategy) {
                this.strategy = strategy;
            }
        }

        private static final Idle[] IDLE = Idle.values();

        private final long line = Lines.next();
        private final Idle idle = IDLE[(int) (line / Lines.BYTES % IDLE.length)];
        private final long word = line / Integer.BYTES;
        private int data;

        @Actor
        public void waiter(LLLL_Result r) {
            r.r1 = idle;
            try {
                r.r2 = OFF_HEAP.await(word, 0, FOR_EVER, idle.strategy);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            r.r4 = data;
        }

        @Actor
        public void waker(LLLL_Result r) {
            data = 1;
            OFF_HEAP.set(word, 1);
            r.r3 = OFF_HEAP.wake(word, Integer.MAX_VALUE);
        }
    }

    /** Elements of 64 bits. */
    @JCStressTest
    @JCStressMeta(Woken.class)
    @State
    public static class StoreThenWake64 {
        private static final Int64View VIEW = Int64View.of(Lines.BUFFER);

        private final long word = Lines.next() / Long.BYTES;
        private int data;

        @Actor
        public void waiter(LLLL_Result r) {
            r.r1 = "64 bits";
            try {
                r.r2 = VIEW.await(word, 0, FOR_EVER);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            r.r4 = data;
        }

        @Actor
        public void waker(LLLL_Result r) {
            data = 1;
            VIEW.set(word, 1L << 32); // in the half that a comparison of 32 bits would not see
            r.r3 = VIEW.wake(word, Integer.MAX_VALUE);
        }
    }

    /** A wait that is a future. */
    @JCStressTest
    @JCStressMeta(Woken.class)
    @State
    public static class Async {
        private final long word = Lines.next() / Integer.BYTES;
        private CompletableFuture<WaitResult> wait;
        private int data;

        @Actor
        public void waiter() {
            wait = OFF_HEAP.awaitAsync(word, 0);
        }

        @Actor
        public void waker(LLLL_Result r) {
            data = 1;
            OFF_HEAP.set(word, 1);
            r.r3 = OFF_HEAP.wake(word, Integer.MAX_VALUE);
        }

        @Arbiter
        public void end(LLLL_Result r) {
            r.r1 = "async";
            r.r2 = wait.completeOnTimeout(WaitResult.TIMED_OUT, FOR_EVER, TimeUnit.NANOSECONDS).join();
            r.r4 = data;
        }
    }

    /** Of the end of a future and a wake, one decides. */
    @JCStressTest
    @Outcome(id = "true, 0, CancellationException", expect = ACCEPTABLE, desc = "Cancelled first.")
    @Outcome(id = "false, 1, WOKEN", expect = ACCEPTABLE, desc = "Woken first.")
    @Outcome(id = "true, 1, .*", expect = FORBIDDEN, desc = "The ghost of a wait has swallowed the wake.")
    @Outcome(id = "false, 0, .*", expect = FORBIDDEN, desc = "It ended, and nobody did it.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "The result tells another story.")
    @State
    public static class WakeOrCancel {
        private final long word = Lines.next() / Integer.BYTES;
        private final CompletableFuture<WaitResult> wait = OFF_HEAP.awaitAsync(word, 0);

        @Actor
        public void canceller(LLL_Result r) {
            r.r1 = wait.cancel(false);
        }

        @Actor
        public void waker(LLL_Result r) {
            r.r2 = OFF_HEAP.wake(word, 1);
        }

        @Arbiter
        public void end(LLL_Result r) {
            try {
                r.r3 = wait.completeOnTimeout(WaitResult.TIMED_OUT, FOR_EVER, TimeUnit.NANOSECONDS).join();
            } catch (CancellationException e) {
                r.r3 = "CancellationException";
            }
        }
    }

    /** A wait for another value needs no wake. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The new value, and what came before it.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The new value without what came before it.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "The change was missed.")
    @State
    public static class Change {
        private final long line = Lines.next();
        private final long word = line / Integer.BYTES;
        private final boolean wakes = line / Lines.BYTES % 2 == 0;
        private int data;

        @Actor
        public void waiter(II_Result r) {
            try {
                r.r1 = OFF_HEAP.awaitChange(word, 0, FOR_EVER);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts", e);
            }
            r.r2 = data;
        }

        @Actor
        public void changer() {
            data = 1;
            OFF_HEAP.setRelease(word, 1);
            if (wakes) {
                OFF_HEAP.wake(word, 1);
            }
        }
    }

    /** Memory that processes share: the system's futex, which may count a waiter that finds the change by itself, or not. */
    @JCStressTest
    @Outcome(id = "NOT_EQUAL, .*", expect = ACCEPTABLE, desc = "The value was there before the wait.")
    @Outcome(id = "WOKEN, 1", expect = ACCEPTABLE, desc = "The waiter found the change, and what came before.")
    @Outcome(id = "WOKEN, 0", expect = FORBIDDEN, desc = "The waiter found the change, but not what came before.")
    @Outcome(id = "TIMED_OUT, .*", expect = FORBIDDEN, desc = "The wake-up was lost.")
    @State
    public static class Mapped {
        private static final Slots SLOTS = new Slots(map(), Lines.BYTES);
        private static final Int32View VIEW = Int32View.of(SLOTS.buffer());

        private final long word = SLOTS.next() / Integer.BYTES;
        private int data;

        private static SharedBuffer map() {
            try {
                Path file = Files.createTempFile("handoff-stress", ".mapped");
                try {
                    return SharedBuffer.map(file, Slots.size(Lines.BYTES));
                } finally {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Actor
        public void waiter(LI_Result r) {
            r.r1 = await(VIEW, word, 0, FOR_EVER);
            r.r2 = data;
        }

        @Actor
        public void waker() {
            data = 1;
            VIEW.setRelease(word, 1);
            VIEW.wake(word, 1);
        }
    }
}
