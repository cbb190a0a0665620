package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.handoff.memory.Int16View;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.Int8View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One thread reads and writes elements of our memory, beside one that does so with arrays. A sample is the time of a loop
 * over all {@value #LENGTH} elements in order: long enough for the clock, and so short that most samples were disturbed by
 * nothing. Each loop is compiled on its own: inlined between two readings of the clock, some run out of registers.
 */
@State(Scope.Thread)
@CompilerControl(CompilerControl.Mode.DONT_INLINE)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Access {
    /** 64 KiB of ints: larger than the cache next to the core, as data is. */
    static final int LENGTH = 16 * 1024;

    /** Elements that several threads may use, though here only one does. */
    @State(Scope.Thread)
    public static class Shared {
        private final AtomicIntegerArray array = new AtomicIntegerArray(LENGTH);
        private final Int32View ints = Int32View.of(SharedBuffer.allocate(LENGTH * 4L));
        private final Int16View shorts = Int16View.of(SharedBuffer.allocate(LENGTH * 4L));
        private final Int8View bytes = Int8View.of(SharedBuffer.allocate(LENGTH * 4L));
    }

    /** Elements with one owner. */
    @State(Scope.Thread)
    public static class Owned {
        private final int[] array = new int[LENGTH];
        private final int[] otherArray = new int[LENGTH];
        private MemorySegment segment;
        private MemorySegment otherSegment;
        private Int32View ints;
        private Int32View otherInts;

        @Setup
        public void setUp() {
            OwnedBuffer buffer = OwnedBuffer.allocate(LENGTH * 4L);
            segment = buffer.segment();
            ints = Int32View.of(buffer);
            OwnedBuffer other = OwnedBuffer.allocate(LENGTH * 4L);
            otherSegment = other.segment();
            otherInts = Int32View.of(other);
            for (int i = 0; i < LENGTH; i++) {
                array[i] = i;
                ints.set(i, i);
            }
        }
    }

    // ---- one access at a time, seen by all threads

    @Benchmark
    public int atomicGet(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.array.get(i);
        }
        return sum;
    }

    @Benchmark
    public int int32Get(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.ints.get(i);
        }
        return sum;
    }

    @Benchmark
    public void atomicSet(Shared memory) {
        for (int i = 0; i < LENGTH; i++) {
            memory.array.set(i, i);
        }
    }

    @Benchmark
    public void int32Set(Shared memory) {
        for (int i = 0; i < LENGTH; i++) {
            memory.ints.set(i, i);
        }
    }

    @Benchmark
    public int atomicCompareAndSet(Shared memory) {
        int succeeded = 0;
        for (int i = 0; i < LENGTH; i++) {
            succeeded += memory.array.compareAndSet(i, 0, 0) ? 1 : 0;
        }
        return succeeded;
    }

    @Benchmark
    public int int32CompareAndSet(Shared memory) {
        int succeeded = 0;
        for (int i = 0; i < LENGTH; i++) {
            succeeded += memory.ints.compareAndSet(i, 0, 0) ? 1 : 0;
        }
        return succeeded;
    }

    @Benchmark
    public int atomicGetAndAdd(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.array.getAndAdd(i, 1);
        }
        return sum;
    }

    @Benchmark
    public int int32GetAndAdd(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.ints.getAndAdd(i, 1);
        }
        return sum;
    }

    /** One element of each 32-bit word, so that no operation waits for the one before, as with ints. */
    @Benchmark
    public int int16GetAndAdd(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.shorts.getAndAdd(2 * i, (short) 1);
        }
        return sum;
    }

    /** One element of each 32-bit word. */
    @Benchmark
    public int int8GetAndAdd(Shared memory) {
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += memory.bytes.getAndAdd(4 * i, (byte) 1);
        }
        return sum;
    }

    // ---- loops over memory that one thread owns

    @Benchmark
    public int sumArray(Owned memory) {
        int[] array = memory.array;
        int sum = 0;
        for (int i = 0; i < array.length; i++) {
            sum += array[i];
        }
        return sum;
    }

    @Benchmark
    public int sumSegment(Owned memory) {
        MemorySegment segment = memory.segment;
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += segment.getAtIndex(JAVA_INT, i);
        }
        return sum;
    }

    @Benchmark
    public int sumView(Owned memory) {
        Int32View ints = memory.ints;
        int sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            sum += ints.getPlain(i);
        }
        return sum;
    }

    @Benchmark
    public void changeArray(Owned memory) {
        int[] array = memory.array;
        for (int i = 0; i < array.length; i++) {
            array[i] = 3 * array[i] + 1;
        }
    }

    @Benchmark
    public void changeSegment(Owned memory) {
        MemorySegment segment = memory.segment;
        for (int i = 0; i < LENGTH; i++) {
            segment.setAtIndex(JAVA_INT, i, 3 * segment.getAtIndex(JAVA_INT, i) + 1);
        }
    }

    @Benchmark
    public void changeView(Owned memory) {
        Int32View ints = memory.ints;
        for (int i = 0; i < LENGTH; i++) {
            ints.setPlain(i, 3 * ints.getPlain(i) + 1);
        }
    }

    @Benchmark
    public void copyArray(Owned memory) {
        System.arraycopy(memory.array, 0, memory.otherArray, 0, LENGTH);
    }

    @Benchmark
    public void copyView(Owned memory) {
        memory.ints.copyTo(0, memory.otherInts, 0, LENGTH);
    }

    @Benchmark
    public void copySegment(Owned memory) {
        memory.otherSegment.copyFrom(memory.segment);
    }

    @Benchmark
    public void copySegmentLoop(Owned memory) {
        MemorySegment from = memory.segment;
        MemorySegment to = memory.otherSegment;
        for (int i = 0; i < LENGTH; i++) {
            to.setAtIndex(JAVA_INT, i, from.getAtIndex(JAVA_INT, i));
        }
    }
}
