package dev.handoff.pool;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Buffers that are worked on in parts. */
@Timeout(60)
class PartsTest {
    private static final PoolOptions TWO = PoolOptions.defaults().workers(2).name("p");

    private static WorkerPool<Integer, Integer> pool(PoolOptions options) {
        return WorkerPool.of((n, _) -> n, options);
    }

    private static void fill(OwnedBuffer part, int value) {
        part.segment().fill((byte) value);
    }

    private static Throwable failureOf(CompletableFuture<?> task) {
        return assertThrows(ExecutionException.class, task::get).getCause();
    }

    @Test
    void allPartsAreWorkedOnInPlaceByAllWorkers() throws Exception {
        try (var pool = pool(TWO)) {
            OwnedBuffer buffer = OwnedBuffer.allocate(1000);
            CyclicBarrier both = new CyclicBarrier(2);
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            var done = pool.forEachPart(buffer, 4, 3, (part, index, context) -> {
                if (threads.add(Thread.currentThread())) {
                    both.await();
                }
                assertEquals(List.of(252L, 249L, 249L, 250L).get(index), part.byteSize());
                fill(part, index + 1);
                context.checkCancelled();
            });
            assertThrows(DetachedException.class, buffer::segment);
            try (OwnedBuffer whole = done.get()) {
                assertEquals(1000, whole.byteSize());
                for (int i = 0; i < 1000; i++) {
                    assertEquals(Math.max(0, Math.min((i - 3) / 249, 3)) + 1, whole.segment().get(JAVA_BYTE, i));
                }
            }
            assertEquals(2, threads.size());
        }
    }

    @Test
    void aKernelThatFailsGivesTheWholeBufferBack() {
        try (var pool = pool(TWO.workers(1))) {
            Exception mine = new Exception("mine");
            AtomicInteger begun = new AtomicInteger();
            var done = pool.forEachPart(OwnedBuffer.allocate(8), 8, 1, (part, index, _) -> {
                begun.incrementAndGet();
                fill(part, 1);
                if (index == 1) {
                    throw mine;
                }
            });
            var e = assertInstanceOf(PartsFailedException.class, failureOf(done));
            assertSame(mine, e.getCause());
            try (OwnedBuffer whole = e.buffer()) {
                assertEquals(8, whole.byteSize());
                assertEquals(1, whole.segment().get(JAVA_BYTE, 1));
            }
            assertTrue(begun.get() >= 2);
        }
    }

    @Test
    void aWorkerThatDiesGivesItsPartBack() {
        try (var pool = pool(TWO)) {
            var done = pool.forEachPart(OwnedBuffer.allocate(8), 2, 1, (part, index, context) -> {
                fill(part, 7);
                if (index == 1) {
                    context.worker().exit(1);
                }
            });
            var e = assertInstanceOf(PartsFailedException.class, failureOf(done));
            assertInstanceOf(WorkerLostException.class, e.getCause());
            assertEquals(7, e.buffer().segment().get(JAVA_BYTE, 7));
            e.buffer().close();
        }
    }

    @Test
    void whatCantBeSubmittedGivesTheWholeBufferBack() {
        var pool = pool(TWO);
        pool.close();
        var e = assertInstanceOf(PartsFailedException.class,
                failureOf(pool.forEachPart(OwnedBuffer.allocate(8), 2, 1, (_, _, _) -> {
                })));
        assertInstanceOf(TaskRejectedException.class, e.getCause());
        assertEquals(8, e.buffer().byteSize());
        e.buffer().close();
    }

