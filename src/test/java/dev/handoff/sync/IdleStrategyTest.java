package dev.handoff.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class IdleStrategyTest {
    private static final long FOREVER = Long.MAX_VALUE;
    private static final long MAX_NANOS = 150_000;

    /** A fresh one each time, as one of them learns. */
    enum Strategy {
        BUSY_SPIN(IdleStrategy::busySpin),
        YIELDING(IdleStrategy::yielding),
        PARKING(IdleStrategy::parking),
        ADAPTIVE(IdleStrategy::adaptive);

        final Supplier<IdleStrategy> factory;

        Strategy(Supplier<IdleStrategy> factory) {
            this.factory = factory;
        }

        IdleStrategy fresh() {
            return factory.get();
        }
    }

    static Stream<Arguments> strategiesAndKinds() {
        return Stream.of(Strategy.values())
                .flatMap(s -> Stream.of(Kind.values()).map(kind -> Arguments.of(s, kind)));
    }

    static Stream<Arguments> strategiesThatNeverPark() {
        return strategiesAndKinds().filter(a -> a.get()[0] == Strategy.BUSY_SPIN || a.get()[0] == Strategy.YIELDING);
    }

    /** Holds from the n-th question on. */
    private static final class Questions implements BooleanSupplier {
        private final int holdsFrom;
        int asked;

        Questions(int holdsFrom) {
            this.holdsFrom = holdsFrom;
        }

        @Override
        public boolean getAsBoolean() {
            return ++asked >= holdsFrom;
        }
    }

    private static Questions never() {
        return new Questions(Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void whatHoldsAlreadyIsAskedOnceWhateverTheTime(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{Long.MIN_VALUE, -1, 0, 1, FOREVER}) {
            Questions done = new Questions(1);
            assertTrue(Threads.on(kind, "idle", () -> strategy.fresh().idle(done, nanos)));
            assertEquals(1, done.asked);
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void withoutTimeTheConditionIsAskedOnceAndTheThreadMayPark(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{Long.MIN_VALUE, -1, 0}) {
            Questions done = never();
            assertFalse(Threads.on(kind, "idle", () -> strategy.fresh().idle(done, nanos)));
            assertEquals(1, done.asked);
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesThatNeverPark")
    void whoNeverParksGivesUpNotBeforeTheTimeIsUp(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{1, 100_000, 5_000_000}) {
            long begun = System.nanoTime();
            assertFalse(Threads.on(kind, "idle", () -> strategy.fresh().idle(never(), nanos)));
            assertTrue(System.nanoTime() - begun >= nanos);
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesThatNeverPark")
    void whoNeverParksSeesTheConditionAtLast(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{FOREVER, FOREVER - 1}) {
            Questions done = new Questions(10_000);
            assertTrue(Threads.on(kind, "idle", () -> strategy.fresh().idle(done, nanos)));
            assertEquals(10_000, done.asked);
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesThatNeverPark")
    void anInterruptEndsItAndTheFlagStays(Strategy strategy, Kind kind) {
        CountDownLatch idling = new CountDownLatch(1);
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            assertFalse(strategy.fresh().idle(() -> {
                idling.countDown();
                return false;
            }, FOREVER));
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = kind.unstarted("idle", task);
        thread.start();
        Threads.uninterruptibly(idling);
        thread.interrupt();
        Threads.join(thread);
        assertEquals(true, task.resultNow());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void parkingAsksOnce(Kind kind) {
        Questions done = never();
        assertFalse(Threads.on(kind, "idle", () -> IdleStrategy.parking().idle(done, FOREVER)));
        assertEquals(1, done.asked);
    }

    @Test
    void onAVirtualThreadTheAdaptiveOneParksAtOnceAndLearnsNothing() {
        AdaptiveIdleStrategy adaptive = new AdaptiveIdleStrategy();
        for (int i = 0; i < 100; i++) {
            Questions done = never();
            assertFalse(Threads.on(Kind.VIRTUAL, "idle", () -> adaptive.idle(done, FOREVER)));
            assertEquals(1, done.asked);
        }
        assertEquals(MAX_NANOS, adaptive.budgetNanos());
    }

    /**
     * Each carrier has several yielding threads in its own queue, which it would serve for ever, while the waker stands in
     * another one. This hangs where a strategy spins or only yields.
     */
    @ParameterizedTest
    @EnumSource(Strategy.class)
    void idlingVirtualThreadsNeverStarveTheirWaker(Strategy strategy) {
        int waiters = 4 * Runtime.getRuntime().availableProcessors();
        for (int round = 0; round < 3; round++) {
            AtomicBoolean done = new AtomicBoolean();
            CountDownLatch idling = new CountDownLatch(waiters);
            List<FutureTask<Boolean>> tasks = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < waiters; i++) {
                IdleStrategy idle = strategy.fresh();
                FutureTask<Boolean> task = new FutureTask<>(() -> {
                    idling.countDown();
                    while (!idle.idle(done::get, FOREVER)) {
                        Thread.sleep(1); // where it may park
                    }
                    return true;
                });
                tasks.add(task);
                Thread thread = Kind.VIRTUAL.unstarted("waiter", task);
                threads.add(thread);
                thread.start();
            }
            Threads.uninterruptibly(idling);
            Threads.join(Thread.ofVirtual().name("waker").start(() -> done.set(true)));
            threads.forEach(Threads::join);
            tasks.forEach(t -> assertTrue(t.resultNow()));
        }
    }

    /** Lets a strategy fail until it spins no more. */
    private static AdaptiveIdleStrategy discouraged() {
        AdaptiveIdleStrategy adaptive = new AdaptiveIdleStrategy();
        int waits = 0;
        while (adaptive.budgetNanos() > 0) {
            Questions done = never();
            assertFalse(adaptive.idle(done, FOREVER));
            assertTrue(done.asked > 1, "it still spins");
            waits++;
        }
        assertTrue(waits <= 4, () -> "burnt a core in vain");
        return adaptive;
    }

    @Test
    void whereNothingComesInTimeTheAdaptiveOneSoonSpinsInOneOf32WaitsOnly() {
        AdaptiveIdleStrategy adaptive = discouraged();
        int spins = 0;
        for (int wait = 0; wait < 320; wait++) {
            Questions done = never();
            assertFalse(adaptive.idle(done, FOREVER));
            spins += done.asked > 1 ? 1 : 0;
        }
        assertEquals(10, spins);
    }

    @Test
    void whereAnswersComeAtOnceAgainTheAdaptiveOneSpinsAgain() {
        AdaptiveIdleStrategy adaptive = discouraged();
        int waits = 0;
        while (adaptive.budgetNanos() < MAX_NANOS) {
            adaptive.idle(new Questions(2), FOREVER);
            waits++;
        }
        assertTrue(waits <= 32 + 6, "one probe, and then it doubles");
        Questions done = new Questions(100);
        assertTrue(adaptive.idle(done, FOREVER));
        assertEquals(100, done.asked);
        assertEquals(MAX_NANOS, adaptive.budgetNanos());
    }

    @Test
    void anAnswerThatTookLongerThanAWakeUpIsNoReasonToSpin() {
        AdaptiveIdleStrategy adaptive = new AdaptiveIdleStrategy();
        AtomicInteger asked = new AtomicInteger();
        assertTrue(adaptive.idle(() -> {
            if (asked.incrementAndGet() < 200) { // not in the first round, which looks at no clock
                return false;
            }
            long begun = System.nanoTime();
            while (System.nanoTime() - begun <= MAX_NANOS) {
                Thread.onSpinWait();
            }
            return true;
        }, FOREVER));
        assertTrue(adaptive.budgetNanos() < MAX_NANOS);
    }

    @Test
    void timesTooShortForAnAnswerAreNoReasonToSpin() {
        AdaptiveIdleStrategy adaptive = new AdaptiveIdleStrategy();
        for (int i = 0; i < 4; i++) {
            assertFalse(adaptive.idle(() -> false, 1));
        }
        assertEquals(0, adaptive.budgetNanos());
    }

    @Test
    void anInterruptEndsTheSpinAndTeachesNothing() {
        Threads.on(Kind.PLATFORM, "idle", () -> {
            AdaptiveIdleStrategy adaptive = new AdaptiveIdleStrategy();
            boolean unlucky = true;
            for (int i = 0; unlucky && i < 1000; i++) { // where this thread lost its core for the whole time
                adaptive = new AdaptiveIdleStrategy();
                Thread.currentThread().interrupt();
                Questions done = never();
                assertFalse(adaptive.idle(done, FOREVER));
                assertTrue(Thread.currentThread().isInterrupted());
                assertTrue(done.asked <= 1 + 2 * 128, "one round at most after the interrupt");
                unlucky = adaptive.budgetNanos() < MAX_NANOS;
            }
            assertEquals(MAX_NANOS, adaptive.budgetNanos());
            return null;
        });
    }

    @Test
    void theStrategiesSayWhatTheyAre() {
        assertEquals("BUSY_SPIN", IdleStrategy.busySpin().toString());
        assertEquals("YIELDING", IdleStrategy.yielding().toString());
        assertEquals("PARKING", IdleStrategy.parking().toString());
        assertEquals("ADAPTIVE[150000 ns]", IdleStrategy.adaptive().toString());
    }

    @Test
    void withOneProcessorTheAdaptiveOneNeverSpins() {
        ChildJvm.Run run = ChildJvm.run(OneProcessor.class, "-XX:ActiveProcessorCount=1");
        assertEquals("asked 100 times in 100 waits", run.out(), run.err());
    }

    /** Counts how often the condition is asked. */
    static final class OneProcessor {
        public static void main(String[] args) {
            IdleStrategy adaptive = IdleStrategy.adaptive();
            Questions done = never();
            int waits = 100;
            for (int i = 0; i < waits; i++) {
                adaptive.idle(done, FOREVER);
            }
            System.out.println("asked " + done.asked + " times in " + waits + " waits");
        }
    }
}
