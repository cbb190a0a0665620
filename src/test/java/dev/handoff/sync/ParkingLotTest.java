package dev.handoff.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParkingLotTest {
    private static final long FOREVER = Long.MAX_VALUE;
    private static final long A_DAY = 86_400_000_000_000L;

    /** Stands for the memory; a new one for each test. */
    private final Object block = new Object();

    /** A thread in {@code await}, known to be queued when the constructor returns. */
    private final class Waiting {
        final FutureTask<WaitResult> result;
        final Thread thread;

        Waiting(Kind kind, Object on, long address, long nanos) {
            int before = ParkingLot.waiting(on, address);
            result = new FutureTask<>(() -> ParkingLot.await(on, address, () -> true, nanos));
            thread = kind.unstarted("waiter", result);
            thread.start();
            Threads.until(() -> ParkingLot.waiting(on, address) > before || result.isDone());
        }

        WaitResult result() {
            Threads.join(thread);
            return result.resultNow();
        }
    }

    private Waiting waiting(Kind kind, long address) {
        return new Waiting(kind, block, address, FOREVER);
    }

    @AfterEach
    void nobodyIsLeft() {
        for (long address = 0; address < 64; address += 4) {
            assertEquals(0, ParkingLot.waiting(block, address));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, A_DAY,
            FOREVER})
    void aWordThatDoesNotHoldEndsTheWaitAtOnceWhateverTheTime(long nanos)
            throws InterruptedException {
        AtomicInteger asked = new AtomicInteger();
        assertSame(WaitResult.NOT_EQUAL, ParkingLot.await(block, 0, () -> asked.incrementAndGet() < 0, nanos));
        assertEquals(1, asked.get());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
    void aTimeAtOrBelowZeroIsUpAtOnce(long nanos)
            throws InterruptedException {
        assertSame(WaitResult.TIMED_OUT, ParkingLot.await(block, 0, () -> true, nanos));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void timeIsUpNotBeforeItIsAndTheWaiterHasLeftTheQueue(Kind kind) {
        for (long nanos : new long[]{1, 1_000, 3_000_000, 30_000_000}) {
            long start = System.nanoTime();
            assertSame(WaitResult.TIMED_OUT, new Waiting(kind, block, 0, nanos).result());
            assertTrue(System.nanoTime() - start >= nanos);
            assertEquals(0, ParkingLot.waiting(block, 0));
            assertEquals(0, ParkingLot.wake(block, 0, 1), "a ghost must not swallow a wake");
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aWakeEndsTheWaitAndIsCounted(Kind kind) {
        for (long nanos : new long[]{FOREVER, FOREVER - 1, A_DAY}) {
            Waiting waiter = new Waiting(kind, block, 8, nanos);
            assertEquals(1, ParkingLot.wake(block, 8, 1));
            assertSame(WaitResult.WOKEN, waiter.result());
        }
    }

    @Test
    void aWakeWithoutAWaiterIsNotRemembered() {
        assertEquals(0, ParkingLot.wake(block, 0, Integer.MAX_VALUE));
        Waiting waiter = waiting(Kind.PLATFORM, 0);
        Threads.untilParked(waiter.thread);
        assertFalse(waiter.result.isDone());
        ParkingLot.wake(block, 0, 1);
        assertSame(WaitResult.WOKEN, waiter.result());
    }

    @Test
    void aThreadThatIsOnlyUnparkedGoesOnWaiting() {
        Waiting waiter = waiting(Kind.PLATFORM, 0);
        for (int i = 0; i < 100; i++) {
            Threads.untilParked(waiter.thread);
            LockSupport.unpark(waiter.thread);
        }
        assertFalse(waiter.result.isDone());
        assertEquals(1, ParkingLot.waiting(block, 0));
        assertEquals(1, ParkingLot.wake(block, 0, 1));
        assertSame(WaitResult.WOKEN, waiter.result());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void waitersAreWokenInTheOrderOfTheirArrival(Kind kind) {
        List<Waiting> waiters = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            waiters.add(waiting(kind, 16));
        }
        for (int i = 0; i < 8; i++) {
            assertEquals(1, ParkingLot.wake(block, 16, 1));
            assertSame(WaitResult.WOKEN, waiters.get(i).result());
            assertEquals(7 - i, ParkingLot.waiting(block, 16));
            waiters.subList(i + 1, 8).forEach(w -> assertFalse(w.result.isDone()));
        }
    }

    @Test
    void theOrderOfTheOthersSurvivesOneThatLeaves() {
        for (int leaving = 0; leaving < 4; leaving++) {
            List<Waiting> waiters = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                waiters.add(waiting(Kind.PLATFORM, 16));
            }
            Waiting left = waiters.remove(leaving);
            left.thread.interrupt();
            Threads.join(left.thread);
            assertEquals(3, ParkingLot.waiting(block, 16));
            for (Waiting next : waiters) {
                assertEquals(1, ParkingLot.wake(block, 16, 1));
                assertSame(WaitResult.WOKEN, next.result());
            }
            assertEquals(0, ParkingLot.wake(block, 16, 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "-1, 0", "-2147483648, 0", "1, 1", "2, 2", "3, 3", "4, 3",
            "2147483647, 3"})
    void wakesAsManyAsAskedForAndNoMoreThanThereAre(int count, int expected) {
        List<Waiting> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiters.add(waiting(Kind.values()[i % 2], 4));
        }
        assertEquals(expected, ParkingLot.wake(block, 4, count));
        assertEquals(3 - expected, ParkingLot.waiting(block, 4));
        waiters.subList(0, expected).forEach(w -> assertSame(WaitResult.WOKEN, w.result()));
        waiters.subList(expected, 3).forEach(w -> assertFalse(w.result.isDone()));
        assertEquals(3 - expected, ParkingLot.wake(block, 4, 3));
        waiters.forEach(w -> assertSame(WaitResult.WOKEN, w.result()));
    }

    @Test
    void waitersOfDifferentWordsAndBlocksDoNotMix() {
        Object other = new Object();
        Waiting here = waiting(Kind.PLATFORM, 0);
        Waiting next = waiting(Kind.PLATFORM, 4);
        Waiting elsewhere = new Waiting(Kind.VIRTUAL, other, 0, FOREVER);
        Waiting absolute = new Waiting(Kind.VIRTUAL, null, 0, FOREVER);
        for (long address = 8; address < 8 + 4 * 1024; address += 4) { // every stripe, several times
            assertEquals(0, ParkingLot.wake(block, address, 9));
            assertEquals(0, ParkingLot.wake(null, address, 9));
        }
        assertEquals(1, ParkingLot.wake(other, 0, 9));
        assertSame(WaitResult.WOKEN, elsewhere.result());
        assertEquals(1, ParkingLot.wake(null, 0, 9));
        assertSame(WaitResult.WOKEN, absolute.result());
        assertFalse(here.result.isDone() || next.result.isDone());
        assertEquals(1, ParkingLot.wake(block, 4, 9));
        assertSame(WaitResult.WOKEN, next.result());
        assertEquals(1, ParkingLot.wake(block, 0, 9));
        assertSame(WaitResult.WOKEN, here.result());
    }

    @Test
    void waitersOfManyBlocksAreEachFoundThoughTheyShareStripes() {
        List<Object> blocks = IntStream.range(0, 600).mapToObj(i -> new Object()).toList();
        List<Waiting> waiters = blocks.stream().map(b -> new Waiting(Kind.VIRTUAL, b, 0, FOREVER)).toList();
        for (int i = blocks.size() - 1; i >= 0; i--) {
            assertEquals(1, ParkingLot.waiting(blocks.get(i), 0));
            assertEquals(1, ParkingLot.wake(blocks.get(i), 0, 2));
            assertSame(WaitResult.WOKEN, waiters.get(i).result());
        }
    }

    @Test
    void waitersOfManyWordsAreEachFoundThoughTheyShareStripes() {
        int words = 600; // more than there are stripes
        List<Waiting> waiters = IntStream.range(0, words)
                .mapToObj(i -> new Waiting(Kind.VIRTUAL, block, 1000 + 4 * i, FOREVER)).toList();
        List<Integer> order = new ArrayList<>(IntStream.range(0, words).boxed().toList());
        Collections.shuffle(order, new Random(7));
        for (int i : order) {
            assertEquals(1, ParkingLot.wake(block, 1000 + 4 * i, 2));
            assertSame(WaitResult.WOKEN, waiters.get(i).result());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anInterruptBeforeTheWaitEndsItAndIsConsumed(Kind kind) {
        Threads.on(kind, "interrupted", () -> {
            for (boolean holds : new boolean[]{true, false}) {
                Thread.currentThread().interrupt();
                assertThrows(InterruptedException.class, () -> ParkingLot.await(block, 0, () -> holds, FOREVER));
                assertFalse(Thread.currentThread().isInterrupted());
            }
            return null;
        });
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, " + FOREVER, "PLATFORM, " + A_DAY, "VIRTUAL, " + FOREVER,
            "VIRTUAL, " + A_DAY})
    void anInterruptDuringTheWaitEndsItAndIsConsumed(Kind kind, long nanos) {
        FutureTask<Boolean> flag = new FutureTask<>(() -> {
            assertThrows(InterruptedException.class, () -> ParkingLot.await(block, 0, () -> true, nanos));
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = kind.unstarted("waiter", flag);
        thread.start();
        Threads.until(() -> ParkingLot.waiting(block, 0) == 1);
        thread.interrupt();
        Threads.join(thread);
        assertEquals(false, flag.resultNow());
        assertEquals(0, ParkingLot.waiting(block, 0));
        assertEquals(0, ParkingLot.wake(block, 0, 1), "a ghost must not swallow a wake");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ofAWakeAndAnInterruptThatRaceTheFirstWinsAndNoneIsLost(Kind kind) {
        AtomicInteger woken = new AtomicInteger();
        for (int round = 0; round < 2_000; round++) {
            FutureTask<Boolean> waiter = new FutureTask<>(() -> {
                try {
                    WaitResult result = ParkingLot.await(block, 0, () -> true, FOREVER);
                    assertSame(WaitResult.WOKEN, result);
                    return true;
                } catch (InterruptedException e) {
                    assertFalse(Thread.currentThread().isInterrupted());
                    return false;
                }
            });
            Thread thread = kind.unstarted("waiter", waiter);
            thread.start();
            Threads.until(() -> ParkingLot.waiting(block, 0) == 1);
            Thread interrupter = Thread.ofPlatform().start(thread::interrupt);
            int count = ParkingLot.wake(block, 0, 1);
            Threads.join(thread);
            Threads.join(interrupter);
            assertEquals(count == 1, waiter.resultNow(), "what wake counted is what the waiter got");
            woken.addAndGet(count);
        }
        assertTrue(woken.get() > 0, "the race must have been one");
    }

    @Test
    void aWakeThatCameBeforeTheInterruptWinsAndTheFlagStays() {
        for (int round = 0; round < 500; round++) {
            CountDownLatch interrupted = new CountDownLatch(1);
            FutureTask<Boolean> waiter = new FutureTask<>(() -> {
                assertSame(WaitResult.WOKEN, ParkingLot.await(block, 0, () -> true, FOREVER));
                Threads.uninterruptibly(interrupted);
                return Thread.currentThread().isInterrupted();
            });
            Thread thread = Kind.values()[round % 2].unstarted("waiter", waiter);
            thread.start();
            Threads.until(() -> ParkingLot.waiting(block, 0) == 1);
            assertEquals(1, ParkingLot.wake(block, 0, 1));
            thread.interrupt();
            interrupted.countDown();
            Threads.join(thread);
            assertEquals(true, waiter.resultNow());
        }
    }

    @Test
    void anExceptionOfTheComparisonLeavesNoTrace() throws InterruptedException {
        assertThrows(UnsupportedOperationException.class, () -> ParkingLot.await(block, 0, () -> {
            throw new UnsupportedOperationException();
        }, FOREVER));
        assertEquals(0, ParkingLot.waiting(block, 0));
        assertSame(WaitResult.TIMED_OUT, ParkingLot.await(block, 0, () -> true, 1)); // the lock is free
    }

    @Test
    void manyMoreVirtualThreadsThanCarriersWaitAndAreAllWoken() {
        int many = 2_000;
        List<Waiting> waiters = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            waiters.add(waiting(Kind.VIRTUAL, 12));
        }
        assertEquals(many, ParkingLot.waiting(block, 12));
        assertEquals(1_500, ParkingLot.wake(block, 12, 1_500));
        assertEquals(many - 1_500, ParkingLot.wake(block, 12, Integer.MAX_VALUE));
        waiters.forEach(w -> assertSame(WaitResult.WOKEN, w.result()));
    }

    /** Two threads hand a baton back and forth; a lost wake-up hangs this, and the watchdog tells. */
    @ParameterizedTest
    @CsvSource({"PLATFORM, PLATFORM", "VIRTUAL, VIRTUAL", "PLATFORM, VIRTUAL"})
    void noWakeIsLostInAPingPong(Kind first,
            Kind second) {
        int rounds = 20_000;
        AtomicIntegerArray word = new AtomicIntegerArray(1);
        FutureTask<Integer> ping = new FutureTask<>(() -> play(word, 0, rounds));
        FutureTask<Integer> pong = new FutureTask<>(() -> play(word, 1, rounds));
        Thread a = first.unstarted("ping", ping);
        Thread b = second.unstarted("pong", pong);
        a.start();
        b.start();
        Threads.join(a);
        Threads.join(b);
        assertEquals(rounds, ping.resultNow());
        assertEquals(rounds, pong.resultNow());
    }

    /** Waits for its turn (the word's lowest bit), and gives it to the other one. */
    private int play(AtomicIntegerArray word, int me, int rounds) throws InterruptedException {
        for (int i = 0; i < rounds; i++) {
            int now;
            while (((now = word.get(0)) & 1) != me) {
                int seen = now;
                assertTrue(ParkingLot.await(block, 0, () -> word.get(0) == seen, FOREVER) != WaitResult.TIMED_OUT);
            }
            word.set(0, now + 1);
            ParkingLot.wake(block, 0, 1);
        }
        return rounds;
    }

    /** Several waiters and wakers on one word: each permit that is given out wakes or finds exactly one taker. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void noPermitOfASemaphoreIsLost(Kind kind) {
        int takers = 4;
        int each = 5_000;
        AtomicInteger permits = new AtomicInteger();
        ConcurrentLinkedQueue<Integer> timeouts = new ConcurrentLinkedQueue<>();
        Threads.race(kind, 2 * takers, 1, round -> {
        }, (racer, round) -> {
            for (int i = 0; i < each; i++) {
                if (racer < takers) {
                    int n;
                    while ((n = permits.get()) <= 0 || !permits.compareAndSet(n, n - 1)) {
                        if (n <= 0 && ParkingLot.await(block, 4, () -> permits.get() <= 0,
                                racer % 2 == 0 ? FOREVER : 100_000) == WaitResult.TIMED_OUT) {
                            timeouts.add(racer);
                        }
                    }
                } else {
                    permits.incrementAndGet();
                    ParkingLot.wake(block, 4, 1);
                    if (kind == Kind.VIRTUAL) {
                        Thread.yield();
                    }
                }
            }
        });
        assertEquals(0, permits.get());
        assertTrue(timeouts.stream().allMatch(racer -> racer % 2 == 1), "who waits for ever has no time-out");
    }
}
