package dev.handoff.examples.guide;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;

/** One worker sleeps on a word of shared memory; another one changes it from 150 to 175 and wakes the sleeper. */
final class WaitAndNotify {
    private static final int OLD = 150;
    private static final int NEW = 175;

    static void main() throws InterruptedException {
        IO.println("the waiter saw " + OLD + " become " + changeSeen());
    }

    static int changeSeen() throws InterruptedException {
        SharedBuffer memory = SharedBuffer.allocate(Integer.BYTES);
        Int32View.of(memory).set(0, OLD);
        var options = WorkerOptions.defaults().workerData(memory);

        Worker<Void, Integer> waiter = Worker.start(scope -> {
            Int32View word = Int32View.of(scope.workerData());
            scope.post(word.awaitChange(0, OLD)); // returns at once where it is not 150 any more: no wake is missed
        }, options.name("waiter"));
        Worker<Void, Void> notifier = Worker.start(scope -> {
            Int32View word = Int32View.of(scope.workerData());
            word.set(0, NEW); // first the change, then the wake
            word.wake(0, 1);
        }, options.name("notifier"));

        notifier.join();
        return waiter.receive();
    }
}
