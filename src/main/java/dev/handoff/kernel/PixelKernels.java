package dev.handoff.kernel;

import dev.handoff.internal.ffi.HandoffH;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;

/**
 * Operations on pixels of four bytes: red, green, blue, alpha, in this order in memory.
 *
 * <p>
 * Each operation reads {@code source} and writes {@code target}: two segments of one size, a multiple of 4 bytes, at
 * any alignment, native or on the heap. They are the same bytes (in place) or disjoint; anything between is refused.
 * Both run in C where the native kernel is loaded and in Java where it is not, with the same result for every input.
 *
 * <p>
 * Thread-safe as far as the bytes are: who may access the segments may call this. Accesses are plain.
 */
public final class PixelKernels {
    private static final int PIXEL = 4;
    /**
     * A critical downcall holds off safepoints: 64 KiB take about 3 us, less than a safepoint takes by itself.
     */
    private static final long CHUNK = 1 << 16;
    private static final ValueLayout.OfInt RGBA = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PixelKernels() {
    }

    /**
     * Turns pixels gray: each of red, green and blue becomes {@code 0.299 red + 0.587 green + 0.114 blue} (the luma of
     * ITU-R BT.601), rounded to the nearest integer, a tie in exact decimals upwards. Alpha stays.
     *
     * @param source the pixels to read
     * @param target where the result goes
     * @throws IllegalArgumentException if the sizes differ or are no multiple of 4, if the segments overlap in part, or
     *     if the target is read-only
     * @throws IllegalStateException if a segment's arena is closed
     * @throws WrongThreadException if a segment is confined to another thread
     */
    public static void grayscale(MemorySegment source, MemorySegment target) {
        check(source, target);
        if (NativeKernel.status().isNative()) {
            Native.run(Native.GRAYSCALE, source, target);
        } else {
            JavaTwin.grayscale(source, target);
        }
    }

    /**
     * Inverts pixels: each of red, green and blue becomes 255 minus itself. Alpha stays.
     *
     * @param source the pixels to read
     * @param target where the result goes
     * @throws IllegalArgumentException if the sizes differ or are no multiple of 4, if the segments overlap in part, or
     *     if the target is read-only
     * @throws IllegalStateException if a segment's arena is closed
     * @throws WrongThreadException if a segment is confined to another thread
     */
    public static void invert(MemorySegment source, MemorySegment target) {
        check(source, target);
        if (NativeKernel.status().isNative()) {
            Native.run(Native.INVERT, source, target);
        } else {
            JavaTwin.invert(source, target);
        }
    }

    private static void check(MemorySegment source, MemorySegment target) {
        long size = source.byteSize();
        if (target.byteSize() != size || size % PIXEL != 0) {
            throw new IllegalArgumentException("source=" + size + " bytes and target=" + target.byteSize()
                    + " bytes must be the same multiple of " + PIXEL);
        }
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("target is read-only: " + target);
        }
        source.asOverlappingSlice(target).ifPresent(overlap -> {
            if (overlap.byteSize() != size) {
                throw new IllegalArgumentException("source and target overlap in " + overlap.byteSize() + " of " + size
                        + " bytes; they must be the same bytes or disjoint");
            }
        });
    }

    /** The kernels in C. Initialised only where {@link NativeKernel} has loaded the library. */
    private static final class Native {
        static final MethodHandle GRAYSCALE = critical(HandoffH.handoff_grayscale_rgba$address(),
                HandoffH.handoff_grayscale_rgba$descriptor());
        static final MethodHandle INVERT = critical(HandoffH.handoff_invert_rgba$address(),
                HandoffH.handoff_invert_rgba$descriptor());

        private Native() {
        }

        /** jextract's own handles do not carry the option. {@code true}: heap segments are taken as well. */
        private static MethodHandle critical(MemorySegment address, FunctionDescriptor descriptor) {
            return Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(true));
        }

        static void run(MethodHandle kernel, MemorySegment source, MemorySegment target) {
            long size = source.byteSize();
            try {
                for (long at = 0; at < size; at += CHUNK) {
                    long bytes = Math.min(CHUNK, size - at);
                    kernel.invokeExact(target.asSlice(at, bytes), source.asSlice(at, bytes), bytes / PIXEL);
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("a downcall throws no checked exception", e);
            }
        }
    }

    /** The same in Java, a pixel at a time as one int, in a form that C2 can turn into vector code. */
    static final class JavaTwin {
        private static final int COLOURS = 0x00FFFFFF;

        private JavaTwin() {
        }

        static void grayscale(MemorySegment source, MemorySegment target) {
            target.copyFrom(source); // C2 vectorises a loop over one segment, not one from a segment to another
            long pixels = target.byteSize() / PIXEL;
            for (long i = 0; i < pixels; i++) {
                int p = target.getAtIndex(RGBA, i);
                int y = luma(p & 0xFF, p >>> 8 & 0xFF, p >>> 16 & 0xFF);
                target.setAtIndex(RGBA, i, p & ~COLOURS | y * 0x010101);
            }
        }

        static void invert(MemorySegment source, MemorySegment target) {
            target.copyFrom(source);
            long pixels = target.byteSize() / PIXEL;
            for (long i = 0; i < pixels; i++) {
                target.setAtIndex(RGBA, i, target.getAtIndex(RGBA, i) ^ COLOURS);
            }
        }

        /**
         * {@code (299 r + 587 g + 114 b + 500) / 1000} without the division: an eighth of the sum is below 2^15, where
         * {@code x * 33555 >> 22} is exactly {@code x / 125}.
         */
        private static int luma(int r, int g, int b) {
            return (299 * r + 587 * g + 114 * b + 500 >>> 3) * 33555 >>> 22;
        }
    }
}
