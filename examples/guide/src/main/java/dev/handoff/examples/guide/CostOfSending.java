package dev.handoff.examples.guide;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerScope;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** 100 MiB go to a worker: as a copy, as a change of owner, and as memory that both see. */
final class CostOfSending {
    private static final long MIB_100 = 100 << 20;

    /** @param senderHas what the sender has afterwards: the first number, which the worker has doubled */
    record Row(String way, long nanos, String senderHas) {
    }

    static void main() throws InterruptedException {
        measure(1 << 20); // loads the classes, so that the first row does not pay for it
        for (Row row : measure(MIB_100)) {
            double millis = (double) row.nanos() / TimeUnit.MILLISECONDS.toNanos(1);
            IO.println("%-12s %10.3f ms  the sender has %s".formatted(row.way(), millis, row.senderHas()));
        }
        IO.println("From sending until the worker has answered: one run of a cold JVM, an order of magnitude at best.");
        IO.println("docs/performance.md has figures to rely on.");
    }

    static List<Row> measure(long bytes) throws InterruptedException {
        Worker<Object, Boolean> worker = Worker.start(CostOfSending::work);
        OwnedBuffer mine = OwnedBuffer.allocate(bytes);
        fill(mine.segment());
        SharedBuffer ours = SharedBuffer.allocate(bytes);
        fill(ours.segment());

        long start = System.nanoTime();
        worker.post(mine); // nothing is listed to be moved
        worker.receive();
        Row cloned = new Row("cloning", System.nanoTime() - start, "its own: " + first(mine.segment()));

        start = System.nanoTime();
        worker.post(mine, mine);
        worker.receive();
        Row transferred = new Row("transferring", System.nanoTime() - start, "nothing: " + mine.state());

        start = System.nanoTime();
        worker.post(ours);
        worker.receive();
        Row shared = new Row("sharing", System.nanoTime() - start, "the same: " + first(ours.segment()));

        worker.terminate().join();
        return List.of(cloned, transferred, shared);
    }

    /** Runs on the worker's thread. */
    private static void work(WorkerScope<Object, Boolean, Void> scope) {
        scope.onMessage(message -> {
            switch (message) {
                case OwnedBuffer buffer -> {
                    doubleFirst(buffer.segment()); // the first touch makes this thread the owner
                    scope.post(true);
                    buffer.close();
                }
                case SharedBuffer buffer -> {
                    doubleFirst(buffer.segment());
                    scope.post(true); // what was written before a message is seen by who receives it
                }
                default -> throw new IllegalArgumentException("not a buffer: " + message);
            }
        });
    }

    private static void fill(MemorySegment segment) {
        segment.fill((byte) 1); // touches every page, so that none of the ways pays for the first time
        segment.set(ValueLayout.JAVA_INT, 0, 21);
    }

    private static int first(MemorySegment segment) {
        return segment.get(ValueLayout.JAVA_INT, 0);
    }

    private static void doubleFirst(MemorySegment segment) {
        segment.set(ValueLayout.JAVA_INT, 0, 2 * first(segment));
    }
}
