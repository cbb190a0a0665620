package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.PortClosedException;
import dev.handoff.clone.Cloners;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTest {
    static final class Counter {
        int value;
    }

    @Test
    void clonesItsDataAndItsMessagesAsItsOptionsSay() throws InterruptedException {
        Counter counter = new Counter();
        counter.value = 7;
        Cloners cloners = Cloners.builder().open(MethodHandles.lookup(), Counter.class).build();
        WorkerBody<Counter, Counter, Counter> body = scope -> {
            Counter data = scope.workerData();
            data.value += scope.receive().value;
            scope.post(data);
        };
        Worker<Counter, Counter> worker = Worker.start(body,
                WorkerOptions.defaults().cloners(cloners).workerData(counter));
        worker.post(counter);
        assertEquals(14, worker.receive().value);
        assertEquals(7, counter.value);
        assertEquals(0, worker.join());
        assertThrows(DataCloneException.class, () -> Worker.start(body, WorkerOptions.defaults().workerData(counter)));
    }

    @Test
    void echoesByHandlerAndByReceiving() throws InterruptedException {
        WorkerBody<String, String, Void> handling = scope -> scope.onMessage(m -> scope.post("h " + m));
        WorkerBody<String, String, Void> receiving = scope -> {
            while (true) {
                scope.post("r " + scope.receive());
            }
        };
        for (WorkerBody<String, String, Void> body : List.of(handling, receiving)) {
            Worker<String, String> worker = Worker.start(body);
            worker.post("1");
            worker.post("2");
            assertTrue(worker.receive().endsWith(" 1"));
            worker.shutdown();
            assertEquals(0, worker.join());
            assertTrue(worker.receive().endsWith(" 2"), "what it posted before its end is still there");
            String reason = assertThrows(PortClosedException.class, worker::receive).getMessage();
            assertEquals("worker '" + worker.name() + "' exited with code 0", reason);
        }
    }

    @Test
    void itsDataIsCloned() throws InterruptedException {
        List<String> data = new ArrayList<>(List.of("x"));
        AtomicReference<List<String>> seen = new AtomicReference<>();
        Worker<Void, Void> worker = Worker.start(scope -> seen.set(scope.workerData()),
                WorkerOptions.defaults().workerData(data).name("cloner"));
        assertEquals("cloner", worker.name());
        assertEquals(0, worker.join());
        assertEquals(data, seen.get());
        assertNotSame(data, seen.get());
    }

    @Test
    void itsDataMovesWhereListed() throws InterruptedException {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        buffer.segment().set(ValueLayout.JAVA_LONG, 0, 99);
        Worker<Void, Long> worker = Worker.start(scope -> {
            try (OwnedBuffer mine = scope.workerData()) {
                scope.post(mine.segment().get(ValueLayout.JAVA_LONG, 0));
            }
        }, WorkerOptions.defaults().name("mover").workerData(buffer, buffer));
        assertEquals(99, worker.receive());
        assertEquals(0, worker.join());
        String gone = assertThrows(IllegalStateException.class, buffer::segment).getMessage();
        assertTrue(gone.contains("handed to worker 'mover'"), gone);
    }

    @Test
    void dataThatCannotBeClonedStartsNothingAndTakesNothing() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        WorkerOptions<List<Object>> options = WorkerOptions.defaults()
                .workerData(List.of(buffer, new Object()), buffer);
        assertThrows(DataCloneException.class, () -> Worker.<Void, Void, List<Object>>start(_ -> {
            throw new AssertionError("must not run");
        }, options));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    void withoutDataItIsNull() throws InterruptedException {
        AtomicReference<Object> seen = new AtomicReference<>("not run");
        assertEquals(0, Worker.start(scope -> seen.set(scope.workerData())).join());
        assertNull(seen.get());
    }

    @Test
    void everyWorkerHasANumberOfItsOwn() throws InterruptedException {
        Worker<Void, Void> a = Worker.start(_ -> {
        });
        Worker<Void, Long> b = Worker.start(scope -> scope.post(scope.id()));
        assertNotEquals(a.id(), b.id());
        assertEquals("worker-" + b.id(), b.name());
        assertEquals(b.id(), b.receive());
    }

    @Test
    void messagesComeBeforeTheErrorAndTheErrorBeforeTheExit() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        IllegalStateException boom = new IllegalStateException("boom");
        CountDownLatch go = new CountDownLatch(1);
        Worker<Void, Integer> worker = Worker.start(scope -> {
            go.await();
            for (int i = 0; i < 1_000; i++) {
                scope.post(i);
            }
            throw boom;
        });
        worker.onExit(seen::add);
        worker.onError(seen::add);
        worker.onMessage(i -> seen.add("message " + i));
        go.countDown();
        assertEquals(1, worker.exited().get());
        assertEquals(1_002, seen.size());
        for (int i = 0; i < 1_000; i++) {
            assertEquals("message " + i, seen.take());
        }
        assertSame(boom, seen.take());
        assertEquals(1, seen.take());
        worker.onError(e -> seen.add("late " + e.getMessage()));
        assertEquals("late boom", seen.take());
        worker.onExit(code -> seen.add("late " + code));
        assertEquals("late 1", seen.take());
    }

    @Test
    void anErrorThatNobodyListensForGoesToTheUncaughtExceptionHandler() throws InterruptedException {
        CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
        Exception boom = new Exception("boom");
        Worker<Void, Void> worker = Worker.start(_ -> {
            Thread.currentThread().setUncaughtExceptionHandler((_, e) -> uncaught.complete(e));
            throw boom;
        });
        assertSame(boom, uncaught.join());
        assertEquals(1, worker.join());
        CompletableFuture<Throwable> late = new CompletableFuture<>();
        worker.onError(late::complete);
        assertSame(boom, late.join(), "one that came before its listener is told to both");
    }

    @Test
    void anErrorInAHandlerEndsTheWorkerToo() throws Exception {
        Worker<Integer, Integer> worker = Worker.start(scope -> scope.onMessage(i -> scope.post(10 / i)));
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        worker.post(5);
        worker.post(0);
        worker.post(1);
        assertEquals(1, worker.join());
        assertEquals(ArithmeticException.class, error.get().getClass());
        assertEquals(2, worker.receive());
        assertThrows(PortClosedException.class, worker::receive);
        OwnedBuffer buffer = OwnedBuffer.allocate(1);
        assertThrows(PortClosedException.class, () -> worker.post(1, buffer));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    void exitEndsItAtOnceWithItsCode() throws Exception {
        List<String> after = new ArrayList<>();
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        Worker<Integer, Void> worker = Worker.start(scope -> {
            scope.onMessage(_ -> after.add("handled"));
            try {
                scope.exit(7);
            } catch (Exception e) {
                after.add("caught");
            }
            after.add("went on");
        });
        worker.onError(error::complete);
        assertEquals(7, worker.exited().get());
        assertEquals(List.of(), after);
        assertFalse(error.isDone());
    }

    @Test
    void exitIsForTheWorkersOwnThread() throws Exception {
        AtomicReference<WorkerScope<Void, Void, ?>> leaked = new AtomicReference<>();
        Worker<Void, Void> worker = Worker.start(leaked::set);
        assertEquals(0, worker.join());
        assertThrows(IllegalStateException.class, () -> leaked.get().exit(3));
    }

    @Test
    void terminateEndsAWorkerThatWaitsOrSleepsOrLoops() throws Exception {
        List<WorkerBody<Void, Void, Void>> bodies = List.of(
                scope -> scope.receive(),
                scope -> scope.onMessage(_ -> {
                }),
                _ -> new CountDownLatch(1).await(),
                _ -> {
                    while (!Thread.interrupted()) {
                        Thread.onSpinWait();
                    }
                });
        for (WorkerBody<Void, Void, Void> body : bodies) {
            CountDownLatch running = new CountDownLatch(1);
            CompletableFuture<Throwable> error = new CompletableFuture<>();
            Worker<Void, Void> worker = Worker.start(scope -> {
                running.countDown();
                body.run(scope);
            });
            worker.onError(error::complete);
            running.await();
            assertEquals(1, worker.terminate().get());
            assertEquals(1, worker.terminate().get(), "the second time changes nothing");
            assertFalse(error.isDone(), "being terminated is no error");
        }
    }

    @Test
    void terminateBeforeTheBodyBeganOrAfterItEnded() throws Exception {
        Worker<Void, Void> done = Worker.start(_ -> {
        });
        done.join();
        assertEquals(0, done.terminate().get());
        for (int i = 0; i < 200; i++) {
            int code = Worker.<Void, Void>start(_ -> {
            }).terminate().get();
            assertTrue(code == 0 || code == 1, () -> "code " + code);
        }
    }

    @Test
    void shutdownLetsItHandleWhatWasPosted() throws InterruptedException {
        List<Integer> handled = new ArrayList<>();
        Worker<Integer, Void> worker = Worker.start(scope -> scope.onMessage(handled::add));
        for (int i = 0; i < 100; i++) {
            worker.post(i);
        }
        worker.shutdown();
        assertEquals(0, worker.join());
        assertEquals(100, handled.size());
        worker.shutdown();
        assertThrows(PortClosedException.class, () -> worker.post(1));
    }

    @Test
    void closeTerminatesAndWaits() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        CountDownLatch running = new CountDownLatch(1);
        Worker<Integer, Void> worker = Worker.start(_ -> {
            thread.set(Thread.currentThread());
            running.countDown();
            while (!Thread.interrupted()) {
                Thread.onSpinWait();
            }
        });
        try (worker) {
            running.await();
        }
        assertFalse(thread.get().isAlive());
        assertEquals(1, worker.join());
        worker.close();
        assertThrows(PortClosedException.class, () -> worker.post(1));
    }

    @Test
    void anInterruptedCloseWaitsAllTheSame() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        CountDownLatch running = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(_ -> {
            thread.set(Thread.currentThread());
            running.countDown();
            new CountDownLatch(1).await();
        });
        running.await();
        Thread.currentThread().interrupt();
        worker.close();
        assertTrue(Thread.interrupted());
        assertFalse(thread.get().isAlive());
    }

    @Test
    void aWorkerCannotWaitForItself() throws Exception {
        BlockingQueue<Worker<?, ?>> self = new LinkedBlockingQueue<>();
        Worker<Void, String> worker = Worker.start(scope -> {
            Worker<?, ?> me = self.take();
            scope.post(assertThrows(IllegalStateException.class, me::join).getMessage());
            scope.post(assertThrows(IllegalStateException.class, me::close).getMessage());
        });
        self.add(worker);
        assertEquals(worker + " can't wait for its own end", worker.receive());
        assertEquals(worker + " can't wait for its own end", worker.receive());
    }

    @Test
    void undeliveredBuffersAreFreedWhenAWorkerEnds() throws Exception {
        CountDownLatch posted = new CountDownLatch(1);
        Worker<OwnedBuffer, Void> worker = Worker.start(_ -> posted.await());
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        worker.post(buffer, buffer);
        long inUse = Leases.bytes();
        posted.countDown();
        worker.join();
        assertEquals(inUse - 64, Leases.bytes());
    }

    @Test
    void childrenEndWithTheirParent() throws Exception {
        AtomicReference<Worker<Void, Void>> child = new AtomicReference<>();
        CountDownLatch childRuns = new CountDownLatch(1);
        Worker<Void, Void> parent = Worker.start(_ -> {
            child.set(Worker.start(_ -> {
                childRuns.countDown();
                new CountDownLatch(1).await();
            }));
            childRuns.await();
            throw new InterruptedException("ends without waiting for its child");
        });
        parent.onError(_ -> {
        });
        assertEquals(1, parent.join());
        assertEquals(1, child.get().join());
    }

    @Test
    void aChildKeepsItsParentsLoopAliveAndItsListenersRunThere() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        Worker<Void, Void> parent = Worker.start(_ -> {
            EventLoop here = EventLoop.current();
            Worker<Void, String> child = Worker.start(s -> s.post("hello"));
            child.onMessage(m -> seen.add(m + (EventLoop.current() == here)));
            child.onExit(code -> seen.add("exit " + code + (EventLoop.current() == here)));
        });
        assertEquals(0, parent.exited().get());
        assertEquals("hellotrue", seen.take());
        assertEquals("exit 0true", seen.take());
    }

    @Test
    void aListenerWhoseLoopHasEndedHoldsNothingUp() throws Exception {
        AtomicReference<Worker<Void, Void>> child = new AtomicReference<>();
        Worker<Void, Void> parent = Worker.start(scope -> {
            child.set(Worker.start(s -> s.receive()));
            child.get().onMessage(_ -> {
            });
            child.get().onExit(_ -> {
                throw new AssertionError("nobody is there to listen");
            });
            scope.exit(0);
        });
        assertEquals(0, parent.join());
        assertEquals(1, child.get().exited().get());
    }

    @Test
    void receiveWithATimeoutAndPortAccess() throws InterruptedException {
        Worker<Integer, Integer> worker = Worker.start(scope -> {
            scope.port().post(scope.port().receive() + 1);
            scope.close();
        });
        assertNull(worker.receive(Duration.ZERO));
        worker.port().post(1);
        assertEquals(2, worker.receive(Duration.ofDays(1)));
        assertEquals(0, worker.join());
    }

    @Test
    void noQueuedMessageIsHandledAfterTermination() throws Exception {
        CountDownLatch posted = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        List<Integer> handled = new ArrayList<>();
        Worker<Integer, Void> worker = Worker.start(scope -> {
            posted.await();
            scope.onMessage(i -> {
                handled.add(i);
                inside.countDown();
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
            });
        });
        for (int i = 0; i < 10; i++) {
            worker.post(i);
        }
        posted.countDown();
        inside.await();
        assertEquals(1, worker.terminate().get());
        assertEquals(List.of(0), handled);
    }

    @Test
    void whatACrashedWorkerOwnedCanBeClaimedInItsListenersAndAfterItsEnd() throws Exception {
        AtomicReference<OwnedBuffer> lost = new AtomicReference<>();
        Worker<Void, Void> worker = Worker.start(_ -> {
            lost.set(OwnedBuffer.allocate(8));
            throw new IllegalStateException("crash");
        });
        CompletableFuture<State> inListener = new CompletableFuture<>();
        worker.onError(_ -> inListener.complete(lost.get().state()));
        worker.join();
        assertEquals(State.UNCLAIMED, lost.get().state());
        assertEquals(State.UNCLAIMED, inListener.get());
        lost.get().claim().close();
    }

    @Test
    void closingFromTheWorkersOwnThreadChangesNothing() throws Exception {
        BlockingQueue<Worker<Integer, Integer>> self = new LinkedBlockingQueue<>();
        Worker<Integer, Integer> worker = Worker.start(scope -> {
            assertThrows(IllegalStateException.class, self.take()::close);
            scope.post(scope.receive());
        });
        self.add(worker);
        worker.post(3);
        assertEquals(3, worker.receive());
    }
}
