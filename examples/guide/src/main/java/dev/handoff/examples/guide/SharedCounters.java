package dev.handoff.examples.guide;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Four workers count in the same memory: each for itself, and all of them in one word that never loses a count. */
final class SharedCounters {
    private static final int WORKERS = 4;
    private static final int TOGETHER = WORKERS; // the word after those of the workers

    /** What a worker starts with. The memory goes by reference, the rest is copied. */
    private record Job(SharedBuffer memory, int mine, int times) {
    }

    static void main() throws InterruptedException {
        List<Integer> counts = count(100_000);
        IO.println("each:     " + counts.subList(0, TOGETHER));
        IO.println("together: " + counts.get(TOGETHER));
    }

    static List<Integer> count(int times) throws InterruptedException {
        SharedBuffer memory = SharedBuffer.allocate((WORKERS + 1) * Integer.BYTES);
        List<Worker<Void, Void>> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            workers.add(Worker.start(SharedCounters::work,
                    WorkerOptions.defaults().workerData(new Job(memory, i, times))));
        }
        for (Worker<Void, Void> worker : workers) {
            worker.join();
        }
        Int32View counters = Int32View.of(memory);
        return IntStream.rangeClosed(0, TOGETHER).map(counters::get).boxed().toList();
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Void, Void, Job> scope) {
        Job job = scope.workerData();
        Int32View counters = Int32View.of(job.memory());
        for (int i = 0; i < job.times(); i++) {
            counters.setPlain(job.mine(), counters.getPlain(job.mine()) + 1); // nobody else writes here
            counters.getAndAdd(TOGETHER, 1); // everybody does: only an atomic operation loses nothing
        }
    }
}
