package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedBufferTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 65, 1 << 20})
    void isAllocatedZeroedAndAligned(int bytes) {
        SharedBuffer buffer = SharedBuffer.allocate(bytes);
        assertEquals(bytes, buffer.byteSize());
        assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[bytes])));
        assertEquals(0, buffer.segment().address() % 64);
        assertSame(buffer.segment(), buffer.segment());
        assertEquals("SharedBuffer[" + bytes + " bytes]", buffer.toString());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE})
    void refusesANegativeSize(long bytes) {
        var e = assertThrows(IllegalArgumentException.class, () -> SharedBuffer.allocate(bytes));
        assertEquals("bytes=" + bytes + " must not be negative", e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 60, Long.MAX_VALUE - 64, Long.MAX_VALUE})
    void refusesMoreThanThereIs(long bytes) {
        assertThrows(OutOfMemoryError.class, () -> SharedBuffer.allocate(bytes));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void isOpenToEveryThread(Kind kind) {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        Threads.on(kind, "other", () -> buffer.segment().fill((byte) 9));
        assertEquals(9, buffer.segment().get(JAVA_BYTE, 7));
    }

    @Test
    void wrapsSharedAutomaticGlobalAndHeapMemoryAsItIs() {
        try (Arena arena = Arena.ofShared()) {
            for (MemorySegment segment : new MemorySegment[]{arena.allocate(8), Arena.ofAuto().allocate(8),
                    Arena.global().allocate(8), MemorySegment.ofArray(new byte[8]), MemorySegment.ofArray(new long[1]),
                    arena.allocate(64).asSlice(3, 8)}) {
                SharedBuffer buffer = SharedBuffer.wrap(segment);
                assertSame(segment, buffer.segment());
                assertEquals(8, buffer.byteSize());
            }
        }
    }

    @Test
    void refusesMemoryThatIsConfinedEvenToTheCaller() {
        try (Arena arena = Arena.ofConfined(); OwnedBuffer owned = OwnedBuffer.allocate(8)) {
            for (MemorySegment segment : new MemorySegment[]{arena.allocate(8), owned.segment()}) {
                var e = assertThrows(IllegalArgumentException.class, () -> SharedBuffer.wrap(segment));
                assertTrue(e.getMessage().startsWith("confined to one thread"), e.getMessage());
            }
        }
    }

    @Test
    void refusesReadOnlyMemory() {
        for (MemorySegment segment : new MemorySegment[]{MemorySegment.ofArray(new int[2]),
                Arena.ofAuto().allocate(8)}) {
            var e = assertThrows(IllegalArgumentException.class, () -> SharedBuffer.wrap(segment.asReadOnly()));
            assertTrue(e.getMessage().startsWith("read-only"), e.getMessage());
        }
    }

    @Test
    void refusesNull() {
        assertThrows(NullPointerException.class, () -> SharedBuffer.wrap(null));
    }

    @Test
    void livesAsLongAsTheArenaThatItsMemoryIsOf() {
        SharedBuffer buffer;
        Int32View view;
        try (Arena arena = Arena.ofShared()) {
            buffer = SharedBuffer.wrap(arena.allocate(8));
            view = Int32View.of(buffer);
            view.set(1, 5);
        }
        assertThrows(IllegalStateException.class, () -> buffer.segment().get(JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, () -> view.get(1));
        assertEquals(8, buffer.byteSize());
    }

    @Test
    void growsUpToItsMaximumWithZerosInPlace() {
        SharedBuffer buffer = SharedBuffer.allocate(5, 1000);
        MemorySegment before = buffer.segment();
        before.fill((byte) 1);
        assertEquals(5, buffer.byteSize());
        assertEquals(1000, buffer.maxByteSize());
        assertTrue(buffer.isGrowable());
        assertEquals("SharedBuffer[5 of at most 1000 bytes]", buffer.toString());
        for (long bytes : new long[]{5, 6, 999, 1000}) {
            buffer.grow(bytes);
            assertEquals(bytes, buffer.byteSize());
            assertEquals(bytes, buffer.segment().byteSize());
            assertSame(buffer.segment(), buffer.segment());
        }
        assertEquals(5, before.byteSize());
        assertEquals(before.address(), buffer.segment().address());
        assertEquals(-1, buffer.segment().asSlice(0, 5).mismatch(before));
        assertEquals(-1, buffer.segment().asSlice(5).mismatch(MemorySegment.ofArray(new byte[995])));
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "-1, -1", "1, 0", "0, -1", "9223372036854775807, 9223372036854775806"})
    void refusesASizeThatIsNotBetweenZeroAndTheMaximum(long bytes, long maxBytes) {
        var e = assertThrows(IllegalArgumentException.class, () -> SharedBuffer.allocate(bytes, maxBytes));
        assertTrue(e.getMessage().startsWith("bytes=" + bytes + " must not be "), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 60, Long.MAX_VALUE - 64, Long.MAX_VALUE})
    void refusesAMaximumThatThereIsNoRoomFor(long maxBytes) {
        assertThrows(OutOfMemoryError.class, () -> SharedBuffer.allocate(0, maxBytes));
    }

    @Test
    void refusesToShrinkAndToGrowBeyondItsMaximum() {
        SharedBuffer buffer = SharedBuffer.allocate(8, 16);
        for (long bytes : new long[]{7, 0, -1, Long.MIN_VALUE}) {
            assertEquals("bytes=" + bytes + " is below the present size of 8, and shared memory does not shrink",
                    assertThrows(IllegalArgumentException.class, () -> buffer.grow(bytes)).getMessage());
        }
        for (long bytes : new long[]{17, Long.MAX_VALUE}) {
            assertEquals("bytes=" + bytes + " is above the maximum of 16",
                    assertThrows(IllegalArgumentException.class, () -> buffer.grow(bytes)).getMessage());
        }
        assertEquals(8, buffer.byteSize());
    }

    @Test
    void doesNotGrowUnlessMadeTo(@TempDir Path directory) throws IOException {
        for (SharedBuffer buffer : List.of(SharedBuffer.allocate(8),
                SharedBuffer.wrap(MemorySegment.ofArray(new int[2])),
                SharedBuffer.map(directory.resolve("file"), 8))) {
            assertFalse(buffer.isGrowable());
            assertEquals(8, buffer.maxByteSize());
            assertThrows(UnsupportedOperationException.class, () -> buffer.grow(8));
        }
        SharedBuffer full = SharedBuffer.allocate(8, 8);
        assertTrue(full.isGrowable());
        full.grow(8);
    }

    @Test
    void anEmptyBufferMayHaveAnEmptyMaximum() {
        SharedBuffer buffer = SharedBuffer.allocate(0, 0);
        buffer.grow(0);
        assertEquals(0, buffer.segment().byteSize());
        assertThrows(IllegalArgumentException.class, () -> buffer.grow(1));
    }

    @Test
    void ofThreadsThatGrowAtOnceNoneTakesBytesAway() {
        int racers = 4;
        int step = 64;
        AtomicReference<SharedBuffer> current = new AtomicReference<>();
        AtomicLong largest = new AtomicLong();
        Threads.race(Kind.PLATFORM, racers, 200, round -> {
            if (round > 0) {
                assertEquals(largest.get(), current.get().byteSize());
            }
            largest.set(0);
            current.set(SharedBuffer.allocate(0, racers * 50L * step));
        }, (racer, round) -> {
            SharedBuffer buffer = current.get();
            for (long i = 0; i < 50; i++) {
                long bytes = (i * racers + racer) * step;
                try {
                    buffer.grow(bytes);
                    assertTrue(buffer.byteSize() >= bytes);
                    largest.accumulateAndGet(bytes, Math::max);
                } catch (IllegalArgumentException e) {
                    assertTrue(buffer.byteSize() > bytes, "another one was faster");
                }
            }
        });
    }

    @Test
    void mapsANewFileAsZerosThatStay(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("new");
        SharedBuffer buffer = SharedBuffer.map(file, 100_002);
        assertTrue(buffer.isMapped());
        assertEquals(100_002, buffer.byteSize());
        assertEquals(100_004, Files.size(file));
        assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[100_002])));
        buffer.segment().set(JAVA_BYTE, 100_001, (byte) 7);
        assertEquals(7, SharedBuffer.map(file, 100_002).segment().get(JAVA_BYTE, 100_001));
        buffer.segment().force();
        assertEquals(7, Files.readAllBytes(file)[100_001]);
        assertFalse(SharedBuffer.allocate(8).isMapped());
    }

    @Test
    void extendsAShorterFileAndLeavesALongerOneAsItIs(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[]{1, 2, 3, 4, 5});
        SharedBuffer longer = SharedBuffer.map(file, 10);
        assertArrayEquals(new byte[]{1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0}, Files.readAllBytes(file));
        SharedBuffer shorter = SharedBuffer.map(file, 3);
        assertEquals(12, Files.size(file));
        assertArrayEquals(new byte[]{1, 2, 3}, shorter.segment().toArray(JAVA_BYTE));
        longer.segment().set(JAVA_BYTE, 2, (byte) 9);
        assertEquals(9, shorter.segment().get(JAVA_BYTE, 2));
        assertEquals(0, SharedBuffer.map(file, 0).byteSize());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void takesTheSpaceOfAMappedFileAtOnce(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("file");
        SharedBuffer.map(file, 1 << 20);
        Process stat = new ProcessBuilder("stat", "--format=%b", file.toString()).start();
        String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        assertTrue(Long.parseLong(blocks) * 512 >= 1 << 20, () -> "a file with holes, of " + blocks + " blocks");
    }

    @Test
    void refusesAFileThatItCannotMap(@TempDir Path directory) {
        assertThrows(IllegalArgumentException.class, () -> SharedBuffer.map(directory.resolve("file"), -1));
        assertFalse(Files.exists(directory.resolve("file")));
        assertThrows(OutOfMemoryError.class, () -> SharedBuffer.map(directory.resolve("file"), Long.MAX_VALUE));
        assertFalse(Files.exists(directory.resolve("file")));
        assertThrows(IOException.class, () -> SharedBuffer.map(directory, 8));
        assertThrows(NoSuchFileException.class, () -> SharedBuffer.map(directory.resolve("no/file"), 8));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusesADeviceThatSwallowsWhatIsWritten() {
        Path device = Path.of("/dev/null");
        IOException e = assertThrows(IOException.class, () -> SharedBuffer.map(device, 8));
        assertTrue(e.getMessage().startsWith("/dev/null is no regular file"), e.getMessage());
    }

    @Test
    void threadsThatMapOneNewFileAtOnceLoseNothing(@TempDir Path directory) {
        int racers = 4;
        int bytes = 300_000;
        AtomicReference<Path> file = new AtomicReference<>();
        Threads.race(Kind.PLATFORM, racers, 20, round -> {
            if (round > 0) {
                SharedBuffer buffer = SharedBuffer.map(file.get(), bytes);
                for (int racer = 0; racer < racers; racer++) {
                    for (int at = racer; at < bytes; at += 1000) {
                        assertEquals(racer + 1, buffer.segment().get(JAVA_BYTE, at));
                    }
                }
            }
            file.set(directory.resolve("file-" + round));
        }, (racer, round) -> {
            SharedBuffer buffer = SharedBuffer.map(file.get(), bytes);
            for (int at = racer; at < bytes; at += 1000) {
                buffer.segment().set(JAVA_BYTE, at, (byte) (racer + 1));
            }
        });
    }

    @Test
    void aPartOfMemoryIsASharedBuffer() {
        MemorySegment words = Arena.ofAuto().allocate(16, 8);
        SharedBuffer buffer = SharedBuffer.over(words, 5, 6);
        buffer.segment().fill((byte) 1);
        assertEquals(6, buffer.byteSize());
        assertArrayEquals(new byte[]{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, words.toArray(JAVA_BYTE));
    }

    @Test
    void elementsOfOneTwoFourAndEightBytesAreLockFree() {
        for (long bytes : new long[]{1, 2, 4, 8}) {
            assertTrue(SharedBuffer.isLockFree(bytes));
        }
        for (long bytes : new long[]{-1, 0, 3, 5, 7, 9, 16, Long.MIN_VALUE}) {
            assertFalse(SharedBuffer.isLockFree(bytes));
        }
    }
}
