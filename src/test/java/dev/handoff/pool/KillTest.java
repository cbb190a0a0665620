package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything that can happen to tasks, at once. */
@Timeout(120)
class KillTest {
    private static final int TASKS = 10_000;

    private enum Fate {
        FINE,
        THROWS,
        OVERFLOWS,
        HANGS,
        HANGS_IN_SPITE_OF_INTERRUPTS,
        KILLS;

        /** 5 % throw, 1 % overflow the stack, 1 % hang past their deadline, 0.5 % kill their worker. */
        static Fate of(int perMille) {
            if (perMille < 50) {
                return THROWS;
            }
            if (perMille < 60) {
                return OVERFLOWS;
            }
            if (perMille < 69) {
                return HANGS;
            }
            if (perMille < 70) {
                return HANGS_IN_SPITE_OF_INTERRUPTS;
            }
            return perMille < 75 ? KILLS : FINE;
        }
    }

    private record Errand(Fate fate, int number, OwnedBuffer buffer) {
    }

    private static final class Mine extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int number;

        Mine(int number) {
            this.number = number;
        }
    }

    private static int overflow(int n) {
        return overflow(n + 1) + 1;
    }

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isOver = new AtomicBoolean();

    private OwnedBuffer run(Errand errand, TaskContext context) throws InterruptedException {
        threads.add(Thread.currentThread());
        switch (errand.fate) {
            case THROWS -> {
                errand.buffer.close();
                throw new Mine(errand.number);
            }
            case OVERFLOWS -> {
                errand.buffer.close();
                return OwnedBuffer.allocate(overflow(0));
            }
            case HANGS -> {
                errand.buffer.close();
                new CountDownLatch(1).await();
            }
            case HANGS_IN_SPITE_OF_INTERRUPTS -> {
                errand.buffer.close();
                while (!isOver.get()) { // whatever anybody does; without keeping others from a processor
                    var _ = Thread.interrupted();
                    LockSupport.parkNanos(1_000_000);
                }
            }
            case KILLS -> {
                errand.buffer.close();
                context.worker().exit(1);
            }
            case FINE -> errand.buffer.segment().set(ValueLayout.JAVA_INT, 0, errand.number);
        }
        return errand.buffer;
    }

    @AfterEach
    void letGo() {
        isOver.set(true);
    }

    @ParameterizedTest
    @EnumSource(Threads.Kind.class)
    void exactlyTheRightFuturesFailEachForItsOwnReason(Threads.Kind kind) {
        long bytesBefore = Leases.bytes();
        PoolOptions options = PoolOptions.defaults().workers(2, 6).idleTimeout(Duration.ofMillis(20))
                .gracePeriod(Duration.ofMillis(20)).name("kill");
        var pool = WorkerPool.of(this::run, kind == Threads.Kind.VIRTUAL ? options.virtual() : options);
        Random random = new Random(42);
        List<Fate> fates = new ArrayList<>();
        List<CompletableFuture<OwnedBuffer>> all = new ArrayList<>();
        for (int i = 0; i < TASKS; i++) {
            Fate fate = Fate.of(random.nextInt(1000));
            fates.add(fate);
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            TaskOptions how = TaskOptions.defaults().transfer(buffer);
            boolean hangs = fate == Fate.HANGS || fate == Fate.HANGS_IN_SPITE_OF_INTERRUPTS;
            all.add(pool.submit(new Errand(fate, i, buffer), hangs ? how.runTime(Duration.ofMillis(5)) : how));
        }
        for (int i = 0; i < TASKS; i++) {
            check(fates.get(i), i, all.get(i));
        }
        Threads.until(() -> pool.statistics().workers().size() == 2 && pool.statistics().running() == 0);
        PoolStatistics end = pool.statistics();
        long kills = fates.stream().filter(f -> f == Fate.KILLS).count();
        long stuck = fates.stream().filter(f -> f == Fate.HANGS_IN_SPITE_OF_INTERRUPTS).count();
        long hangs = fates.stream().filter(f -> f == Fate.HANGS).count();
        long failures = fates.stream().filter(f -> f == Fate.THROWS || f == Fate.OVERFLOWS).count();
        assertTrue(kills > 30 && stuck > 3 && hangs > 50 && failures > 400);
        assertEquals(0, end.queued());
        assertEquals(TASKS, end.submitted());
        assertEquals(kills + failures, end.failed());
        assertEquals(stuck + hangs, end.cancelled());
        assertEquals(TASKS - kills - failures - stuck - hangs, end.completed());
        pool.close();
        isOver.set(true);
        threads.forEach(Threads::join);
        assertEquals(bytesBefore, Leases.bytes());
    }

    private static void check(Fate fate, int number, CompletableFuture<OwnedBuffer> task) {
        Throwable e = task.handle((_, thrown) -> thrown).join();
        switch (fate) {
            case FINE -> {
                try (OwnedBuffer result = task.join()) {
                    assertEquals(number, result.segment().get(ValueLayout.JAVA_INT, 0));
                }
            }
            case THROWS -> assertEquals(number, assertInstanceOf(Mine.class, e).number);
            case OVERFLOWS -> assertInstanceOf(StackOverflowError.class, e);
            case HANGS, HANGS_IN_SPITE_OF_INTERRUPTS -> assertInstanceOf(TaskTimeoutException.class, e);
            case KILLS -> assertInstanceOf(WorkerLostException.class, e);
        }
    }

    @Test
    void whatIsSubmittedWhileThePoolIsClosedIsDoneOrRejected() throws Exception {
        for (int round = 0; round < 300; round++) {
            var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, PoolOptions.defaults().workers(0, 2));
            List<CompletableFuture<Integer>> taken = new ArrayList<>();
            Thread closer = Thread.ofPlatform().start(pool::close);
            try {
                for (int i = 0;; i++) {
                    taken.add(pool.submit(i));
                }
            } catch (TaskRejectedException e) {
                for (int i = 0; i < taken.size(); i++) {
                    assertEquals(i, taken.get(i).get());
                }
            }
            Threads.join(closer);
        }
    }
}
