package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ViewWaitTest {
    // ---- waiting: what the view adds to the parking lot

    @Test
    void aViewOfAnOwnedBufferCanNotBeWaitedOnAndWakesNobody() {
        try (OwnedBuffer buffer = OwnedBuffer.allocate(8)) {
            Int32View view = Int32View.of(buffer);
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 0));
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 1, 0));
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 0, Duration.ofNanos(1)));
            assertEquals(0, view.wake(0, Integer.MAX_VALUE));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE})
    void aValueThatDiffersIsToldFirstWhateverTheTime(
            long nanos) throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7, nanos));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7, Duration.ofNanos(nanos)));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7));
    }

    @Test
    void aTimeAtOrBelowZeroIsUpAtOnce() throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        for (long nanos : new long[]{0, -1, Long.MIN_VALUE}) {
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, nanos));
        }
        for (Duration time : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, time));
        }
        assertThrows(NullPointerException.class, () -> view.await(0, 0, (Duration) null));
    }

    @Test
    void aWaitIsNotOverBeforeItsTime() throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        for (Duration time : List.of(Duration.ofNanos(1), Duration.ofMillis(2), Duration.ofMillis(20))) {
            long start = System.nanoTime();
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, time));
            assertTrue(System.nanoTime() - start >= time.toNanos());
        }
    }

    /** A wait of a thread that is queued when this returns, where nobody else is. */
    private static FutureTask<WaitResult> queued(Resident waiter, Int32View view, long index, Duration time,
            SharedBuffer buffer, long byteOffset) {
        FutureTask<WaitResult> wait = waiter.begin(() -> view.await(index, 0, time));
        Object block = buffer.segment().heapBase().orElse(null);
        Threads.until(() -> ParkingLot.waiting(block, buffer.segment().address() + byteOffset) == 1 || wait.isDone());
        return wait;
    }

    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    /** Memory, and a second buffer or view of it with another offset, in which element 5 is element 1. */
    static Stream<Arguments> aliases() {
        SharedBuffer allocated = SharedBuffer.allocate(64);
        SharedBuffer ints = SharedBuffer.wrap(MemorySegment.ofArray(new int[16]));
        SharedBuffer longs = SharedBuffer.wrap(MemorySegment.ofArray(new long[8]));
        MemorySegment segment = Arena.ofAuto().allocate(64, 8);
        int[] array = new int[16];
        return Stream.of(Arguments.of(allocated, Int32View.of(allocated, 16, 2)),
                Arguments.of(ints, Int32View.of(ints, 16, 2)), Arguments.of(longs, Int32View.of(longs, 16, 2)),
                Arguments.of(SharedBuffer.wrap(segment),
                        Int32View.of(SharedBuffer.wrap(segment.asSlice(12)), 4, 2)),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(array)),
                        Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(array).asSlice(8)), 8, 2)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void twoViewsOfOneElementMeetWhateverTheirOffsets(SharedBuffer buffer, Int32View second) {
        Int32View first = Int32View.of(buffer);
        for (Kind kind : Kind.values()) {
            try (Resident waiter = Threads.resident(kind, "waiter")) {
                FutureTask<WaitResult> wait = queued(waiter, first, 5, FOREVER, buffer, 20);
                for (int other = 0; other < 16; other++) {
                    assertTrue(other == 5 || first.wake(other, 9) == 0, "another element");
                }
                assertFalse(wait.isDone());
                assertEquals(1, second.wake(1, 9));
                assertEquals(0, second.wake(1, 9));
                Threads.until(wait::isDone);
                assertEquals(WaitResult.WOKEN, wait.resultNow());
            }
        }
    }

    @Test
    void elementsOfDifferentArraysWithTheSameOffsetDoNotMeet() {
        SharedBuffer here = SharedBuffer.wrap(MemorySegment.ofArray(new int[4]));
        Int32View view = Int32View.of(here);
        Int32View elsewhere = Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new int[4])));
        try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            FutureTask<WaitResult> wait = queued(waiter, view, 2, Duration.ofDays(1), here, 8);
            assertEquals(0, elsewhere.wake(2, 9));
            assertEquals(1, view.wake(2, 9));
            Threads.until(wait::isDone);
            assertEquals(WaitResult.WOKEN, wait.resultNow());
        }
    }

    @Test
    void aWaitForLongerThanALongOfNanosecondsIsForEver() {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        Int32View view = Int32View.of(buffer);
        for (Duration time : List.of(FOREVER, Duration.ofNanos(Long.MAX_VALUE - 1))) {
            try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
                FutureTask<WaitResult> wait = queued(waiter, view, 0, time, buffer, 0);
                assertEquals(1, view.wake(0, 1));
                Threads.until(wait::isDone);
                assertEquals(WaitResult.WOKEN, wait.resultNow());
            }
        }
    }

    @Test
    void waitingOnMemoryWhoseArenaIsClosedFailsAndLeavesNoTrace() throws InterruptedException {
        Arena arena = Arena.ofShared();
        MemorySegment segment = arena.allocate(64, 8);
        Int32View view = Int32View.of(SharedBuffer.wrap(segment));
        arena.close();
        assertThrows(IllegalStateException.class, () -> view.await(0, 0));
        assertEquals(0, ParkingLot.waiting(null, segment.address()));
        assertEquals(0, ParkingLot.wake(null, segment.address(), 1), "the stripe is free again");
        assertEquals(WaitResult.TIMED_OUT,
                ParkingLot.await(null, segment.address(), () -> true, 1));
    }

    // ---- 64 bits, strategies, futures

    @Test
    void sixtyFourBitsAreComparedInFullAndMeetViewsOfHalfTheSize() {
        SharedBuffer buffer = SharedBuffer.allocate(64);
        Int64View longs = Int64View.of(buffer);
        longs.set(2, 1L << 40);
        assertEquals(WaitResult.NOT_EQUAL, Threads.on(Kind.PLATFORM, "waiter", () -> longs.await(2, 0)));
        assertEquals(WaitResult.NOT_EQUAL,
                Threads.on(Kind.PLATFORM, "waiter", () -> longs.await(2, 0, Duration.ofDays(1))));
        for (Kind kind : Kind.values()) {
            try (Resident waiter = Threads.resident(kind, "waiter")) {
                FutureTask<WaitResult> wait = waiter.begin(() -> longs.await(2, 1L << 40));
                Threads.until(() -> ParkingLot.waiting(null, buffer.segment().address() + 16) == 1);
                assertEquals(0, longs.wake(1, 1));
                assertEquals(1, Int32View.of(buffer).wake(4, 1), "it has the same address");
                Threads.until(wait::isDone);
                assertEquals(WaitResult.WOKEN, wait.resultNow());
            }
        }
    }

    @Test
    void everyStrategyWaitsUntilItIsWokenOrTheTimeIsUp() throws InterruptedException {
        SharedBuffer buffer = SharedBuffer.allocate(16);
        Int32View ints = Int32View.of(buffer);
        Int64View longs = Int64View.of(buffer);
        for (IdleStrategy idle : List.of(IdleStrategy.busySpin(), IdleStrategy.yielding(), IdleStrategy.parking(),
                IdleStrategy.adaptive())) {
            assertEquals(WaitResult.NOT_EQUAL, ints.await(0, 1, idle));
            assertEquals(WaitResult.NOT_EQUAL, longs.await(0, 1, idle));
            assertEquals(WaitResult.TIMED_OUT, ints.await(0, 0, 1, idle));
            assertEquals(WaitResult.TIMED_OUT, longs.await(0, 0, 1, idle));
            assertEquals(WaitResult.TIMED_OUT, ints.await(0, 0, Duration.ofNanos(100_000), idle));
            assertEquals(WaitResult.TIMED_OUT, longs.await(0, 0, Duration.ofNanos(100_000), idle));
            assertEquals(0, ints.awaitChange(0, 0, Duration.ofNanos(100_000), idle));
            assertEquals(0, longs.awaitChange(0, 0, Duration.ofNanos(100_000), idle));
            try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
                for (Callable<WaitResult> begun : List.<Callable<WaitResult>>of(() -> ints.await(0, 0, idle),
                        () -> longs.await(0, 0, idle))) {
                    FutureTask<WaitResult> wait = waiter.begin(begun);
                    Threads.until(() -> ParkingLot.waiting(null, buffer.segment().address()) == 1);
                    assertEquals(1, ints.wake(0, 1));
                    Threads.until(wait::isDone);
                    assertEquals(WaitResult.WOKEN, wait.resultNow());
                }
            }
        }
        assertThrows(NullPointerException.class, () -> ints.await(0, 0, 1, null));
        assertThrows(NullPointerException.class, () -> ints.awaitChange(0, 0, 1, null));
    }

    @Test
    void aFutureIsCompletedByAWakeOrByTheTimeAndLetsOthersHaveTheirsWhenItIsCancelled() {
        SharedBuffer buffer = SharedBuffer.allocate(16);
        Int32View ints = Int32View.of(buffer);
        Int64View longs = Int64View.of(buffer);
        assertEquals(WaitResult.NOT_EQUAL, ints.awaitAsync(0, 1).resultNow());
        assertEquals(WaitResult.NOT_EQUAL, longs.awaitAsync(0, 1).resultNow());
        assertEquals(WaitResult.TIMED_OUT, ints.awaitAsync(0, 0, 0).resultNow());
        assertEquals(WaitResult.TIMED_OUT, longs.awaitAsync(0, 0, Duration.ZERO).resultNow());
        assertEquals(WaitResult.TIMED_OUT, ints.awaitAsync(0, 0, Duration.ofMillis(1)).join());
        assertEquals(WaitResult.TIMED_OUT, longs.awaitAsync(0, 0, 1_000_000).join());
        CompletableFuture<WaitResult> cancelled = ints.awaitAsync(0, 0);
        CompletableFuture<WaitResult> first = longs.awaitAsync(0, 0);
        CompletableFuture<WaitResult> second = ints.awaitAsync(0, 0, Duration.ofDays(1));
        cancelled.cancel(false);
        assertEquals(1, ints.wake(0, 1));
        assertEquals(WaitResult.WOKEN, first.join());
        assertFalse(second.isDone());
        assertEquals(1, longs.wake(0, 9));
        assertEquals(WaitResult.WOKEN, second.join());
    }

    @Test
    void nothingThatIsNotSharedCanBeWaitedOn() {
        try (OwnedBuffer owned = OwnedBuffer.allocate(8)) {
            Int64View longs = Int64View.of(owned);
            Int32View frozen = Int32View.of(OwnedBuffer.allocate(8).freeze());
            for (Executable wait : List.<Executable>of(() -> longs.await(0, 0), () -> longs.await(9, 0, 0),
                    () -> longs.awaitAsync(0, 0), () -> longs.awaitChange(0, 1), () -> longs.awaitChange(0, 0, 0),
                    () -> longs.awaitChange(0, 0, 1, IdleStrategy.parking()))) {
                var e = assertThrows(UnsupportedOperationException.class, wait);
                assertTrue(e.getMessage().endsWith("needs shared memory; this is a view of an owned buffer"),
                        e.getMessage());
            }
            var e = assertThrows(UnsupportedOperationException.class, () -> frozen.await(0, 0));
            assertEquals("await needs shared memory; this is a view of a frozen buffer", e.getMessage());
            assertEquals(0, longs.wake(0, 1));
            assertEquals(0, frozen.wake(0, 1));
        }
    }

    // ---- changes

    @Test
    void aChangeThatIsThereIsReturnedAtOnceAndOneThatDoesNotComeWhenTheTimeIsUp() throws InterruptedException {
        SharedBuffer buffer = SharedBuffer.allocate(16);
        Int32View ints = Int32View.of(buffer);
        Int64View longs = Int64View.of(buffer);
        ints.set(1, 7);
        assertEquals(7, ints.awaitChange(1, 0));
        assertEquals(7L << 32, longs.awaitChange(0, 0, IdleStrategy.parking()));
        assertEquals(7, ints.awaitChange(1, 0, 0));
        assertEquals(7, ints.awaitChange(1, 0, Long.MIN_VALUE, IdleStrategy.parking()));
        for (long nanos : new long[]{Long.MIN_VALUE, -1, 0, 1, 5_000_000}) {
            long begun = System.nanoTime();
            assertEquals(7, ints.awaitChange(1, 7, nanos));
            assertEquals(0, longs.awaitChange(1, 0, Duration.ofNanos(nanos)));
            assertTrue(System.nanoTime() - begun >= 2 * nanos || nanos < 0);
        }
        for (long index : new long[]{-1, 4}) {
            assertThrows(IndexOutOfBoundsException.class, () -> ints.awaitChange(index, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> ints.awaitChange(index, 0, IdleStrategy.parking()));
            assertThrows(IndexOutOfBoundsException.class, () -> ints.awaitAsync(index, 0));
        }
    }

    static Stream<Arguments> strategies() {
        return Stream.of(Kind.values()).flatMap(kind -> Stream.of(IdleStrategy.busySpin(), IdleStrategy.yielding(),
                IdleStrategy.parking(), IdleStrategy.adaptive()).map(idle -> Arguments.of(kind, idle)));
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void aBatonGoesToAndFroByChangesAlone(Kind kind, IdleStrategy idle) {
        Int32View ints = Int32View.of(SharedBuffer.allocate(256));
        Int64View longs = Int64View.of(SharedBuffer.allocate(256));
        int rounds = 20; // where threads are more than cores, a spinning one costs a time slice a round
        Threads.race(kind, 2, 1, round -> {
        }, (racer, round) -> {
            for (int i = 0; i < rounds; i++) {
                if (racer == 0) {
                    ints.setRelease(0, i + 1);
                    assertEquals(i + 1, i % 2 == 0 ? longs.awaitChange(8, i, idle) : longs.awaitChange(8, i));
                } else {
                    assertEquals(i + 1, i % 2 == 0 ? ints.awaitChange(0, i, idle) : ints.awaitChange(0, i));
                    longs.setRelease(8, i + 1);
                }
            }
        });
        assertEquals(rounds, ints.get(0));
    }

    @Test
    void aWakeEndsTheWaitForAChangeThatIsParked() {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        Int32View view = Int32View.of(buffer);
        try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            FutureTask<Integer> wait = waiter.begin(() -> view.awaitChange(0, 0, IdleStrategy.parking()));
            Threads.until(() -> ParkingLot.waiting(null, buffer.segment().address()) == 1);
            view.wake(0, 1); // without a change: it parks again
            Threads.until(() -> ParkingLot.waiting(null, buffer.segment().address()) == 1);
            assertFalse(wait.isDone());
            view.setRelease(0, 5);
            view.wake(0, 1);
            Threads.until(wait::isDone);
            assertEquals(5, wait.resultNow());
        }
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void anInterruptEndsTheWaitForAChange(Kind kind, IdleStrategy idle) {
        Int64View view = Int64View.of(SharedBuffer.allocate(8));
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            for (Callable<Long> change : List.<Callable<Long>>of(() -> view.awaitChange(0, 0, idle),
                    () -> view.awaitChange(0, 0))) {
                CountDownLatch begun = new CountDownLatch(1);
                FutureTask<Boolean> wait = waiter.begin(() -> {
                    begun.countDown();
                    assertThrows(InterruptedException.class, change::call);
                    return Thread.currentThread().isInterrupted();
                });
                Threads.uninterruptibly(begun);
                waiter.thread().interrupt();
                Threads.until(wait::isDone);
                assertFalse(wait.resultNow(), "the exception stands for the flag");
            }
        }
    }

    @Test
    void aValueThatIsMadeByGrowthCanBeWaitedOn() {
        SharedBuffer buffer = SharedBuffer.allocate(0, 64);
        Int32View view = Int32View.of(buffer);
        assertThrows(IndexOutOfBoundsException.class, () -> view.await(15, 0));
        buffer.grow(64);
        try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            FutureTask<WaitResult> wait = waiter.begin(() -> view.await(15, 0));
            Threads.until(() -> ParkingLot.waiting(null, buffer.segment().address() + 60) == 1);
            assertEquals(1, Int32View.of(buffer, 32, 8).wake(7, 1));
            Threads.until(wait::isDone);
            assertEquals(WaitResult.WOKEN, wait.resultNow());
        }
    }
}
