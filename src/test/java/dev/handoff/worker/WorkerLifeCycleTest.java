package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.Overflow;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.PortFullException;
import dev.handoff.concurrent.SharedSemaphore;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.MemoryStatistics;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How workers begin, and every way in which they end. */
@Timeout(60)
class WorkerLifeCycleTest {
    private static WorkerOptions<Void> options(Threads.Kind kind) {
        return kind == Threads.Kind.VIRTUAL ? WorkerOptions.defaults().virtual() : WorkerOptions.defaults();
    }

    /** Makes threads that wait at a gate before they do what they were made for. */
    private static Thread behind(CountDownLatch gate, Runnable task) {
        return Thread.ofPlatform().daemon().unstarted(() -> {
            Threads.uninterruptibly(gate);
            task.run();
        });
    }

    @ParameterizedTest
    @EnumSource
    void onlineComesFirstThenMessagesThenTheErrorThenTheExit(Threads.Kind kind) throws Exception {
        List<Object> seen = new ArrayList<>();
        Exception boom = new Exception("boom", new Error("cause"));
        new EventLoop().run(() -> {
            Worker<Void, String> worker = Worker.start(scope -> {
                scope.post("message");
                throw boom;
            }, options(kind));
            worker.onOnline(() -> seen.add("online"));
            worker.onExit(seen::add);
            worker.onError(seen::add);
            worker.onMessage(seen::add);
        });
        assertEquals(List.of("online", "message", boom, 1), seen);
        assertSame(boom, seen.get(2), "with its class, message, cause and stack");
    }

    @Test
    void anEndIsToldThoughThePortWasMovedAway() throws Exception {
        Worker<Void, String> worker = Worker.start(scope -> {
            scope.receive();
        });
        MessageChannel<MessagePort<Void, String>, Void> road = MessageChannel.create();
        road.port1().transfer(worker.port());
        MessagePort<Void, String> moved = road.port2().receive();
        CompletableFuture<Integer> told = new CompletableFuture<>();
        worker.onExit(told::complete);
        moved.close();
        assertEquals(0, told.get());
        assertEquals(0, worker.exited().get());
        assertFalse(worker.hasRef());
    }

