package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedSemaphoreTest {
    private static final Duration LONG = Duration.ofDays(1);

    private final SharedBuffer buffer = SharedBuffer.allocate(128);
    private final SharedSemaphore semaphore = SharedSemaphore.create(buffer, 0, 0);
    private final Waiters waiters = new Waiters(buffer, SemaphoreLayout.EVENT_OFFSET);

    private int word(long offset) {
        return buffer.segment().get(ValueLayout.JAVA_INT, offset);
    }

    private void assertNobodyWaits() {
        assertEquals(0, waiters.count());
        assertEquals(0, word(SemaphoreLayout.WAITERS_OFFSET));
        assertEquals(0, word(SemaphoreLayout.BULK_WAITERS_OFFSET));
    }

    @Test
    void permitsAreTakenAllOrNone() throws InterruptedException {
        semaphore.release(5);
        assertTrue(semaphore.tryAcquire(3));
        assertFalse(semaphore.tryAcquire(3));
        assertEquals(2, semaphore.availablePermits());
        semaphore.acquire();
        assertTrue(semaphore.tryAcquire());
        assertFalse(semaphore.tryAcquire());
        assertTrue(semaphore.tryAcquire(0));
        semaphore.acquire(0);
        semaphore.release(0);
        assertEquals("SharedSemaphore[0 permits]", semaphore.toString());
        semaphore.release();
        semaphore.release(6);
        assertEquals(7, semaphore.drainPermits());
        assertEquals(0, semaphore.drainPermits());
    }

    @Test
    void negativePermitsAreRefused() {
        for (int permits : new int[]{-1, Integer.MIN_VALUE}) {
            for (Threads.Action use : List.<Threads.Action>of(() -> semaphore.acquire(permits),
                    () -> semaphore.tryAcquire(permits), () -> semaphore.tryAcquire(permits, LONG),
                    () -> semaphore.release(permits))) {
                assertEquals("permits=" + permits + " must not be negative",
                        assertThrows(IllegalArgumentException.class, use::run).getMessage());
            }
        }
        assertEquals(0, semaphore.availablePermits());
    }

    @Test
    void morePermitsThanFitAreRefusedAndNoneIsAdded() {
        semaphore.release(Integer.MAX_VALUE);
        var e = assertThrows(IllegalStateException.class, semaphore::release);
        assertEquals("permits=1 on top of 2147483647 are more than a semaphore holds", e.getMessage());
        assertThrows(IllegalStateException.class, () -> semaphore.release(Integer.MAX_VALUE));
        assertEquals(Integer.MAX_VALUE, semaphore.availablePermits());
    }

    @ParameterizedTest
    @EnumSource
    void asManyThreadsAreInsideAsThereArePermits(Kind kind) {
        semaphore.release(3);
        AtomicInteger taken = new AtomicInteger();
        Threads.race(kind, 5, 1, round -> {
        }, (racer, round) -> {
            SharedSemaphore mine = SharedSemaphore.attach(buffer, 0);
            for (int i = 0; i < 2_000; i++) {
                int n = 1 + (racer + i) % 3;
                if (i % 5 == 0) {
                    if (!mine.tryAcquire(n, Duration.ofNanos(racer * 20_000L))) {
                        continue;
                    }
                } else {
                    mine.acquire(n);
                }
                int now = taken.addAndGet(n);
                assertTrue(now <= 3, () -> now + " permits are taken");
                if (i % 16 == 0) {
                    Thread.yield();
                }
                taken.addAndGet(-n);
                mine.release(n);
            }
        });
        assertEquals(3, semaphore.availablePermits());
        assertNobodyWaits();
    }

    @Test
    void aReleaseLetsAsManyGoAsItHasPermits() {
        try (Resident a = Threads.resident(Kind.PLATFORM, "a");
                Resident b = Threads.resident(Kind.VIRTUAL, "b");
                Resident c = Threads.resident(Kind.PLATFORM, "c")) {
            List<FutureTask<Boolean>> waits = List.of(
                    waiters.begin(a, () -> semaphore.tryAcquire(1, LONG)),
                    waiters.begin(b, () -> semaphore.tryAcquire(1, LONG)),
                    waiters.begin(c, () -> semaphore.tryAcquire(1, LONG)));
            semaphore.release(2);
            Threads.until(() -> waits.stream().filter(FutureTask::isDone).count() == 2);
            assertEquals(1, waiters.count());
            semaphore.release();
            Threads.until(() -> waits.stream().allMatch(FutureTask::isDone));
            assertTrue(waits.stream().allMatch(FutureTask::resultNow));
            assertEquals(0, semaphore.availablePermits());
            assertNobodyWaits();
        }
    }

    @Test
    void oneThatWaitsForManyDoesNotHoldUpOneThatWaitsForFew() {
        try (Resident many = Threads.resident(Kind.PLATFORM, "many");
                Resident few = Threads.resident(Kind.PLATFORM, "few")) {
            FutureTask<Boolean> first = waiters.begin(many, () -> semaphore.tryAcquire(2, LONG));
            FutureTask<Boolean> second = waiters.begin(few, () -> semaphore.tryAcquire(1, LONG));
            semaphore.release();
            Threads.until(second::isDone);
            assertFalse(first.isDone());
            semaphore.release();
            assertFalse(first.isDone());
            semaphore.release();
            Threads.until(first::isDone);
            assertEquals(0, semaphore.availablePermits());
            assertNobodyWaits();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 3_000_000})
    void aTryEndsWhenItsTimeIsUpAndNotBefore(long nanos) throws InterruptedException {
        long begun = System.nanoTime();
        assertFalse(semaphore.tryAcquire(2, Duration.ofNanos(nanos)));
        assertTrue(System.nanoTime() - begun >= nanos);
        assertNobodyWaits();
        semaphore.release(2);
        assertTrue(semaphore.tryAcquire(2, Duration.ofNanos(nanos)));
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsAWait(Kind kind) {
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<Void> wait = waiters.begin(waiter, () -> {
                semaphore.acquire(2);
                return null;
            });
            waiter.thread().interrupt();
            Threads.until(wait::isDone);
            assertInstanceOf(InterruptedException.class, wait.exceptionNow());
            assertNobodyWaits();
        }
    }

    @Test
    void anInterruptOnEntryComesBeforeAnything() {
        semaphore.release(2);
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, semaphore::acquire);
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> semaphore.tryAcquire(1, LONG));
        assertEquals(2, semaphore.availablePermits());
    }

    @Test
    void aWaiterThatGivesUpPassesTheWakeOn() {
        try (Resident a = Threads.resident(Kind.PLATFORM, "a"); Resident b = Threads.resident(Kind.PLATFORM, "b")) {
            FutureTask<Boolean> first = waiters.begin(a, () -> semaphore.tryAcquire(1, LONG));
            FutureTask<Boolean> second = waiters.begin(b, () -> semaphore.tryAcquire(1, LONG));
            buffer.segment().set(ValueLayout.JAVA_INT, SemaphoreLayout.PERMITS_OFFSET, 1); // the wake went to the first
            a.thread().interrupt();
            Threads.until(() -> first.isDone() && second.isDone());
            assertInstanceOf(InterruptedException.class, first.exceptionNow());
            assertTrue(second.resultNow());
        }
    }
}
