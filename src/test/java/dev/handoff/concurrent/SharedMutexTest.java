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
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedMutexTest {
    private final SharedBuffer buffer = SharedBuffer.allocate(256);
    private final SharedMutex mutex = SharedMutex.create(buffer, 0);
    private final Waiters waiters = new Waiters(buffer, MutexLayout.EVENT_OFFSET);

    private void setOwnerWord(long word) {
        buffer.segment().set(ValueLayout.JAVA_LONG, MutexLayout.OWNER_OFFSET, word);
    }

    @ParameterizedTest
    @EnumSource
    void threadsThatLockInAnyWayExcludeEachOther(Kind kind) {
        int rounds = 3_000;
        Threads.race(kind, 4, 1, round -> {
        }, (racer, round) -> {
            SharedMutex mine = SharedMutex.attach(buffer, 0);
            for (int i = 0; i < rounds; i++) {
                switch ((i + racer) % 4) {
                    case 0 -> mine.lock();
                    case 1 -> mine.lockInterruptibly();
                    case 2 -> Threads.until(mine::tryLock);
                    default -> {
                        while (!mine.tryLock(10, TimeUnit.MICROSECONDS)) {
                            Thread.yield();
                        }
                    }
                }
                long n = buffer.segment().get(ValueLayout.JAVA_LONG, 128);
                if (i % 64 == 0) {
                    Thread.yield();
                }
                buffer.segment().set(ValueLayout.JAVA_LONG, 128, n + 1);
                mine.unlock();
            }
        });
        assertEquals(4 * rounds, buffer.segment().get(ValueLayout.JAVA_LONG, 128));
        assertFalse(mutex.isLocked());
        assertEquals(0, waiters.count());
    }

    @Test
    void waitersGetInOneAfterTheOther() {
        try (Resident a = Threads.resident(Kind.PLATFORM, "a"); Resident b = Threads.resident(Kind.VIRTUAL, "b")) {
            mutex.lock();
            FutureTask<Boolean> first = waiters.begin(a, () -> mutex.tryLock(1, TimeUnit.DAYS));
            FutureTask<Boolean> second = waiters.begin(b, () -> mutex.tryLock(1, TimeUnit.DAYS));
            assertFalse(first.isDone() || second.isDone());
            mutex.unlock();
            Threads.until(() -> first.isDone() || second.isDone());
            Resident winner = first.isDone() ? a : b;
            assertFalse(first.isDone() && second.isDone());
            winner.run(mutex::unlock);
            Threads.until(() -> first.isDone() && second.isDone());
            (winner == a ? b : a).run(mutex::unlock);
            assertFalse(mutex.isLocked());
        }
    }

    @Test
    void onlyTheOwnerUnlocks() {
        var free = assertThrows(IllegalMonitorStateException.class, mutex::unlock);
        assertEquals("this thread is not the owner: SharedMutex[free]", free.getMessage());
        mutex.lock();
        assertTrue(mutex.isHeldByCurrentThread());
        for (Kind kind : Kind.values()) {
            try (Resident stranger = Threads.resident(kind, "stranger")) {
                assertFalse(stranger.call(mutex::isHeldByCurrentThread));
                var e = assertThrows(IllegalMonitorStateException.class, () -> stranger.run(mutex::unlock));
                assertEquals("this thread is not the owner: SharedMutex[owned by thread "
                        + Thread.currentThread().threadId() + " of process " + ProcessHandle.current().pid() + "]",
                        e.getMessage());
            }
        }
        assertTrue(mutex.isLocked());
        mutex.unlock();
        assertFalse(mutex.isLocked() || mutex.isHeldByCurrentThread());
    }

    @Test
    void anOwnerDoesNotWaitForItself() throws InterruptedException {
        mutex.lock();
        assertFalse(mutex.tryLock());
        for (Threads.Action lock : List.<Threads.Action>of(mutex::lock, mutex::lockInterruptibly,
                () -> mutex.tryLock(1, TimeUnit.DAYS), () -> mutex.tryLock(0, TimeUnit.DAYS))) {
            var e = assertThrows(IllegalMonitorStateException.class, lock::run);
            assertTrue(e.getMessage().startsWith("not reentrant, and this thread is the owner already"),
                    e.getMessage());
        }
        mutex.unlock();
        assertTrue(mutex.tryLock(0, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 3_000_000})
    void aTryEndsWhenItsTimeIsUpAndNotBefore(long nanos) throws InterruptedException {
        mutex.lock();
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            long begun = System.nanoTime();
            assertFalse(other.call(() -> mutex.tryLock(nanos, TimeUnit.NANOSECONDS)));
            assertTrue(System.nanoTime() - begun >= nanos);
            assertEquals(0, waiters.count());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsAnInterruptibleWait(Kind kind) {
        mutex.lock();
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<Void> wait = waiters.begin(waiter, () -> {
                mutex.lockInterruptibly();
                return null;
            });
            waiter.thread().interrupt();
            Threads.until(wait::isDone);
            assertInstanceOf(InterruptedException.class, wait.exceptionNow());
            assertEquals(0, waiters.count());
            mutex.unlock();
            assertFalse(mutex.isLocked());
        }
    }

    @Test
    void anInterruptOnEntryEndsAnInterruptibleLock() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, mutex::lockInterruptibly);
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> mutex.tryLock(1, TimeUnit.SECONDS));
        assertFalse(mutex.isLocked() || Thread.currentThread().isInterrupted());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptDoesNotEndALockButStaysSet(Kind kind) {
        mutex.lock();
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<Boolean> wait = waiters.begin(waiter, () -> {
                mutex.lock();
                mutex.unlock();
                return Thread.interrupted();
            });
            waiter.thread().interrupt();
            Threads.until(() -> !waiter.thread().isInterrupted() && waiters.count() == 1);
            assertFalse(wait.isDone());
            mutex.unlock();
            Threads.until(wait::isDone);
            assertTrue(wait.resultNow());
        }
    }

    @Test
    void aWaiterThatGivesUpPassesTheWakeOn() {
        try (Resident a = Threads.resident(Kind.PLATFORM, "a"); Resident b = Threads.resident(Kind.PLATFORM, "b")) {
            mutex.lock();
            FutureTask<Boolean> first = waiters.begin(a, () -> mutex.tryLock(1, TimeUnit.DAYS));
            FutureTask<Boolean> second = waiters.begin(b, () -> mutex.tryLock(1, TimeUnit.DAYS));
            setOwnerWord(0); // unlocked, and the wake went to the first
            a.thread().interrupt();
            Threads.until(() -> first.isDone() && second.isDone());
            assertInstanceOf(InterruptedException.class, first.exceptionNow());
            assertTrue(second.resultNow());
        }
    }

    @Test
    void noWakeIsLostBetweenThoseThatGiveUpAndThoseThatDoNot() {
        Threads.race(Kind.PLATFORM, 4, 1, round -> {
        }, (racer, round) -> {
            for (int i = 0; i < 2_000; i++) {
                if (racer < 2) {
                    mutex.lock();
                    mutex.unlock();
                } else if (mutex.tryLock(racer * i % 300, TimeUnit.MICROSECONDS)) {
                    Thread.yield();
                    mutex.unlock();
                }
            }
        });
        assertFalse(mutex.isLocked());
        assertEquals(0, waiters.count());
    }

    @Test
    void theMutexOfADeadProcessIsTakenOver() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        process.waitFor();
        try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            setOwnerWord(MutexLayout.owner(process.pid(), 1));
            assertFalse(mutex.tryLock());
            FutureTask<Boolean> wait = waiters.begin(waiter, () -> mutex.tryLock(1, TimeUnit.DAYS));
            assertTrue(mutex.tryTakeOver());
            assertTrue(mutex.isHeldByCurrentThread());
            assertFalse(wait.isDone());
            mutex.unlock();
            Threads.until(wait::isDone);
            assertTrue(wait.resultNow());
        }
    }

    @Test
    void theMutexOfALivingOrUnknownProcessIsNotTakenOver() {
        assertFalse(mutex.tryTakeOver(), "free");
        mutex.lock();
        assertFalse(mutex.tryTakeOver(), "of this process");
        for (long process : new long[]{0, ProcessHandle.current().parent().orElseThrow().pid()}) {
            long word = MutexLayout.owner(process, 99);
            setOwnerWord(word);
            assertFalse(mutex.tryTakeOver());
            assertEquals(word, buffer.segment().get(ValueLayout.JAVA_LONG, MutexLayout.OWNER_OFFSET));
        }
    }

    @Test
    void theOwnerWordHoldsWhatWasPutIn() {
        long word = MutexLayout.owner((1L << 22) - 1, (1L << 40) - 1);
        assertEquals((1L << 22) - 1, MutexLayout.process(word | MutexLayout.WAITERS));
        assertEquals((1L << 40) - 1, MutexLayout.thread(word | MutexLayout.WAITERS));
        assertEquals(word, MutexLayout.owner(word | MutexLayout.WAITERS));
        assertEquals(0, MutexLayout.process(MutexLayout.owner(1L << 22, 5)), "does not fit");
        assertEquals(5, MutexLayout.thread(MutexLayout.owner(1L << 22, 5)));
    }

    @Test
    void theIdleStrategyOfTheCallerIsAskedBeforeItParks() throws InterruptedException {
        SharedSemaphore semaphore = SharedSemaphore.create(buffer, 128, 0);
        AtomicInteger asked = new AtomicInteger();
        IdleStrategy idle = (done, nanos) -> {
            asked.incrementAndGet();
            mutex.unlock();
            semaphore.release();
            return done.getAsBoolean();
        };
        mutex.lock();
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            assertFalse(other.call(() -> mutex.withIdle(IdleStrategy.parking()).tryLock(1, TimeUnit.MILLISECONDS)));
        }
        assertTrue(mutex.isHeldByCurrentThread());
        assertTrue(semaphore.withIdle(idle).tryAcquire(1, Duration.ofDays(1)));
        assertEquals(1, asked.get());
        assertThrows(NullPointerException.class, () -> mutex.withIdle(null));
    }

    @Test
    void thereAreNoConditions() {
        assertThrows(UnsupportedOperationException.class, mutex::newCondition);
    }
}
