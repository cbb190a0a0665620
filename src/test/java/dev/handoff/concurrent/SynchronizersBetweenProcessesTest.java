package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.internal.os.Futex;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.MappedWait;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.ChildJvm.Mode;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two JVMs that wait for each other through a file that both have mapped, and what a process that died leaves behind. */
class SynchronizersBetweenProcessesTest {
    /** So many that side 1 runs into its time limit where wakes get lost, as each one costs a sleep of 50 ms. */
    private static final int ROUNDS = 3_000;
    private static final int LIMIT_SECONDS = 100;
    private static final long SECOND = 128;
    private static final long COUNTER = 256;
    private static final long LATCHES = 512;
    private static final long BYTES = LATCHES + 2 * ROUNDS * LatchLayout.BYTES;

    @TempDir private Path directory;

    /** What the two sides do, round by round; side 0 created everything, side 1 finds it. */
    enum Exchange {
        SEMAPHORE {
            @Override
            void create(SharedBuffer buffer) {
                SharedSemaphore.create(buffer, 0, 0);
                SharedSemaphore.create(buffer, SECOND, 0);
            }

            @Override
            void play(SharedBuffer buffer, int side) throws Exception {
                SharedSemaphore mine = SharedSemaphore.attach(buffer, side * SECOND).withIdle(IdleStrategy.parking());
                SharedSemaphore others = SharedSemaphore.attach(buffer, (1 - side) * SECOND);
                for (int i = 0; i < ROUNDS; i++) {
                    others.release();
                    mine.acquire();
                    count(buffer, i % 2 == side);
                }
            }
        },

        LATCH {
            @Override
            void create(SharedBuffer buffer) {
                for (int i = 0; i < 2 * ROUNDS; i++) {
                    SharedLatch.create(buffer, LATCHES + i * LatchLayout.BYTES, 1);
                }
            }

            private static SharedLatch latch(SharedBuffer buffer, int i) {
                return SharedLatch.attach(buffer, LATCHES + i * LatchLayout.BYTES).withIdle(IdleStrategy.parking());
            }

            @Override
            void play(SharedBuffer buffer, int side) throws Exception {
                for (int i = 0; i < ROUNDS; i++) {
                    latch(buffer, 2 * i + 1 - side).countDown();
                    latch(buffer, 2 * i + side).await();
                    count(buffer, i % 2 == side);
                }
            }
        },

        BARRIER {
            @Override
            void create(SharedBuffer buffer) {
                SharedBarrier.create(buffer, 0, 2);
            }

            @Override
            void play(SharedBuffer buffer, int side) throws Exception {
                SharedBarrier barrier = SharedBarrier.attach(buffer, 0).withIdle(IdleStrategy.parking());
                for (int i = 0; i < ROUNDS; i++) {
                    barrier.await();
                    count(buffer, i % 2 == side);
                }
            }
        },

        /** Side 1 waits for the mutex in each round: side 0 unlocks when the owner word says so. */
        MUTEX {
            @Override
            void create(SharedBuffer buffer) {
                SharedMutex.create(buffer, 0);
                SharedBarrier.create(buffer, SECOND, 2);
            }

            @Override
            void play(SharedBuffer buffer, int side) throws Exception {
                SharedMutex mutex = SharedMutex.attach(buffer, 0).withIdle(IdleStrategy.parking());
                SharedBarrier barrier = SharedBarrier.attach(buffer, SECOND);
                for (int i = 0; i < ROUNDS; i++) {
                    if (side == 0) {
                        mutex.lock();
                    }
                    barrier.await();
                    if (side == 0) {
                        Threads.until(() -> (ownerWord(buffer) & MutexLayout.WAITERS) != 0);
                        for (int n = 0; n < 100; n++) {
                            Thread.yield(); // it is about to sleep
                        }
                    } else {
                        mutex.lock();
                    }
                    count(buffer, i % 2 == side);
                    mutex.unlock();
                    barrier.await();
                }
            }
        };

        abstract void create(SharedBuffer buffer);

        abstract void play(SharedBuffer buffer, int side) throws Exception;

        /** Plain: what is tested orders it. */
        static void count(SharedBuffer buffer, boolean mine) {
            if (mine) {
                MemorySegment memory = buffer.segment();
                memory.set(ValueLayout.JAVA_INT, COUNTER, memory.get(ValueLayout.JAVA_INT, COUNTER) + 1);
            }
        }
    }

