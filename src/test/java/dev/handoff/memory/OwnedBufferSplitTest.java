package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Splitting on boundaries, and trees of parts. */
class OwnedBufferSplitTest {
    private static String sizes(List<OwnedBuffer> parts) {
        return parts.stream().map(p -> String.valueOf(p.byteSize())).collect(Collectors.joining(" "));
    }

    @ParameterizedTest(name = "{0} bytes into {1} parts of units of {2} on {3}: {4}")
    @CsvSource({"256, 2, 1, 64, 128 128", "300, 2, 1, 64, 192 108", "100, 2, 1, 64, 64 36", "65, 2, 1, 64, 64 1",
            "1000, 3, 3, 64, 384 384 232", "300, 2, 3, 64, 192 108", "195, 2, 3, 64, 192 3",
            "1024, 2, 128, 64, 512 512",
            "1024, 3, 192, 128, 384 384 256", "12, 3, 4, 1, 4 4 4", "12, 3, 4, 4, 4 4 4", "12, 3, 4, 2, 4 4 4",
            "100, 1, 3, 64, 100", "0, 1, 1, 64, 0", "5, 1, 9223372036854775807, 64, 5"})
    void cutsFallOnUnitsAndOnBoundaries(int bytes, int parts, long unit, long alignment, String sizes) {
        List<OwnedBuffer> split = OwnedBuffer.allocate(bytes, alignment).split(parts, unit, alignment);
        assertEquals(sizes, sizes(split));
        for (OwnedBuffer part : split) {
            assertEquals(0, part.segment().address() % alignment);
            assertTrue(part == split.getLast() || part.byteSize() % unit == 0);
        }
        OwnedBuffer.join(split).close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "64 | 2 | 1 | 64 | parts=2 is more than the 1 units of 64 bytes in 64 bytes (unitBytes=1, alignment=64)",
            "194 | 2 | 3 | 64 | parts=2 is more than the 1 units of 192 bytes in 194 bytes (unitBytes=3, alignment=64)",
            "100 | 2 | 9223372036854775807 | 64 | parts=2 is more than the 0 units of 9223372036854775807 bytes in",
            "100 | 2 | 4611686018427387905 | 64 | parts=2 is more than the 0 units of 9223372036854775807 bytes in",
            "100 | 2 | 1 | 4611686018427387904 | can't be had: the buffer itself, hence its first part",
            "100 | 2 | 1 | 0 | alignment=0 must be a power of two", "100 | 2 | 1 | -1 | alignment=-1 must be",
            "100 | 2 | 1 | 48 | alignment=48 must be a power of two",
            "100 | 2 | 1 | -9223372036854775808 | must be a power of two",
            "100 | 0 | 1 | 64 | parts=0 and unitBytes=1 must both be at least 1",
            "100 | 1 | 0 | 64 | parts=1 and unitBytes=0 must both be at least 1"})
    void whatCannotBeHadIsRefusedAndChangesNothing(int bytes, int parts, long unit, long alignment, String message) {
        OwnedBuffer buffer = OwnedBuffer.allocate(bytes).transfer();
        var e = assertThrows(IllegalArgumentException.class, () -> buffer.split(parts, unit, alignment));
        assertTrue(e.getMessage().contains(message), e.getMessage());
        assertEquals(State.UNCLAIMED, buffer.state());
        buffer.close();
    }

    @Test
    void aPartThatDoesNotBeginOnABoundaryCannotBeSplitOnOne() {
        List<OwnedBuffer> parts = OwnedBuffer.allocate(1_000).splitAt(100, 128);
        assertThrows(IllegalArgumentException.class, () -> parts.get(1).split(2, 1, 64));
        assertEquals(State.UNCLAIMED, parts.get(1).state());
        List<OwnedBuffer> inner = parts.get(2).split(2, 1, 64);
        assertEquals("448 424", sizes(inner));
        assertEquals("16 12", sizes(parts.get(1).split(2, 1, 4)));
        inner.forEach(p -> assertEquals(0, p.segment().address() % 64));
        inner.forEach(OwnedBuffer::close);
        parts.get(0).close();
    }

    @ParameterizedTest
    @CsvSource({"1, 4096", "64, 16384", "65536, 65536", "16384, 131072"})
    void allBoundariesAreKeptHoweverOftenViewsAreOpened(long first, long second) {
        OwnedBuffer whole = OwnedBuffer.allocate(1 << 18, 1 << 17);
        for (long alignment : new long[]{first, second, first}) {
            List<OwnedBuffer> parts = whole.split(2, 1, alignment);
            for (int i = 0; i < 3; i++) {
                parts = parts.stream().map(OwnedBuffer::transfer).toList();
                parts.forEach(p -> assertEquals(0, p.segment().address() % alignment));
            }
            whole = OwnedBuffer.join(parts);
            assertEquals(0, whole.segment().address() % (1 << 17));
        }
        whole.close();
    }

    @Test
    void aTreeOfPartsComesBackTogetherWhateverTheOrder() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int bytes = 1 + random.nextInt(5_000);
            OwnedBuffer buffer = OwnedBuffer.allocate(bytes);
            for (int i = 0; i < bytes; i++) {
                buffer.segment().set(JAVA_BYTE, i, (byte) (i * 31));
            }
            OwnedBuffer whole = there(buffer, random, 6);
            assertEquals(bytes, whole.byteSize());
            for (int i = 0; i < bytes; i++) {
                assertEquals((byte) (i * 31), whole.segment().get(JAVA_BYTE, i), "seed " + seed + " at " + i);
            }
            whole.close();
        }
    }

    private static OwnedBuffer there(OwnedBuffer buffer, Random random, int levels) {
        int parts = (int) Math.min(1 + random.nextInt(4), buffer.byteSize());
        if (levels == 0) {
            return buffer;
        }
        List<OwnedBuffer> split = new ArrayList<>(buffer.split(parts, 1));
        split.replaceAll(part -> there(part, random, levels - 1));
        Collections.shuffle(split, random);
        return OwnedBuffer.join(split);
    }
}
