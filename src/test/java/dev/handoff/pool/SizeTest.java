package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Threads;
import dev.handoff.worker.WorkerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many workers there are, of what kind, and when. */
@Timeout(60)
class SizeTest {
    private static final PoolOptions OPTIONS = PoolOptions.defaults().name("p");

    @Test
    void workersOfTheMinimumAreThereBeforeAnythingIsSubmitted() throws Exception {
        AtomicInteger made = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(_ -> {
            made.incrementAndGet();
            return (n, _) -> n;
        }, OPTIONS.workers(3, 5))) {
            pool.ready().get();
            assertEquals(3, made.get());
            assertEquals(3, pool.statistics().workers().size());
        }
    }

    @Test
    void aPoolIsNotReadyBeforeAllOfTheMinimumAreWhoeverElseIs() throws Exception {
        CountDownLatch making = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch two = new CountDownLatch(2);
        try (var pool = WorkerPool.<Integer, Integer>ofFactory(worker -> {
            if (worker.name().equals("p-1")) {
                making.await();
            }
            return (n, _) -> {
                two.countDown();
                go.await();
                return n;
            };
        }, OPTIONS.workers(2, 3))) {
            var ready = pool.ready();
            for (int i = 0; i < 3; i++) { // one more than are about to start
                pool.submit(i);
            }
            Threads.until(() -> {
                pool.growIfNobodyIsFree(); // they may have come before the first one was busy
                return two.getCount() == 0;
            });
            assertFalse(ready.isDone());
            making.countDown();
            ready.get();
            go.countDown();
        }
    }

    @Test
    void moreAreStartedWhenNoneIsFreeAndEndWhenTheyHaveNothingToDo() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            threads.add(Thread.currentThread());
            go.await();
            return n;
        }, OPTIONS.workers(0, 3).idleTimeout(Duration.ofMillis(5)))) {
            pool.ready().get();
            assertEquals(0, pool.statistics().workers().size());
            List<CompletableFuture<Integer>> all = new ArrayList<>();
            for (int i = 1; i <= 5; i++) {
                all.add(pool.submit(i));
                int most = Math.min(i, 3);
                Threads.until(() -> threads.size() == most);
            }
            assertEquals(3, pool.statistics().workers().size());
            go.countDown();
            for (var task : all) {
                task.get();
            }
            Threads.until(() -> pool.statistics().workers().isEmpty());
            threads.forEach(Threads::join);
            assertEquals(6, pool.submit(6).get());
            assertEquals(6, pool.statistics().submitted());
            assertEquals(0, pool.statistics().respawned());
        }
    }

    @Test
    void anotherOneIsStartedForWhatIsLeftWhenTheOneThatLookedForTasksHasTakenOne() throws Exception {
        CountDownLatch looks = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        IdleStrategy held = (done, _) -> {
            if (Runner.current() != null) {
                looks.countDown();
                Threads.uninterruptibly(go);
            }
            return done.getAsBoolean();
        };
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 1) {
                second.await();
            } else {
                second.countDown();
            }
            return n;
        }, OPTIONS.workers(1, 2).idleStrategy(held))) {
            looks.await();
            var first = pool.submit(1);
            pool.submit(2);
            go.countDown();
            assertEquals(1, first.get());
        }
    }

    @Test
    void noTaskIsLostWhileWorkersComeAndGo() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n,
                OPTIONS.workers(0, 2).idleTimeout(Duration.ZERO))) {
            for (int i = 0; i < 2000; i++) {
                assertEquals(i, pool.submit(i).get());
                if (i % 3 == 0) {
                    Thread.sleep(0, 200_000); // long enough for some of them to end, at any point of that
                }
            }
        }
    }

    @Test
    void aWorkerThatIsDismissedPassesItsOwnTasksOn() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n,
                OPTIONS.workers(1, 3).idleTimeout(Duration.ZERO).balancer(Balancer.roundRobin()))) {
            for (int i = 0; i < 2000; i++) {
                var a = pool.submit(i);
                var b = pool.submit(i);
                assertEquals(2 * i, a.get() + b.get());
            }
        }
    }

    @Test
    void aWorkerCanDoSeveralTasksAtOnceWithOneHandler() throws Exception {
        AtomicInteger handlers = new AtomicInteger();
        CyclicBarrier all = new CyclicBarrier(4);
        try (var pool = WorkerPool.<Integer, String>ofFactory(_ -> {
            int handler = handlers.incrementAndGet();
            return (_, context) -> {
                all.await();
                return handler + " " + context.worker().name();
            };
        }, OPTIONS.workers(1).tasksPerWorker(4))) {
            Set<String> seen = new HashSet<>();
            for (var task : pool.submitAll(List.of(1, 2, 3, 4))) {
                seen.add(task.get());
            }
            assertEquals(Set.of("1 p-0", "1 p-0.1", "1 p-0.2", "1 p-0.3"), seen);
        }
    }

    @Test
    void workersCanBeVirtualThreadsOrThoseOfAFactory() throws Exception {
        TaskHandler<Integer, Boolean> isVirtual = (_, _) -> Thread.currentThread().isVirtual();
        try (var pool = WorkerPool.of(isVirtual, OPTIONS.workers(100).virtual())) {
            assertTrue(pool.submit(1).get());
        }
        AtomicInteger made = new AtomicInteger();
        try (var pool = WorkerPool.of(isVirtual, OPTIONS.workers(2).threadFactory(task -> {
            made.incrementAndGet();
            return new Thread(task, "mine");
        }))) {
            pool.ready().get();
            assertFalse(pool.submit(1).get());
            assertEquals(2, made.get());
        }
        try (var pool = WorkerPool.of(isVirtual, OPTIONS.workers(1).worker(WorkerOptions.defaults().daemon(true)))) {
            assertFalse(pool.submit(1).get());
        }
    }

    @Test
    void aFactoryThatMakesNoThreadsMakesThePoolFail() {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, OPTIONS.workers(2).threadFactory(_ -> null))) {
            assertThrows(Exception.class, () -> pool.ready().get());
            assertThrows(TaskRejectedException.class, () -> pool.submit(1));
        }
    }

    @Test
    void whatNumbersCantBeIsRefused() {
        assertEquals("min=2 and max=1 workers can't be: 0 <= min <= max and 1 <= max have to hold",
                assertThrows(IllegalArgumentException.class, () -> OPTIONS.workers(2, 1)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.workers(0));
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.workers(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.tasksPerWorker(0));
        assertEquals("capacity=0 must be 1 or more",
                assertThrows(IllegalArgumentException.class, () -> OPTIONS.capacity(0)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.quarantineAfter(0));
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.startAttempts(0));
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.idleTimeout(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.gracePeriod(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> TaskOptions.defaults().runTime(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> TaskOptions.defaults().totalTime(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> Retry.on(0, Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> Retry.on(1, Duration.ofNanos(-1)));
    }
}
