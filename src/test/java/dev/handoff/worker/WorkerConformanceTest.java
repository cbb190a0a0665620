package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.Registration;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What Node's {@code worker_threads} does, case by case, held against workers: one test for each row of the tables of
 * Node's module functions, of its class {@code Worker} and of its tests of workers that has a meaning here and no test
 * elsewhere. What ports do is in the tests of {@code dev.handoff.channel}.
 *
 * <p>
 * Rows that other classes test:
 * <ul>
 * <li>{@code workerData}, cloned or moved before the start, nothing started if it can't be: {@link WorkerTest}
 * <li>{@code setEnvironmentData}, test-worker-environmentdata: {@link EnvironmentDataTest}
 * <li>{@code markAsUntransferable}, {@code markAsUncloneable} and the two tests of marks:
 * {@code dev.handoff.clone.MarksTest}
 * <li>{@code postMessageToThread}, test-worker-messaging, -messaging-errors-timeout: {@link MessagesTest}
 * <li>{@code locks}, test-web-locks: {@link LocksTest}
 * <li>{@code BroadcastChannel}, test-worker-broadcastchannel: {@code dev.handoff.channel.BroadcastChannelTest}
 * <li>{@code resourceLimits}, test-worker-resource-limits: {@link ResourceLimitsTest}, and those that a thread can't have
 * {@link WorkerOptionsTest}, which tests the other bad options, too
 * <li>stdio, test-worker-stdio: {@link WorkerStreamsTest}
 * <li>statistics, test-worker-eventlooputil, -cpu-usage: {@link WorkerObservationTest}, and the sums of utilisation
 * {@code dev.handoff.channel.EventLoopTest}
 * <li>terminate wakes whatever waits, repeated calls share the outcome, test-worker-safe-getters,
 * -nested-uncaught: {@link WorkerLifeCycleTest}
 * <li>children end with their parent: {@link WorkerTest#childrenEndWithTheirParent}
 * </ul>
 *
 * <p>
 * Rows without a meaning here:
 * <ul>
 * <li>{@code isInternalThread}: no worker is the library's own
 * <li>{@code isMainThread}: only the code of a worker has a scope
 * <li>{@code SHARE_ENV}, {@code env}, test-worker-process-env-shared: the environment of a JVM can't be changed
 * <li>{@code argv}, {@code execArgv}, paths, URLs and {@code eval} in the constructor: a body is no file
 * <li>{@code moveMessagePortToContext}: there are no contexts
 * <li>{@code trackUnmanagedFds}, test-worker-track-unmanaged-fds: there are no raw descriptors
 * <li>operations that are not supported inside: there are none; a JVM has them for no thread
 * <li>test-worker-message-not-serializable: errors stay the very objects, so nothing is serialised
 * <li>test-worker-message-port-terminate-transfer-list: a list is an array, so it ends
 * <li>{@code process.exitCode} and exit hooks that change the code: the code is an argument of {@code exit}
 * <li>{@code messageerror}: messages are cloned where they are posted, so the poster is told
 * </ul>
 */
@Timeout(60)
class WorkerConformanceTest {
    // ---- module functions and values

    @Test
    @DisplayName("threadId: ids unique per process, never reused; ours stays after the exit")
    void threadId() throws Exception {
        Worker<Void, Long> first = Worker.start(scope -> scope.post(scope.id()));
        assertEquals(first.id(), first.receive());
        long id = first.id();
        first.exited().get();
        Worker<Void, Void> second = Worker.start(_ -> {
        });
        second.exited().get();
        assertNotEquals(id, second.id());
        assertEquals(id, first.id(), "where Node's becomes -1");
        assertNotEquals(Messages.MAIN, id);
    }

    @Test
    @DisplayName("threadName: default; Node truncates it and forgets it at the exit, ours is of any length and stays")
    void threadName() throws Exception {
        String longName = "a name that is longer than the 16 characters that Linux gives to a thread";
        Worker<Void, String> named = Worker.start(scope -> {
            scope.post(scope.name());
            scope.post(Thread.currentThread().getName());
        }, WorkerOptions.defaults().name(longName));
        assertEquals(longName, named.receive());
        assertEquals(longName, named.receive());
        named.exited().get();
        assertEquals(longName, named.name());
        Worker<Void, Void> unnamed = Worker.start(_ -> {
        });
        assertEquals("worker-" + unnamed.id(), unnamed.name());
        assertThrows(NullPointerException.class, () -> WorkerOptions.defaults().name(null));
    }

    @Test
    @DisplayName("receiveMessageOnPort: synchronous poll, FIFO, nothing when empty, still drains after the peer has closed")
    void receiveMessageOnPort() {
        MessageChannel<Integer, Integer> channel = MessageChannel.create();
        assertNull(channel.port2().poll());
        channel.port1().post(1);
        channel.port1().post(2);
        assertEquals(1, channel.port2().poll());
        channel.port1().close();
        assertEquals(2, channel.port2().poll());
        assertThrows(PortClosedException.class, channel.port2()::poll, "Node's gives undefined for ever");
    }

    // ---- Worker

    @Test
    @DisplayName("events: every message the worker posted precedes exit, which is the last")
    void eventsExitIsAlwaysLast() throws Exception {
        int messages = 10_000;
        List<Integer> seen = new ArrayList<>();
        new EventLoop().run(() -> {
            Worker<Void, Integer> worker = Worker.start(scope -> IntStream.range(0, messages).forEach(scope::post));
            worker.onExit(code -> seen.add(-1 - code));
            worker.onMessage(seen::add);
        });
        List<Integer> expected = new ArrayList<>(IntStream.range(0, messages).boxed().toList());
        expected.add(-1);
        assertEquals(expected, seen);
    }

    private static int exitCode(WorkerBody<Void, Void, Void> body) throws Exception {
        Worker<Void, Void> worker = Worker.start(body);
        worker.onError(_ -> {
        });
        return worker.exited().get();
    }

    @Test
    @DisplayName("exit codes, test-worker-exit-code: end 0, exit(n) n, in a handler as well, handled error 0, uncaught 1")
    void exitCodes() throws Exception {
        assertEquals(0, exitCode(_ -> {
        }));
        assertEquals(0, exitCode(scope -> scope.exit(0)));
        assertEquals(42, exitCode(scope -> scope.exit(42)));
        assertEquals(-3, exitCode(scope -> scope.exit(-3)));
        assertEquals(97, exitCode(scope -> scope.loop().execute(() -> scope.exit(97))));
        assertEquals(98, exitCode(scope -> {
            try {
                throw new IllegalStateException();
            } catch (IllegalStateException e) {
                scope.exit(98);
            }
        }));
        assertEquals(1, exitCode(_ -> {
            throw new Exception("uncaught");
        }));
        assertEquals(1, exitCode(scope -> scope.loop().schedule(() -> {
            throw new IllegalStateException("uncaught");
        }, Duration.ZERO)));
    }

    @Test
    @DisplayName("exit codes: terminate 1, before the start too, where Node resolves 0 although its documentation says 1")
    void terminateBeforeTheStart() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(_ -> {
        }, gated(gate));
        CompletableFuture<Integer> exit = worker.terminate();
        gate.countDown();
        assertEquals(1, exit.get());
    }

    private static WorkerOptions<Void> gated(CountDownLatch gate) {
        return WorkerOptions.defaults().threadFactory(task -> Thread.ofPlatform().daemon().unstarted(() -> {
            Threads.uninterruptibly(gate);
            task.run();
        }));
    }

    @Test
    @DisplayName("process.exit in worker, test-worker-voluntarily-exit-followed-by-throw: code and catch do not run")
    void nothingRunsAfterAVoluntaryExit() throws Exception {
        List<String> ran = new ArrayList<>();
        Worker<Void, Void> worker = Worker.start(scope -> {
            scope.loop().execute(() -> ran.add("task"));
            scope.loop().schedule(() -> ran.add("timer"), Duration.ZERO);
            try {
                scope.exit(7);
                throw new IllegalStateException("after exit");
            } catch (Exception e) {
                ran.add("catch");
            }
        });
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        assertEquals(7, worker.exited().get());
        assertEquals(List.of(), ran);
        assertFalse(error.isDone());
    }

    /** With a field of its own. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1;
        final int code;

        Failure(int code, Throwable cause) {
            super("failed", cause);
            this.code = code;
        }
    }

    @Test
    @DisplayName("uncaught error: keeps name, message, stack, code, own properties, cause; ours keeps the class as well")
    void anUncaughtErrorKeepsWhatItIs() throws Exception {
        Failure failure = new Failure(5, new Error("cause"));
        failure.addSuppressed(new Exception("suppressed"));
        Worker<Void, Void> worker = Worker.start(_ -> {
            throw failure;
        });
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        Failure heard = assertInstanceOf(Failure.class, error.get());
        assertSame(failure, heard);
        assertEquals(5, heard.code);
        assertEquals("cause", heard.getCause().getMessage());
        assertEquals("suppressed", heard.getSuppressed()[0].getMessage());
        assertEquals(1, worker.exited().get());
    }

    @Test
    @DisplayName("test-worker-uncaught-exception: error then exit 1, once each; later timers never run")
    void nothingRunsAfterAnUncaughtError() throws Exception {
        List<Object> seen = new ArrayList<>();
        List<String> ran = new ArrayList<>();
        RuntimeException boom = new RuntimeException("boom");
        new EventLoop().run(() -> {
            Worker<Void, Void> worker = Worker.start(scope -> {
                scope.loop().schedule(() -> {
                    throw boom;
                }, Duration.ZERO);
                scope.loop().schedule(() -> ran.add("timer"), Duration.ofMillis(1));
            });
            worker.onExit(seen::add);
            worker.onError(seen::add);
        });
        assertEquals(List.of(boom, 1), seen);
        assertEquals(List.of(), ran);
    }

    @Test
    @DisplayName("throw in exit handler: the exit code stays; the error is that of whoever attached the handler")
    void aThrowInAnExitHandlerChangesNothing() throws Exception {
        LinkedBlockingQueue<Integer> heard = new LinkedBlockingQueue<>();
        LinkedBlockingQueue<Throwable> uncaught = new LinkedBlockingQueue<>();
        IllegalStateException boom = new IllegalStateException("boom");
        assertSame(boom, assertThrows(IllegalStateException.class, () -> new EventLoop().run(() -> {
            Worker<Void, Void> worker = Worker.start(_ -> {
            });
            worker.onError(uncaught::add);
            worker.onExit(_ -> {
                throw boom;
            });
            worker.exited().thenAccept(heard::add);
        })), "it is the parent's error, as the handler is the parent's");
        assertEquals(0, heard.take());
        assertTrue(uncaught.isEmpty());
    }

    @Test
    @DisplayName("terminate(), test-worker-terminate-microtask-loop: ends a never-ending chain of continuations, exit 1")
    void terminateEndsAChainOfContinuations() throws Exception {
        Worker<Void, String> worker = Worker.start(scope -> {
            scope.post("running");
            new Runnable() {
                @Override
                public void run() {
                    scope.loop().runNext(this);
                }
            }.run();
        });
        assertEquals("running", worker.receive());
        assertEquals(1, worker.terminate().get());
    }

    @Test
    @DisplayName("terminate(), test-worker-terminate-unrefed: works for a worker that is unreferenced or a daemon")
    void terminateWorksUnreferenced() throws Exception {
        Worker<Void, Void> daemon = Worker.start(WorkerScope::receive, WorkerOptions.defaults().daemon(true));
        assertEquals(1, daemon.terminate().get());
        Worker<Void, Void> unreferenced = Worker.start(WorkerScope::receive);
        unreferenced.unref();
        assertEquals(1, unreferenced.terminate().get());
    }

    @Test
    @DisplayName("after exit: postMessage is a no-op in Node, ours throws; either way the list is not detached")
    void aPostAfterTheExitTakesNothing() throws Exception {
        Worker<OwnedBuffer, Void> worker = Worker.start(_ -> {
        });
        worker.exited().get();
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        assertThrows(PortClosedException.class, () -> worker.post(buffer, buffer));
        assertThrows(PortClosedException.class, () -> worker.transfer(buffer));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    @DisplayName("Symbol.asyncDispose, test-worker-dispose: a scoped close of a spinning worker yields exit")
    void aScopedCloseEndsASpinningWorker() throws Exception {
        Worker<Void, String> spinning;
        try (Worker<Void, String> worker = Worker.start(scope -> {
            scope.post("spinning");
            while (true) {
                scope.checkTerminated();
                Thread.onSpinWait();
            }
        })) {
            spinning = worker;
            assertEquals("spinning", worker.receive());
        }
        assertEquals(1, spinning.join());
        assertEquals(1, spinning.exited().get());
    }

    @Test
    @DisplayName("post before online: queued, delivered")
    void aPostBeforeTheStartIsDelivered() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Worker<Integer, Integer> worker = Worker.start(scope -> scope.onMessage(scope::post), gated(gate));
        IntStream.range(0, 100).forEach(worker::post);
        gate.countDown();
        for (int i = 0; i < 100; i++) {
            assertEquals(i, worker.receive());
        }
        worker.shutdown();
        assertEquals(0, worker.exited().get());
    }

    @Test
    @DisplayName("lifetime, test-worker-parent-port-ref: adding then removing a listener lets the worker end by itself")
    void aListenerThatIsRemovedLetsTheWorkerEnd() throws Exception {
        Worker<Integer, Void> once = Worker.start(scope -> {
            CompletableFuture<Registration> listener = new CompletableFuture<>();
            listener.complete(scope.onMessage(_ -> listener.join().close()));
        });
        once.post(1);
        assertEquals(0, once.exited().get());
        Worker<Integer, Void> unreferenced = Worker.start(scope -> {
            scope.onMessage(_ -> {
            });
            scope.port().unref();
        });
        assertEquals(0, unreferenced.exited().get());
    }

    // ---- Node's tests

    @Test
    @DisplayName("test-worker-message-port-drain: all output and messages are drained before exit is reported")
    void outputAndMessagesAreThereBeforeTheExit() throws Exception {
        String line = "x".repeat(999);
        Worker<Void, Integer> worker = Worker.start(scope -> {
            for (int i = 0; i < 100; i++) {
                scope.stdout().print(line + "\n");
                scope.post(i);
            }
        }, WorkerOptions.defaults().captureStdout());
        List<Integer> seen = new ArrayList<>();
        worker.onMessage(seen::add);
        String output = new String(worker.stdout().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, worker.exited().get());
        assertEquals(IntStream.range(0, 100).boxed().toList(), seen);
        assertEquals((line + "\n").repeat(100), output);
    }

    @Test
    @DisplayName("test-worker-message-channel-sharedarraybuffer: two threads write disjoint parts of one block")
    void twoThreadsWriteDisjointPartsOfOneBlock() throws Exception {
        SharedBuffer block = SharedBuffer.allocate(8);
        Int32View words = Int32View.of(block);
        Worker<SharedBuffer, String> worker = Worker.start(scope -> {
            Int32View same = Int32View.of(scope.receive());
            same.set(1, same.get(0) + 1);
            scope.post("written");
        });
        words.set(0, 7);
        worker.post(block);
        assertEquals("written", worker.receive());
        assertEquals(8, words.get(1));
    }

    @Test
    @DisplayName("test-worker-sharedarraybuffer-from-worker-thread: memory stays valid after its creator thread died")
    void memoryOutlivesTheThreadThatMadeIt() throws Exception {
        Worker<Void, Object> worker = Worker.start(scope -> {
            SharedBuffer shared = Leases.keep(SharedBuffer.allocate(4));
            Int32View.of(shared).set(0, 5);
            scope.post(shared);
            OwnedBuffer moved = OwnedBuffer.allocate(4);
            moved.segment().set(ValueLayout.JAVA_INT, 0, 6);
            scope.post(moved, moved);
        });
        worker.join();
        assertEquals(5, Int32View.of((SharedBuffer) worker.receive()).get(0));
        try (OwnedBuffer moved = (OwnedBuffer) worker.receive()) {
            assertEquals(6, moved.segment().get(ValueLayout.JAVA_INT, 0));
        }
    }

    @Test
    @DisplayName("test-worker-workerdata-messageport: ports and buffers through start data and list; source detached")
    void portsAndBuffersMoveWithTheDataOfAWorker() throws Exception {
        record Start(MessagePort<Integer, Integer> port, OwnedBuffer buffer) {
        }
        MessageChannel<Integer, Integer> channel = MessageChannel.create();
        OwnedBuffer buffer = OwnedBuffer.allocate(4);
        buffer.segment().set(ValueLayout.JAVA_INT, 0, 9);
        Start data = new Start(channel.port2(), buffer);
        WorkerBody<Void, Void, Start> body = scope -> {
            Start mine = scope.workerData();
            mine.port().post(mine.buffer().segment().get(ValueLayout.JAVA_INT, 0));
            mine.buffer().close();
        };
        assertThrows(DataCloneException.class,
                () -> Worker.start(body, WorkerOptions.defaults().workerData(data)), "a port can't be copied");
        assertEquals(State.OWNED, buffer.state());
        assertTrue(channel.port2().isOpen());
        Worker<Void, Void> worker = Worker.start(body,
                WorkerOptions.defaults().workerData(data, channel.port2(), buffer));
        assertThrows(DetachedException.class, () -> channel.port2().post(1));
        assertThrows(DetachedException.class, buffer::segment);
        assertEquals(9, channel.port1().receive());
        assertEquals(0, worker.exited().get());
    }

    @Test
    @DisplayName("test-worker-stack-overflow: infinite recursion kills only the worker, with a stack error")
    void infiniteRecursionEndsOnlyTheWorker() throws Exception {
        Worker<Void, Void> deep = Worker.start(_ -> recurse(0));
        Worker<String, String> sibling = Worker.start(scope -> scope.post(scope.receive()));
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        deep.onError(error::complete);
        assertInstanceOf(StackOverflowError.class, error.get());
        assertEquals(1, deep.exited().get());
        sibling.post("alive");
        assertEquals("alive", sibling.receive());
    }

    @SuppressWarnings("InfiniteRecursion")
    private static long recurse(long depth) {
        return 1 + recurse(depth + 1);
    }

    @Test
    @DisplayName("test-atomics-wake: wait and notify across threads")
    void aNotificationWakesAWorkerThatWaits() throws Exception {
        SharedBuffer block = Leases.keep(SharedBuffer.allocate(4));
        Int32View word = Int32View.of(block);
        Worker<Void, WaitResult> worker = Worker.start(
                scope -> scope.post(Int32View.of(scope.workerData()).await(0, 0)),
                WorkerOptions.defaults().workerData(block));
        Threads.until(() -> word.wake(0, 1) == 1);
        assertEquals(WaitResult.WOKEN, worker.receive());
        assertEquals(0, worker.exited().get());
    }
}