    @Test
    void onlineIsNeverToldOfAWorkerThatWasTerminatedBefore() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        List<String> seen = new ArrayList<>();
        Worker<Void, Void> worker = Worker.start(_ -> seen.add("ran"),
                WorkerOptions.defaults().threadFactory(task -> behind(gate, task)));
        worker.onOnline(() -> seen.add("online"));
        CompletableFuture<Integer> exit = worker.terminate();
        gate.countDown();
        assertEquals(1, exit.get());
        assertEquals(List.of(), seen);
    }

    @Test
    void aLateListenerStillHearsOfTheBeginning() throws Exception {
        Worker<Void, Void> worker = Worker.start(_ -> {
        });
        worker.join();
        CompletableFuture<Boolean> online = new CompletableFuture<>();
        worker.onOnline(() -> online.complete(true));
        assertTrue(online.get());
    }

    // ---- terminate

    /** What a body may wait for. */
    enum Wait {
        MESSAGE {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) throws InterruptedException {
                scope.receive();
            }
        },
        WORD {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) throws InterruptedException {
                Int32View.of(SharedBuffer.allocate(4)).await(0, 0);
            }
        },
        CHANGE {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) throws InterruptedException {
                Int32View.of(SharedBuffer.allocate(4)).awaitChange(0, 0);
            }
        },
        SEMAPHORE {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) throws InterruptedException {
                SharedSemaphore.create(SharedBuffer.allocate(1 << 10), 0, 0).acquire();
            }
        },
        INPUT {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) throws Exception {
                assertEquals(-1, scope.stdin().read());
                scope.receive();
            }
        },
        TIMER {
            @Override
            void begin(WorkerScope<Void, Void, ?> scope) {
                scope.loop().schedule(() -> {
                }, Duration.ofDays(1));
            }
        };

        abstract void begin(WorkerScope<Void, Void, ?> scope) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void terminateWakesEveryWait(Wait wait) throws Exception {
        for (Threads.Kind kind : Threads.Kind.values()) {
            CompletableFuture<Thread> thread = new CompletableFuture<>();
            Worker<Void, Void> worker = Worker.start(scope -> {
                thread.complete(Thread.currentThread());
                wait.begin(scope);
            }, options(kind).openStdin());
            CompletableFuture<Throwable> error = new CompletableFuture<>();
            worker.onError(error::complete);
            Threads.untilParked(thread.get());
            assertEquals(1, worker.terminate().get());
            assertFalse(error.isDone(), "to be terminated is no error");
        }
    }

    @Test
    void aTerminatedWorkersPortIsClosedAtOnceAndItsScopeUnwindsIt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Throwable> unwound = new AtomicReference<>();
        Worker<OwnedBuffer, OwnedBuffer> worker = Worker.start(scope -> {
            scope.post(OwnedBuffer.allocate(1));
            scope.checkTerminated();
            running.countDown();
            Threads.uninterruptibly(goOn);
            Thread.interrupted(); // a body that will not listen
            OwnedBuffer mine = OwnedBuffer.allocate(8);
            assertThrows(WorkerTerminatedException.class, () -> scope.post(mine, mine));
            assertThrows(WorkerTerminatedException.class, () -> scope.transfer(mine));
            assertEquals(State.OWNED, mine.state());
            mine.close();
            assertThrows(WorkerTerminatedException.class, scope::receive);
            try {
                scope.checkTerminated();
            } catch (WorkerTerminatedException e) {
                unwound.set(e);
                throw e;
            }
        }, WorkerOptions.defaults().name("deaf"));
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        running.await();
        CompletableFuture<Integer> exit = worker.terminate();
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        String reason = assertThrows(PortClosedException.class, () -> worker.post(buffer, buffer)).getMessage();
        assertEquals("worker 'deaf' was terminated", reason);
        buffer.close();
        worker.receive().close(); // what it posted before
        assertThrows(PortClosedException.class, worker::receive);
        goOn.countDown();
        assertEquals(1, exit.get());
        assertEquals("worker 'deaf' was terminated", unwound.get().getMessage());
        assertFalse(error.isDone());
    }

    @ParameterizedTest
    @ValueSource(strings = {"terminated", "thrown", "ended"})
    void thePortsThatAWorkerUsedAreClosedWithItAndTheirPeersAreToldWhy(String how) throws Exception {
        MessageChannel<String, String> channel = MessageChannel.create();
        Worker<Void, Void> worker = Worker.start(scope -> {
            MessagePort<String, String> mine = scope.workerData();
            mine.post("ready");
            mine.receive();
            switch (how) {
                case "terminated" -> scope.receive();
                case "thrown" -> throw new Exception("crash");
                default -> scope.exit(0);
            }
        }, WorkerOptions.defaults().name("w").workerData(channel.port2(), channel.port2()));
        worker.onError(_ -> {
        });
        assertEquals("ready", channel.port1().receive());
        channel.port1().post("go on");
        if (how.equals("terminated")) {
            worker.terminate();
        }
        String reason = channel.port1().closed().get();
        assertEquals(switch (how) {
            case "terminated" -> "worker 'w' was terminated";
            case "thrown" -> "worker 'w' exited with code 1";
            default -> "worker 'w' exited with code 0";
        }, reason);
        worker.exited().get();
        assertThrows(PortClosedException.class, () -> channel.port1().post("late"));
    }

    @Test
    void theLoopDoesNotSwallowATermination() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        List<String> after = new ArrayList<>();
        Worker<Integer, Void> worker = Worker.start(scope -> {
            scope.loop().execute(() -> {
                scope.loop().execute(() -> after.add("task"));
                scope.loop().runNext(() -> after.add("continuation"));
                scope.loop().schedule(() -> after.add("timer"), Duration.ZERO);
                running.countDown();
                while (true) {
                    scope.checkTerminated();
                    Thread.onSpinWait();
                }
            });
            scope.onMessage(_ -> after.add("message"));
        });
        worker.post(1);
        running.await();
        assertEquals(1, worker.terminate().get());
        assertEquals(List.of(), after);
    }

    @Test
    void noHandlerGetsAMessageWhoseFirstHandlerHasEndedTheWorker() throws Exception {
        List<String> after = new ArrayList<>();
        Worker<Integer, Void> worker = Worker.start(scope -> {
            scope.onMessage(scope::exit);
            scope.onMessage(_ -> after.add("second handler"));
        });
        worker.post(5);
        assertEquals(5, worker.exited().get());
        assertEquals(List.of(), after);
    }

    @Test
    void aBodyThatIgnoresItsTerminationIsReportedWithItsStack() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(_ -> {
            running.countDown();
            Threads.uninterruptibly(goOn);
        }, WorkerOptions.defaults().name("stubborn").gracePeriod(Duration.ofMillis(1)));
        running.await();
        CompletableFuture<Integer> exit = worker.terminate();
        Throwable e = assertThrows(ExecutionException.class, exit::get).getCause();
        assertInstanceOf(WorkerStillRunningException.class, e);
        assertEquals("worker 'stubborn' still runs PT0.001S after it was terminated", e.getMessage());
        assertTrue(Arrays.stream(e.getStackTrace()) // it may not have come to its wait yet
                .anyMatch(f -> f.getMethodName().contains("aBodyThatIgnoresItsTermination")),
                () -> Arrays.toString(e.getStackTrace()));
        assertSame(e, assertThrows(ExecutionException.class, () -> worker.terminate().get()).getCause());
        assertSame(e, assertThrows(WorkerStillRunningException.class, worker::close));
        assertFalse(worker.exited().isDone());
        goOn.countDown();
        assertEquals(1, worker.exited().get(), "it has ended at last");
    }

    @ParameterizedTest
    @EnumSource
    void whatATerminatedWorkerOwnedIsReclaimedAndCounted(Threads.Kind kind) throws Exception {
        CountDownLatch owns = new CountDownLatch(1);
        long before = MemoryStatistics.snapshot().bytesReclaimed();
        Worker<Void, Void> worker = Worker.start(scope -> {
            OwnedBuffer buffer = OwnedBuffer.allocate(3 << 20);
            owns.countDown();
            scope.receive();
            buffer.close();
        }, options(kind));
        owns.await();
        assertEquals(3 << 20, worker.statistics().ownedBytes());
        assertEquals(1, worker.terminate().get());
        assertEquals(0, worker.statistics().ownedBytes());
        Threads.until(() -> {
            System.gc();
            return MemoryStatistics.snapshot().bytesReclaimed() >= before + (3 << 20);
        });
    }

    @Test
    void aWorkerThatHasEndedKeepsNothingOfItsBody() throws Exception {
        AtomicReference<Object> captured = new AtomicReference<>(new Object());
        WeakReference<Object> token = new WeakReference<>(captured.get());
        Worker<Void, Void> worker = start(captured.getAndSet(null));
        worker.exited().get();
        Threads.until(() -> {
            System.gc();
            return token.get() == null;
        });
        assertEquals(0, worker.join());
    }

    private static Worker<Void, Void> start(Object captured) {
        return Worker.start(scope -> scope.loop().execute(captured::hashCode));
    }

    // ---- errors that nobody listens for

    @Test
    void anErrorThatNobodyListensForEndsTheLoopThatStartedTheWorker() {
        Exception boom = new Exception("boom");
        assertSame(boom, assertThrows(Exception.class, () -> new EventLoop().run(() -> {
            Worker<Void, Void> worker = Worker.start(_ -> {
                throw boom;
            });
            worker.onMessage(_ -> {
            });
        })));
    }

    @Test
    void aListenerThatIsAttachedInTheSameTurnIsInTime() throws Exception {
        List<Throwable> heard = new ArrayList<>();
        Exception boom = new Exception("boom");
        new EventLoop().run(() -> {
            Worker<Void, Void> worker = Worker.start(_ -> {
                throw boom;
            });
            worker.join();
            worker.onError(heard::add);
        });
        assertEquals(List.of(boom), heard);
    }

    @Test
    void aGrandchildsErrorSurfacesAtTheGrandparent() throws Exception {
        Exception boom = new Exception("boom");
        Worker<Void, Void> worker = Worker.start(_ -> {
            Worker<Void, Void> child = Worker.start(_ -> Worker.<Void, Void>start(_ -> {
                throw boom;
            }));
            child.onExit(_ -> {
            });
        });
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        assertSame(boom, error.get());
        assertEquals(1, worker.exited().get());
    }

    @Test
    void anErrorOfAChildWhoseParentIsGoneGoesToTheDefaultHandler() throws Exception {
        BlockingQueue<Throwable> uncaught = new LinkedBlockingQueue<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, e) -> uncaught.add(e));
        try {
            CountDownLatch goOn = new CountDownLatch(1);
            Exception boom = new Exception("boom");
            new EventLoop().run(() -> Worker.<Void, Void>start(_ -> {
                Threads.uninterruptibly(goOn);
                throw boom;
            }).unref());
            goOn.countDown();
            assertSame(boom, uncaught.take());
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void anErrorGoesToTheHandlerOfTheThreadThatStartedTheWorker() throws Exception {
        CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
        Exception boom = new Exception("boom");
        Thread starter = Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> uncaught.complete(e))
                .start(() -> Worker.<Void, Void>start(_ -> {
                    throw boom;
                }));
        starter.join();
        assertSame(boom, uncaught.get());
    }

    // ---- ref and unref

    @Test
    void aLoopEndsWithoutAnUnreferencedWorkerAndWaitsForAReferencedOne() throws Exception {
        AtomicReference<Worker<Void, Void>> forgotten = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        new EventLoop().run(() -> {
            forgotten.set(Worker.start(WorkerScope::receive));
            assertTrue(forgotten.get().hasRef());
            forgotten.get().unref();
            forgotten.get().unref();
            assertFalse(forgotten.get().hasRef());
            Worker<Void, Void> daemon = Worker.start(WorkerScope::receive, WorkerOptions.defaults().daemon(true));
            assertFalse(daemon.hasRef());
            daemon.close();
            Worker<Void, Void> kept = Worker.start(_ -> {
            }, WorkerOptions.defaults().daemon(true));
            kept.ref();
            kept.ref();
            kept.onExit(code -> seen.add("exit " + code));
        });
        assertEquals(List.of("exit 0"), seen);
        assertEquals(1, forgotten.get().terminate().get());
        forgotten.get().ref();
        assertFalse(forgotten.get().hasRef(), "its end has been told");
    }

    /** Prints what workers do after {@code main} has returned. */
    static final class AfterMain {
        private AfterMain() {
        }

        public static void main(String[] args) {
            Thread main = Thread.currentThread();
            WorkerOptions<Void> options = switch (args[0]) {
                case "virtual" -> WorkerOptions.defaults().virtual();
                case "daemon" -> WorkerOptions.defaults().daemon(true);
                default -> WorkerOptions.defaults();
            };
            Worker<Void, Void> worker = Worker.start(scope -> {
                main.join();
                if (args[0].equals("platform") || args[0].equals("virtual")) {
                    System.out.println("after main");
                } else {
                    scope.receive(); // for ever
                }
            }, options);
            worker.onExit(code -> {
                Threads.until(() -> !main.isAlive());
                System.out.println("exit " + code);
            });
            if (args[0].equals("unref")) {
                worker.unref();
            }
        }
    }

    @Test
    void theJvmWaitsForWorkersThatAreReferencedAndTheirListeners() {
        for (String kind : List.of("platform", "virtual")) {
            var run = ChildJvm.run(ChildJvm.Mode.CLASS_PATH, AfterMain.class, List.of(), List.of(kind));
            assertEquals(List.of("after main", "exit 0"), run.out().lines().toList(), run.err());
        }
    }

    @Test
    void theJvmDoesNotWaitForDaemonsAndUnreferencedWorkers() {
        for (String kind : List.of("daemon", "unref")) {
            var run = ChildJvm.run(ChildJvm.Mode.CLASS_PATH, AfterMain.class, List.of(), List.of(kind));
            assertEquals(0, run.exit());
            assertEquals("", run.out());
        }
    }

    @Test
    void nothingIsHeldWhereNoThreadCouldBeStarted() {
        long held = Keeper.held();
        assertThrows(IllegalThreadStateException.class, () -> Worker.<Void, Void, Void>start(_ -> {
        }, WorkerOptions.defaults().threadFactory(task -> new Thread(task) {
            @Override
            public void start() {
                throw new IllegalThreadStateException("no more threads");
            }
        })));
        assertEquals(held, Keeper.held());
    }

    @Test
    void afterItsEndEveryGetterIsSafe() throws Exception {
        Worker<Void, Void> worker = Worker.start(_ -> {
        }, WorkerOptions.defaults().name("gone"));
        worker.exited().get();
        worker.ref();
        worker.unref();
        worker.shutdown();
        worker.close();
        assertEquals("gone", worker.name());
        assertEquals(0, worker.terminate().get());
        assertFalse(worker.hasRef());
        assertNull(worker.port().isOpen() ? "open" : null);
        assertTrue(worker.statistics().utilisation().ratio() <= 1);
    }

    @Test
    void aListenerThatComesLateHearsOfTheExitAfterTheMessages() throws Exception {
        for (int i = 0; i < 200; i++) {
            Worker<Void, Integer> worker = Worker.start(scope -> {
                for (int n = 0; n < 10; n++) {
                    scope.post(n);
                }
            });
            worker.join();
            List<Object> seen = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch exited = new CountDownLatch(1);
            worker.onMessage(seen::add);
            worker.onExit(code -> {
                seen.add("exit " + code);
                exited.countDown();
            });
            exited.await();
            assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "exit 0"), seen);
        }
    }

    @Test
    void itsChannelCanHaveABound() throws Exception {
        CountDownLatch full = new CountDownLatch(1);
        Worker<Integer, Integer> worker = Worker.start(scope -> {
            full.await();
            scope.post(scope.receive() + scope.receive());
        }, WorkerOptions.defaults().capacity(2).overflow(Overflow.FAIL));
        worker.post(1);
        worker.post(2);
        assertThrows(PortFullException.class, () -> worker.post(3));
        full.countDown();
        assertEquals(3, worker.receive());
        assertThrows(IllegalArgumentException.class, () -> WorkerOptions.defaults().capacity(0));
        assertThrows(NullPointerException.class, () -> WorkerOptions.defaults().overflow(null));
        worker.close();
    }
}
