package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.handoff.Handoff;
import dev.handoff.kernel.PixelKernels;
import dev.handoff.memory.OwnedBuffer;
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
 * An image of 1920x1080 RGBA pixels, one thread. The kernels and the copy work on the same kind of memory, two owned
 * buffers; the plain loops on {@code byte[]}, where a Java program that knows nothing of all this has its image. All
 * compute the same bytes, which {@link Work#check} has verified. No kernel branches on the pixels, so that it does not
 * matter that in place the image of the first pass is gray or inverted already.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Pixels {
    static final int BYTES = 1920 * 1080 * 4;

    /** What is done with each pixel. */
    public enum Operation {
        /** The luma of ITU-R BT.601, rounded, for red, green and blue. */
        GRAYSCALE {
            @Override
            void kernel(MemorySegment source, MemorySegment target) {
                PixelKernels.grayscale(source, target);
            }

            @Override
            void loop(byte[] source, byte[] target) {
                for (int i = 0; i < source.length; i += 4) {
                    int r = source[i] & 0xFF;
                    int g = source[i + 1] & 0xFF;
                    int b = source[i + 2] & 0xFF;
                    byte gray = (byte) ((299 * r + 587 * g + 114 * b + 500) / 1000);
                    target[i] = gray;
                    target[i + 1] = gray;
                    target[i + 2] = gray;
                    target[i + 3] = source[i + 3];
                }
            }
        },
        /** 255 minus each of red, green and blue. */
        INVERT {
            @Override
            void kernel(MemorySegment source, MemorySegment target) {
                PixelKernels.invert(source, target);
            }

            @Override
            void loop(byte[] source, byte[] target) {
                for (int i = 0; i < source.length; i += 4) {
                    target[i] = (byte) (255 - (source[i] & 0xFF));
                    target[i + 1] = (byte) (255 - (source[i + 1] & 0xFF));
                    target[i + 2] = (byte) (255 - (source[i + 2] & 0xFF));
                    target[i + 3] = source[i + 3];
                }
            }
        };

        abstract void kernel(MemorySegment source, MemorySegment target);

        /** As it is written by somebody who has a {@code byte[]} and no benchmark. */
        abstract void loop(byte[] source, byte[] target);
    }

    /** Memory for an image and for what becomes of it. */
    @State(Scope.Thread)
    public static class Image {
        MemorySegment source;
        MemorySegment target;

        @Setup
        public void allocate() {
            source = OwnedBuffer.allocate(BYTES).segment();
            target = OwnedBuffer.allocate(BYTES).segment();
            Payload.fill(source);
        }
    }

    /** An operation, and its images outside the heap and on it. */
    public abstract static class Work extends Image {
        @Param public Operation operation;

        byte[] sourceArray;
        byte[] targetArray;

        abstract boolean expectsNative();

        @Setup
        public void check() {
            if (Handoff.capabilities().nativeKernel() != expectsNative()) {
                throw new IllegalStateException("not the kernel to be measured: " + Handoff.capabilities());
            }
            sourceArray = source.toArray(JAVA_BYTE);
            targetArray = new byte[BYTES];
            operation.kernel(source, target);
            operation.loop(sourceArray, targetArray);
            if (MemorySegment.ofArray(targetArray).mismatch(target) >= 0) {
                throw new AssertionError("the kernel and the loop disagree");
            }
        }
    }

    /** Where the kernel in C is loaded. */
    public static class NativeWork extends Work {
        @Override
        boolean expectsNative() {
            return true;
        }
    }

    /** Where it is not. */
    public static class JavaWork extends Work {
        @Override
        boolean expectsNative() {
            return false;
        }
    }

    @Benchmark
    public void nativeKernel(NativeWork w) {
        w.operation.kernel(w.source, w.target);
    }

    @Benchmark
    public void nativeKernelInPlace(NativeWork w) {
        w.operation.kernel(w.source, w.source);
    }

    @Benchmark
    @Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.NO_NATIVE_KERNEL})
    public void javaTwin(JavaWork w) {
        w.operation.kernel(w.source, w.target);
    }

    @Benchmark
    @Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.NO_NATIVE_KERNEL})
    public void javaTwinInPlace(JavaWork w) {
        w.operation.kernel(w.source, w.source);
    }

    @Benchmark
    @Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.NO_NATIVE_KERNEL})
    public void plainLoop(JavaWork w) {
        w.operation.loop(w.sourceArray, w.targetArray);
    }

    @Benchmark
    @Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.NO_NATIVE_KERNEL})
    public void plainLoopInPlace(JavaWork w) {
        w.operation.loop(w.sourceArray, w.sourceArray);
    }

    /** Reads and writes as many bytes as an operation that is not in place, and does nothing else. */
    @Benchmark
    public void copy(Image image) {
        MemorySegment.copy(image.source, 0, image.target, 0, BYTES);
    }
}
