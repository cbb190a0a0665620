package dev.handoff.benchmarks;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to wake whoever waits, where nobody does: what every release of a lock pays that nobody wants. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Wake {
    /** A word in a file. */
    @State(Scope.Thread)
    public static class Mapped {
        private Int32View words;

        @Setup
        public void setUp() throws IOException {
            Path file = Files.createTempFile("wake", null);
            words = Int32View.of(SharedBuffer.map(file, 64));
            Files.delete(file);
        }
    }

    private final Int32View words = Int32View.of(SharedBuffer.allocate(64));
    private final Object monitor = new Object();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition condition = lock.newCondition();

    /** Ours, the fence included that it needs. */
    @Benchmark
    public int wake() {
        return words.wake(0, 1);
    }

    /** Ours on memory that other processes may have mapped: a system call. */
    @Benchmark
    public int wakeMapped(Mapped memory) {
        return memory.words.wake(0, 1);
    }

    /** That fence alone: the floor. */
    @Benchmark
    public void fence() {
        VarHandle.fullFence();
    }

    /** The JDK's, with the lock that it asks for. */
    @Benchmark
    public void objectNotify() {
        synchronized (monitor) {
            monitor.notify();
        }
    }

    /** The JDK's other one. */
    @Benchmark
    public void conditionSignal() {
        lock.lock();
        try {
            condition.signal();
        } finally {
            lock.unlock();
        }
    }
}
