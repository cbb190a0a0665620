package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.handoff.memory.OwnedBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Memory is taken, its first byte touched, and the memory given back. Each operation gets what the one before has given
 * back, as a program does that works in steps. What was allocated is published in a field, so that the JIT compiler
 * leaves nothing out.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.HEAP, Jvm.MAX_HEAP, Jvm.TOUCHED})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Allocation {
    /** 1 KiB, 64 KiB, 100 MiB. */
    @Param({"1024", "65536", "104857600"}) public long bytes;

    private OwnedBuffer buffer;
    private MemorySegment segment;

    /** Memory that was touched before. */
    @State(Scope.Thread)
    public static class Touched {
        private MemorySegment memory;

        @Setup
        public void setUp(Allocation benchmark) {
            memory = OwnedBuffer.allocate(benchmark.bytes).segment();
            memory.fill((byte) 1);
        }
    }

    /** Ours: zeroed. */
    @Benchmark
    public byte ownedBuffer() {
        buffer = OwnedBuffer.allocate(bytes);
        byte first = buffer.segment().get(JAVA_BYTE, 0);
        buffer.close();
        return first;
    }

    /** Ours, with whatever this program has left in it. */
    @Benchmark
    public byte ownedBufferUninitialized() {
        buffer = OwnedBuffer.allocateUninitialized(bytes);
        byte first = buffer.segment().get(JAVA_BYTE, 0);
        buffer.close();
        return first;
    }

    /** The JDK's: zeroed. */
    @Benchmark
    public byte confinedArena() {
        try (Arena arena = Arena.ofConfined()) {
            segment = arena.allocate(bytes, 64);
            return segment.get(JAVA_BYTE, 0);
        }
    }

    /** What zeroing costs by itself. */
    @Benchmark
    public byte zeroing(Touched touched) {
        return touched.memory.fill((byte) 0).get(JAVA_BYTE, 0);
    }
}
