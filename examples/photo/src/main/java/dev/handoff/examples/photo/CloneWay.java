package dev.handoff.examples.photo;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Clone: each worker gets a copy of its strip and posts a copy back. Sender and receiver never touch the same bytes, so
 * nothing can go wrong between them, and each byte is copied three times: there, back, and into its place.
 */
final class CloneWay implements Way {
    private final List<Worker<Strip, Strip>> workers;
    private final long rowBytes;
    private OwnedBuffer photo;

    CloneWay(Picture picture, Operation operation, int workerCount) {
        rowBytes = picture.rowBytes();
        photo = OwnedBuffer.allocate(picture.byteSize());
        var options = WorkerOptions.defaults().workerData(operation);
        workers = IntStream.range(0, workerCount)
                .mapToObj(i -> Worker.start(CloneWay::work, options.name("clone-" + i)))
                .toList();
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Strip, Strip, Operation> scope) {
        scope.onMessage(strip -> {
            scope.post(strip.process(scope.workerData()).plusOneCopy());
            strip.pixels().close(); // our own copy, and the answer was a copy of it
        });
    }

    @Override
    public Stages process() throws InterruptedException {
        long start = System.nanoTime();
        List<OwnedBuffer> strips = photo.split(workers.size(), rowBytes);
        for (int i = 0; i < workers.size(); i++) {
            OwnedBuffer pixels = strips.get(i).claim(); // only its owner can have a buffer copied
            workers.get(i).post(new Strip(pixels).plusOneCopy()); // nothing is listed to be moved: all is copied
        }
        List<Strip> answers = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            Strip answer = workers.get(i).receive();
            try (OwnedBuffer pixels = answer.pixels()) {
                strips.get(i).segment().copyFrom(pixels.segment());
            }
            answers.add(answer.plusOneCopy());
        }
        photo = OwnedBuffer.join(strips);
        long end = System.nanoTime();

        return Stages.of(start, answers.stream().map(Strip::shift).toList(), end,
                answers.stream().mapToLong(Strip::bytesCopied).sum());
    }

    @Override
    public String title() {
        return "clone";
    }

    @Override
    public MemorySegment pixels() {
        return photo.segment();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
        photo.close();
    }
}
