package dev.handoff.pool;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A pool as an executor of code that is shared, as between threads of any other executor. */
final class PoolExecutorService extends AbstractExecutorService {
    private record Command(Runnable code) implements WorkerPool.Job<@Nullable Void> {
        @Override
        public @Nullable Void call(TaskContext context) {
            try {
                code.run();
            } catch (Throwable e) { // nobody has a future of it
                Thread here = Thread.currentThread();
                here.getUncaughtExceptionHandler().uncaughtException(here, e);
                throw e;
            }
            return null;
        }
    }

    private final WorkerPool<?, ?> pool;

    PoolExecutorService(WorkerPool<?, ?> pool) {
        this.pool = pool;
    }

    @Override
    public void execute(Runnable command) {
        var _ = pool.submitJob(new Command(Objects.requireNonNull(command, "command")));
    }

    @Override
    public void shutdown() {
        pool.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return pool.stopAll().stream().filter(Command.class::isInstance).map(input -> ((Command) input).code())
                .toList();
    }

    @Override
    public boolean isShutdown() {
        return pool.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return pool.hasEnded();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return pool.awaitEnd(unit.toNanos(timeout));
    }

    @Override
    public String toString() {
        return pool + " as an executor";
    }
}
