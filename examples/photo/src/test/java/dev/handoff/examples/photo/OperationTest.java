package dev.handoff.examples.photo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OperationTest {
    private static final int COLOURS = 1 << 24;

    @ParameterizedTest
    @EnumSource
    void kernelAndReferenceAgreeOnEveryColour(Operation operation) {
        byte[] expected = everyColour();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actual = arena.allocate(expected.length).copyFrom(MemorySegment.ofArray(expected));
            operation.reference(expected);
            operation.run(actual);
            assertEquals(-1, actual.mismatch(MemorySegment.ofArray(expected)), "the first byte that differs");
        }
    }

    /** The reference against the definition, computed without any cleverness, for every 7th colour to save time. */
    @Test
    void referenceIsTheFormulaInExactDecimals() {
        byte[] rgba = everyColour();
        Operation.GRAYSCALE.reference(rgba);
        for (int colour = 0; colour < COLOURS; colour += 7) {
            BigDecimal luma = new BigDecimal("0.299").multiply(BigDecimal.valueOf(colour & 0xFF))
                    .add(new BigDecimal("0.587").multiply(BigDecimal.valueOf(colour >> 8 & 0xFF)))
                    .add(new BigDecimal("0.114").multiply(BigDecimal.valueOf(colour >> 16)));
            int expected = luma.setScale(0, RoundingMode.HALF_UP).intValueExact();
            for (int channel = 0; channel < 3; channel++) {
                assertEquals(expected, Byte.toUnsignedInt(rgba[Picture.PIXEL_BYTES * colour + channel]));
            }
        }
    }

    @Test
    void aTieRoundsUpAndAlphaStays() {
        byte[] rgba = {1, 61, 21, 77}; // 38.5 exactly, and 38.49999999999999 in doubles
        Operation.GRAYSCALE.reference(rgba);
        assertArrayEquals(new byte[]{39, 39, 39, 77}, rgba);
    }

    /** Alpha runs through its values as well. */
    private static byte[] everyColour() {
        byte[] rgba = new byte[COLOURS * Picture.PIXEL_BYTES];
        MemorySegment pixels = MemorySegment.ofArray(rgba);
        var littleEndian = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (int colour = 0; colour < COLOURS; colour++) {
            pixels.set(littleEndian, (long) colour * Picture.PIXEL_BYTES, colour | colour * 31 << 24);
        }
        return rgba;
    }
}
