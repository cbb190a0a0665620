package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.Registration;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.pool.PoolOptions.Overflow;
import dev.handoff.pool.PoolOptions.Queueing;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Queues, their bounds, and who takes from them. */
@Timeout(60)
class QueueTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1).name("p");

    /** Tasks that end one by one, as they are let. */
    private static final class Gate implements TaskHandler<Object, Object> {
        final List<Object> ran = Collections.synchronizedList(new ArrayList<>());
        final Semaphore permits = new Semaphore(0);
        final AtomicInteger begun = new AtomicInteger();

        @Override
        public Object handle(Object task, TaskContext context) throws InterruptedException {
            begun.incrementAndGet();
            permits.acquire();
            ran.add(task);
            return Thread.currentThread();
        }

        WorkerPool<Object, Object> busyPool(PoolOptions options) {
            WorkerPool<Object, Object> pool = WorkerPool.of((task, context) -> {
                handle(task, context);
                return task;
            }, options);
            pool.submit("first");
            Threads.until(() -> begun.get() == 1);
            return pool;
        }
    }

    @ParameterizedTest
    @CsvSource({"FIFO, first a1 b5 c1 d9", "LIFO, first d9 c1 b5 a1", "PRIORITY, first d9 b5 a1 c1"})
    void tasksThatWaitGoInTheOrderOfTheQueue(Queueing queueing, String order) {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.queue(queueing))) {
            for (String task : List.of("a1", "b5", "c1", "d9")) {
                pool.submit(task, TaskOptions.defaults().priority(Integer.parseInt(task.substring(1))));
            }
            gate.permits.release(5);
        }
        assertEquals(Arrays.asList(order.split(" ")), gate.ran);
    }

    @Test
    void amongEqualPrioritiesItIsFirstComeFirstServed() {
        Gate gate = new Gate();
        List<Object> expected = new ArrayList<>(List.of("first"));
        try (var pool = gate.busyPool(ONE.queue(Queueing.PRIORITY))) {
            for (int i = 0; i < 1000; i++) {
                pool.submit(i);
                expected.add(i);
            }
            gate.permits.release(1001);
        }
        assertEquals(expected, gate.ran);
    }

    @Test
    void aFullQueueRejectsAndTakesNothing() {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(2)); OwnedBuffer mine = OwnedBuffer.allocate(8)) {
            pool.submit(1);
            var second = pool.submit(2);
            var e = assertThrows(TaskRejectedException.class,
                    () -> pool.submit(List.of(mine), TaskOptions.defaults().transfer(mine)));
            assertEquals("pool 'p' is full: 2 tasks wait", e.getMessage());
            assertSame(Thread.currentThread(), mine.owner());
            second.cancel(true);
            pool.submit(3);
            assertThrows(TaskRejectedException.class, () -> pool.submit(4));
            assertEquals(4, pool.statistics().submitted());
            gate.permits.release(9);
        }
        assertEquals(List.of("first", 1, 3), gate.ran);
    }

    @Test
    void whoWaitsForRoomGoesOnWhenThereIsSome() {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(1).overflow(Overflow.WAIT));
                var other = Threads.resident(Threads.Kind.PLATFORM, "submitter")) {
            pool.submit(1);
            var waiting = other.begin(() -> pool.submit(2));
            Threads.untilParked(other.thread());
            assertFalse(waiting.isDone());
            gate.permits.release(3);
            other.run(() -> assertEquals(2, waiting.get().get()));
        }
        assertEquals(List.of("first", 1, 2), gate.ran);
    }

    @Test
    void whoWaitsForRoomGoesOnWhenATaskIsCancelledOrThePoolIsClosedOrTheThreadInterrupted() throws Exception {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(1).overflow(Overflow.WAIT));
                var other = Threads.resident(Threads.Kind.PLATFORM, "submitter")) {
            var queued = pool.submit(1);
            var waiting = other.begin(() -> pool.submit(2));
            Threads.untilParked(other.thread());
            queued.cancel(true);
            var second = waiting.get();

            var interrupted = other.begin(() -> {
                var e = assertThrows(TaskRejectedException.class, () -> pool.submit(3));
                assertTrue(Thread.interrupted());
                return e.getMessage();
            });
            Threads.untilParked(other.thread());
            other.thread().interrupt();
            assertEquals("pool 'p' is full, and the thread was interrupted while it waited for room",
                    interrupted.get());

            var closed = other
                    .begin(() -> assertThrows(TaskRejectedException.class, () -> pool.submit(3)).getMessage());
            Threads.untilParked(other.thread());
            assertEquals(List.of(2), pool.closeNow());
            assertEquals("pool 'p' is closed", closed.get());
            assertTrue(second.isCancelled());
        }
    }

    @Test
    void manyWhoWaitForRoomAllGetIt() {
        AtomicInteger done = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>of((_, _) -> done.incrementAndGet(),
                PoolOptions.defaults().workers(2).capacity(2).overflow(Overflow.WAIT))) {
            Threads.race(Threads.Kind.PLATFORM, 4, 5, _ -> {
            }, (_, _) -> {
                for (int i = 0; i < 1000; i++) {
                    pool.submit(i);
                }
            });
        }
        assertEquals(20_000, done.get());
    }

    @Test
    void aCallerRunsWhatHasNoRoom() throws Exception {
        Gate gate = new Gate();
        AtomicReference<Thread> where = new AtomicReference<>();
        List<Object> seen = new ArrayList<>();
        var pool = WorkerPool.<List<Object>, List<Object>>of((task, context) -> {
            if (task.isEmpty()) {
                gate.handle(task, context);
            } else {
                where.set(Thread.currentThread());
                seen.add(task);
                assertThrows(IllegalStateException.class, context::worker);
            }
            return task;
        }, ONE.capacity(1).overflow(Overflow.CALLER_RUNS));
        try (pool) {
            pool.submit(new ArrayList<>());
            Threads.until(() -> gate.begun.get() == 1);
            pool.submit(new ArrayList<>());
            List<Object> mine = new ArrayList<>(List.of(1));
            var ran = pool.submit(mine);
            assertTrue(ran.isDone());
            assertSame(Thread.currentThread(), where.get());
            assertEquals(mine, ran.get());
            assertNotSame(mine, seen.getFirst());
            assertNotSame(ran.get(), seen.getFirst());
            assertEquals(1, pool.statistics().completed());
            gate.permits.release(2);
        }
        assertEquals(3, pool.statistics().completed());
    }

    @Test
    void whatACallerRunsTakesNoRoomAndIsWaitedFor() throws Exception {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(1).overflow(Overflow.CALLER_RUNS));
                var other = Threads.resident(Threads.Kind.PLATFORM, "submitter")) {
            pool.submit(1);
            var running = other.begin(() -> pool.submit(2));
            Threads.until(() -> gate.begun.get() == 2);
            assertEquals(1, pool.statistics().queued());
            pool.shutdown();
            assertFalse(pool.isDrained());
            gate.permits.release(3);
            assertEquals(2, running.get().get());
            assertTrue(pool.awaitEnd(Long.MAX_VALUE));
            assertEquals(3, pool.statistics().completed());
        }
    }

    @Test
    void aWorkerDoesNotWaitForRoomThatItWouldHaveToMake() throws Exception {
        AtomicReference<WorkerPool<Integer, Integer>> self = new AtomicReference<>();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 1) {
                self.get().submit(2);
                assertEquals("pool 'p' is full, and one of its workers can't wait for room",
                        assertThrows(TaskRejectedException.class, () -> self.get().submit(3)).getMessage());
            }
            return n;
        }, ONE.capacity(1).overflow(Overflow.WAIT))) {
            self.set(pool);
            assertEquals(1, pool.submit(1).get());
        }
    }

    @Test
    void whatACallerWouldHaveToRunAndTakeFromAtOnceIsRejected() {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(1).overflow(Overflow.CALLER_RUNS))) {
            pool.submit(1);
            assertThrows(TaskRejectedException.class, () -> pool.stream(2));
            gate.permits.release(2);
        }
        assertEquals(List.of("first", 1), gate.ran);
    }

    @Test
    void aCallerDoesNotRunWhatIsLateAlready() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 0) {
                begun.countDown();
                go.await();
            }
            return n;
        }, ONE.capacity(1).overflow(Overflow.CALLER_RUNS))) {
            pool.submit(0);
            Threads.until(() -> begun.getCount() == 0);
            pool.submit(0);
            int late = 0;
            for (int i = 0; i < 1000; i++) { // now and then the clock is faster than the caller
                var task = pool.submit(1, TaskOptions.defaults().totalTime(Duration.ofNanos(1)));
                late += task.isCompletedExceptionally() ? 1 : 0;
                assertTrue(task.isDone());
            }
            assertEquals(1, pool.statistics().queued());
            assertEquals(1000, pool.statistics().completed() + late);
            go.countDown();
        }
    }

    @Test
    void aTaskThatItsCallerRunsCantWaitForTheEndOfThePool() throws Exception {
        AtomicReference<WorkerPool<Integer, Integer>> self = new AtomicReference<>();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 2) {
                assertEquals("a task of pool 'p' can't wait for its end",
                        assertThrows(IllegalStateException.class, () -> self.get().close()).getMessage());
            } else {
                begun.countDown();
                go.await();
            }
            return n;
        }, ONE.capacity(1).overflow(Overflow.CALLER_RUNS))) {
            self.set(pool);
            pool.submit(0);
            begun.await();
            pool.submit(1);
            assertEquals(2, pool.submit(2).get());
            go.countDown();
        }
    }

    @Test
    void callersCantRunTasksThatNeedTheStateOfAWorker() {
        assertThrows(IllegalArgumentException.class, () -> WorkerPool.ofFactory(_ -> (t, _) -> t,
                ONE.overflow(Overflow.CALLER_RUNS)));
    }

    @Test
    void aDrainIsToldWhenThereWasNoRoomAndHalfOfItIsFree() throws Exception {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE.capacity(4))) {
            Semaphore drained = new Semaphore(0);
            Registration registration = pool.onDrain(drained::release);
            for (int i = 0; i < 4; i++) {
                pool.submit(i);
            }
            gate.permits.release(2);
            Threads.until(() -> pool.statistics().queued() == 2);
            assertEquals(0, drained.availablePermits());
            pool.submit(4);
            pool.submit(5);
            assertThrows(TaskRejectedException.class, () -> pool.submit(6));
            gate.permits.release(1);
            Threads.until(() -> pool.statistics().queued() == 3);
            assertEquals(0, drained.availablePermits());
            gate.permits.release(1);
            drained.acquire();
            registration.close();
            gate.permits.release(9);
        }
    }

    @Test
    void aQueueWithoutABoundIsDrainedWhenItIsEmpty() throws Exception {
        Gate gate = new Gate();
        try (var pool = gate.busyPool(ONE)) {
            Semaphore drained = new Semaphore(0);
            pool.onDrain(drained::release);
            pool.submit(1);
            pool.submit(2);
            gate.permits.release(1);
            Threads.until(() -> gate.begun.get() == 2);
            assertEquals(0, drained.availablePermits());
            gate.permits.release(1);
            drained.acquire();
            gate.permits.release(9);
        }
    }

    @ParameterizedTest
    @EnumSource(Queueing.class)
    void tasksOfManySubmittersAllRunOnce(Queueing queueing) {
        int each = 20_000;
        byte[] runs = new byte[4 * each];
        try (var pool = WorkerPool.<Integer, Boolean>of((n, _) -> {
            synchronized (runs) {
                return ++runs[n] == 1;
            }
        }, PoolOptions.defaults().workers(3).queue(queueing))) {
            Threads.race(Threads.Kind.PLATFORM, 4, 1, _ -> {
            }, (racer, _) -> {
                List<CompletableFuture<Boolean>> all = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    all.add(pool.submit(racer * each + i));
                }
                for (var task : all) {
                    assertTrue(task.get());
                }
            });
            assertEquals(4L * each, pool.statistics().submitted());
        }
    }

    @Test
    void workersTakeTurnsWhereTheBalancerSaysSo() throws Exception {
        try (var pool = WorkerPool.<Integer, String>of((_, context) -> context.worker().name(),
                ONE.workers(3).balancer(Balancer.roundRobin()))) {
            pool.ready().get();
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                names.add(pool.submit(i).get());
            }
            assertEquals(List.of("p-0", "p-1", "p-2", "p-0", "p-1", "p-2"), names);
        }
    }

    @Test
    void tasksOfOneKeyStickToOneWorker() throws Exception {
        try (var pool = WorkerPool.<Integer, String>of((_, context) -> context.worker().name(),
                ONE.workers(4).balancer(Balancer.sticky()))) {
            java.util.Set<String> used = new java.util.HashSet<>();
            for (int key = 0; key < 50; key++) {
                TaskOptions how = TaskOptions.defaults().key("session " + key);
                String name = pool.submit(0, how).get();
                assertEquals(name, pool.submit(1, how).get());
                used.add(name);
            }
            assertEquals(4, used.size());
            assertTrue(pool.submit(2).get().startsWith("p-"));
        }
    }

    @Test
    void aBalancerSeesWhatEachWorkerHasToDo() throws Exception {
        List<List<Balancer.Load>> seen = Collections.synchronizedList(new ArrayList<>());
        Gate gate = new Gate();
        try (var pool = WorkerPool.<Object, Object>of((task, context) -> {
            gate.handle(task, context);
            return task;
        }, ONE.workers(2).balancer((key, loads) -> {
            seen.add(loads);
            return (Integer) key;
        }))) {
            TaskOptions second = TaskOptions.defaults().key(1);
            pool.submit("a", second);
            Threads.until(() -> gate.begun.get() == 1);
            pool.submit("b", second);
            pool.submit("c", second);
            assertEquals(List.of(new Balancer.Load(0, 0, 0), new Balancer.Load(1, 1, 1)), seen.getLast());
            assertEquals(2, seen.getLast().get(1).total());
            long before = Leases.bytes();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            var bad = pool.submit(List.of(buffer), TaskOptions.defaults().key(7).transfer(buffer));
            assertEquals("the balancer of pool 'p' has chosen 7 of 2 workers",
                    assertThrows(ExecutionException.class, bad::get).getCause().getMessage());
            assertEquals(before, Leases.bytes());
            gate.permits.release(9);
        }
        assertEquals(List.of("a", "b", "c"), gate.ran);
    }

    @Test
    void theLeastBusyIsTheOneThatHasLeastToDo() {
        List<Balancer.Load> loads = List.of(new Balancer.Load(0, 1, 1), new Balancer.Load(1, 1, 0),
                new Balancer.Load(2, 0, 1));
        assertEquals(1, Balancer.leastBusy().choose(null, loads));
    }

    @Test
    void whatAWorkerHadToDoIsDoneByWhoReplacesIt() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            if (n == 0) {
                context.worker().exit(1);
            }
            return n;
        }, ONE.workers(2).balancer((_, _) -> 1))) {
            pool.ready().get();
            var dying = pool.submit(0);
            var next = pool.submit(1);
            assertEquals(1, next.get());
            assertThrows(Exception.class, dying::get);
        }
    }
}
