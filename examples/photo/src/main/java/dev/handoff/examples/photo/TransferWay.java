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
 * Transfer: the photograph is split, each strip changes its owner, is processed in place, and comes home to be joined.
 * No byte is copied, and still no two threads can reach the same byte: while a worker owns a strip, the main thread
 * gets an exception if it touches it, and the other way round.
 */
final class TransferWay implements Way {
    private final List<Worker<Strip, Strip>> workers;
    private final long rowBytes;
    private OwnedBuffer photo;

    TransferWay(Picture picture, Operation operation, int workerCount) {
        rowBytes = picture.rowBytes();
        photo = OwnedBuffer.allocate(picture.byteSize());
        var options = WorkerOptions.defaults().workerData(operation);
        workers = IntStream.range(0, workerCount)
                .mapToObj(i -> Worker.start(TransferWay::work, options.name("transfer-" + i)))
                .toList();
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Strip, Strip, Operation> scope) {
        scope.onMessage(strip -> {
            Strip processed = strip.process(scope.workerData()); // the first touch makes this thread the owner
            scope.transfer(processed); // moves every buffer that the message reaches
        });
    }

    @Override
    public Stages process() throws InterruptedException {
        long start = System.nanoTime();
        List<OwnedBuffer> strips = photo.split(workers.size(), rowBytes); // from here on, photo itself is gone
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).transfer(new Strip(strips.get(i)));
        }
        List<Strip> answers = new ArrayList<>();
        for (Worker<Strip, Strip> worker : workers) {
            answers.add(worker.receive());
        }
        photo = OwnedBuffer.join(answers.stream().map(Strip::pixels).toList()).claim();
        long end = System.nanoTime();

        return Stages.of(start, answers.stream().map(Strip::shift).toList(), end,
                answers.stream().mapToLong(Strip::bytesCopied).sum());
    }

    @Override
    public String title() {
        return "transfer";
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
