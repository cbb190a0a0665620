package dev.handoff.examples.guide;

import dev.handoff.pool.PoolOptions;
import dev.handoff.pool.WorkerPool;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A pool of four workers, three tasks, and one moment at which all of them are done. */
final class FixedPool {
    static void main() {
        IO.println(lengths("clone", "transfer", "share"));
    }

    static List<Integer> lengths(String... words) {
        try (WorkerPool<String, Integer> pool = WorkerPool.of((word, _) -> word.length(),
                PoolOptions.defaults().workers(4))) {
            List<CompletableFuture<Integer>> results = pool.submitAll(List.of(words));
            return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                    .thenApply(_ -> results.stream().map(CompletableFuture::resultNow).toList()).join();
        }
    }
}
