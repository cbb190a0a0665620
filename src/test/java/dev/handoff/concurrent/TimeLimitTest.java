package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** The time limit of a wait is for idling and sleeping together. */
class TimeLimitTest {
    private static final long NANOS = 1_000_000;

    private final SharedBuffer buffer = SharedBuffer.allocate(128);

    /** Uses the time up and leaves an interrupt behind, which a thread that went to sleep all the same would find. */
    private static final IdleStrategy USES_IT_UP = (done, nanos) -> {
        assertTrue(nanos <= NANOS);
        IdleStrategy.yielding().idle(done, nanos);
        Thread.currentThread().interrupt();
        return done.getAsBoolean();
    };

    private static void assertStillInterrupted() {
        assertTrue(Thread.interrupted(), "who does not sleep does not consume the interrupt");
    }

    @Test
    void whoHasIdledForTheWholeTimeDoesNotSleepForTheMutex() throws InterruptedException {
        SharedMutex mutex = SharedMutex.create(buffer, 0).withIdle(USES_IT_UP);
        Threads.on(Kind.PLATFORM, "owner", () -> mutex.tryLock());
        assertFalse(mutex.tryLock(NANOS, TimeUnit.NANOSECONDS));
        assertStillInterrupted();
    }

    @Test
    void whoHasIdledForTheWholeTimeDoesNotSleepForTheSemaphore() throws InterruptedException {
        SharedSemaphore semaphore = SharedSemaphore.create(buffer, 0, 0).withIdle(USES_IT_UP);
        assertFalse(semaphore.tryAcquire(1, Duration.ofNanos(NANOS)));
        assertStillInterrupted();
    }

    @Test
    void whoHasIdledForTheWholeTimeDoesNotSleepForTheLatch() throws InterruptedException {
        SharedLatch latch = SharedLatch.create(buffer, 0, 1).withIdle(USES_IT_UP);
        assertFalse(latch.await(Duration.ofNanos(NANOS)));
        assertStillInterrupted();
    }

    @Test
    void whoHasIdledForTheWholeTimeDoesNotSleepForTheBarrier() {
        SharedBarrier barrier = SharedBarrier.create(buffer, 0, 2).withIdle(USES_IT_UP);
        assertThrows(TimeoutException.class, () -> barrier.await(Duration.ofNanos(NANOS)));
        assertStillInterrupted();
    }
}
