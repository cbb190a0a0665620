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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to give memory a new owner, on one thread and without any message, beside what the JDK offers for the
 * same end. Each operation makes memory that exists already accessible, touches the first byte, and takes the access
 * away again.
 *
 * <p>
 * Mean and percentiles are measured apart: reading the clock around each operation costs about as much as a handoff
 * does ({@link #clock} is that and nothing else), so that only the mean tells how long the short ones take.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.HEAP, Jvm.MAX_HEAP, Jvm.TOUCHED, Jvm.DIRECT_MEMORY})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("restricted") // reinterpret: the memory is ours, and of that size
public class HandoffCost {
    /** Memory of some size. */
    @State(Scope.Thread)
    public abstract static class Memory {
        /** 1 KiB, 100 MiB, 1 GiB. */
        @Param({"1024", "104857600", "1073741824"}) public long bytes;
    }

    /** Memory with an owner. */
    public static class Owned extends Memory {
        private OwnedBuffer buffer;

        @Setup
        public void setUp() {
            buffer = OwnedBuffer.allocate(bytes);
        }

        @TearDown
        public void tearDown() {
            buffer.close();
        }
    }

    /** Memory that outlives the arenas through which it is seen. */
    public static class Bare extends Memory {
        private MemorySegment base;
        /** What another part of the program would reach the memory through. */
        private MemorySegment published;

        @Setup
        public void setUp() {
            base = Arena.ofAuto().allocate(bytes, 64);
        }
    }

    /** Memory, and as much again. */
    public static class Pair extends Memory {
        private MemorySegment source;
        private MemorySegment target;

        @Setup
        public void setUp() {
            source = Arena.ofAuto().allocate(bytes, 64);
            target = Arena.ofAuto().allocate(bytes, 64);
            Payload.fill(source);
        }
    }

    /** Ours: the old handle is gone, the new one is claimed, its view open. */
    @Benchmark
    public byte transferClaimTouch(Owned memory) {
        OwnedBuffer next = memory.buffer.transfer().claim();
        memory.buffer = next;
        return next.segment().get(JAVA_BYTE, 0);
    }

    /**
     * The JDK's way to memory that several threads may access until one closes it. The segment is published, as that is
     * what a shared arena is for.
     */
    @Benchmark
    public byte sharedArena(Bare memory) {
        try (Arena arena = Arena.ofShared()) {
            memory.published = memory.base.reinterpret(memory.bytes, arena, null);
            return memory.published.get(JAVA_BYTE, 0);
        }
    }

    /** What our handoff is made of, without an owner: the floor. */
    @Benchmark
    public byte confinedArena(Bare memory) {
        try (Arena arena = Arena.ofConfined()) {
            memory.published = memory.base.reinterpret(memory.bytes, arena, null);
            return memory.published.get(JAVA_BYTE, 0);
        }
    }

    /** The same where C2 sees that nobody else gets the segment, and makes neither arena nor segment. */
    @Benchmark
    public byte confinedArenaNotPublished(Bare memory) {
        try (Arena arena = Arena.ofConfined()) {
            return memory.base.reinterpret(memory.bytes, arena, null).get(JAVA_BYTE, 0);
        }
    }

    /** What a handoff replaces: a copy, into memory that is there already. */
    @Benchmark
    public byte copy(Pair memory) {
        MemorySegment.copy(memory.source, 0, memory.target, 0, memory.bytes);
        return memory.target.get(JAVA_BYTE, 0);
    }

    /** What a sample contains of the measurement itself. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void clock() {
    }
}
