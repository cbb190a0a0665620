package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks, results and failures. */
@Timeout(60)
class WorkerPoolTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1);

    @Test
    void aTaskRunsOnAWorkerAndItsResultComesBack() {
        AtomicReference<String> where = new AtomicReference<>();
        try (var pool = WorkerPool.of((Integer n, TaskContext context) -> {
            where.set(context.worker().name() + " on " + Thread.currentThread().getName());
            return n + 1;
        }, ONE.name("adder"))) {
            assertEquals(42, pool.submit(41).join());
            assertEquals("adder-0 on adder-0", where.get());
        }
    }

    @Test
    void nullIsAResult() throws Exception {
        try (var pool = WorkerPool.<String, String>of((_, _) -> null)) {
            assertNull(pool.submit("").get());
            assertNull(pool.submit("").thenApply(r -> r).join());
        }
    }

    @Test
    void taskAndResultAreClones() {
        List<Object> seen = new ArrayList<>();
        try (var pool = WorkerPool.of((List<String> list, TaskContext _) -> {
            seen.add(list);
            return list;
        }, ONE)) {
            List<String> mine = new ArrayList<>(List.of("a"));
            List<String> back = pool.submit(mine).join();
            assertEquals(mine, back);
            assertNotSame(mine, seen.getFirst());
            assertNotSame(back, seen.getFirst());
        }
    }

    @Test
    void aTaskThatThrowsFailsItsFutureWithTheVeryException() {
        Exception thrown = new Exception("mine");
        try (var pool = WorkerPool.<Boolean, String>of((fails, _) -> {
            if (fails) {
                throw thrown;
            }
            return "fine";
        }, ONE)) {
            var failing = pool.submit(true);
            assertSame(thrown, assertThrows(ExecutionException.class, failing::get).getCause());
            assertSame(thrown, assertThrows(CompletionException.class, failing::join).getCause());
            assertSame(thrown, failing.exceptionNow());
            assertSame(thrown, failing.handle((_, e) -> e).join());
            assertEquals("fine", pool.submit(false).join());
        }
    }

    @Test
    void tasksOfOneWorkerRunInTheOrderInWhichTheyCame() {
        List<Integer> seen = new ArrayList<>();
        try (var pool = WorkerPool.<Integer, Boolean>of((n, _) -> seen.add(n), ONE)) {
            List<CompletableFuture<Boolean>> all = IntStream.range(0, 10_000).mapToObj(pool::submit).toList();
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        }
        assertEquals(IntStream.range(0, 10_000).boxed().toList(), seen);
    }

    @Test
    void allOfAndAnyOfHearOfResultsThatNobodyLooksAt() {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n)) {
            for (int round = 0; round < 200; round++) {
                List<CompletableFuture<Integer>> all = IntStream.range(0, 10).mapToObj(pool::submit).toList();
                CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
                CompletableFuture.anyOf(all.toArray(CompletableFuture[]::new)).join();
                all = IntStream.range(0, 10).mapToObj(pool::submit).toList();
                CompletableFuture.anyOf(all.toArray(CompletableFuture[]::new)).join();
            }
        }
    }

    @Test
    void nothingThatDependsOnAResultRunsOnAWorker() throws Exception {
        var where = new ConcurrentLinkedQueue<Runner>();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, PoolOptions.defaults().workers(2))) {
            List<CompletableFuture<?>> all = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                Runnable noteIfOnWorker = () -> {
                    if (Runner.current() != null) {
                        where.add(Runner.current());
                    }
                };
                var a = pool.submit(i);
                var b = pool.submit(i);
                all.add(CompletableFuture.allOf(a, b).thenRun(noteIfOnWorker));
                all.add(a.thenRun(noteIfOnWorker));
                all.add(CompletableFuture.anyOf(b, a).thenRun(noteIfOnWorker));
                all.add(a.thenCombine(b, Integer::sum).thenRun(noteIfOnWorker));
                all.add(CompletableFuture.completedFuture(1).thenCompose(_ -> b).thenRun(noteIfOnWorker));
                all.add(a.minimalCompletionStage().thenRun(noteIfOnWorker).toCompletableFuture());
            }
            for (CompletableFuture<?> f : all) {
                f.get();
            }
        }
        assertEquals(0, where.size());
    }

    @Test
    void aWorkerThatWaitsForAnotherTaskRunsNoneOfItsDependents() {
        CountDownLatch attached = new CountDownLatch(1);
        AtomicReference<CompletableFuture<Integer>> first = new AtomicReference<>();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 1) {
                attached.await();
                return 1;
            }
            assertEquals(1, first.get().getNow(1));
            return first.get().get() + first.get().join();
        }, PoolOptions.defaults().workers(2))) {
            first.set(pool.submit(1));
            var on = first.get().thenApply(_ -> Thread.currentThread());
            attached.countDown();
            assertEquals(2, pool.submit(2).join());
            assertTrue(on.join().isVirtual());
        }
    }

    @Test
    void closeDoesWhatWasSubmitted() {
        CountDownLatch go = new CountDownLatch(1);
        List<Integer> done = new ArrayList<>();
        var pool = WorkerPool.<Integer, Boolean>of((n, _) -> {
            Threads.uninterruptibly(go);
            return done.add(n);
        }, ONE);
        IntStream.range(0, 100).forEach(pool::submit);
        go.countDown();
        pool.close();
        assertEquals(100, done.size());
        assertThrows(TaskRejectedException.class, () -> pool.submit(1));
        pool.close();
    }

    @Test
    void aBadArgumentChangesNothing() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE)) {
            assertThrows(NullPointerException.class, () -> pool.close(null));
            assertThrows(NullPointerException.class, () -> pool.publisher(1).subscribe(null));
            assertEquals(0, pool.statistics().submitted());
            assertEquals(1, pool.submit(1).get());
        }
    }

    @Test
    void closeNowReturnsWhatNeverRan() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            running.countDown();
            new CountDownLatch(1).await();
            return n;
        }, ONE);
        var first = pool.submit(0);
        running.await();
        var second = pool.submit(1);
        var third = pool.submit(2);
        assertEquals(List.of(1, 2), pool.closeNow());
        pool.close();
        assertTrue(first.isCancelled());
        assertEquals(1, assertThrows(TaskCancelledException.class, second::get).input().orElseThrow());
        assertTrue(third.isCancelled());
    }
}