    private static long ownerWord(SharedBuffer buffer) {
        return (long) ByteRing.LONG.getAcquire(buffer.segment(), MutexLayout.OWNER_OFFSET);
    }

    /** Side 1. */
    static final class Partner {
        private Partner() {
        }

        public static void main(String[] args) throws Exception {
            CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS)
                    .execute(() -> Runtime.getRuntime().halt(1)); // lest the parent waits for its output for ever
            Exchange.valueOf(args[0]).play(SharedBuffer.map(Path.of(args[1]), BYTES), 1);
            System.out.println("done");
        }
    }

    @ParameterizedTest
    @EnumSource
    void wakesCrossFromOneProcessToTheOther(Exchange exchange) throws Exception {
        assumeTrue(Futex.kind() != Futex.Kind.POLLING, "whoever polls is not woken: each round takes up to 50 ms");
        Path file = directory.resolve(exchange.name());
        SharedBuffer buffer = SharedBuffer.map(file, BYTES);
        exchange.create(buffer);
        try (Resident here = Threads.resident(Kind.PLATFORM, "side 0")) {
            FutureTask<Void> play = here.begin(() -> {
                exchange.play(buffer, 0);
                return null;
            });
            ChildJvm.Run run = ChildJvm.run(Mode.MODULE_PATH, Partner.class,
                    List.of("--enable-native-access=dev.handoff"), List.of(exchange.name(), file.toString()));
            if (run.exit() != 0) {
                here.thread().interrupt();
            }
            assertEquals("done", run.out(), run.err());
            play.get();
        }
        assertEquals(ROUNDS, buffer.segment().get(ValueLayout.JAVA_INT, COUNTER));
    }

    /**
     * A thing becomes free in memory, without a signal, while a thread is asleep because it is not: as where the process
     * that freed it died before it could tell.
     */
    private static void assertFoundWithoutASignal(SharedBuffer buffer, long eventOffset, Kind kind, Callable<?> wait,
            Runnable free) {
        MemorySegment event = buffer.segment().asSlice(eventOffset, Integer.BYTES);
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<?> waiting = waiter.begin(wait);
            Threads.until(() -> MappedWait.wake(event, 1) == 1 || waiting.isDone()); // hidden: the word has not changed
            assertFalse(waiting.isDone());
            free.run();
            Threads.until(waiting::isDone);
            assertNotEquals(false, waiting.resultNow());
            assertEquals(0, event.get(ValueLayout.JAVA_INT, 0), "nobody has signalled");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAProcessFreedBeforeItDiedIsFoundWithoutItsSignal(Kind kind) throws IOException {
        assumeTrue(Futex.kind() != Futex.Kind.POLLING, "nobody can tell who sleeps");
        SharedBuffer buffer = SharedBuffer.map(directory.resolve("words"), 4 * 128);
        MemorySegment memory = buffer.segment();

        SharedMutex mutex = SharedMutex.create(buffer, 0);
        mutex.lock();
        assertFoundWithoutASignal(buffer, MutexLayout.EVENT_OFFSET, kind, () -> {
            mutex.lock();
            return null;
        }, () -> ByteRing.LONG.setRelease(memory, MutexLayout.OWNER_OFFSET, 0L));

        SharedSemaphore semaphore = SharedSemaphore.create(buffer, 128, 0);
        assertFoundWithoutASignal(buffer, 128 + SemaphoreLayout.EVENT_OFFSET, kind,
                () -> semaphore.tryAcquire(1, Duration.ofDays(1)),
                () -> memory.set(ValueLayout.JAVA_INT, 128 + SemaphoreLayout.PERMITS_OFFSET, 1));

        SharedLatch latch = SharedLatch.create(buffer, 256, 1);
        assertFoundWithoutASignal(buffer, 256 + LatchLayout.EVENT_OFFSET, kind, () -> latch.await(Duration.ofDays(1)),
                () -> memory.set(ValueLayout.JAVA_INT, 256 + LatchLayout.COUNT_OFFSET, 0));

        SharedBarrier barrier = SharedBarrier.create(buffer, 384, 2);
        assertFoundWithoutASignal(buffer, 384 + BarrierLayout.EVENT_OFFSET, kind, barrier::await,
                () -> memory.set(ValueLayout.JAVA_LONG, 384 + BarrierLayout.STATE_OFFSET, BarrierLayout.next(0)));
    }
}
