package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedBarrierTest {
    private final SharedBuffer buffer = SharedBuffer.allocate(128);
    private final Waiters waiters = new Waiters(buffer, BarrierLayout.EVENT_OFFSET);

    @ParameterizedTest
    @EnumSource
    void partiesGoRoundByRoundEachWithAnIndexOfItsOwn(Kind kind) {
        int rounds = 2_000;
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 3);
        AtomicIntegerArray indices = new AtomicIntegerArray(rounds);
        int[] plain = new int[3];
        Threads.race(kind, 3, 1, round -> {
        }, (racer, round) -> {
            SharedBarrier mine = SharedBarrier.attach(buffer, 0).withIdle(IdleStrategy.yielding());
            for (int i = 0; i < rounds; i++) {
                plain[racer] = i + 1;
                int index = i % 2 == 0 ? mine.await() : mine.await(Duration.ofDays(1));
                indices.getAndAdd(i, 1 << 8 * index);
                for (int other : plain) {
                    assertTrue(other == i + 1 || other == i + 2, "all are here, none is further than the next");
                }
                mine.await();
            }
        });
        for (int i = 0; i < rounds; i++) {
            assertEquals(0x010101, indices.get(i));
        }
        assertEquals(0, barrier.waiting());
        assertEquals(0, waiters.count());
    }

    @Test
    void theFirstHasTheHighestIndexAndTheLastZero() throws Exception {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 3);
        try (Resident a = Threads.resident(Kind.PLATFORM, "a"); Resident b = Threads.resident(Kind.VIRTUAL, "b")) {
            FutureTask<Integer> first = waiters.begin(a, barrier::await);
            assertEquals("SharedBarrier[1 of 3 parties]", barrier.toString());
            FutureTask<Integer> second = waiters.begin(b, barrier::await);
            assertEquals(2, barrier.waiting());
            assertEquals(0, barrier.await());
            Threads.until(() -> first.isDone() && second.isDone());
            assertEquals(2, first.resultNow());
            assertEquals(1, second.resultNow());
            assertEquals(0, barrier.waiting());
        }
    }

    @Test
    void oneAloneNeverWaits() throws Exception {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 1);
        for (int i = 0; i < 9; i++) {
            assertEquals(0, barrier.await());
            assertEquals(0, barrier.await(Duration.ZERO));
        }
        assertEquals(1, barrier.parties());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 3_000_000})
    void aPartyWhoseTimeIsUpBreaksItForAll(long nanos) {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 3);
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            FutureTask<Integer> wait = waiters.begin(other, barrier::await);
            long begun = System.nanoTime();
            assertThrows(TimeoutException.class, () -> barrier.await(Duration.ofNanos(nanos)));
            assertTrue(System.nanoTime() - begun >= nanos);
            Threads.until(wait::isDone);
            assertInstanceOf(BrokenBarrierException.class, wait.exceptionNow());
            assertTrue(barrier.isBroken());
            assertThrows(BrokenBarrierException.class, barrier::await);
            assertThrows(BrokenBarrierException.class, () -> barrier.await(Duration.ZERO));
            assertEquals("SharedBarrier[2 of 3 parties, broken]", barrier.toString());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPartyThatIsInterruptedBreaksItForAll(Kind kind) {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 3);
        try (Resident a = Threads.resident(kind, "a"); Resident b = Threads.resident(kind, "b")) {
            FutureTask<Integer> first = waiters.begin(a, barrier::await);
            FutureTask<Integer> second = waiters.begin(b, barrier::await);
            assertFalse(barrier.isBroken());
            b.thread().interrupt();
            Threads.until(() -> first.isDone() && second.isDone());
            assertInstanceOf(BrokenBarrierException.class, first.exceptionNow());
            assertInstanceOf(InterruptedException.class, second.exceptionNow());
            assertTrue(barrier.isBroken());
        }
    }

    @Test
    void aPartyThatComesInterruptedBreaksIt() {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 2);
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            FutureTask<Integer> wait = waiters.begin(other, barrier::await);
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, barrier::await);
            Threads.until(wait::isDone);
            assertInstanceOf(BrokenBarrierException.class, wait.exceptionNow());
        }
    }

    @Test
    void anInterruptAfterTheRoundIsOverStaysSet() {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 2);
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            FutureTask<Boolean> wait = waiters.begin(other,
                    () -> barrier.await() == 1 && Thread.interrupted());
            buffer.segment().set(ValueLayout.JAVA_LONG, BarrierLayout.STATE_OFFSET, BarrierLayout.next(0)); // no wake
                                                                                                            // yet
            other.thread().interrupt();
            Threads.until(wait::isDone);
            assertTrue(wait.resultNow());
            assertFalse(barrier.isBroken());
        }
    }

    @Test
    void theGenerationComesRound() throws Exception {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 2);
        buffer.segment().set(ValueLayout.JAVA_LONG, BarrierLayout.STATE_OFFSET, -1L << 32);
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            FutureTask<Integer> wait = waiters.begin(other, barrier::await);
            assertEquals(0, barrier.await());
            Threads.until(wait::isDone);
            assertEquals(1, wait.resultNow());
            assertEquals(0, buffer.segment().get(ValueLayout.JAVA_LONG, BarrierLayout.STATE_OFFSET));
        }
    }
}