    @Test
    void aCancelledWholeFailsWhenNobodyHasAPartOfItAnyMore() throws Exception {
        try (var pool = pool(TWO.workers(1))) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            var done = pool.forEachPart(OwnedBuffer.allocate(8), 2, 1, (part, _, context) -> {
                fill(part, 7);
                begun.countDown();
                Threads.uninterruptibly(go);
                assertTrue(context.cancelled());
                fill(part, 8);
            });
            begun.await();
            done.cancel(false);
            assertEquals(0, done.getNumberOfDependents());
            go.countDown();
            var e = assertInstanceOf(PartsFailedException.class, failureOf(done));
            assertInstanceOf(TaskCancelledException.class, e.getCause());
            assertEquals(8, e.buffer().segment().get(JAVA_BYTE, 0));
            assertEquals(0, e.buffer().segment().get(JAVA_BYTE, 7));
            e.buffer().close();
        }
    }

    @Test
    void aKernelThatIsGivenUpGivesItsPartBackWhenItThrows() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (var pool = pool(TWO.workers(1).gracePeriod(Duration.ofMillis(1)))) {
            var done = pool.forEachPart(OwnedBuffer.allocate(8), 1, 1, (part, _, context) -> {
                fill(part, 7);
                begun.countDown();
                Threads.uninterruptibly(go);
                context.checkCancelled();
            });
            begun.await();
            done.cancel(false);
            done.cancel(true);
            Threads.until(() -> pool.statistics().respawned() == 1);
            assertFalse(done.isDone());
            go.countDown();
            var e = assertInstanceOf(PartsFailedException.class, failureOf(done));
            assertInstanceOf(TaskCancelledException.class, e.getCause());
            assertEquals(7, e.buffer().segment().get(JAVA_BYTE, 7));
            e.buffer().close();
        }
    }

    @Test
    void aPartThatWasClosedIsAnErrorAndTheOthersAreFreed() {
        long before = Leases.bytes();
        try (var pool = pool(TWO)) {
            assertInstanceOf(DetachedException.class,
                    failureOf(pool.forEachPart(OwnedBuffer.allocate(8), 4, 1, (part, index, _) -> {
                        if (index == 1) {
                            part.close();
                        }
                    })));
        }
        assertEquals(before, Leases.bytes());
    }

    @Test
    void aWholeThatIsCompletedElsewhereIsFreedWhenItsKernelsHaveStopped() throws Exception {
        long before = Leases.bytes();
        CountDownLatch begun = new CountDownLatch(2);
        PartKernel kernel = (part, _, _) -> {
            fill(part, 7);
            begun.countDown();
            new CountDownLatch(1).await();
        };
        try (var pool = pool(TWO.workers(1)); OwnedBuffer mine = OwnedBuffer.allocate(8)) {
            var failed = pool.forEachPart(OwnedBuffer.allocate(8), 2, 1, kernel);
            Threads.until(() -> begun.getCount() == 1);
            assertTrue(failed.completeExceptionally(new Exception("mine")));
            assertEquals("mine", failureOf(failed).getMessage());
            var done = pool.forEachPart(OwnedBuffer.allocate(8), 2, 1, kernel);
            begun.await();
            assertTrue(done.complete(mine));
            assertFalse(done.complete(mine));
        }
        Threads.until(() -> Leases.bytes() == before);
    }

    @Test
    void badPartsAreRefusedAndNothingIsTaken() {
        try (var pool = pool(TWO); OwnedBuffer mine = OwnedBuffer.allocate(8)) {
            assertThrows(IllegalArgumentException.class, () -> pool.forEachPart(mine, 9, 1, (_, _, _) -> {
            }));
            assertThrows(IllegalArgumentException.class, () -> pool.forEachPart(mine, 0, 1, (_, _, _) -> {
            }));
            assertSame(Thread.currentThread(), mine.owner());
            SharedBuffer shared = SharedBuffer.allocate(8);
            assertEquals("parts=9 is more than the 8 units of 1 bytes in 8 bytes",
                    assertThrows(IllegalArgumentException.class,
                            () -> pool.reduce(shared, 9, 1, (_, _, _) -> 1, Integer::sum)).getMessage());
            assertEquals("parts=1 and unitBytes=0 must both be at least 1",
                    assertThrows(IllegalArgumentException.class,
                            () -> pool.reduce(shared, 1, 0, (_, _, _) -> 1, Integer::sum)).getMessage());
        }
    }

    @Test
    void aSharedBufferIsReducedInTheOrderOfItsParts() throws Exception {
        try (var pool = pool(TWO)) {
            SharedBuffer shared = SharedBuffer.allocate(11);
            for (int i = 0; i < 11; i++) {
                shared.segment().set(JAVA_BYTE, i, (byte) ('a' + i));
            }
            String text = pool.reduce(shared, 5, 2,
                    (part, index, _) -> index
                            + new String(part.toArray(JAVA_BYTE), java.nio.charset.StandardCharsets.US_ASCII),
                    (a, b) -> a + " " + b).get();
            assertEquals("0ab 1cd 2ef 3gh 4ijk", text);
            assertEquals("x", pool.reduce(shared, 1, 100, (_, _, _) -> "x", String::concat).get());
        }
    }

    @Test
    void valuesAreCombinedOnVirtualThreads() throws Exception {
        try (var pool = pool(TWO)) {
            for (int i = 0; i < 100; i++) { // now and then the values are there before they are to be combined
                assertTrue(pool.reduce(SharedBuffer.allocate(8), 2, 1, (_, _, _) -> true,
                        (a, b) -> a && b && Thread.currentThread().isVirtual()).get());
            }
        }
    }

    @Test
    void aReductionThatFailsTellsWhatTheKernelThrew() throws Exception {
        try (var pool = pool(TWO)) {
            Exception mine = new Exception("mine");
            var failing = pool.reduce(SharedBuffer.allocate(8), 8, 1, (_, index, _) -> {
                if (index == 3) {
                    throw mine;
                }
                return 1;
            }, Integer::sum);
            assertSame(mine, failureOf(failing));
            IllegalStateException combiners = new IllegalStateException();
            assertSame(combiners, failureOf(pool.reduce(SharedBuffer.allocate(8), 8, 1, (_, _, _) -> 1, (_, _) -> {
                throw combiners;
            })));
        }
    }

    @Test
    void allOfTheseAreSubmittedOrNone() {
        try (var pool = WorkerPool.<Object, Object>of((o, _) -> o, TWO)) {
            assertThrows(dev.handoff.clone.DataCloneException.class,
                    () -> pool.submitAll(List.of(1, new Object(), 2)));
            assertEquals(1, pool.statistics().submitted());
        }
    }
}
