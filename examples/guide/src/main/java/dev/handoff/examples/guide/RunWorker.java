package dev.handoff.examples.guide;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerBody;
import dev.handoff.worker.WorkerScope;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A worker as a function: its data goes in, and its first message is the result of a future. */
final class RunWorker {
    record Total(long sum, int count) {
    }

    static void main() {
        Total total = runWorker(RunWorker::total, List.of(3, 1, 4, 1, 5, 9, 2, 6)).join();
        IO.println("sum " + total.sum() + ", count " + total.count());
    }

    /** Whichever comes first decides: a message, an error, or the end without either. */
    static <D, R> CompletableFuture<R> runWorker(WorkerBody<D, R, Void> body, D data) {
        CompletableFuture<R> result = new CompletableFuture<>();
        Worker<D, R> worker = Worker.start(body);
        worker.onMessage(result::complete);
        worker.onError(result::completeExceptionally); // the very object that the worker threw
        worker.onExit(code -> result
                .completeExceptionally(new IllegalStateException("no result, but exit code " + code)));
        worker.post(data); // after the listeners: so they are there before anything can happen
        return result;
    }

    /** Runs on the worker's thread. */
    static void total(WorkerScope<List<Integer>, Total, Void> scope) throws InterruptedException {
        List<Integer> numbers = scope.receive();
        scope.post(new Total(numbers.stream().mapToLong(Integer::longValue).sum(), numbers.size()));
    }
}
