package dev.handoff.examples.photo;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Share: all threads see one buffer, and workers are only told which rows are theirs. No byte is copied, and nothing
 * but the code sees to it that no two threads reach the same byte: an atomic counter says when the result may be read.
 */
final class SharedWay implements Way {
    /** What each worker starts with. A shared buffer goes by reference, in a message as in this. */
    private record Desk(SharedBuffer photo, SharedBuffer counter, int strips, Operation operation) {
    }

    /** A strip, by its place in the photograph. */
    private record Rows(long offset, long bytes) {
    }

    /** In place of the count where a worker has died. Far below zero, so that what others add leaves it negative. */
    private static final int FAILED = Integer.MIN_VALUE;

    private final List<Worker<Rows, Shift>> workers;
    private final List<Rows> strips;
    private final SharedBuffer photo;
    private final Int32View finished; // its one element counts the strips that are done
    private volatile Throwable error;

    SharedWay(Picture picture, Operation operation, int workerCount) {
        photo = SharedBuffer.allocate(picture.byteSize());
        SharedBuffer counter = SharedBuffer.allocate(Integer.BYTES);
        finished = Int32View.of(counter);
        strips = IntStream.range(0, workerCount).mapToObj(i -> {
            long from = (long) picture.height() * i / workerCount;
            long to = (long) picture.height() * (i + 1) / workerCount;
            return new Rows(from * picture.rowBytes(), (to - from) * picture.rowBytes());
        }).toList();
        var options = WorkerOptions.defaults().workerData(new Desk(photo, counter, workerCount, operation));
        workers = IntStream.range(0, workerCount)
                .mapToObj(i -> Worker.start(SharedWay::work, options.name("shared-" + i)))
                .toList();
        workers.forEach(worker -> worker.onError(this::fail));
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Rows, Shift, Desk> scope) {
        Desk desk = scope.workerData();
        Int32View finished = Int32View.of(desk.counter());
        scope.onMessage(rows -> {
            long began = System.nanoTime();
            desk.operation().run(desk.photo().segment().asSlice(rows.offset(), rows.bytes()));
            long ended = System.nanoTime();
            int count = finished.getAndAdd(0, 1) + 1; // who reads the new count sees the pixels written before
            if (count == desk.strips()) {
                finished.wake(0, 1);
            }
            scope.post(new Shift(began, ended)); // only for the table: the main thread waits for the counter
        });
    }

    @Override
    public Stages process() throws InterruptedException {
        long start = System.nanoTime();
        finished.set(0, 0);
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).post(strips.get(i));
        }
        int count;
        while ((count = finished.get(0)) < workers.size()) {
            if (count < 0) {
                throw new IllegalStateException("a worker failed", error);
            }
            finished.await(0, count); // returns at once if the count has changed since it was read
        }
        long end = System.nanoTime(); // the result is where it belongs

        List<Shift> shifts = new ArrayList<>();
        for (Worker<Rows, Shift> worker : workers) {
            shifts.add(worker.receive());
        }
        return Stages.of(start, shifts, end, 0);
    }

    /** A worker that has died counts no more: without this the main thread would wait for ever. */
    private void fail(Throwable thrown) {
        error = thrown;
        finished.set(0, FAILED);
        finished.wake(0, 1);
    }

    @Override
    public String title() {
        return "shared";
    }

    @Override
    public MemorySegment pixels() {
        return photo.segment();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
    }
}
