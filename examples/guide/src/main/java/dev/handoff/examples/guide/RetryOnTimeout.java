package dev.handoff.examples.guide;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerBody;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** A task gets a deadline; if it misses it, it is ended, and another worker gets twice the time, once. */
final class RetryOnTimeout {
    private static final int ATTEMPTS = 2;

    record Answer<R>(R value, int attempt, Duration deadline) {
    }

    static void main() throws Exception {
        Answer<String> answer = call(RetryOnTimeout::hangAtFirst, Duration.ofSeconds(2));
        IO.println("attempt " + answer.attempt() + ", deadline " + answer.deadline().toSeconds() + " s: "
                + answer.value());
    }

    /** A worker's data is the number of its attempt. */
    static <R> Answer<R> call(WorkerBody<Void, R, Integer> task, Duration first)
            throws InterruptedException, TimeoutException {
        Duration deadline = first;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Worker<Void, R> worker = Worker.start(task, WorkerOptions.defaults().workerData(attempt));
            R value = worker.receive(deadline); // null where nothing came in time
            worker.terminate().join(); // nobody waits for it any more; no half-finished work goes on behind our back
            if (value != null) {
                return new Answer<>(value, attempt, deadline);
            }
            deadline = deadline.multipliedBy(2);
        }
        throw new TimeoutException("no answer within " + first + ", nor, tried again, within twice that");
    }

    /** Runs on each worker. */
    static void hangAtFirst(WorkerScope<Void, String, Integer> scope) throws InterruptedException {
        if (scope.workerData() == 1) {
            Thread.sleep(Duration.ofDays(1)); // terminate() interrupts it
        }
        scope.post("ready");
    }
}
