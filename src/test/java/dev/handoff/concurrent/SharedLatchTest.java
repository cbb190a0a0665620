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
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedLatchTest {
    private final SharedBuffer buffer = SharedBuffer.allocate(128);
    private final Waiters waiters = new Waiters(buffer, LatchLayout.EVENT_OFFSET);

    @Test
    void itOpensAtZeroAndStaysOpen() throws InterruptedException {
        SharedLatch latch = SharedLatch.create(buffer, 0, 2);
        assertFalse(latch.await(Duration.ZERO));
        latch.countDown();
        assertEquals(1, latch.count());
        assertEquals("SharedLatch[count=1]", latch.toString());
        assertFalse(latch.await(Duration.ofNanos(1)));
        for (int i = 0; i < 3; i++) {
            latch.countDown();
            assertEquals(0, latch.count());
            latch.await();
            assertTrue(latch.await(Duration.ZERO));
        }
    }

    @Test
    void oneThatStartsAtZeroIsOpen() throws InterruptedException {
        SharedLatch latch = SharedLatch.create(buffer, 0, 0);
        latch.await();
        latch.countDown();
        assertEquals(0, latch.count());
    }

    @ParameterizedTest
    @EnumSource
    void allThatWaitGoWhenItOpens(Kind kind) {
        SharedLatch latch = SharedLatch.create(buffer, 0, 1);
        try (Resident a = Threads.resident(kind, "a"); Resident b = Threads.resident(kind, "b")) {
            FutureTask<Boolean> first = waiters.begin(a, () -> latch.await(Duration.ofSeconds(Long.MAX_VALUE)));
            FutureTask<Boolean> second = waiters.begin(b,
                    () -> SharedLatch.attach(buffer, 0).withIdle(IdleStrategy.parking()).await(Duration.ofDays(1)));
            latch.countDown();
            Threads.until(() -> first.isDone() && second.isDone());
            assertTrue(first.resultNow() && second.resultNow());
        }
    }

    @Test
    void noOpeningIsLostAndWhatWasWrittenBeforeIsSeen() {
        SharedBuffer data = SharedBuffer.allocate(128);
        Threads.race(Kind.PLATFORM, 4, 1_000, round -> {
            buffer.segment().fill((byte) 0);
            data.segment().fill((byte) 0);
            SharedLatch.create(buffer, 0, 2);
        }, (racer, round) -> {
            SharedLatch latch = SharedLatch.attach(buffer, 0);
            if (racer < 2) {
                data.segment().set(ValueLayout.JAVA_INT, 64L * racer, round + 1);
                latch.countDown();
            } else {
                latch.await();
                assertEquals(round + 1, data.segment().get(ValueLayout.JAVA_INT, 0));
                assertEquals(round + 1, data.segment().get(ValueLayout.JAVA_INT, 64));
            }
        });
        assertEquals(0, waiters.count());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 3_000_000})
    void aWaitEndsWhenItsTimeIsUpAndNotBefore(long nanos) throws InterruptedException {
        SharedLatch latch = SharedLatch.create(buffer, 0, 1);
        long begun = System.nanoTime();
        assertFalse(latch.await(Duration.ofNanos(nanos)));
        assertTrue(System.nanoTime() - begun >= nanos);
        assertEquals(0, waiters.count());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsAWait(Kind kind) {
        SharedLatch latch = SharedLatch.create(buffer, 0, 1);
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<Void> wait = waiters.begin(waiter, () -> {
                latch.await();
                return null;
            });
            waiter.thread().interrupt();
            Threads.until(wait::isDone);
            assertInstanceOf(InterruptedException.class, wait.exceptionNow());
            assertEquals(0, waiters.count());
        }
        latch.countDown();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, latch::await, "also where it is open");
    }
}
