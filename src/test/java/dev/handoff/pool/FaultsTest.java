package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.worker.ResourceLimitException;
import dev.handoff.worker.ResourceLimits;
import dev.handoff.worker.WorkerOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks and workers that break. */
@Timeout(60)
class FaultsTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1).name("p");

    private static Throwable failureOf(CompletableFuture<?> task) {
        return assertThrows(ExecutionException.class, task::get).getCause();
    }

    private static int overflow(int n) {
        return overflow(n + 1) + 1;
    }

    @Test
    void whatBreaksATaskCostsThisTaskOnly() throws Exception {
        try (var pool = WorkerPool.<String, Object>of((task, context) -> switch (task) {
            case "stack" -> overflow(0);
            case "heap" -> new long[Integer.MAX_VALUE];
            case "error" -> throw new AssertionError("mine");
            case "clone" -> new Object();
            default -> context.worker().id();
        }, ONE)) {
            Object worker = pool.submit("").get();
            assertInstanceOf(StackOverflowError.class, failureOf(pool.submit("stack")));
            assertInstanceOf(OutOfMemoryError.class, failureOf(pool.submit("heap")));
            assertEquals("mine", failureOf(pool.submit("error")).getMessage());
            assertInstanceOf(DataCloneException.class, failureOf(pool.submit("clone")));
            assertEquals(worker, pool.submit("").get());
            Threads.until(() -> pool.statistics().failed() == 4);
            assertEquals(0, pool.statistics().respawned());
        }
    }

    @Test
    void aWorkerThatEndsFailsItsTaskAndIsReplaced() throws Exception {
        try (var pool = WorkerPool.<Boolean, Long>of((dies, context) -> {
            if (dies) {
                context.worker().exit(3);
            }
            return context.worker().id();
        }, ONE)) {
            long first = pool.submit(false).get();
            var dying = pool.submit(true);
            var waiting = pool.submit(false);
            var lost = assertInstanceOf(WorkerLostException.class, failureOf(dying));
            assertEquals("worker 'p-0' ended while it did a task of pool 'p'", lost.getMessage());
            assertEquals(1, lost.crashes());
            assertNull(lost.getCause());
            assertNotEquals(first, waiting.get());
            Threads.until(() -> pool.statistics().respawned() == 1);
            Threads.until(() -> pool.statistics().failed() == 1);
            Threads.until(() -> pool.statistics().completed() == 2);
        }
    }

    @Test
    void aTaskThatOverrunsALimitLosesItsWorkerForThatReason() throws Exception {
        try (var pool = WorkerPool.<Boolean, Boolean>of((burns, _) -> {
            while (burns && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            return burns;
        }, ONE.worker(WorkerOptions.defaults()
                .limits(ResourceLimits.none().cpuTime(Duration.ofMillis(300)))))) {
            var burning = pool.submit(true);
            Throwable e = null;
            try {
                assertTrue(burning.get()); // if it ends by itself before it is found to be lost
            } catch (ExecutionException lost) {
                e = lost.getCause();
            }
            if (e != null) {
                assertInstanceOf(ResourceLimitException.class,
                        assertInstanceOf(WorkerLostException.class, e).getCause());
            }
            assertFalse(pool.submit(false).get());
            Threads.until(() -> pool.statistics().respawned() == 1);
        }
    }

    @Test
    void whatAWorkerOwnedWhenItDiedIsUnclaimed() throws Exception {
        OwnedBuffer buffer = OwnedBuffer.allocate(16);
        List<OwnedBuffer> seen = new ArrayList<>();
        try (var pool = WorkerPool.<OwnedBuffer, Integer>of((b, context) -> {
            seen.add(b.claim());
            context.worker().exit(1);
            return 1;
        }, ONE)) {
            assertInstanceOf(WorkerLostException.class,
                    failureOf(pool.submit(buffer, TaskOptions.defaults().transfer(buffer))));
            assertEquals(OwnedBuffer.State.UNCLAIMED, seen.getFirst().state());
            seen.getFirst().close();
        }
    }

    @Test
    void onlyTheTasksOfTheWorkerThatDiedFail() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        try (var pool = WorkerPool.<Boolean, Boolean>of((dies, context) -> {
            both.countDown();
            both.await();
            if (dies) {
                context.worker().exit(1);
            }
            go.await();
            return dies;
        }, ONE.workers(2))) {
            var dying = pool.submit(true);
            var other = pool.submit(false);
            assertInstanceOf(WorkerLostException.class, failureOf(dying));
            go.countDown();
            assertFalse(other.get());
        }
    }

    @Test
    void severalTasksOfAWorkerShareItsFate() throws Exception {
        CountDownLatch three = new CountDownLatch(3);
        AtomicInteger handlers = new AtomicInteger();
        try (var pool = WorkerPool.<Boolean, Boolean>ofFactory(_ -> {
            handlers.incrementAndGet();
            return (dies, context) -> {
                three.countDown();
                three.await();
                if (dies) {
                    context.worker().exit(1);
                }
                new CountDownLatch(1).await();
                return dies;
            };
        }, ONE.tasksPerWorker(3))) {
            var a = pool.submit(false);
            var b = pool.submit(true);
            var c = pool.submit(false);
            three.await();
            for (var task : List.of(a, b, c)) {
                assertInstanceOf(WorkerLostException.class, failureOf(task));
            }
            Threads.until(() -> handlers.get() == 2);
            Threads.until(() -> pool.statistics().respawned() == 1);
        }
    }

    /** Says whether it was closed; true kills its worker. */
    private static final class Closeable implements TaskHandler<Boolean, Boolean>, AutoCloseable {
        private final AtomicInteger closed;

        Closeable(AtomicInteger closed) {
            this.closed = closed;
        }

        @Override
        public Boolean handle(Boolean dies, TaskContext context) {
            if (dies) {
                context.worker().exit(1);
            }
            return closed.get() > 0;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    @Test
    void aHandlerThatAllWorkersShareIsClosedWhenThePoolHasEnded() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        try (var pool = WorkerPool.of(new Closeable(closed), ONE)) {
            assertInstanceOf(WorkerLostException.class, failureOf(pool.submit(true)));
            assertFalse(pool.submit(false).get());
        }
        assertEquals(1, closed.get());
    }

    @Test
    void whatAWorkerHasMadeIsClosedWhenItCantMakeTheRest() {
        AtomicInteger made = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        HandlerFactory<Boolean, Boolean> everySecondFails = _ -> {
            if (made.getAndIncrement() % 2 == 1) {
                throw new IOException("no more");
            }
            return new Closeable(closed);
        };
        try (var pool = WorkerPool.handlers().handleBy(TaskKey.of("a"), everySecondFails)
                .handleBy(TaskKey.of("b"), everySecondFails).start(ONE.startAttempts(2))) {
            assertEquals("no more", failureOf(pool.ready()).getMessage());
        }
        assertEquals(4, made.get());
        assertEquals(2, closed.get());
    }

    @Test
    void allHandlersOfAWorkerAreClosedWhateverTheOthersThrow() {
        AtomicInteger closed = new AtomicInteger();
        HandlerFactory<Boolean, Boolean> factory = _ -> {
            class Thrower implements TaskHandler<Boolean, Boolean>, AutoCloseable {
                @Override
                public Boolean handle(Boolean dies, TaskContext context) {
                    return dies;
                }

                @Override
                public void close() throws IOException {
                    closed.incrementAndGet();
                    throw new IOException("can't be closed");
                }
            }
            return new Thrower();
        };
        try (var pool = WorkerPool.handlers().handleBy(TaskKey.of("a"), factory)
                .handleBy(TaskKey.of("b"), factory).start(ONE)) {
            pool.ready().join();
        }
        assertEquals(2, closed.get());
    }

    @Test
    void aHandlerThatCantBeMadeIsTriedAgain() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
            if (tries.incrementAndGet() < 3) {
                throw new IOException("not yet");
            }
            return (n, _) -> n;
        }, ONE)) {
            var task = pool.submit(1);
            pool.ready().get();
            assertEquals(1, task.get());
            assertEquals(3, tries.get());
        }
    }

    @Test
    void aHandlerThatCantBeMadeIsNotTriedForEver() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        IOException mine = new IOException("never");
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
            tries.incrementAndGet();
            throw mine;
        }, ONE.startAttempts(2))) {
            var task = submitUnlessFailed(pool);
            assertSame(mine, failureOf(pool.ready()));
            if (task != null) {
                assertEquals(7, assertThrows(TaskCancelledException.class, task::get).input().orElseThrow());
            }
            var e = assertThrows(TaskRejectedException.class, () -> pool.submit(1));
            assertSame(mine, e.getCause());
            assertEquals(2, tries.get());
        }
    }

    @Test
    void whatFailsInAPoolThatCouldNotStartAllItsWorkersIsNotBegunAgain() throws Exception {
        for (Duration backoff : List.of(Duration.ZERO, Duration.ofDays(1))) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger tries = new AtomicInteger();
            try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
                if (tries.incrementAndGet() > 1) {
                    begun.await();
                    throw new IOException("no more");
                }
                return (_, _) -> {
                    begun.countDown();
                    go.await();
                    throw new IllegalStateException();
                };
            }, ONE.workers(2).startAttempts(1))) {
                var task = pool.submit(1,
                        TaskOptions.defaults().retry(Retry.on(2, backoff, IllegalStateException.class)));
                assertEquals("no more", failureOf(pool.ready()).getMessage());
                go.countDown();
                assertThrows(TaskCancelledException.class, task::get);
            }
        }
    }

    @Test
    void aWorkerThatCantStartAllItsThreadsIsNotTriedForEver() {
        AtomicInteger asked = new AtomicInteger();
        IllegalStateException mine = new IllegalStateException("no thread");
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n,
                ONE.tasksPerWorker(2).startAttempts(2).threadFactory(task -> {
                    if (asked.incrementAndGet() % 2 == 0) {
                        throw mine;
                    }
                    return new Thread(task);
                }))) {
            assertSame(mine, failureOf(pool.ready()));
            assertEquals(4, asked.get());
        }
    }

    @Test
    void aLoggerThatThrowsCostsItsLineOnly() throws Exception {
        AtomicInteger told = new AtomicInteger();
        class Untold extends Exception {
            private static final long serialVersionUID = 1;

            @Override
            public String toString() { // called by who writes the line
                told.incrementAndGet();
                throw new AssertionError("the disk is full");
            }
        }
        AtomicInteger tries = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
            if (tries.incrementAndGet() == 1) {
                throw new Untold();
            }
            return (n, _) -> n;
        }, ONE)) {
            assertEquals(1, pool.submit(1).get());
            assertTrue(told.get() > 0);
        }
    }

    private static CompletableFuture<Integer> submitUnlessFailed(WorkerPool<Integer, Integer> pool) {
        try {
            return pool.submit(7);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    @Test
    void aFailedTaskIsBegunAgainWhereItsRuleSaysSo() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            assertEquals(attempts.incrementAndGet(), context.attempt());
            if (context.attempt() < n) {
                throw new IOException("attempt " + context.attempt());
            }
            return context.attempt();
        }, ONE.retry(Retry.on(3, Duration.ofMillis(1), IOException.class)))) {
            assertEquals(3, pool.submit(3).get());
            Threads.until(() -> pool.statistics().retried() == 2);
            assertEquals(0, pool.statistics().failed());
            Threads.until(() -> pool.statistics().completed() == 1);
            attempts.set(0);
            assertEquals("attempt 3", failureOf(pool.submit(4)).getMessage());
            Threads.until(() -> pool.statistics().failed() == 1);
            attempts.set(0);
            assertEquals("attempt 1", failureOf(pool.submit(2, TaskOptions.defaults().retry(Retry.never())))
                    .getMessage());
            Threads.until(() -> pool.statistics().retried() == 4);
            assertEquals(0, pool.statistics().queued());
        }
    }

    @Test
    void whatARuleDoesNotNameIsNotBegunAgain() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>of((_, _) -> {
            attempts.incrementAndGet();
            throw new IllegalStateException();
        }, ONE.retry(Retry.on(3, Duration.ZERO, IOException.class)))) {
            failureOf(pool.submit(1));
            var broken = new Retry(3, Duration.ZERO, _ -> {
                throw new AssertionError("the rule's");
            });
            assertEquals("the rule's", failureOf(pool.submit(1, TaskOptions.defaults().retry(broken)))
                    .getSuppressed()[0].getMessage());
            assertEquals(2, attempts.get());
        }
    }

    @Test
    void theNextAttemptCanClaimWhatTheLastOneOwned() throws Exception {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        try (var pool = WorkerPool.<OwnedBuffer, OwnedBuffer>of((b, context) -> {
            b.segment().set(java.lang.foreign.ValueLayout.JAVA_INT, 0, context.attempt());
            if (context.attempt() < 3) {
                throw new IOException();
            }
            return b;
        }, ONE.workers(2).retry(Retry.on(3, Duration.ZERO, IOException.class)))) {
            try (OwnedBuffer back = pool.submit(buffer, TaskOptions.defaults().transfer(buffer)).get()) {
                assertEquals(3, back.segment().get(java.lang.foreign.ValueLayout.JAVA_INT, 0));
            }
        }
    }

    @Test
    void aTaskWhoseInputIsGoneIsNotBegunAgain() throws Exception {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        IOException mine = new IOException();
        try (var pool = WorkerPool.<OwnedBuffer, Integer>of((b, _) -> {
            b.close();
            throw mine;
        }, ONE.retry(Retry.on(3, Duration.ZERO, IOException.class)))) {
            Throwable e = failureOf(pool.submit(buffer, TaskOptions.defaults().transfer(buffer)));
            assertSame(mine, e);
            assertInstanceOf(DataCloneException.class, e.getSuppressed()[0]);
            assertEquals(0, pool.statistics().retried());
        }
    }

    @Test
    void aTaskThatKillsItsWorkersIsQuarantined() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            if (context.attempt() <= n) {
                context.worker().exit(1);
            }
            return context.attempt();
        }, ONE.quarantineAfter(2).retry(Retry.on(9, Duration.ZERO, WorkerLostException.class)))) {
            assertEquals(2, pool.submit(1).get());
            var lost = assertInstanceOf(WorkerLostException.class, failureOf(pool.submit(9)));
            assertEquals(2, lost.crashes());
            Threads.until(() -> pool.statistics().respawned() == 3);
            Threads.until(() -> pool.statistics().retried() == 2);
        }
    }

    @Test
    void aTaskThatWaitsForItsNextAttemptCanBeCancelledAndIsWaitedFor() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            if (context.attempt() == 1) {
                failed.countDown();
                throw new IOException();
            }
            return n;
        }, ONE);
        var soon = pool.submit(1, TaskOptions.defaults().retry(Retry.on(2, Duration.ofMillis(20), IOException.class)));
        failed.await();
        pool.close();
        assertEquals(1, soon.get());

        CountDownLatch failedAgain = new CountDownLatch(1);
        var other = WorkerPool.<Integer, Integer>of((_, _) -> {
            failedAgain.countDown();
            throw new IOException();
        }, ONE);
        Retry late = Retry.on(2, Duration.ofDays(1), IOException.class);
        var cancelled = other.submit(1, TaskOptions.defaults().retry(late));
        failedAgain.await();
        Threads.until(() -> other.statistics().retried() == 1);
        assertTrue(cancelled.cancel(true));
        assertEquals(0, other.statistics().queued());
        var never = other.submit(1, TaskOptions.defaults().retry(late));
        Threads.until(() -> other.statistics().retried() == 2);
        assertEquals(List.of(), other.closeNow());
        other.close();
        assertTrue(never.isCancelled());
    }

    @Test
    void aClosedPoolEndsWithTheLastTaskWhereNoWorkerIsLeft() throws Exception {
        var pool = WorkerPool.<Integer, Integer>of((_, _) -> {
            throw new IOException();
        }, ONE.workers(0, 1).idleTimeout(Duration.ZERO));
        var task = pool.submit(1,
                TaskOptions.defaults().retry(Retry.on(2, Duration.ofDays(1), IOException.class)));
        Threads.until(() -> pool.statistics().retried() == 1 && pool.staff().isGone());
        pool.shutdown();
        assertFalse(pool.hasEnded());
        task.cancel(true);
        assertTrue(pool.awaitEnd(Long.MAX_VALUE));
    }

    /** Loses a worker. */
    static final class LosesAWorker {
        private LosesAWorker() {
        }

        public static void main(String[] arguments) {
            try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
                context.worker().exit(1);
                return n;
            }, ONE)) {
                System.out.println(pool.submit(1).handle((_, e) -> e.getMessage()).join());
            }
        }
    }

    @Test
    void eachLostWorkerIsALineOfTheLogAndAClosedPoolLetsTheJvmEnd() {
        ChildJvm.Run run = ChildJvm.run(LosesAWorker.class);
        assertEquals(0, run.exit(), run::err);
        assertEquals("worker 'p-0' ended while it did a task of pool 'p'", run.out());
        assertTrue(run.err().endsWith("WARNING: worker 'p-0' of pool 'p' was lost: it ended in the middle of a task"),
                run::err);
    }
}
