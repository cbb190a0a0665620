package dev.handoff.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.IdleStrategyTest.Strategy;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
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
            this(kind, on, address, () -> ParkingLot.await(on, address, () -> true, nanos));
        }

        Waiting(Kind kind, Object on, long address, Callable<WaitResult> await) {
            int before = ParkingLot.waiting(on, address);
            result = new FutureTask<>(await);
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

    static Stream<Arguments> strategiesAndKinds() {
        return IdleStrategyTest.strategiesAndKinds();
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void whateverTheStrategyWakesAreCountedAndFirstComeFirstServed(Strategy strategy, Kind kind) {
        IdleStrategy idle = strategy.fresh();
        List<Waiting> waiters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            waiters.add(new Waiting(kind, block, 16, () -> ParkingLot.await(block, 16, () -> true, FOREVER, idle)));
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(1, ParkingLot.wake(block, 16, 1));
            assertSame(WaitResult.WOKEN, waiters.get(i).result());
            waiters.subList(i + 1, 4).forEach(w -> assertFalse(w.result.isDone()));
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void whateverTheStrategyTimeIsUpNotBeforeItIsAndTheWaiterHasLeftTheQueue(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{1, 3_000_000}) {
            long begun = System.nanoTime();
            assertSame(WaitResult.TIMED_OUT, Threads.on(kind, "waiter",
                    () -> ParkingLot.await(block, 0, () -> true, nanos, strategy.fresh())));
            assertTrue(System.nanoTime() - begun >= nanos);
            assertEquals(0, ParkingLot.wake(block, 0, 1), "a ghost must not swallow a wake");
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void whateverTheStrategyAnInterruptEndsTheWaitAndIsConsumed(Strategy strategy, Kind kind) {
        FutureTask<Boolean> flag = new FutureTask<>(() -> {
            assertThrows(InterruptedException.class,
                    () -> ParkingLot.await(block, 0, () -> true, FOREVER, strategy.fresh()));
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = kind.unstarted("waiter", flag);
        thread.start();
        Threads.until(() -> ParkingLot.waiting(block, 0) == 1);
        thread.interrupt();
        Threads.join(thread);
        assertEquals(false, flag.resultNow());
        assertEquals(0, ParkingLot.wake(block, 0, 1), "a ghost must not swallow a wake");
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void whateverTheStrategyAWakeAndAnInterruptThatRaceAgree(Strategy strategy, Kind kind) {
        IdleStrategy idle = strategy.fresh();
        for (int round = 0; round < 300; round++) {
            FutureTask<Boolean> waiter = new FutureTask<>(() -> {
                try {
                    assertSame(WaitResult.WOKEN, ParkingLot.await(block, 0, () -> true, FOREVER, idle));
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
        }
    }

    @Test
    void theStrategyIsAskedOnceWithTheTimeThereIsAndLearnsOfTheWake() throws InterruptedException {
        List<Long> times = new ArrayList<>();
        IdleStrategy own = (done, nanos) -> {
            times.add(nanos);
            assertFalse(done.getAsBoolean());
            assertEquals(1, ParkingLot.wake(block, 0, 1));
            assertTrue(done.getAsBoolean());
            return true;
        };
        assertSame(WaitResult.WOKEN, ParkingLot.await(block, 0, () -> true, 77_000_000_000L, own));
        assertSame(WaitResult.NOT_EQUAL, ParkingLot.await(block, 0, () -> false, FOREVER, own));
        assertSame(WaitResult.TIMED_OUT, ParkingLot.await(block, 0, () -> true, 0, own));
        assertEquals(List.of(77_000_000_000L), times);
        assertThrows(NullPointerException.class, () -> ParkingLot.await(block, 0, () -> true, FOREVER, null));
    }

    @Test
    void aStrategyThatLiesDoesNotEndTheWait() {
        Waiting waiter = new Waiting(Kind.PLATFORM, block, 0,
                () -> ParkingLot.await(block, 0, () -> true, FOREVER, (done, nanos) -> true));
        Threads.untilParked(waiter.thread);
        assertEquals(1, ParkingLot.wake(block, 0, 1));
        assertSame(WaitResult.WOKEN, waiter.result());
    }

    @Test
    void aStrategyThatThrowsTakesItsThreadOutOfTheQueue() {
        assertThrows(UnsupportedOperationException.class,
                () -> ParkingLot.await(block, 0, () -> true, FOREVER, (done, nanos) -> {
                    assertEquals(1, ParkingLot.waiting(block, 0));
                    throw new UnsupportedOperationException();
                }));
        assertEquals(0, ParkingLot.wake(block, 0, 1), "a ghost must not swallow a wake");
    }

    @Test
    void aStrategyThatThrowsAfterTheWakeHandsItOnToTheNext() {
        List<Waiting> next = new ArrayList<>();
        assertThrows(UnsupportedOperationException.class,
                () -> ParkingLot.await(block, 0, () -> true, FOREVER, (done, nanos) -> {
                    next.add(waiting(Kind.PLATFORM, 0));
                    next.add(waiting(Kind.PLATFORM, 0));
                    assertEquals(1, ParkingLot.wake(block, 0, 1));
                    throw new UnsupportedOperationException();
                }));
        assertSame(WaitResult.WOKEN, next.get(0).result());
        assertFalse(next.get(1).result.isDone());
        assertEquals(1, ParkingLot.wake(block, 0, 9));
        assertSame(WaitResult.WOKEN, next.get(1).result());
    }

    /** This hangs where a spinning virtual thread keeps its carrier, or its carrier's queue, to itself. */
    @ParameterizedTest
    @EnumSource(Strategy.class)
    void virtualThreadsThatIdleNeverStarveTheirWaker(Strategy strategy) {
        int waiters = 4 * Runtime.getRuntime().availableProcessors();
        for (int round = 0; round < 3; round++) {
            List<Waiting> all = new ArrayList<>();
            for (int i = 0; i < waiters; i++) {
                all.add(new Waiting(Kind.VIRTUAL, block, 8,
                        () -> ParkingLot.await(block, 8, () -> true, FOREVER, strategy.fresh())));
            }
            int woken = Threads.on(Kind.VIRTUAL, "waker", () -> ParkingLot.wake(block, 8, Integer.MAX_VALUE));
            assertEquals(waiters, woken);
            all.forEach(w -> assertSame(WaitResult.WOKEN, w.result()));
        }
    }

    private static void blockOn(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** As {@code join}, but the watchdog can end it. */
    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<WaitResult> async(long address, long nanos) {
        return ParkingLot.awaitAsync(block, address, () -> true, nanos, block);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, A_DAY, FOREVER})
    void aFutureKnowsAtOnceThatTheWordDoesNotHoldWhateverTheTime(long nanos) {
        CompletableFuture<WaitResult> wait = ParkingLot.awaitAsync(block, 0, () -> false, nanos, block);
        assertSame(WaitResult.NOT_EQUAL, wait.resultNow());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
    void aFutureKnowsAtOnceThatThereIsNoTime(long nanos) {
        assertSame(WaitResult.TIMED_OUT, async(0, nanos).resultNow());
    }

    @Test
    void aFutureNeedsSomethingToKeepAlive() {
        assertThrows(NullPointerException.class, () -> ParkingLot.awaitAsync(block, 0, () -> true, FOREVER, null));
        assertEquals(0, ParkingLot.waiting(block, 0));
    }

    @Test
    void anExceptionOfTheComparisonLeavesNoFutureBehind() {
        assertThrows(UnsupportedOperationException.class, () -> ParkingLot.awaitAsync(block, 0, () -> {
            throw new UnsupportedOperationException();
        }, FOREVER, block));
        assertEquals(0, ParkingLot.waiting(block, 0));
        assertSame(WaitResult.TIMED_OUT, async(0, 0).resultNow());
    }

    @Test
    void threadsAndFuturesStandInOneQueue() {
        CompletableFuture<WaitResult> first = async(4, FOREVER);
        Waiting second = waiting(Kind.PLATFORM, 4);
        CompletableFuture<WaitResult> third = async(4, A_DAY);
        Waiting fourth = waiting(Kind.VIRTUAL, 4);
        assertEquals(4, ParkingLot.waiting(block, 4));
        assertEquals(1, ParkingLot.wake(block, 4, 1));
        assertSame(WaitResult.WOKEN, result(first));
        assertFalse(second.result.isDone() || third.isDone() || fourth.result.isDone());
        assertEquals(2, ParkingLot.wake(block, 4, 2));
        assertSame(WaitResult.WOKEN, second.result());
        assertSame(WaitResult.WOKEN, result(third));
        assertFalse(fourth.result.isDone());
        assertEquals(1, ParkingLot.wake(block, 4, 9));
        assertSame(WaitResult.WOKEN, fourth.result());
    }

    @Test
    void theFuturesOfOneWakeAreCompletedInTheirOrderOnAVirtualThreadThatIsNotTheWakers() {
        int many = 100;
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            int n = i;
            all.add(async(4, i % 2 == 0 ? FOREVER : A_DAY).thenAccept(result -> {
                order.add(n);
                threads.add(Thread.currentThread());
            }));
        }
        assertEquals(many, ParkingLot.wake(block, 4, many));
        all.forEach(ParkingLotTest::result);
        assertEquals(IntStream.range(0, many).boxed().toList(), order);
        assertEquals(1, threads.size());
        assertTrue(threads.iterator().next().isVirtual());
        assertFalse(threads.contains(Thread.currentThread()));
    }

    @Test
    void aWakeDoesNotWaitForWhatDependsOnItsFutures() {
        CountDownLatch hold = new CountDownLatch(1);
        CompletableFuture<Void> slow = async(4, FOREVER).thenAccept(result -> blockOn(hold));
        assertEquals(1, ParkingLot.wake(block, 4, 1));
        assertFalse(slow.isDone());
        hold.countDown();
        result(slow);
    }

    @Test
    void whatDependsOnAFutureMayUseTheParkingLot() {
        CompletableFuture<Integer> chain = async(4, FOREVER)
                .thenCompose(result -> {
                    CompletableFuture<WaitResult> second = async(4, FOREVER);
                    assertEquals(1, ParkingLot.wake(block, 4, 1));
                    return second;
                }).thenApply(result -> ParkingLot.waiting(block, 4));
        assertEquals(1, ParkingLot.wake(block, 4, 1));
        assertEquals(0, result(chain));
    }

    /** Each way to complete a future from outside. */
    enum Completion {
        CANCEL(f -> f.cancel(true), CancellationException.class),
        COMPLETE(f -> f.complete(WaitResult.TIMED_OUT), null),
        FAIL(f -> f.completeExceptionally(new UnsupportedOperationException()), UnsupportedOperationException.class),
        COMPLETE_ASYNC(f -> {
            f.completeAsync(() -> WaitResult.TIMED_OUT, Runnable::run);
            return true;
        }, null),
        FAIL_ASYNC(f -> {
            f.completeAsync(() -> {
                throw new UnsupportedOperationException();
            }, Runnable::run);
            return true;
        }, UnsupportedOperationException.class),
        OR_TIMEOUT(f -> f.orTimeout(1, TimeUnit.NANOSECONDS) == f, TimeoutException.class),
        ON_TIMEOUT(f -> f.completeOnTimeout(WaitResult.TIMED_OUT, 1, TimeUnit.NANOSECONDS) == f, null),
        OBTRUDE(f -> {
            f.obtrudeValue(WaitResult.TIMED_OUT);
            return true;
        }, null),
        OBTRUDE_FAILURE(f -> {
            f.obtrudeException(new UnsupportedOperationException());
            return true;
        }, UnsupportedOperationException.class);

        final Predicate<CompletableFuture<WaitResult>> act;
        final Class<? extends Throwable> thrown;
        /** Whether it does not tell at once what came of it. */
        final boolean isDeferred = name().contains("ASYNC") || name().contains("TIMEOUT");

        Completion(Predicate<CompletableFuture<WaitResult>> act, Class<? extends Throwable> thrown) {
            this.act = act;
            this.thrown = thrown;
        }
    }

    @ParameterizedTest
    @EnumSource(Completion.class)
    void whoeverCompletesAFutureTakesItOutOfTheQueue(Completion completion) {
        CompletableFuture<WaitResult> wait = async(4, A_DAY);
        CompletableFuture<WaitResult> next = async(4, FOREVER);
        assertTrue(completion.act.test(wait));
        if (completion.thrown == null) {
            assertSame(WaitResult.TIMED_OUT, result(wait));
        } else {
            Throwable e = assertThrows(Throwable.class, wait::get);
            assertInstanceOf(completion.thrown, e instanceof ExecutionException ? e.getCause() : e);
        }
        assertEquals(1, ParkingLot.waiting(block, 4));
        assertEquals(1, ParkingLot.wake(block, 4, 1), "a ghost must not swallow a wake");
        assertSame(WaitResult.WOKEN, result(next));
    }

    @ParameterizedTest
    @EnumSource(value = Completion.class, mode = EnumSource.Mode.EXCLUDE, names = {"OBTRUDE", "OBTRUDE_FAILURE"})
    void aWakeThatCameFirstWinsOverEveryCompletion(Completion completion) {
        CountDownLatch hold = new CountDownLatch(1);
        CompletableFuture<Void> before = async(4, FOREVER).thenAccept(result -> blockOn(hold));
        CompletableFuture<WaitResult> wait = async(4, A_DAY);
        assertEquals(2, ParkingLot.wake(block, 4, 2));
        try { // it is woken, but not complete yet, as what depends on the one before it is not through
            assertEquals(completion.isDeferred, completion.act.test(wait));
            assertFalse(wait.cancel(true));
            assertFalse(wait.isDone());
        } finally {
            hold.countDown();
        }
        assertSame(WaitResult.WOKEN, result(wait));
        result(before);
    }

    @Test
    void obtrudingChangesWhatAWakeBrought() {
        CompletableFuture<WaitResult> wait = async(4, FOREVER);
        assertEquals(1, ParkingLot.wake(block, 4, 1));
        assertSame(WaitResult.WOKEN, result(wait));
        wait.obtrudeValue(WaitResult.TIMED_OUT);
        assertSame(WaitResult.TIMED_OUT, result(wait));
        assertThrows(NullPointerException.class, () -> wait.obtrudeException(null));
        assertThrows(NullPointerException.class, () -> wait.completeExceptionally(null));
        assertThrows(NullPointerException.class, () -> wait.completeAsync(null, Runnable::run));
    }

    @Test
    void whatIsDoneIsNotAskedForAValue() {
        CompletableFuture<WaitResult> wait = async(4, FOREVER);
        assertTrue(wait.cancel(false));
        assertTrue(wait.cancel(false), "as it is cancelled");
        wait.completeAsync(() -> {
            throw new AssertionError("nobody needs this");
        }, Runnable::run);
        assertTrue(wait.isCancelled());
    }

    @Test
    void cancellingWhatDependsOnAFutureLeavesTheFutureAlone() {
        CompletableFuture<WaitResult> wait = async(4, FOREVER);
        CompletableFuture<WaitResult> copy = wait.copy();
        assertSame(CompletableFuture.class, copy.getClass());
        assertTrue(copy.cancel(true));
        assertFalse(wait.isDone());
        assertEquals(1, ParkingLot.wake(block, 4, 1));
        assertSame(WaitResult.WOKEN, result(wait));
    }

    @Test
    void aFutureTimesOutNotBeforeItsTimeAndHasLeftTheQueue() {
        for (long nanos : new long[]{1, 1_000, 5_000_000}) {
            long begun = System.nanoTime();
            CompletableFuture<WaitResult> wait = async(4, nanos);
            assertSame(WaitResult.TIMED_OUT, result(wait));
            assertTrue(System.nanoTime() - begun >= nanos);
            assertEquals(0, ParkingLot.wake(block, 4, 1), "a ghost must not swallow a wake");
        }
    }

    /** Wakes and completions of every kind race; each wake that was counted is somebody's result. */
    @ParameterizedTest
    @EnumSource(value = Completion.class, names = {"CANCEL", "COMPLETE", "FAIL", "ON_TIMEOUT"})
    void ofAWakeAndACompletionThatRaceExactlyOneWins(Completion completion) {
        int waits = 8;
        List<CompletableFuture<WaitResult>> all = new ArrayList<>();
        AtomicInteger counted = new AtomicInteger();
        AtomicInteger completed = new AtomicInteger();
        AtomicInteger rounds = new AtomicInteger();
        Threads.race(Kind.PLATFORM, 2, 2_000, round -> {
            int woken = 0;
            for (CompletableFuture<WaitResult> wait : all) {
                try {
                    woken += wait.get() == WaitResult.WOKEN ? 1 : 0;
                } catch (CancellationException | ExecutionException e) {
                    // completed by the other racer
                }
            }
            assertEquals(counted.getAndSet(0), woken);
            if (completion != Completion.ON_TIMEOUT) {
                assertEquals(all.size() - woken, completed.getAndSet(0));
            }
            assertEquals(0, ParkingLot.waiting(block, 4));
            all.clear();
            for (int i = 0; i < waits; i++) {
                all.add(async(4, FOREVER));
            }
            rounds.incrementAndGet();
        }, (racer, round) -> {
            for (CompletableFuture<WaitResult> wait : all) {
                if (racer == 0) {
                    counted.addAndGet(ParkingLot.wake(block, 4, 1));
                } else if (completion.act.test(wait)) {
                    completed.incrementAndGet();
                }
            }
        });
        assertEquals(2_001, rounds.get());
        assertEquals(waits, ParkingLot.wake(block, 4, waits));
    }

    @Test
    void aFutureKeepsTheMemoryReachableAsLongAsItWaitsAndNoLonger() {
        CompletableFuture<WaitResult> woken = async(4, A_DAY);
        ParkingLot.wake(block, 4, 1);
        result(woken);
        List<WeakReference<Object>> memories = new ArrayList<>();
        List<CompletableFuture<WaitResult>> waits = new ArrayList<>();
        for (long nanos : new long[]{FOREVER, A_DAY, FOREVER, A_DAY}) {
            Object memory = new byte[8];
            memories.add(new WeakReference<>(memory));
            waits.add(ParkingLot.awaitAsync(block, 4, () -> true, nanos, memory));
        }
        WeakReference<Object> canary = new WeakReference<>(new Object());
        collectUntil(() -> canary.refersTo(null));
        memories.forEach(m -> assertFalse(m.refersTo(null), "freed under a waiter"));
        assertEquals(2, ParkingLot.wake(block, 4, 2));
        assertTrue(waits.get(2).cancel(false) && waits.get(3).cancel(false));
        collectUntil(() -> memories.stream().allMatch(m -> m.refersTo(null)));
        assertEquals(4, waits.size()); // the futures themselves are still there
    }

    /** The JVM may do to a holder what the condition does here: where it has to link what the condition calls. */
    @Test
    void virtualThreadsThatWantTheLockLetAHolderWithoutACarrierRun() {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch linked = new CountDownLatch(1);
        Thread holder = Thread.ofVirtual().start(() -> assertThrows(IllegalStateException.class,
                () -> ParkingLot.await(block, 4, () -> {
                    inside.countDown();
                    while (linked.getCount() > 0) {
                        LockSupport.park();
                    }
                    throw new IllegalStateException();
                }, FOREVER)));
        Threads.uninterruptibly(inside);
        AtomicInteger begun = new AtomicInteger();
        List<Thread> others = new ArrayList<>();
        Threads.on(Kind.VIRTUAL, "starter", () -> { // so that they are in the carriers' own queues
            for (int i = 0; i < 8 * Runtime.getRuntime().availableProcessors(); i++) {
                others.add(Thread.ofVirtual().start(() -> {
                    begun.incrementAndGet();
                    ParkingLot.waiting(block, 4);
                }));
            }
            return null;
        });
        Threads.until(() -> begun.get() == others.size());
        linked.countDown();
        LockSupport.unpark(holder);
        Threads.join(holder);
        others.forEach(Threads::join);
        assertEquals(0, ParkingLot.waiting(block, 4));
    }

    /** The timer of a wait that is over must not hold on to it for the rest of the day. */
    @Test
    void aFutureThatWasWokenOrCancelledLeavesNoTimerBehind() {
        List<WeakReference<CompletableFuture<WaitResult>>> waits = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waits.add(new WeakReference<>(async(4, A_DAY)));
            waits.add(new WeakReference<>(async(8, A_DAY)));
            CompletableFuture<WaitResult> cancelled = waits.getLast().get();
            assertEquals(1, ParkingLot.wake(block, 4, 1));
            assertTrue(cancelled.cancel(false));
        }
        collectUntil(() -> waits.stream().allMatch(w -> w.refersTo(null)));
        assertEquals(200, waits.size());
    }

    private static void collectUntil(BooleanSupplier condition) {
        for (int i = 0; i < 1_000 && !condition.getAsBoolean(); i++) {
            System.gc();
            Thread.yield();
        }
        assertTrue(condition.getAsBoolean(), "1,000 collections did not bring it about");
    }
}
