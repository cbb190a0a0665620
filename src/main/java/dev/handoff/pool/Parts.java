package dev.handoff.pool;

import dev.handoff.memory.OwnedBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A buffer that is worked on in parts; the future of the whole is complete when nobody has a part of it any more. */
final class Parts extends CompletableFuture<OwnedBuffer> {
    private final WorkerPool<?, ?> pool;
    private final PartKernel kernel;
    /** Each one is written by the worker that has the part, before it counts down. */
    private final OwnedBuffer[] parts;
    private final AtomicInteger missing;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<CompletableFuture<?>> tasks = new ArrayList<>();

    private Parts(WorkerPool<?, ?> pool, PartKernel kernel, List<OwnedBuffer> parts) {
        this.pool = pool;
        this.kernel = kernel;
        this.parts = parts.toArray(OwnedBuffer[]::new);
        missing = new AtomicInteger(this.parts.length + 1); // one for start()
    }

    static Parts start(WorkerPool<?, ?> pool, List<OwnedBuffer> parts, PartKernel kernel) {
        Parts whole = new Parts(pool, kernel, parts);
        for (int i = 0; i < whole.parts.length; i++) {
            whole.start(i);
        }
        whole.countDown();
        return whole;
    }

    private void start(int index) {
        Part part = new Part(index);
        if (failure.get() != null) {
            part.isBack();
            return;
        }
        try {
            CompletableFuture<?> task = pool.submitJob(part);
            synchronized (tasks) {
                tasks.add(task);
            }
            var _ = task.whenComplete((_, e) -> part.ended(e));
        } catch (TaskRejectedException e) {
            part.ended(e);
        }
    }

    private enum Stage {
        WAITING,
        BEGUN,
        /** Its task is over, and the kernel still has it. */
        UNWANTED,
        /** The kernel has left it, as its worker is about to end; the task will say why. */
        LEFT,
        BACK
    }

    /** One part. */
    private final class Part implements WorkerPool.Job<Integer> {
        private final int index;
        private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

        Part(int index) {
            this.index = index;
        }

        @Override
        public Integer call(TaskContext context) throws Exception {
            if (!stage.compareAndSet(Stage.WAITING, Stage.BEGUN)) { // pairs with ended()
                throw new CancellationException("part " + index + " is not wanted any more");
            }
            try {
                kernel.run(parts[index], index, context);
            } catch (Throwable e) {
                boolean isWorkerEnding = ((Task<?>) context).isWorkerEnding();
                if (!isWorkerEnding) {
                    failed(e); // before the part is back
                }
                release();
                if (!isWorkerEnding || !stage.compareAndSet(Stage.BEGUN, Stage.LEFT)) { // pairs with ended()
                    isBack();
                }
                throw e;
            }
            release();
            isBack();
            return index;
        }

        /** It is nobody's, so that anybody can join it. */
        private void release() {
            try {
                parts[index] = parts[index].transfer();
            } catch (RuntimeException e) { // a kernel that has closed or moved it
                failed(e);
            }
        }

        /** Its task is over; but the code of one that was cancelled may still run. */
        void ended(@Nullable Throwable e) {
            if (e != null) {
                failed(e);
            }
            boolean isThreadDead = e instanceof WorkerLostException;
            if (isThreadDead || !stage.compareAndSet(Stage.BEGUN, Stage.UNWANTED)) { // pairs with call()
                isBack();
            }
        }

        void isBack() {
            if (stage.getAndSet(Stage.BACK) != Stage.BACK) {
                countDown();
            }
        }
    }

    /** The others that have not begun need not; those that have end as they like. */
    private void failed(Throwable e) {
        Throwable first = failure.compareAndExchange(null, e);
        if (first == null) {
            WorkerPool.VIRTUAL.execute(() -> tasks().forEach(task -> task.cancel(false)));
        } else if (first != e && !(e instanceof TaskCancelledException)) {
            first.addSuppressed(e);
        }
    }

    private List<CompletableFuture<?>> tasks() {
        synchronized (tasks) {
            return List.copyOf(tasks);
        }
    }

    private void countDown() {
        if (missing.decrementAndGet() == 0) {
            WorkerPool.VIRTUAL.execute(this::joinParts);
        }
    }

    private void joinParts() {
        Throwable why = failure.get();
        try {
            OwnedBuffer whole = OwnedBuffer.join(Arrays.asList(parts));
            boolean isHeard = why == null
                    ? super.complete(whole)
                    : super.completeExceptionally(
                            new PartsFailedException("a kernel has failed: " + why, whole, why));
            if (!isHeard) {
                whole.close();
            }
        } catch (RuntimeException e) { // a kernel that has closed, frozen or moved its part
            if (why != null && why != e) {
                e.addSuppressed(why);
            }
            for (OwnedBuffer part : parts) {
                try {
                    part.close();
                } catch (RuntimeException gone) {
                    // it is somebody's
                }
            }
            super.completeExceptionally(e);
        }
    }

    /** {@inheritDoc} Then nobody waits for the parts: they are asked to stop. */
    @Override
    public boolean complete(OwnedBuffer value) {
        boolean first = super.complete(value);
        stop(first);
        return first;
    }

    /** {@inheritDoc} Then nobody waits for the parts: they are asked to stop. */
    @Override
    public boolean completeExceptionally(Throwable e) {
        boolean first = super.completeExceptionally(e);
        stop(first);
        return first;
    }

    private void stop(boolean isUnheard) {
        if (isUnheard) {
            tasks().forEach(task -> task.cancel(true));
        }
    }

    /** Asks all parts to stop; the future fails when they have, as only then the buffer is whole again. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (!isDone()) {
            tasks().forEach(task -> task.cancel(mayInterruptIfRunning));
        }
        return isCancelled();
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
