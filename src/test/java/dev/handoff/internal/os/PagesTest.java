package dev.handoff.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.testing.Threads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
    private static final long MIB = 1 << 20;

    private static MemorySegment map(long bytes) {
        assumeTrue(Pages.available(), "needs the native kernel");
        MemorySegment pages = Pages.map(bytes);
        assertTrue(pages != null, "no room for " + bytes + " bytes");
        return pages;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4095, 4096, 4097, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 33 * MIB + 5})
    void pagesAreZeroAlignedWritableAndForAnyThread(long bytes) {
        MemorySegment pages = map(bytes);
        assertEquals(bytes, pages.byteSize());
        assertEquals(0, pages.address() % (bytes < 2 * MIB ? 4096 : 2 * MIB));
        assertEquals(-1, pages.mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
        pages.fill((byte) 0x5A);
        byte last = Threads.on(Threads.Kind.PLATFORM, "reader", () -> pages.get(JAVA_BYTE, bytes - 1));
        assertEquals(0x5A, last);
        assertThrows(IndexOutOfBoundsException.class, () -> pages.get(JAVA_BYTE, bytes));
    }

    @Test
    void pagesThatNobodyTouchedCostNoMemory() {
        long bytes = 1L << 32;
        MemorySegment pages = map(bytes);
        pages.set(JAVA_LONG_UNALIGNED, bytes - 8, 42);
        assertEquals(42, pages.get(JAVA_LONG_UNALIGNED, bytes - 8));
    }

    @Test
    void whatTheSystemHasNoRoomForIsNull() {
        assumeTrue(Pages.available(), "needs the native kernel");
        assertNull(Pages.map(1L << 60));
        assertNull(Pages.map(Long.MAX_VALUE));
    }

    @Test
    void noBytesAreRefused() {
        for (long bytes : new long[]{0, -1, Long.MIN_VALUE}) {
            var e = assertThrows(IllegalArgumentException.class, () -> Pages.map(bytes));
            assertEquals("bytes=" + bytes + " must be at least 1", e.getMessage());
        }
    }

    @Test
    void withoutTheKernelThereAreNone() {
        assumeFalse(Pages.available(), "has the native kernel");
        assertThrows(IllegalStateException.class, () -> Pages.map(1));
    }

    @Test
    void pagesThatNothingReachesAreUnmapped() throws Exception {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(Files.isReadable(maps), "needs /proc");
        String first = Long.toHexString(map(77 * MIB).address()) + "-";
        Threads.until(() -> {
            System.gc();
            try (var lines = Files.lines(maps)) {
                return lines.noneMatch(line -> line.startsWith(first));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
