package dev.handoff.benchmarks;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the start of a worker until it has handled its first message, beside a bare thread until its body runs. Who started
 * it spins meanwhile, so that waking that one is not measured. Each is gone before the next is started; its end is not
 * measured.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WorkerStart {
    /** What is started, one after another. */
    @State(Scope.Thread)
    public abstract static class Starts {
        private volatile int handled;
        private int started;

        final void handled(int number) {
            handled = number;
        }

        /** The next number, which is to be handled. */
        final int next() {
            return ++started;
        }

        final int awaitHandled() {
            while (handled != started) {
                Thread.onSpinWait();
            }
            return started;
        }
    }

    /** Workers, which handle a message on their event loops. */
    public abstract static class Workers extends Starts {
        private final WorkerOptions<Void> options;
        private Worker<Integer, Integer> worker;

        Workers(WorkerOptions<Void> options) {
            this.options = options;
        }

        final int start() {
            worker = Worker.start(scope -> scope.onMessage(this::handled), options);
            worker.post(next());
            return awaitHandled();
        }

        @TearDown(Level.Invocation)
        public void tearDown() {
            worker.close();
            worker.exited().join();
        }
    }

    /** As they are by default. */
    public static class PlatformWorkers extends Workers {
        public PlatformWorkers() {
            super(WorkerOptions.defaults());
        }
    }

    /** On virtual threads. */
    public static class VirtualWorkers extends Workers {
        public VirtualWorkers() {
            super(WorkerOptions.defaults().virtual());
        }
    }

    /** Threads, and nothing else: the floor. */
    public abstract static class Threads extends Starts {
        private final Thread.Builder builder;
        private Thread thread;

        Threads(Thread.Builder builder) {
            this.builder = builder;
        }

        final int start() {
            int number = next();
            thread = builder.start(() -> handled(number));
            return awaitHandled();
        }

        @TearDown(Level.Invocation)
        public void tearDown() throws InterruptedException {
            thread.join();
        }
    }

    /** The operating system's. */
    public static class PlatformThreads extends Threads {
        public PlatformThreads() {
            super(Thread.ofPlatform());
        }
    }

    /** The JVM's. */
    public static class VirtualThreads extends Threads {
        public VirtualThreads() {
            super(Thread.ofVirtual());
        }
    }

    @Benchmark
    public int platformThread(PlatformThreads threads) {
        return threads.start();
    }

    @Benchmark
    public int platformWorker(PlatformWorkers workers) {
        return workers.start();
    }

    @Benchmark
    public int virtualThread(VirtualThreads threads) {
        return threads.start();
    }

    @Benchmark
    public int virtualWorker(VirtualWorkers workers) {
        return workers.start();
    }
}
