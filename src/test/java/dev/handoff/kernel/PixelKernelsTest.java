package dev.handoff.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels that run here (C where it is loaded) and their Java twins, against the plainest reference. */
class PixelKernelsTest {
    @FunctionalInterface
    private interface Kernel {
        void run(MemorySegment source, MemorySegment target);
    }

    enum Operation {
        GRAYSCALE(PixelKernels::grayscale),
        INVERT(PixelKernels::invert), //
        GRAYSCALE_TWIN(PixelKernels.JavaTwin::grayscale),
        INVERT_TWIN(PixelKernels.JavaTwin::invert);

        private final Kernel kernel;

        Operation(Kernel kernel) {
            this.kernel = kernel;
        }

        private boolean isGray() {
            return this == GRAYSCALE || this == GRAYSCALE_TWIN;
        }

        /** Byte by byte, as the Javadoc has it. */
        private byte[] reference(byte[] rgba) {
            byte[] result = rgba.clone();
            for (int i = 0; i < rgba.length; i += 4) {
                int r = rgba[i] & 0xFF;
                int g = rgba[i + 1] & 0xFF;
                int b = rgba[i + 2] & 0xFF;
                byte gray = (byte) ((299 * r + 587 * g + 114 * b + 500) / 1000);
                for (int c = 0; c < 3; c++) {
                    result[i + c] = isGray() ? gray : (byte) (255 - (rgba[i + c] & 0xFF));
                }
            }
            return result;
        }
    }

    /** Where the pixels lie. */
    enum Place {
        NATIVE(n -> Arena.ofAuto().allocate(n, 64)),
        BYTES(n -> MemorySegment.ofArray(new byte[n])),
        INTS(
                n -> MemorySegment.ofArray(new int[(n + 3) / 4]).asSlice(0, n));

        private final IntFunction<MemorySegment> make;

        Place(IntFunction<MemorySegment> make) {
            this.make = make;
        }
    }

    /** The bytes around the pixels, which must stay. */
    private static final byte GUARD = (byte) 0xA5;
    private static final int MARGIN = 64;

    private static void check(Operation operation, Place from, Place to, boolean inPlace, int pixels, int offset,
            Random random) {
        byte[] input = new byte[4 * pixels];
        random.nextBytes(input);
        MemorySegment source = from.make.apply(input.length + 2 * MARGIN).fill(GUARD);
        MemorySegment target = inPlace ? source : to.make.apply(input.length + 2 * MARGIN).fill(GUARD);
        MemorySegment in = source.asSlice(offset, input.length);
        MemorySegment out = inPlace ? in : target.asSlice((offset * 7 + 3) % MARGIN, input.length);
        in.copyFrom(MemorySegment.ofArray(input));

        operation.kernel.run(in, out);

        assertArrayEquals(operation.reference(input), out.toArray(JAVA_BYTE));
        if (!inPlace) {
            assertArrayEquals(input, in.toArray(JAVA_BYTE), "the source stays");
        }
        out.fill(GUARD);
        in.fill(GUARD);
        for (MemorySegment all : new MemorySegment[]{source, target}) {
            assertEquals(-1, all.mismatch(MemorySegment.ofArray(new byte[(int) all.byteSize()]).fill(GUARD)),
                    "wrote outside of its segment");
        }
    }

    static Stream<Arguments> combinations() {
        return Stream.of(Operation.values()).flatMap(operation -> Stream.of(Place.values())
                .flatMap(from -> Stream.of(Arguments.of(operation, from, from, true),
                        Arguments.of(operation, from, from, false), Arguments.of(operation, from, Place.NATIVE, false),
                        Arguments.of(operation, Place.NATIVE, from, false))));
    }

