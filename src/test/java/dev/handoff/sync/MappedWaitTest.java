package dev.handoff.sync;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.internal.os.Futex;
import dev.handoff.sync.IdleStrategyTest.Strategy;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappedWaitTest {
    private static final VarHandle WORD = JAVA_INT.varHandle();
    private static final long FOREVER = Long.MAX_VALUE;
    private static final long A_DAY = 86_400_000_000_000L;

    private final MemorySegment word = Arena.ofAuto().allocate(JAVA_INT);

    private static void assumeFutex() {
        assumeTrue(Futex.kind() != Futex.Kind.POLLING, "this JVM has no futex");
    }

    static Stream<Arguments> strategiesAndKinds() {
        return IdleStrategyTest.strategiesAndKinds();
    }

    private void set(int value) {
        WORD.setRelease(word, 0L, value);
    }

    /** A thread that waits for the word to be other than 0. */
    private static final class Waiting {
        final FutureTask<WaitResult> result;
        final Thread thread;

        Waiting(Kind kind, MemorySegment word, long nanos, IdleStrategy idle) {
            result = new FutureTask<>(() -> MappedWait.await(word, 0, nanos, idle));
            thread = kind.unstarted("waiter", result);
            thread.start();
        }

        WaitResult result() {
            Threads.join(thread);
            return result.resultNow();
        }
    }

    private Waiting waiting(Kind kind) {
        return new Waiting(kind, word, FOREVER, IdleStrategy.parking());
    }

    /** Returns when somebody is known to sleep on the word, or was a moment ago; the wake that this takes is hidden. */
    private void untilAsleep() {
        Threads.until(() -> MappedWait.wake(word, 1) == 1);
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, A_DAY, FOREVER})
    void aWordThatDiffersEndsTheWaitAtOnceWhateverTheTime(long nanos) throws InterruptedException {
        set(7);
        assertSame(WaitResult.NOT_EQUAL, MappedWait.await(word, 0, nanos));
        assertSame(WaitResult.NOT_EQUAL, MappedWait.awaitAsync(word, 0, nanos).resultNow());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
    void aTimeAtOrBelowZeroIsUpAtOnce(long nanos) throws InterruptedException {
        assertSame(WaitResult.TIMED_OUT, MappedWait.await(word, 0, nanos));
        assertSame(WaitResult.TIMED_OUT, MappedWait.awaitAsync(word, 0, nanos).resultNow());
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void timeIsUpNotBeforeItIs(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{1, 3_000_000, 70_000_000}) { // the last one longer than a slice of sleep
            long begun = System.nanoTime();
            assertSame(WaitResult.TIMED_OUT, new Waiting(kind, word, nanos, strategy.fresh()).result());
            assertTrue(System.nanoTime() - begun >= nanos);
        }
    }

    @Test
    void aFutureTimesOutNotBeforeItsTime() {
        for (long nanos : new long[]{1, 3_000_000, 70_000_000}) {
            long begun = System.nanoTime();
            assertSame(WaitResult.TIMED_OUT, result(MappedWait.awaitAsync(word, 0, nanos)));
            assertTrue(System.nanoTime() - begun >= nanos);
        }
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void aChangeAndAWakeEndTheWait(Strategy strategy, Kind kind) {
        for (long nanos : new long[]{FOREVER, FOREVER - 1, A_DAY}) {
            set(0);
            Waiting waiter = new Waiting(kind, word, nanos, strategy.fresh());
            set(1);
            assertTrue(MappedWait.wake(word, 1) <= 1);
            WaitResult result = waiter.result();
            assertTrue(result == WaitResult.WOKEN || result == WaitResult.NOT_EQUAL, result::name);
        }
    }

    @Test
    void theDefaultStrategyLearnsPerAddress() throws InterruptedException {
        assertSame(WaitResult.TIMED_OUT, MappedWait.await(word, 0, 1));
        FutureTask<WaitResult> task = new FutureTask<>(() -> MappedWait.await(word, 0, FOREVER));
        Thread thread = Kind.PLATFORM.unstarted("waiter", task);
        thread.start();
        Threads.until(() -> thread.getState() != Thread.State.NEW);
        set(1);
        MappedWait.wake(word, 1);
        Threads.join(thread);
        assertTrue(task.resultNow() != WaitResult.TIMED_OUT);
        assertSame(ParkingLot.idle(word.address()), ParkingLot.idle(word.address()));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aSleeperIsCountedAndNothingButAChangeIsAWake(Kind kind) {
        assumeFutex();
        Waiting waiter = waiting(kind);
        for (int i = 0; i < 20; i++) {
            untilAsleep();
        }
        assertFalse(waiter.result.isDone());
        set(1);
        MappedWait.wake(word, 1);
        assertSame(WaitResult.WOKEN, waiter.result());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aChangeWhoseWakeWasLostIsFoundAllTheSame(Kind kind) {
        Waiting waiter = waiting(kind);
        if (Futex.kind() != Futex.Kind.POLLING) {
            untilAsleep();
        }
        set(1);
        assertTrue(waiter.result() != WaitResult.TIMED_OUT);
    }

    @Test
    void nobodyIsWokenWhereNobodySleepsOrNobodyIsMeant() {
        for (int count : new int[]{Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
            assertEquals(0, MappedWait.wake(word, count));
        }
    }

    @Test
    void noMoreSleepersAreCountedThanAskedFor() {
        assumeFutex();
        List<Waiting> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(waiting(Kind.values()[i % 2]));
        }
        for (int i = 0; i < 100; i++) {
            assertTrue(MappedWait.wake(word, 2) <= 2);
        }
        set(1);
        MappedWait.wake(word, Integer.MAX_VALUE);
        all.forEach(w -> assertTrue(w.result() != WaitResult.TIMED_OUT));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anInterruptBeforeTheWaitEndsItAndIsConsumed(Kind kind) {
        Threads.on(kind, "interrupted", () -> {
            for (int expected : new int[]{0, 1}) {
                Thread.currentThread().interrupt();
                assertThrows(InterruptedException.class, () -> MappedWait.await(word, expected, FOREVER));
                assertFalse(Thread.currentThread().isInterrupted());
            }
            return null;
        });
    }

    @ParameterizedTest
    @MethodSource("strategiesAndKinds")
    void anInterruptDuringTheWaitEndsItAndIsConsumed(Strategy strategy, Kind kind) {
        CountDownLatch idling = new CountDownLatch(1);
        FutureTask<Boolean> flag = new FutureTask<>(() -> {
            IdleStrategy idle = strategy.fresh();
            assertThrows(InterruptedException.class, () -> MappedWait.await(word, 0, FOREVER, (done, nanos) -> {
                idling.countDown();
                return idle.idle(done, nanos);
            }));
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = kind.unstarted("waiter", flag);
        thread.start();
        Threads.uninterruptibly(idling);
        if (strategy == Strategy.PARKING && Futex.kind() != Futex.Kind.POLLING) {
            untilAsleep();
        }
        thread.interrupt();
        Threads.join(thread);
        assertEquals(false, flag.resultNow());
        untilNobodyHelps();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aChangeThatWasFoundBeforeTheInterruptWinsAndTheFlagStays(Kind kind) {
        Boolean flag = Threads.on(kind, "waiter", () -> {
            assertSame(WaitResult.WOKEN, MappedWait.await(word, 0, FOREVER, (done, nanos) -> {
                set(1);
                Thread.currentThread().interrupt();
                return done.getAsBoolean();
            }));
            return Thread.currentThread().isInterrupted();
        });
        assertTrue(flag);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ofAChangeAndAnInterruptThatRaceOneWins(Kind kind) {
        for (int round = 0; round < 300; round++) {
            set(0);
            FutureTask<Boolean> waiter = new FutureTask<>(() -> {
                try {
                    return MappedWait.await(word, 0, FOREVER, IdleStrategy.parking()) == WaitResult.TIMED_OUT;
                } catch (InterruptedException e) {
                    return Thread.currentThread().isInterrupted();
                }
            });
            Thread thread = kind.unstarted("waiter", waiter);
            thread.start();
            if (round % 3 == 0 && Futex.kind() != Futex.Kind.POLLING) {
                untilAsleep();
            }
            Thread interrupter = Thread.ofPlatform().start(thread::interrupt);
            set(1);
            MappedWait.wake(word, 1);
            Threads.join(thread);
            Threads.join(interrupter);
            assertEquals(false, waiter.resultNow(), "neither timed out nor interrupted twice");
        }
    }

    /** As {@code await} waits on a virtual thread. */
    @Test
    void memoryThatGoesAwayJustAsAnInterruptComesIsTheErrorThatItIsAndTheFlagStays() {
        IllegalStateException gone = new IllegalStateException("closed");
        CompletableFuture<WaitResult> wait = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean interrupting) {
                completeExceptionally(gone); // the helper was faster
                return super.cancel(interrupting);
            }
        };
        Thread.currentThread().interrupt();
        var e = assertThrows(IllegalStateException.class, () -> MappedWait.result(wait, word));
        assertTrue(Thread.interrupted());
        assertSame(gone, e.getCause());
        assertTrue(e.getMessage().startsWith("the memory went away during a wait on "), e::getMessage);
    }

    @Test
    void aResultThatComesJustBeforeTheCancellationWinsOverAnInterrupt() throws InterruptedException {
        CompletableFuture<WaitResult> wait = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean interrupting) {
                complete(WaitResult.WOKEN); // the helper was faster
                return super.cancel(interrupting);
            }
        };
        Thread.currentThread().interrupt();
        assertSame(WaitResult.WOKEN, MappedWait.result(wait, word));
        assertTrue(Thread.interrupted());
    }

    @Test
    void whatAStrategyThrowsIsThrown() {
        assertThrows(UnsupportedOperationException.class, () -> MappedWait.await(word, 0, FOREVER, (done, nanos) -> {
            assertEquals(FOREVER, nanos);
            throw new UnsupportedOperationException();
        }));
        assertThrows(NullPointerException.class, () -> MappedWait.await(word, 0, FOREVER, null));
    }

    @Test
    void aFutureIsCompletedByAHelperAndNotByTheWaker() {
        CompletableFuture<Thread> by = MappedWait.awaitAsync(word, 0, FOREVER)
                .thenApply(result -> Thread.currentThread());
        if (Futex.kind() != Futex.Kind.POLLING) {
            untilAsleep();
        }
        assertFalse(by.isDone());
        set(1);
        MappedWait.wake(word, 1);
        Thread helper = result(by);
        assertTrue(helper.getName().startsWith("handoff-mapped-wait-"), helper::getName);
        assertTrue(helper.isDaemon());
    }

    /** Returns when no thread is inside a wait on any mapped word: so no test may leave a waiter behind. */
    private static void untilNobodyHelps() {
        Threads.until(() -> Thread.getAllStackTraces().values().stream().flatMap(Stream::of)
                .noneMatch(frame -> frame.getClassName().equals(MappedWait.class.getName() + "$Wait")));
    }

    @Test
    void theHelperOfAFutureThatWasCancelledGoesAway() {
        List<CompletableFuture<WaitResult>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(MappedWait.awaitAsync(word, 0, i % 2 == 0 ? FOREVER : A_DAY));
        }
        all.forEach(f -> assertTrue(f.cancel(true)));
        untilNobodyHelps();
        assertEquals(0, MappedWait.wake(word, 9));
    }

    /** The sleeper has no slices, so it hangs where a wake ends at a helper that nobody needs. */
    @Test
    void theHelperOfAFutureThatWasCancelledHandsItsWakeOn() {
        assumeFutex();
        assumeTrue(Files.isReadable(Path.of("/proc/self/syscall")), "this system does not tell who sleeps");
        for (int round = 0; round < 10; round++) {
            CompletableFuture<WaitResult> cancelled = MappedWait.awaitAsync(word, 0, FOREVER);
            untilAsleep();
            FutureTask<Futex.Outcome> sleeper = new FutureTask<>(() -> Futex.await(word, 0, -1));
            Thread thread = Kind.PLATFORM.unstarted("sleeper", sleeper);
            thread.start();
            Threads.until(this::sleeperSleeps);
            assertTrue(cancelled.cancel(true));
            Threads.until(() -> MappedWait.wake(word, 1) == 1);
            Threads.join(thread);
            assertSame(Futex.Outcome.WOKEN, sleeper.resultNow());
            untilNobodyHelps(); // or it would hand on a wake of the next round
        }
    }

    /** Whether the thread of this name is in a system call on the word: the kernel shows the call's arguments. */
    private boolean sleeperSleeps() {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).strip().equals("sleeper")
                        && Files.readString(thread.resolve("syscall"))
                                .contains("0x" + Long.toHexString(word.address()) + " ")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false; // a thread has just ended
        }
    }

    @Test
    void manyMoreVirtualThreadsThanCarriersSleepAndTheirWakerStillRuns() {
        List<Waiting> all = new ArrayList<>();
        for (int i = 0; i < 8 * Runtime.getRuntime().availableProcessors(); i++) {
            all.add(waiting(Kind.VIRTUAL));
        }
        all.forEach(w -> Threads.untilParked(w.thread));
        Threads.on(Kind.VIRTUAL, "waker", () -> {
            set(1);
            return MappedWait.wake(word, Integer.MAX_VALUE);
        });
        all.forEach(w -> assertSame(WaitResult.WOKEN, w.result()));
    }

    @Test
    void badWordsAreRefusedByName() {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment eight = Arena.ofAuto().allocate(8, 8);
            for (MemorySegment bad : List.of(MemorySegment.ofArray(new int[1]), eight, eight.asSlice(0, 3),
                    eight.asSlice(2, 4), confined.allocate(JAVA_INT), MemorySegment.NULL)) {
                for (Executable call : List.<Executable>of(
                        () -> MappedWait.await(bad, 0, 0),
                        () -> MappedWait.await(bad, 0, 0, IdleStrategy.parking()),
                        () -> MappedWait.awaitAsync(bad, 0, 0), () -> MappedWait.wake(bad, 1))) {
                    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
                    assertEquals(
                            "word=" + bad + " must be 4 aligned bytes of native memory that every thread may access",
                            message);
                }
            }
        }
    }

    @Test
    void memoryThatIsGoneIsAnError() {
        Arena arena = Arena.ofShared();
        MemorySegment gone = arena.allocate(JAVA_INT);
        arena.close();
        assertThrows(IllegalStateException.class, () -> MappedWait.await(gone, 0, FOREVER));
        assertThrows(IllegalStateException.class, () -> MappedWait.awaitAsync(gone, 0, FOREVER));
        if (Futex.kind() != Futex.Kind.POLLING) {
            assertThrows(IllegalStateException.class, () -> MappedWait.wake(gone, 1));
        }
    }

    /** While somebody sleeps in the kernel the arena refuses to be closed; before that and between two sleeps it can be. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void memoryThatGoesAwayDuringAWaitEndsIt(Kind kind) {
        Arena arena = Arena.ofShared();
        MemorySegment mine = arena.allocate(JAVA_INT);
        Waiting waiter = new Waiting(kind, mine, FOREVER, (done, nanos) -> {
            arena.close();
            return false;
        });
        Threads.join(waiter.thread);
        assertInstanceOf(IllegalStateException.class, waiter.result.exceptionNow());
    }

    /** A baton that two players pass: the word's lowest bit says whose turn it is. */
    private static void play(MemorySegment word, int me, int rounds) throws InterruptedException {
        for (int i = 0; i < rounds; i++) {
            int now;
            while (((now = (int) WORD.getAcquire(word, 0L)) & 1) != me) {
                if (MappedWait.await(word, now, FOREVER) == WaitResult.TIMED_OUT) {
                    throw new AssertionError("who waits for ever has no time-out");
                }
            }
            WORD.setRelease(word, 0L, now + 1);
            MappedWait.wake(word, 1);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void twoThreadsPassABaton(Kind second) {
        int rounds = 2_000;
        FutureTask<Void> pong = new FutureTask<>(() -> {
            play(word, 1, rounds);
            return null;
        });
        Thread thread = second.unstarted("pong", pong);
        thread.start();
        Threads.on(Kind.PLATFORM, "ping", () -> {
            play(word, 0, rounds);
            return null;
        });
        Threads.join(thread);
        assertEquals(FutureTask.State.SUCCESS, pong.state());
        assertEquals(2 * rounds, (int) WORD.getAcquire(word, 0L));
    }

    private static MemorySegment map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, 64, Arena.ofAuto());
        }
    }

    /** What another process does; it says which futex it had. */
    static final class Player {
        public static void main(String[] args) throws Exception {
            MemorySegment memory = map(Path.of(args[0]));
            int rounds = Integer.parseInt(args[1]);
            MemorySegment go = memory.asSlice(0, ValueLayout.JAVA_INT.byteSize());
            MemorySegment baton = memory.asSlice(32, ValueLayout.JAVA_INT.byteSize());
            WORD.setRelease(go, 0L, 1);
            MappedWait.wake(go, Integer.MAX_VALUE);
            play(baton, 1, rounds);
            FutureTask<Void> virtual = new FutureTask<>(() -> {
                play(baton, 1, rounds);
                return null;
            });
            Thread.startVirtualThread(virtual);
            virtual.get();
            CompletableFuture<WaitResult> async = MappedWait.awaitAsync(go, 1, FOREVER);
            play(baton, 1, 1); // tells the parent that the future waits
            System.out.println(Futex.kind() + " " + async.get() + " " + memory.get(JAVA_INT, 8));
        }
    }

    static Stream<Arguments> processes() {
        String access = "--enable-native-access=dev.handoff";
        return Stream.of(Arguments.of(List.of(access), List.of("KERNEL", "LIBC", "POLLING"), 200),
                Arguments.of(List.of("--illegal-native-access=deny"), List.of("POLLING"), 10)); // can't wake its parent
    }

    @ParameterizedTest
    @MethodSource("processes")
    void twoProcessesPassABatonOverAMappedFile(List<String> options, List<String> kinds, int rounds,
            @TempDir Path directory)
            throws Exception {
        Path file = Files.write(directory.resolve("words"), new byte[64]);
        FutureTask<ChildJvm.Run> child = new FutureTask<>(() -> ChildJvm.run(ChildJvm.Mode.MODULE_PATH, Player.class,
                options, List.of(file.toString(), Integer.toString(rounds))));
        Thread thread = Kind.PLATFORM.unstarted("child", child);
        thread.start();
        MemorySegment memory = map(file);
        MemorySegment go = memory.asSlice(0, ValueLayout.JAVA_INT.byteSize());
        MemorySegment baton = memory.asSlice(32, ValueLayout.JAVA_INT.byteSize());
        while (MappedWait.await(go, 0, 100_000_000) == WaitResult.TIMED_OUT) {
            assertFalse(child.isDone(), () -> "the other process ended: " + child.resultNow().err());
        }
        play(baton, 0, 2 * rounds + 1);
        while (((int) WORD.getAcquire(baton, 0L) & 1) != 0) {
            MappedWait.await(baton, (int) WORD.getAcquire(baton, 0L), A_DAY);
        }
        memory.set(JAVA_INT, 8, 4711); // plain: the change of the word publishes it
        WORD.setRelease(go, 0L, 2);
        MappedWait.wake(go, Integer.MAX_VALUE);
        Threads.join(thread);
        ChildJvm.Run run = child.resultNow();
        assertEquals(0, run.exit(), run.err());
        String[] said = run.out().split(" ");
        assertTrue(kinds.contains(said[0]), run.out());
        assertEquals("WOKEN 4711", said[1] + " " + said[2]);
        assertEquals(2 * (2 * rounds + 1), (int) WORD.getAcquire(baton, 0L));
    }
}
