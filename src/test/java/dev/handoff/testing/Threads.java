package dev.handoff.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Threads of both kinds that do a thing and are then at a known point: ended, alive, or waiting. */
public final class Threads {
    /** Platform or virtual. */
    public enum Kind {
        PLATFORM,
        VIRTUAL;

        /** A thread of this kind, not started. */
        public Thread unstarted(String name, Runnable body) {
            return (this == PLATFORM ? Thread.ofPlatform().daemon() : Thread.ofVirtual()).name(name).unstarted(body);
        }
    }

    private Threads() {
    }

    /** Runs the body on a new thread and returns when that thread has terminated; what it threw is thrown here. */
    public static <T> T on(Kind kind, String name, Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(body);
        Thread thread = kind.unstarted(name, task);
        thread.start();
        join(thread);
        return result(task);
    }

    /** A thread that stays alive between the calls that are made on it, until it is closed. */
    public static Resident resident(Kind kind, String name) {
        return new Resident(kind, name);
    }

    /** Returns once the condition holds. */
    public static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting for a condition");
            }
            pause();
        }
    }

    /** Returns once the thread is parked, with or without a time limit. */
    public static void untilParked(Thread thread) {
        until(() -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING);
    }

    /** Waits for a latch in spite of interrupts, which stay set. */
    public static void uninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            pause();
        }
    }

    /**
     * Lets others run: a thread that only yields may keep virtual threads from ever running, as a carrier that has
     * something to do does not look for the work of others. An interrupt only makes it shorter.
     */
    private static void pause() {
        Thread.yield();
        LockSupport.parkNanos(1);
    }

    /** Waits for the end of a thread. */
    public static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while joining " + thread, e);
        }
    }

    /** What may throw anything and returns nothing. */
    @FunctionalInterface
    public interface Action {
        /** Runs. */
        void run() throws Exception;
    }

    /** What each of several threads does: gets its number and the number of the round. */
    @FunctionalInterface
    public interface Racer {
        /** Runs once a round, at the same time as the other racers. */
        void run(int racer, int round) throws Exception;
    }

    /** Between two rounds, while all racers stand still. */
    @FunctionalInterface
    public interface Referee {
        /** Checks the round that is over and sets up the next. */
        void between(int nextRound) throws Exception;
    }

    /**
     * Lets some threads race again and again: in each round they all start at a barrier; {@code referee} runs before the
     * first round and after each. The threads stay alive until the end.
     */
    public static void race(Kind kind, int racers, int rounds, Referee referee, Racer racer) {
        AtomicInteger nextRound = new AtomicInteger();
        List<FutureTask<Void>> tasks = new ArrayList<>();
        List<Throwable> refereeFailure = new ArrayList<>();
        CyclicBarrier start = new CyclicBarrier(racers, () -> {
            try {
                referee.between(nextRound.getAndIncrement());
            } catch (Throwable e) {
                refereeFailure.add(e);
                throw new IllegalStateException(e);
            }
        });
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < racers; i++) {
            int me = i;
            FutureTask<Void> task = new FutureTask<>(() -> {
                for (int round = 0; round < rounds; round++) {
                    start.await();
                    try {
                        racer.run(me, round);
                    } catch (Throwable e) {
                        start.reset(); // lets the others go
                        throw e;
                    }
                }
                start.await();
                return null;
            });
            tasks.add(task);
            Thread thread = kind.unstarted("racer-" + i, task);
            threads.add(thread);
            thread.start();
        }
        threads.forEach(Threads::join);
        if (!refereeFailure.isEmpty()) {
            throw Threads.<RuntimeException>sneaky(refereeFailure.getFirst());
        }
        tasks.stream().filter(t -> t.state() == FutureTask.State.FAILED).map(FutureTask::exceptionNow)
                .filter(e -> !(e instanceof BrokenBarrierException)).findFirst()
                .ifPresent(Threads::<RuntimeException>sneakyThrow);
        tasks.forEach(Threads::result);
    }

    private static <T> T result(FutureTask<T> task) {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw Threads.<RuntimeException>sneaky(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for a thread", e);
        }
    }

    private static <E extends Throwable> void sneakyThrow(Throwable e) throws E {
        throw Threads.<E>sneaky(e);
    }

    @SuppressWarnings("unchecked")
    public static <E extends Throwable> E sneaky(Throwable e) throws E {
        throw (E) e;
    }

    /** See {@link Threads#resident}. */
    public static final class Resident implements AutoCloseable {
        private final LinkedTransferQueue<FutureTask<?>> tasks = new LinkedTransferQueue<>();
        private final Thread thread;
        private volatile boolean closed;

        private Resident(Kind kind, String name) {
            thread = kind.unstarted(name, () -> {
                while (!closed) {
                    try {
                        tasks.take().run();
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            });
            thread.start();
        }

        /** The thread itself. */
        public Thread thread() {
            return thread;
        }

        /** Runs the body on this thread and returns its result; what it threw is thrown here. */
        public <T> T call(Callable<T> body) {
            return result(begin(body));
        }

        /** Runs the body on this thread; what it threw is thrown here. */
        public void run(Action body) {
            call(() -> {
                body.run();
                return null;
            });
        }

        /** Begins to run the body on this thread: when this returns, the thread is parked no more by what came before. */
        public <T> FutureTask<T> begin(Callable<T> body) {
            CountDownLatch begun = new CountDownLatch(1);
            FutureTask<T> task = new FutureTask<>(() -> {
                begun.countDown();
                return body.call();
            });
            tasks.add(task);
            while (begun.getCount() > 0 && thread.isAlive()) {
                pause();
            }
            return task;
        }

        /** Ends the thread; returns when it has terminated. */
        @Override
        public void close() {
            begin(() -> closed = true);
            join(thread);
        }
    }
}
