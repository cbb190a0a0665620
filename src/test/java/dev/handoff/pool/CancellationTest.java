package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cancelling tasks, and deadlines. */
@Timeout(60)
class CancellationTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1);

    /** A pool of one worker that is busy until it is let go, or its task is cancelled. */
    private static final class Busy implements AutoCloseable {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final List<Object> ran = new ArrayList<>();
        final AtomicBoolean wasInterrupted = new AtomicBoolean();
        final AtomicReference<TaskContext> context = new AtomicReference<>();
        final WorkerPool<Object, Object> pool;
        final CompletableFuture<Object> first;

        Busy(PoolOptions options) throws InterruptedException {
            pool = WorkerPool.of((task, c) -> {
                ran.add(task);
                if (task.equals("first")) {
                    context.set(c);
                    begun.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        wasInterrupted.set(true);
                        throw e;
                    }
                }
                return task;
            }, options);
            first = pool.submit("first");
            begun.await();
        }

        @Override
        public void close() {
            go.countDown();
            pool.close();
        }
    }

    @Test
    void aTaskThatWaitsIsTakenFromTheQueueAndGivesItsInputBack() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            OwnedBuffer buffer = OwnedBuffer.allocate(16);
            var waiting = busy.pool.submit(List.of(buffer), TaskOptions.defaults().transfer(buffer));
            assertEquals(OwnedBuffer.State.GONE, buffer.state());
            Threads.until(() -> busy.pool.statistics().queued() == 1);
            assertTrue(waiting.cancel(true));
            assertTrue(waiting.isCancelled());
            assertEquals(0, busy.pool.statistics().queued());
            var e = assertThrows(TaskCancelledException.class, waiting::join);
            OwnedBuffer back = (OwnedBuffer) ((List<?>) e.input().orElseThrow()).getFirst();
            assertEquals(OwnedBuffer.State.UNCLAIMED, back.state());
            back.close();
            busy.go.countDown();
            assertEquals("first", busy.first.get());
            assertEquals("next", busy.pool.submit("next").get());
            assertEquals(List.of("first", "next"), busy.ran);
            Threads.until(() -> busy.pool.statistics().cancelled() == 1);
        }
    }

    @Test
    void aTaskThatRunsIsAskedToStop() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            assertFalse(busy.context.get().cancelled());
            busy.context.get().checkCancelled();
            assertTrue(busy.first.cancel(true));
            assertTrue(busy.context.get().cancelled());
            assertThrows(CancellationException.class, busy.context.get()::checkCancelled);
            assertEquals("next", busy.pool.submit("next").get());
            assertTrue(busy.wasInterrupted.get());
            assertTrue(assertThrows(TaskCancelledException.class, busy.first::get).input().isEmpty());
            assertEquals(0, busy.pool.statistics().respawned());
            Threads.until(() -> busy.pool.statistics().cancelled() == 1);
        }
    }

    @Test
    void whatIsCancelledWithoutInterruptGoesOnUnheard() throws Exception {
        try (Busy busy = new Busy(ONE.gracePeriod(Duration.ZERO))) {
            assertTrue(busy.first.cancel(false));
            assertTrue(busy.context.get().cancelled());
            busy.go.countDown();
            assertEquals("next", busy.pool.submit("next").get());
            assertFalse(busy.wasInterrupted.get());
            assertEquals(0, busy.pool.statistics().respawned());
        }
    }

    @Test
    void whatWasCancelledWithoutInterruptCanStillBeInterrupted() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            assertTrue(busy.first.cancel(false));
            assertTrue(busy.first.cancel(true));
            assertEquals("next", busy.pool.submit("next").get());
            assertTrue(busy.wasInterrupted.get());
        }
        try (Busy busy = new Busy(ONE)) {
            assertTrue(busy.first.cancel(false));
            assertEquals(List.of(), busy.pool.closeNow());
            busy.pool.close();
            assertTrue(busy.wasInterrupted.get());
        }
    }

    @Test
    void deadlinesHoldForWhatWasCancelledWithoutInterrupt() throws Exception {
        for (TaskOptions limited : List.of(TaskOptions.defaults().runTime(Duration.ofMillis(20)),
                TaskOptions.defaults().totalTime(Duration.ofMillis(20)))) {
            try (Busy busy = new Busy(ONE)) {
                busy.first.cancel(true);
                busy.pool.submit("next").get();
                var running = busy.pool.submit("first", limited);
                Threads.until(() -> busy.context.get() == running);
                running.cancel(false);
                assertEquals("next", busy.pool.submit("next").get());
            }
        }
    }

    @Test
    void whatIsCancelledWhileItsRuleIsAskedIsNotBegunAgain() throws Exception {
        for (boolean interrupt : new boolean[]{false, true}) {
            AtomicInteger attempts = new AtomicInteger();
            AtomicReference<CompletableFuture<Integer>> task = new AtomicReference<>();
            CountDownLatch known = new CountDownLatch(1);
            try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
                if (n == 1) {
                    return attempts.get();
                }
                attempts.incrementAndGet();
                known.await();
                throw new IllegalStateException();
            }, ONE)) {
                task.set(pool.submit(0, TaskOptions.defaults()
                        .retry(new Retry(3, Duration.ZERO, _ -> task.get().cancel(interrupt)))));
                known.countDown();
                assertEquals(1, pool.submit(1).get());
                assertTrue(task.get().isCancelled());
                Threads.until(() -> pool.statistics().cancelled() == 1);
                assertEquals(0, pool.statistics().retried());
                assertEquals(1, attempts.get());
            }
        }
    }

    @Test
    void completingTheFutureInAnyOtherWayCancelsTheTask() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            var waiting = busy.pool.submit("waiting");
            assertTrue(waiting.complete("mine"));
            assertEquals("mine", waiting.get());
            Exception mine = new Exception();
            var failed = busy.pool.submit("failed");
            assertTrue(failed.completeExceptionally(mine));
            assertFalse(failed.complete(""));
            assertSame(mine, failed.exceptionNow());
            var late = busy.pool.submit("late").orTimeout(1, TimeUnit.MILLISECONDS);
            assertInstanceOf(TimeoutException.class, assertThrows(ExecutionException.class, late::get).getCause());
            assertEquals("else", busy.pool.submit("late").completeOnTimeout("else", 1, TimeUnit.MILLISECONDS).get());
            assertEquals("other", busy.pool.submit("async").completeAsync(() -> "other").get());
            assertTrue(busy.first.complete("enough"));
            assertEquals("next", busy.pool.submit("next").get());
            assertTrue(busy.wasInterrupted.get());
            assertEquals(List.of("first", "next"), busy.ran);
        }
    }

    @Test
    void whatATaskThatIsCompletedElsewhereWouldHaveGotIsFreed() throws Exception {
        long before = Leases.bytes();
        try (Busy busy = new Busy(ONE)) {
            OwnedBuffer buffer = OwnedBuffer.allocate(16);
            var waiting = busy.pool.submit(List.of(buffer), TaskOptions.defaults().transfer(buffer));
            assertTrue(waiting.complete("mine"));
            assertEquals(before, Leases.bytes());
        }
    }

    @Test
    void closeNowEndsWorkersThatMakeTheirHandlersStill() throws Exception {
        CountDownLatch making = new CountDownLatch(2);
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
            making.countDown();
            new CountDownLatch(1).await();
            return (n, _) -> n;
        }, ONE.workers(2))) {
            var waiting = pool.submit(1);
            making.await();
            assertEquals(List.of(1), pool.closeNow());
            assertTrue(waiting.isCancelled());
        }
    }

    @Test
    void whatIsTakenJustWhenThePoolIsStoppedIsCancelled() throws Exception {
        TaskKey<String, Boolean> key = TaskKey.of("key");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicReference<Task<Boolean>> late = new AtomicReference<>();
        AtomicBoolean wasCancelled = new AtomicBoolean();
        try (var pool = WorkerPool.handlers().handle(key, (task, context) -> {
            if (task.equals("late")) {
                wasCancelled.set(context.cancelled() && Thread.currentThread().isInterrupted());
            } else {
                begun.countDown();
                Threads.uninterruptibly(go);
            }
            return true;
        }).start(ONE)) {
            var _ = pool.submit(key, "first");
            begun.await();
            pool.closeNow();
            late.set(new Task<>(pool, key, "late", TaskOptions.defaults(), null));
            pool.requeued();
            pool.lane().add(late.get()); // a worker that had taken it before closeNow() looked does not find it later
            go.countDown();
            assertThrows(TaskCancelledException.class, late.get()::get);
        }
        assertTrue(wasCancelled.get());
    }

    @Test
    void whatComesIntoTheQueueOfAStoppedPoolIsCancelled() throws Exception {
        TaskKey<String, Boolean> key = TaskKey.of("key");
        var pool = WorkerPool.handlers().handle(key, (_, _) -> true).start(ONE);
        pool.closeNow();
        Task<Boolean> late = new Task<>(pool, key, "late", TaskOptions.defaults(), null);
        pool.requeued();
        pool.enqueue(late);
        assertEquals("late", assertThrows(TaskCancelledException.class, late::get).input().orElseThrow());
        pool.close();
    }

    @Test
    void aStreamWhoseHandlerIsStuckEndsWithItsTask() throws Exception {
        AtomicBoolean go = new AtomicBoolean();
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            context.emit(n);
            while (!go.get()) { // whatever anybody does
                Thread.yield();
            }
            return n;
        }, ONE.gracePeriod(Duration.ofMillis(1)))) {
            List<Object> seen = new ArrayList<>();
            assertThrows(CancellationException.class, () -> pool.stream(1).forEach(value -> {
                seen.add(value);
                pool.closeNow();
            }));
            assertEquals(List.of(1), seen);
        } finally {
            go.set(true);
        }
    }

    @Test
    void aHandlerThatDoesNotStopLosesItsWorker() throws Exception {
        AtomicBoolean go = new AtomicBoolean();
        AtomicReference<Thread> stuck = new AtomicReference<>();
        try (var pool = WorkerPool.<Boolean, String>of((hangs, context) -> {
            if (hangs) {
                stuck.set(Thread.currentThread());
                while (!go.get()) { // whatever anybody does
                    Thread.yield();
                }
            }
            return context.worker().name();
        }, ONE.name("p").gracePeriod(Duration.ofMillis(10)))) {
            var hanging = pool.submit(true);
            Threads.until(() -> stuck.get() != null);
            var waiting = pool.submit(false);
            assertTrue(hanging.cancel(true));
            assertEquals("p-0", waiting.get());
            Threads.until(() -> pool.statistics().respawned() == 1);
            Threads.until(() -> pool.statistics().cancelled() == 1);
            assertTrue(stuck.get().isAlive());
        } finally {
            go.set(true);
        }
        Threads.join(stuck.get());
    }

    @Test
    void noInterruptEverHitsTheNextTask() throws Exception {
        AtomicInteger hits = new AtomicInteger();
        try (var pool = WorkerPool.<Boolean, Boolean>of((isVictim, context) -> {
            for (int i = 0; i < 200; i++) {
                if (Thread.currentThread().isInterrupted() && !isVictim) {
                    hits.incrementAndGet();
                }
                Thread.onSpinWait();
            }
            return isVictim;
        }, ONE)) {
            for (int i = 0; i < 20_000; i++) {
                var victim = pool.submit(true);
                var next = pool.submit(false);
                for (int spin = 0; spin < i % 100; spin++) {
                    Thread.onSpinWait();
                }
                victim.cancel(true);
                assertFalse(next.get());
            }
        }
        assertEquals(0, hits.get());
    }

    @Test
    void anInterruptOfATasksOwnIsNotForTheNextOne() throws Exception {
        try (var pool = WorkerPool.<Boolean, Boolean>of((interrupts, _) -> {
            boolean was = Thread.currentThread().isInterrupted();
            if (interrupts) {
                Thread.currentThread().interrupt();
            }
            return was;
        }, ONE)) {
            assertFalse(pool.submit(true).get());
            assertFalse(pool.submit(false).get());
        }
    }

    @Test
    void aRunTimeCountsFromTheBeginningOfTheTask() throws Exception {
        Semaphore gate = new Semaphore(0);
        try (var pool = WorkerPool.<String, String>of((task, _) -> {
            if (task.equals("hangs")) {
                new CountDownLatch(1).await();
            }
            gate.acquire();
            return task;
        }, ONE)) {
            TaskOptions limited = TaskOptions.defaults().runTime(Duration.ofMillis(50));
            var first = pool.submit("first");
            var hanging = pool.submit("hangs", limited.name("hanging"));
            var last = pool.submit("last");
            assertThrows(TimeoutException.class, () -> hanging.get(100, TimeUnit.MILLISECONDS));
            assertFalse(hanging.isDone());
            gate.release(2);
            assertEquals("first", first.get());
            var e = assertInstanceOf(TaskTimeoutException.class,
                    assertThrows(ExecutionException.class, hanging::get).getCause());
            assertEquals("task 'hanging' has not ended within a run time of PT0.05S", e.getMessage());
            assertTrue(e.input().isEmpty());
            assertEquals("last", last.get());
            Threads.until(() -> pool.statistics().cancelled() == 1);
        }
    }

    @Test
    void aTotalTimeCountsInTheQueueToo() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            var waiting = busy.pool.submit("waiting", TaskOptions.defaults().totalTime(Duration.ofMillis(5)));
            var e = assertInstanceOf(TaskTimeoutException.class,
                    assertThrows(ExecutionException.class, waiting::get).getCause());
            assertEquals("waiting", e.input().orElseThrow());
            assertEquals(0, busy.pool.statistics().queued());
            busy.first.cancel(true);
            var running = busy.pool.submit("first", TaskOptions.defaults().totalTime(Duration.ofMillis(5)));
            assertThrows(ExecutionException.class, running::get);
            assertEquals("next", busy.pool.submit("next").get());
            assertTrue(busy.wasInterrupted.get());
        }
    }

    @Test
    void tasksWithinTheirLimitsEndAsUsual() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE)) {
            TaskOptions how = TaskOptions.defaults().totalTime(Duration.ofDays(1)).runTime(Duration.ofDays(300_000));
            assertEquals(1, pool.submit(1, how).get());
        }
    }

    @Test
    void manyCancelledTasksDoNotStayInTheQueue() throws Exception {
        try (Busy busy = new Busy(ONE)) {
            for (int i = 0; i < 10_000; i++) {
                busy.pool.submit(i).cancel(true);
            }
            AtomicInteger left = new AtomicInteger();
            busy.pool.lane().tasks().removeIf(_ -> left.incrementAndGet() < 0);
            assertTrue(left.get() < 200, () -> left + " left");
            assertEquals(0, busy.pool.statistics().queued());
            var kept = busy.pool.submit("kept");
            busy.go.countDown();
            assertEquals("kept", kept.get());
            assertEquals(List.of("first", "kept"), busy.ran);
        }
    }
}
