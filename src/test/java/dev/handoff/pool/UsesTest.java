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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The other ways to use a pool: several handlers, many results, progress, broadcast, an executor. */
@Timeout(60)
class UsesTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1).name("p");
    private static final TaskKey<String, Integer> LENGTH = TaskKey.of("length");
    private static final TaskKey<Integer, String> REPEAT = TaskKey.of("repeat");

    @Test
    void aPoolCanHaveSeveralHandlersUnderKeys() throws Exception {
        AtomicBoolean isClosed = new AtomicBoolean();
        class Repeat implements TaskHandler<Integer, String>, AutoCloseable {
            @Override
            public String handle(Integer n, TaskContext context) {
                return "x".repeat(n);
            }

            @Override
            public void close() {
                isClosed.set(true);
            }
        }
        try (var pool = WorkerPool.handlers().handle(LENGTH, (s, _) -> s.length()).handleBy(REPEAT, _ -> new Repeat())
                .start(ONE)) {
            int length = pool.submit(LENGTH, "four").get();
            String text = pool.submit(REPEAT, 3, TaskOptions.defaults().name("three")).get();
            assertEquals(4, length);
            assertEquals("xxx", text);
            assertThrows(IllegalArgumentException.class, () -> pool.submit("no key"));
            assertEquals("this pool has no handler for 'other'",
                    assertThrows(IllegalArgumentException.class, () -> pool.submit(TaskKey.of("other"), 1))
                            .getMessage());
        }
        assertTrue(isClosed.get());
        assertThrows(IllegalArgumentException.class, () -> WorkerPool.handlers().start(ONE));
        assertThrows(IllegalArgumentException.class,
                () -> WorkerPool.handlers().handle(LENGTH, (s, _) -> 1).handle(LENGTH, (s, _) -> 2));
    }

    @Test
    void theFirstResultOfSeveralTasksIsEnough() throws Exception {
        AtomicInteger interrupted = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            if (n == 0) {
                throw new IllegalStateException("zero");
            }
            if (n > 1) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                }
            }
            return n;
        }, ONE.workers(2))) {
            assertEquals(1, pool.invokeAny(List.of(2, 0, 1, 3, 4)).get());
            Threads.until(() -> pool.statistics().running() + pool.statistics().queued() == 0);
            assertTrue(interrupted.get() >= 1);
            var all = pool.invokeAny(List.of(0, 0));
            Throwable e = assertThrows(ExecutionException.class, all::get).getCause();
            assertEquals("zero", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> pool.invokeAny(List.of()));
        }
    }

    @Test
    void aBroadcastReachesEachWorkerOnce() throws Exception {
        var pool = WorkerPool.<Integer, String>of((_, context) -> context.worker().name(), ONE.workers(3));
        try (pool) {
            pool.ready().get();
            for (int round = 0; round < 100; round++) {
                List<String> names = new ArrayList<>();
                for (var result : pool.broadcast(1)) {
                    names.add(result.get());
                }
                assertEquals(List.of("p-0", "p-1", "p-2"), names);
            }
        }
        assertThrows(TaskRejectedException.class, () -> pool.broadcast(1));
    }

    @Test
    void aListenerHearsOfAllProgressBeforeTheEnd() throws Exception {
        List<Object> heard = Collections.synchronizedList(new ArrayList<>());
        try (var pool = WorkerPool.<Integer, String>of((n, context) -> {
            List<Integer> mine = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                mine.add(i);
                context.progress(mine);
            }
            if (n == 7) {
                throw new IllegalStateException("seven");
            }
            return "end";
        }, ONE)) {
            TaskOptions how = TaskOptions.defaults().onProgress(news -> {
                heard.add(news);
                assertTrue(Thread.currentThread().isVirtual());
            });
            assertEquals("end", pool.submit(3, how).get());
            assertEquals(List.of(List.of(0), List.of(0, 1), List.of(0, 1, 2)), heard);
            heard.clear();
            var failing = pool.submit(7, how);
            assertEquals("seven", assertThrows(ExecutionException.class, failing::get).getCause().getMessage());
            assertEquals(7, heard.size());
            assertEquals("end", pool.submit(3).get());
            assertEquals("end", pool.submit(3, TaskOptions.defaults().onProgress(_ -> {
                throw new IllegalStateException("the listener's");
            })).get());
        }
    }

    @Test
    void aTaskCanHaveManyResultsOneAfterTheOther() {
        AtomicInteger emitted = new AtomicInteger();
        try (var pool = WorkerPool.<Integer, String>of((n, context) -> {
            for (int i = 0; i < n; i++) {
                context.emit(i);
                emitted.incrementAndGet();
            }
            if (n == 7) {
                throw new IllegalStateException("seven");
            }
            return "end";
        }, ONE)) {
            try (Stream<Integer> values = pool.stream(1000)) {
                assertEquals(Stream.iterate(0, i -> i + 1).limit(1000).toList(), values.toList());
            }
            emitted.set(0);
            try (Stream<Integer> values = pool.stream(1_000_000_000)) {
                assertEquals(List.of(0, 1, 2), values.limit(3).toList());
            }
            Threads.until(() -> pool.statistics().running() == 0);
            assertTrue(emitted.get() < 100, () -> emitted + " were emitted, though nobody took them");
            List<Object> seen = new ArrayList<>();
            var e = assertThrows(CompletionException.class, () -> pool.stream(7).forEach(seen::add));
            assertEquals("seven", e.getCause().getMessage());
            assertEquals(7, seen.size());
            var notAStream = pool.submit(1);
            assertInstanceOf(IllegalStateException.class,
                    assertThrows(ExecutionException.class, notAStream::get).getCause());
        }
    }

    /** Keeps what it is told, and asks for one at a time when it is let. */
    private static final class Slow implements Flow.Subscriber<Integer> {
        final List<Integer> values = Collections.synchronizedList(new ArrayList<>());
        final CompletableFuture<String> end = new CompletableFuture<>();
        final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();

        @Override
        public void onSubscribe(Flow.Subscription s) {
            subscription.set(s);
        }

        @Override
        public void onNext(Integer value) {
            values.add(value);
        }

        @Override
        public void onError(Throwable e) {
            end.completeExceptionally(e);
        }

        @Override
        public void onComplete() {
            end.complete("complete");
        }
    }

    @Test
    void aPublisherGivesWhatItsSubscriberAsksFor() throws Exception {
        AtomicInteger emitted = new AtomicInteger();
        var pool = WorkerPool.<Integer, String>of((n, context) -> {
            emitted.set(0);
            for (int i = 0; i < n; i++) {
                context.emit(i);
                emitted.incrementAndGet();
            }
            if (n == 7) {
                throw new IllegalStateException("seven");
            }
            return "end";
        }, ONE);
        try (pool) {
            Flow.Publisher<Integer> publisher = pool.publisher(100);
            assertEquals(0, pool.statistics().submitted());
            Slow slow = new Slow();
            publisher.subscribe(slow);
            slow.subscription.get().request(2);
            Threads.until(() -> slow.values.size() == 2);
            assertTrue(emitted.get() <= 2 + Emission.CAPACITY + 1);
            slow.subscription.get().request(Long.MAX_VALUE);
            assertEquals("complete", slow.end.get());
            assertEquals(100, slow.values.size());

            Slow failing = new Slow();
            pool.<Integer>publisher(7).subscribe(failing);
            failing.subscription.get().request(100);
            assertEquals("seven", assertThrows(ExecutionException.class, failing.end::get).getCause().getMessage());
            assertEquals(7, failing.values.size());

            Slow cancelling = new Slow();
            pool.<Integer>publisher(1_000_000_000).subscribe(cancelling);
            cancelling.subscription.get().request(3);
            Threads.until(() -> cancelling.values.size() == 3);
            cancelling.subscription.get().cancel();
            Threads.until(() -> pool.statistics().running() == 0);
        }
        Slow late = new Slow();
        pool.<Integer>publisher(1).subscribe(late);
        late.subscription.get().request(1);
        late.subscription.get().cancel();
        assertInstanceOf(TaskRejectedException.class, assertThrows(ExecutionException.class, late.end::get).getCause());
    }

    @Test
    void buffersInAResultMove() throws Exception {
        try (var pool = WorkerPool.<Integer, List<OwnedBuffer>>of((n, _) -> List.of(OwnedBuffer.allocate(n)), ONE);
                OwnedBuffer result = pool.submit(8).get().getFirst()) {
            assertEquals(OwnedBuffer.State.UNCLAIMED, result.state());
            assertEquals(8, result.byteSize());
        }
    }

    @Test
    void aPoolIsAnExecutorOfCodeThatIsShared() throws Exception {
        Object shared = new Object();
        var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE.workers(2));
        var executor = pool.asExecutorService();
        assertSame(shared, executor.submit(() -> shared).get());
        AtomicReference<Object> seen = new AtomicReference<>();
        executor.submit(() -> seen.set(shared)).get();
        assertSame(shared, seen.get());
        List<java.util.concurrent.Callable<Integer>> two = List.of(() -> 1, () -> 2);
        assertEquals(List.of(1, 2), executor.invokeAll(two).stream().map(f -> f.resultNow()).toList());
        List<java.util.concurrent.Callable<Integer>> one = List.of(() -> 3, () -> {
            throw new Exception();
        });
        assertEquals(3, (int) executor.invokeAny(one));
        Exception mine = new Exception();
        var failing = executor.submit(() -> {
            throw mine;
        });
        assertSame(mine, assertThrows(ExecutionException.class, failing::get).getCause());
        assertThrows(NullPointerException.class, () -> executor.execute(null));
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean wasInterrupted = new AtomicBoolean();
        var running = executor.submit(() -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                wasInterrupted.set(true);
            }
        });
        begun.await();
        assertTrue(running.cancel(true));
        assertFalse(executor.isShutdown());
        executor.close();
        assertTrue(wasInterrupted.get());
        assertTrue(executor.isShutdown());
        assertTrue(executor.isTerminated());
        assertThrows(TaskRejectedException.class, () -> executor.execute(() -> {
        }));
    }

    @Test
    void anExecutorThatIsShutDownNowReturnsWhatNeverRan() throws Exception {
        var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE);
        var executor = pool.asExecutorService();
        CountDownLatch begun = new CountDownLatch(1);
        executor.execute(() -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        begun.await();
        Runnable never = () -> {
        };
        executor.execute(never);
        assertFalse(executor.awaitTermination(1, TimeUnit.NANOSECONDS));
        assertEquals(List.of(never), executor.shutdownNow());
        assertTrue(executor.awaitTermination(1, TimeUnit.DAYS));
    }

    @Test
    void anUncaughtExceptionOfACommandIsReported() throws Exception {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        CountDownLatch reported = new CountDownLatch(1);
        IllegalStateException mine = new IllegalStateException();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE.threadFactory(task -> {
            Thread thread = new Thread(task);
            thread.setUncaughtExceptionHandler((_, e) -> {
                seen.set(e);
                reported.countDown();
            });
            return thread;
        }))) {
            pool.asExecutorService().execute(() -> {
                throw mine;
            });
            reported.await();
            assertSame(mine, seen.get());
            assertEquals(1, pool.submit(1).get());
        }
    }

    @Test
    void closingWaitsForSomeTimeAndThenGivesUp() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return n;
        }, ONE);
        var running = pool.submit(1);
        begun.await();
        var waiting = pool.submit(2);
        assertEquals(List.of(2), pool.close(Duration.ofMillis(5)));
        assertTrue(running.isCancelled());
        assertTrue(waiting.isCancelled());
        assertEquals(List.of(), pool.close(Duration.ofDays(1)));
    }

    @Test
    void anInterruptWhileClosingCancelsTheTasks() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return n;
        }, ONE);
        var running = pool.submit(1);
        begun.await();
        Thread.currentThread().interrupt();
        pool.close();
        assertTrue(Thread.interrupted());
        assertTrue(running.isCancelled());
    }

    @Test
    void aWorkerCantCloseItsOwnPool() throws Exception {
        AtomicReference<WorkerPool<Integer, Integer>> self = new AtomicReference<>();
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            self.get().close();
            return n;
        }, ONE)) {
            self.set(pool);
            var e = assertThrows(ExecutionException.class, pool.submit(1)::get).getCause();
            assertEquals("a task of pool 'p' can't wait for its end", e.getMessage());
        }
    }

    @Test
    void statisticsTellWhatWasDone() throws Exception {
        Semaphore gate = new Semaphore(0);
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            gate.acquire();
            return n;
        }, ONE)) {
            var first = pool.submit(1);
            Threads.until(() -> pool.statistics().running() == 1);
            var second = pool.submit(2);
            assertEquals(1, pool.statistics().queued());
            gate.release(2);
            first.get();
            second.get();
            Threads.until(() -> pool.statistics().completed() == 2);
            PoolStatistics now = pool.statistics();
            assertEquals(2, now.waits().count());
            assertEquals(2, now.runs().count());
            assertTrue(now.runs().max().compareTo(now.runs().p50()) >= 0);
            assertTrue(now.utilisation() > 0 && now.utilisation() <= 1, now::toString);
            assertEquals(1, now.workers().size());
            assertEquals(2, now.workers().getFirst().completed());
            assertEquals(0, now.running());
        }
    }

    @Test
    void handlersSeeTheirTask() throws Exception {
        Set<String> names = new HashSet<>();
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            names.add(context.name());
            return context.attempt();
        }, ONE)) {
            assertEquals(1, pool.submit(1).get());
            assertEquals(1, pool.submit(1, TaskOptions.defaults().name("mine")).get());
        }
        assertEquals(Set.of("a task of pool 'p'", "task 'mine'"), names);
    }

    @Test
    void aFutureTellsItsStateAsAnyOther() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (var pool = WorkerPool.<Object, Object>of((task, _) -> {
            go.await();
            if (task instanceof String s) {
                throw new IllegalStateException(s);
            }
            return task;
        }, ONE)) {
            var fine = pool.submit(1);
            var failing = pool.submit("failure");
            var cancelled = pool.submit(2);
            assertEquals(CompletableFuture.State.RUNNING, fine.state());
            assertEquals("else", fine.getNow("else"));
            assertThrows(IllegalStateException.class, fine::resultNow);
            assertThrows(IllegalStateException.class, fine::exceptionNow);
            cancelled.cancel(true);
            go.countDown();
            assertThrows(ExecutionException.class, failing::get);
            assertEquals(1, fine.resultNow());
            assertEquals(1, fine.getNow("else"));
            assertEquals(CompletableFuture.State.SUCCESS, fine.state());
            assertEquals(CompletableFuture.State.FAILED, failing.state());
            assertEquals(CompletableFuture.State.CANCELLED, cancelled.state());
            assertTrue(failing.isCompletedExceptionally());
            assertFalse(failing.isCancelled());
            assertThrows(IllegalStateException.class, fine::exceptionNow);
            assertThrows(IllegalStateException.class, failing::resultNow);
            assertThrows(IllegalStateException.class, cancelled::exceptionNow);
            assertThrows(CancellationException.class, cancelled::join);
            fine.obtrudeValue(5);
            assertEquals(5, fine.get());
            IllegalStateException mine = new IllegalStateException();
            fine.obtrudeException(mine);
            assertSame(mine, fine.exceptionNow());
            assertSame(fine, fine.toCompletableFuture());
            assertEquals(5, cancelled.exceptionally(_ -> 5).join());
        }
    }

    @Test
    void waitersGoAwayWhenTheirTimeIsUp() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> {
            go.await();
            return n;
        }, ONE); var other = Threads.resident(Threads.Kind.PLATFORM, "waiter")) {
            var task = pool.submit(1);
            for (int i = 0; i < 100; i++) {
                assertThrows(java.util.concurrent.TimeoutException.class, () -> task.get(1, TimeUnit.MICROSECONDS));
            }
            var interrupted = other.begin(() -> assertThrows(InterruptedException.class, task::get));
            Threads.untilParked(other.thread());
            other.thread().interrupt();
            interrupted.get();
            var joining = other.begin(() -> {
                int result = task.join();
                return Thread.interrupted() ? result : -1;
            });
            Threads.untilParked(other.thread());
            other.thread().interrupt();
            go.countDown();
            assertEquals(1, joining.get());
            Thread.currentThread().interrupt();
            assertEquals(1, task.get());
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aStreamIsNotBegunAgainAsItsValuesAreGone() {
        try (var pool = WorkerPool.<Integer, Integer>of((n, context) -> {
            context.emit(context.attempt());
            throw new IllegalStateException("mine");
        }, ONE.retry(Retry.on(3, Duration.ZERO, IllegalStateException.class)))) {
            List<Object> seen = new ArrayList<>();
            assertEquals("mine", assertThrows(CompletionException.class, () -> pool.stream(1).forEach(seen::add))
                    .getCause().getMessage());
            assertEquals(List.of(1), seen);
        }
    }

    @Test
    void resultsThatComeTooLateForInvokeAnyAreFreed() throws Exception {
        long before = Leases.bytes();
        try (var pool = WorkerPool.<Integer, OwnedBuffer>of((_, _) -> OwnedBuffer.allocate(16), ONE)) {
            for (int i = 0; i < 100; i++) { // now and then another one is there before it is cancelled
                pool.invokeAny(List.of(1, 2, 3)).get().close();
            }
        }
        Threads.until(() -> Leases.bytes() == before);
    }
}
