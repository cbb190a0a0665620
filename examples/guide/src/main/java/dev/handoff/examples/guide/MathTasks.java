package dev.handoff.examples.guide;

import dev.handoff.pool.PoolOptions;
import dev.handoff.pool.TaskContext;
import dev.handoff.pool.TaskKey;
import dev.handoff.pool.WorkerPool;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** One pool, several kinds of tasks, and a worker that one of them takes with it: the others never hear of it. */
final class MathTasks {
    static final TaskKey<Integer, Long> FIBONACCI = TaskKey.of("fibonacci");
    static final TaskKey<Integer, BigInteger> FACTORIAL = TaskKey.of("factorial");
    static final TaskKey<Integer, Integer> NTH_PRIME = TaskKey.of("nth prime");
    static final TaskKey<Integer, Integer> CRASH = TaskKey.of("crash");

    static void main() {
        try (WorkerPool<?, ?> pool = start()) {
            CompletableFuture<Long> fibonacci = pool.submit(FIBONACCI, 32);
            CompletableFuture<Integer> crash = pool.submit(CRASH, 13);
            CompletableFuture<BigInteger> factorial = pool.submit(FACTORIAL, 30);
            CompletableFuture<Integer> prime = pool.submit(NTH_PRIME, 10_000);
            IO.println("fibonacci(32)     " + fibonacci.join());
            IO.println("30!               " + factorial.join());
            IO.println("10,000th prime    " + prime.join());
            IO.println("the crash         " + crash.handle((_, e) -> e.getClass().getSimpleName()).join());
            IO.println("another one       " + pool.submit(FIBONACCI, 10).join());
            awaitReplacement(pool);
            IO.println("workers replaced  " + pool.statistics().respawned());
        }
    }

    /** The future of the task fails when its worker is dead; another worker is started a moment later. */
    static void awaitReplacement(WorkerPool<?, ?> pool) {
        while (pool.statistics().respawned() == 0) {
            Thread.onSpinWait();
        }
    }

    static WorkerPool<?, ?> start() {
        return WorkerPool.handlers()
                .handle(FIBONACCI, (n, _) -> fibonacci(n))
                .handle(FACTORIAL, (n, _) -> IntStream.rangeClosed(1, n).mapToObj(BigInteger::valueOf)
                        .reduce(BigInteger.ONE, BigInteger::multiply))
                .handle(NTH_PRIME, (n, _) -> nthPrime(n))
                .handle(CRASH, MathTasks::crash)
                .start(PoolOptions.defaults().workers(4));
    }

    private static long fibonacci(int n) {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    }

    private static int nthPrime(int n) {
        List<Integer> primes = new ArrayList<>(List.of(2));
        for (int candidate = 3; primes.size() < n; candidate += 2) {
            int number = candidate;
            if (primes.stream().takeWhile(p -> p * p <= number).allMatch(p -> number % p != 0)) {
                primes.add(number);
            }
        }
        return primes.getLast();
    }

    /** Ends the worker, not only the task. */
    private static int crash(int code, TaskContext context) {
        context.worker().exit(code);
        return code;
    }
}
