package dev.handoff.benchmarks;

import dev.handoff.pool.PoolOptions;
import dev.handoff.pool.WorkerPool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Tasks that add two numbers, given to a pool from outside: many at once, one at a time, one after a pause. The sum comes
 * back in a future, which the one who submitted waits for. And tasks that are worth a pool: ranges of numbers whose primes
 * are counted.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Pool {
    /** Tasks in a sample of throughput. */
    static final int TASKS = 10_000;
    /** Tasks whose submission is a sample, and of which there are ten times as many in the queue at last. */
    static final int SUBMITTED = 100_000;
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(3);
    private static final int PRIMES_BELOW = 1_000_000;
    private static final int RANGE = 10_000;
    private static final int PRIMES = 78_498;

    /** A task. */
    public record Sum(int a, int b) {
        int value() {
            return a + b;
        }
    }

    /** Numbers from the first to before the second. */
    public record Range(int from, int to) {
        int primes() {
            return (int) IntStream.range(Math.max(from, 2), to)
                    .filter(n -> IntStream.iterate(2, d -> d * d <= n, d -> d + 1).allMatch(d -> n % d != 0)).count();
        }
    }

    /** Something that adds. */
    @State(Scope.Thread)
    public abstract static class Adder {
        private final Future<?>[] sums = new Future<?>[TASKS];

        abstract Future<Integer> submit(int a, int b);

        final long many() throws ExecutionException, InterruptedException {
            for (int i = 0; i < TASKS; i++) {
                sums[i] = submit(i, 1);
            }
            long total = 0;
            for (Future<?> sum : sums) {
                total += (Integer) sum.get();
            }
            if (total != (1L + TASKS) * TASKS / 2) {
                throw new AssertionError("not the sum of what was submitted: " + total);
            }
            return total;
        }

        final int one() throws ExecutionException, InterruptedException {
            return submit(3, 4).get();
        }

        abstract void close();

        @TearDown
        public void tearDown() {
            close();
        }
    }

    private static WorkerPool<Sum, Integer> poolOf(int workers) {
        return WorkerPool.of((sum, _) -> sum.value(), PoolOptions.defaults().workers(workers));
    }

    /** Ours. */
    public static class Ours extends Adder {
        @Param({"1", "2"}) public int workers;
        private WorkerPool<Sum, Integer> pool;

        @Setup
        public void setUp() {
            pool = poolOf(workers);
        }

        @Override
        CompletableFuture<Integer> submit(int a, int b) {
            return pool.submit(new Sum(a, b));
        }

        @Override
        void close() {
            pool.close();
        }
    }

    /** The JDK's, with a fixed number of threads. */
    public static class Threads extends Adder {
        @Param({"1", "2"}) public int workers;
        private ExecutorService pool;

        @Setup
        public void setUp() {
            pool = Executors.newFixedThreadPool(workers);
        }

        @Override
        Future<Integer> submit(int a, int b) {
            Sum sum = new Sum(a, b);
            return pool.submit(sum::value);
        }

        @Override
        void close() {
            pool.close();
        }
    }

    /** The JDK's common one, whose parallelism is an argument of the JVM. */
    public static class Common extends Adder {
        @Override
        Future<Integer> submit(int a, int b) {
            Sum sum = new Sum(a, b);
            return ForkJoinPool.commonPool().submit(sum::value);
        }

        @Override
        void close() {
            // it lives as long as the JVM
        }
    }

    /** Ours, after a pause. */
    public static class OursAfterPause extends Ours {
        @Setup(Level.Invocation)
        public void pause() {
            LockSupport.parkNanos(PAUSE);
        }
    }

    /** The JDK's, after a pause. */
    public static class ThreadsAfterPause extends Threads {
        @Setup(Level.Invocation)
        public void pause() {
            LockSupport.parkNanos(PAUSE);
        }
    }

    /** A pool whose one worker does not come to what is in the queue. */
    @State(Scope.Thread)
    public static class Busy {
        @Param({"0", "900000"}) public int queued;
        private WorkerPool<Sum, Integer> pool;
        private CountDownLatch end;

        @Setup(Level.Invocation)
        public void setUp() {
            end = new CountDownLatch(1);
            CountDownLatch latch = end;
            pool = WorkerPool.of((sum, _) -> {
                latch.await();
                return sum.value();
            }, PoolOptions.defaults().workers(1));
            submit(queued);
        }

        final WorkerPool<Sum, Integer> submit(int tasks) {
            for (int i = 0; i < tasks; i++) {
                pool.submit(new Sum(i, 1));
            }
            return pool;
        }

        @TearDown(Level.Invocation)
        public void tearDown() {
            pool.closeNow();
            end.countDown();
            pool.close();
        }
    }

    /** What counts primes. */
    @State(Scope.Thread)
    public static class Primes {
        @Param({"1", "2"}) public int workers;
        private WorkerPool<Range, Integer> pool;

        @Setup
        public void setUp() {
            pool = WorkerPool.of((range, _) -> range.primes(), PoolOptions.defaults().workers(workers));
        }

        final int count() {
            int primes = pool.submitAll(IntStream.range(0, PRIMES_BELOW / RANGE)
                    .mapToObj(i -> new Range(i * RANGE, (i + 1) * RANGE)).toList())
                    .stream().mapToInt(CompletableFuture::join).sum();
            if (primes != PRIMES) {
                throw new AssertionError(primes + " are not all primes");
            }
            return primes;
        }

        @TearDown
        public void tearDown() {
            pool.close();
        }
    }

    @Benchmark
    public long workerPool(Ours adder) throws ExecutionException, InterruptedException {
        return adder.many();
    }

    @Benchmark
    public long threadPoolExecutor(Threads adder) throws ExecutionException, InterruptedException {
        return adder.many();
    }

    @Benchmark
    @Fork(jvmArgsAppend = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=1")
    public long commonPoolOne(Common adder) throws ExecutionException, InterruptedException {
        return adder.many();
    }

    @Benchmark
    @Fork(jvmArgsAppend = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2")
    public long commonPoolTwo(Common adder) throws ExecutionException, InterruptedException {
        return adder.many();
    }

    @Benchmark
    public int workerPoolOne(Ours adder) throws ExecutionException, InterruptedException {
        return adder.one();
    }

    @Benchmark
    public int threadPoolExecutorOne(Threads adder) throws ExecutionException, InterruptedException {
        return adder.one();
    }

    @Benchmark
    public int workerPoolAfterPause(OursAfterPause adder) throws ExecutionException, InterruptedException {
        return adder.one();
    }

    @Benchmark
    public int threadPoolExecutorAfterPause(ThreadsAfterPause adder) throws ExecutionException, InterruptedException {
        return adder.one();
    }

    @Benchmark
    public Object submitting(Busy busy) {
        return busy.submit(SUBMITTED);
    }

    @Benchmark
    public int countingPrimes(Primes primes) {
        return primes.count();
    }
}
