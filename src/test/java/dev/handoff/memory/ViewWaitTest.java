package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
}
