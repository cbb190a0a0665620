package dev.handoff.examples.guide;

import dev.handoff.channel.PortClosedException;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerScope;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Five tasks, each on a worker of its own: what goes wrong in one is an outcome, and the next one never notices. */
final class FiveTasks {
    enum Task {
        NORMAL,
        ERROR,
        CRASH,
        TIMEOUT
    }

    record Outcome(String text, int exitCode) {
    }

    static void main() throws InterruptedException {
        for (Task task : List.of(Task.NORMAL, Task.ERROR, Task.CRASH, Task.NORMAL, Task.TIMEOUT)) {
            Outcome outcome = run(task, Duration.ofSeconds(3));
            IO.println("%-8s exit code %2d  %s".formatted(task, outcome.exitCode(), outcome.text()));
        }
    }

    static Outcome run(Task task, Duration deadline) throws InterruptedException {
        Worker<Task, String> worker = Worker.start(FiveTasks::work);
        AtomicReference<Throwable> error = new AtomicReference<>();
        worker.onError(error::set); // before there is anything to do, so that no error comes too early
        worker.post(task);
        try {
            String result = worker.receive(deadline);
            return result != null
                    ? new Outcome("result: " + result, worker.join())
                    : new Outcome("nothing in time: terminated", worker.terminate().join());
        } catch (PortClosedException e) { // it has ended without a result
            int code = worker.exited().join(); // and whoever listens has been told
            return new Outcome(error.get() != null ? error.get().toString() : "ended without a word", code);
        }
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Task, String, Void> scope) throws InterruptedException {
        switch (scope.receive()) {
            case NORMAL -> scope.post("42");
            case ERROR -> throw new IllegalArgumentException("no such order: 4711");
            case CRASH -> scope.exit(13);
            case TIMEOUT -> Thread.sleep(Duration.ofDays(1));
        }
    }
}