    @ParameterizedTest(name = "{0}, {1} to {2}, in place {3}")
    @MethodSource("combinations")
    void everyLengthAndEveryOffsetGivesTheBytesOfTheReference(Operation operation, Place from, Place to,
            boolean inPlace) {
        Random random = new Random(99);
        for (int pixels = 0; pixels <= 64; pixels++) {
            for (int offset = 0; offset < MARGIN; offset++) {
                check(operation, from, to, inPlace, pixels, offset, random);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void lengthsAroundTheChunkOfANativeCallAreWhole(Operation operation) {
        Random random = new Random(5);
        for (int pixels : new int[]{(1 << 14) - 1, 1 << 14, (1 << 14) + 1, (1 << 15) - 1, 1 << 15, (1 << 15) + 17,
                50_001}) {
            for (Place place : Place.values()) {
                check(operation, place, place, true, pixels, 3, random);
                check(operation, place, Place.NATIVE, false, pixels, 0, random);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void allColoursAreRightAndAlphaStays(Operation operation) {
        int slice = 1 << 20;
        MemorySegment pixels = Arena.ofAuto().allocate(4L * slice);
        for (int start = 0; start < 1 << 24; start += slice) {
            for (int i = 0; i < slice; i++) {
                pixels.set(JAVA_INT_UNALIGNED, 4L * i, start + i | (start + i) * 31 << 24);
            }
            operation.kernel.run(pixels, pixels);
            for (int i = 0; i < slice; i++) {
                int colour = start + i;
                int y = (299 * (colour & 0xFF) + 587 * (colour >> 8 & 0xFF) + 114 * (colour >> 16) + 500) / 1000;
                int expected = (operation.isGray() ? y << 16 | y << 8 | y : colour ^ 0xFFFFFF) | colour * 31 << 24;
                if (pixels.get(JAVA_INT_UNALIGNED, 4L * i) != expected) {
                    assertEquals(Integer.toHexString(expected),
                            Integer.toHexString(pixels.get(JAVA_INT_UNALIGNED, 4L * i)), () -> "of " + colour);
                }
            }
        }
    }

    /** The reference itself, in decimals: a tie rounds up. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "255, 255, 255", "250, 0, 0", "0, 250, 0", "0, 0, 250", "1, 1, 1", "50, 50, 0",
            "127, 3, 90"})
    void theGrayOfAColourIsRoundedAsInSchool(int r, int g, int b) {
        BigDecimal exact = new BigDecimal("0.299").multiply(BigDecimal.valueOf(r))
                .add(new BigDecimal("0.587").multiply(BigDecimal.valueOf(g)))
                .add(new BigDecimal("0.114").multiply(BigDecimal.valueOf(b)));
        byte y = (byte) exact.setScale(0, RoundingMode.HALF_UP).intValueExact();
        MemorySegment pixel = MemorySegment.ofArray(new byte[]{(byte) r, (byte) g, (byte) b, 77});
        PixelKernels.grayscale(pixel, pixel);
        assertArrayEquals(new byte[]{y, y, y, 77}, pixel.toArray(JAVA_BYTE));
    }

    enum Public {
        GRAYSCALE(PixelKernels::grayscale),
        INVERT(PixelKernels::invert);

        private final Kernel kernel;

        Public(Kernel kernel) {
            this.kernel = kernel;
        }
    }

    private static void assertRefused(Public operation, MemorySegment source, MemorySegment target, String message) {
        byte[] before = target.toArray(JAVA_BYTE);
        var e = assertThrows(IllegalArgumentException.class, () -> operation.kernel.run(source, target));
        assertTrue(e.getMessage().contains(message), e.getMessage());
        assertArrayEquals(before, target.toArray(JAVA_BYTE), "nothing may be written");
    }

    @ParameterizedTest
    @EnumSource(Public.class)
    void badSizesAreRefused(Public operation) {
        MemorySegment memory = Arena.ofAuto().allocate(100).fill((byte) 3);
        for (int[] sizes : new int[][]{{4, 8}, {8, 4}, {0, 4}, {4, 0}, {3, 3}, {5, 5}, {6, 6}, {1, 1}, {4, 5}}) {
            assertRefused(operation, memory.asSlice(0, sizes[0]), memory.asSlice(50, sizes[1]), "source=" + sizes[0]
                    + " bytes and target=" + sizes[1] + " bytes must be the same multiple of 4");
        }
    }

    @ParameterizedTest
    @EnumSource(Public.class)
    void partialOverlapsAreRefused(Public operation) {
        byte[] heap = new byte[64];
        for (MemorySegment memory : new MemorySegment[]{Arena.ofAuto().allocate(64), MemorySegment.ofArray(heap)}) {
            memory.fill((byte) 3);
            for (int shift : new int[]{1, 3, 4, 8, 15}) {
                String message = "overlap in " + (16 - shift) + " of 16 bytes";
                assertRefused(operation, memory.asSlice(20, 16), memory.asSlice(20 + shift, 16), message);
                assertRefused(operation, memory.asSlice(20 + shift, 16), memory.asSlice(20, 16), message);
            }
            operation.kernel.run(memory.asSlice(0, 16), memory.asSlice(16, 16)); // side by side is apart
            operation.kernel.run(memory.asSlice(16, 16), memory.asSlice(0, 16));
        }
    }

    @ParameterizedTest
    @EnumSource(Public.class)
    void aReadOnlyTargetIsRefusedAndAReadOnlySourceIsNot(Public operation) {
        for (Place place : Place.values()) {
            MemorySegment memory = place.make.apply(16).fill((byte) 3);
            assertRefused(operation, memory, memory.asReadOnly(), "read-only");
            MemorySegment target = Arena.ofAuto().allocate(16);
            operation.kernel.run(memory.asReadOnly(), target);
            assertEquals(operation == Public.INVERT ? (byte) 252 : 3, target.get(JAVA_BYTE, 14));
        }
    }

    @ParameterizedTest
    @EnumSource(Public.class)
    void segmentsThatMayNotBeAccessedAreRefused(Public operation) {
        MemorySegment good = Arena.ofAuto().allocate(16).fill((byte) 3);
        Arena arena = Arena.ofShared();
        MemorySegment closed = arena.allocate(16);
        arena.close();
        assertThrows(IllegalStateException.class, () -> operation.kernel.run(good, closed));
        assertThrows(IllegalStateException.class, () -> operation.kernel.run(closed, good));
        try (Resident other = Threads.resident(Kind.PLATFORM, "other"); Arena mine = Arena.ofConfined()) {
            MemorySegment confined = mine.allocate(16);
            other.run(() -> {
                assertThrows(WrongThreadException.class, () -> operation.kernel.run(good, confined));
                assertThrows(WrongThreadException.class, () -> operation.kernel.run(confined, good));
            });
        }
        assertEquals(-1, good.mismatch(MemorySegment.ofArray(new byte[16]).fill((byte) 3)));
        assertThrows(NullPointerException.class, () -> operation.kernel.run(null, good));
        assertThrows(NullPointerException.class, () -> operation.kernel.run(good, null));
    }

    @Test
    void nothingIsDoneToNoPixels() {
        PixelKernels.invert(MemorySegment.NULL, MemorySegment.ofArray(new byte[0]));
        PixelKernels.grayscale(MemorySegment.ofArray(new int[0]), MemorySegment.NULL);
    }
}
