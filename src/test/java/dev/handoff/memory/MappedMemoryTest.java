package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The twin by itself: it needs no native access, so it runs in any JVM. */
class MappedMemoryTest {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Anchor ANCHOR = new Anchor();

    /** Descriptors of files of ours, which all are deleted. */
    private static int descriptors() throws IOException {
        assumeTrue(Files.isDirectory(DESCRIPTORS), "the descriptors of a process can't be listed here");
        int ours = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : all) {
                try {
                    String file = Files.readSymbolicLink(descriptor).toString();
                    if (file.contains("/handoff-") && file.contains(".memory")) {
                        assertTrue(file.endsWith(" (deleted)"), file);
                        ours++;
                    }
                } catch (NoSuchFileException e) {
                    continue; // that of the listing itself
                }
            }
        }
        return ours;
    }

    private static void fill(Memory memory, long bytes, int value) {
        try (Arena arena = Arena.ofConfined()) {
            memory.view(0, bytes, arena, ANCHOR).fill((byte) value);
        }
    }

    private static void assertAll(int value, Memory memory, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment view = memory.view(0, bytes, arena, ANCHOR);
            for (long i = 0; i < bytes; i++) {
                assertEquals((byte) value, view.get(JAVA_BYTE, i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {64, 80, 4096, 65_536, 1 << 20, (1 << 20) + 64, 5 << 20})
    void newMemoryIsZeroAndKeepsItsBytesBetweenViews(long bytes) {
        MappedMemory memory = MappedMemory.allocate(bytes);
        assertAll(0, memory, bytes);
        fill(memory, bytes, 7);
        assertAll(7, memory, bytes);
        memory.zero(bytes - 1);
        assertAll(0, memory, bytes - 1);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(7, memory.view(bytes - 1, 1, arena, ANCHOR).get(JAVA_BYTE, 0));
        }
        memory.free();
    }

    @Test
    void aViewDiesWithItsArenaAndTheNextOwnerMapsAnew() {
        MappedMemory memory = MappedMemory.allocate(10_240);
        MemorySegment old;
        try (Arena arena = Arena.ofConfined()) {
            old = memory.view(101, 5_000, arena, ANCHOR);
            old.set(JAVA_BYTE, 4_999, (byte) 42);
        }
        assertThrows(IllegalStateException.class, () -> old.get(JAVA_BYTE, 4_999));
        for (Kind kind : Kind.values()) {
            byte seen = Threads.on(kind, "next", () -> {
                try (Arena arena = Arena.ofConfined()) {
                    return memory.view(5_001, 100, arena, ANCHOR).get(JAVA_BYTE, 99);
                }
            });
            assertEquals(42, seen);
        }
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, memory.view(10_240, 0, arena, ANCHOR).byteSize());
        }
        memory.free();
    }

    @Test
    void aMappingThatADeadThreadLeftOpenIsInNobodysWay() {
        MappedMemory memory = MappedMemory.allocate(4096);
        MemorySegment left = Threads.on(Kind.PLATFORM, "forgetful",
                () -> memory.view(0, 4096, Arena.ofConfined(), ANCHOR).fill((byte) 3));
        assertThrows(WrongThreadException.class, () -> left.get(JAVA_BYTE, 0));
        assertAll(3, memory, 4096);
        memory.zero(4096);
        assertAll(0, memory, 4096);
        memory.free();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 64, 4096, 8192, 1 << 16, 1 << 20, 1 << 22})
    void aViewIsAlignedAsWasAskedForWhoeverMapsIt(long alignment) {
        long slack = Math.max(0, alignment - 64);
        List<MappedMemory> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) { // at several positions of a slab
            MappedMemory memory = MappedMemory.allocate(20_480 + slack);
            all.add(memory);
            long first = memory.firstAligned(alignment);
            assertTrue(first <= slack, () -> first + " is more than " + slack);
            for (int owner = 0; owner < 3; owner++) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment view = memory.view(first, 20_000, arena, ANCHOR);
                    assertEquals(0, view.address() % Math.max(64, alignment));
                    assertEquals(owner, view.get(JAVA_BYTE, 19_999));
                    view.set(JAVA_BYTE, 19_999, (byte) (owner + 1));
                    MemorySegment part = memory.view(first + 64, 64, arena, ANCHOR);
                    assertEquals(64 % Math.max(64, alignment), part.address() % Math.max(64, alignment));
                }
            }
        }
        all.forEach(MappedMemory::free);
    }

    @Test
    void smallBlocksShareAFileAndLargeOnesHaveTheirOwn() throws IOException {
        int before = descriptors();
        List<MappedMemory> small = new ArrayList<>();
        long bytes = 65_536 - 64; // no class, so that nobody else has blocks of that size
        for (int i = 0; i < 4; i++) {
            small.add(MappedMemory.allocate(bytes));
        }
        assertEquals(before + 2, descriptors());
        for (int i = 0; i < 4; i++) {
            fill(small.get(i), bytes, i + 1);
        }
        for (int i = 0; i < 4; i++) {
            assertAll(i + 1, small.get(i), bytes);
        }
        small.get(1).free();
        small.get(2).free();
        List<MappedMemory> again = List.of(MappedMemory.allocate(bytes), MappedMemory.allocate(bytes));
        assertEquals(before + 2, descriptors(), "what was given back serves again");
        MappedMemory next = MappedMemory.allocate(bytes);
        assertEquals(before + 4, descriptors(), "the first file is full");
        MappedMemory large = MappedMemory.allocate(2 << 20);
        assertEquals(before + 6, descriptors());
        large.free();
        next.free();
        assertEquals(before + 2, descriptors());
        small.getFirst().free();
        small.getLast().free();
        again.getFirst().free();
        assertEquals(before + 2, descriptors(), "one block is still there");
        again.getLast().free();
        assertEquals(before, descriptors());
    }

    @Test
    void interruptsLoseNothing() {
        MappedMemory memory = MappedMemory.allocate(4096);
        fill(memory, 4096, 5);
        Thread.currentThread().interrupt();
        assertAll(5, memory, 4096);
        assertTrue(Thread.interrupted(), "it stays set");
        Thread me = Thread.currentThread();
        AtomicBoolean enough = new AtomicBoolean();
        Thread storm = Thread.ofPlatform().start(() -> {
            while (!enough.get()) {
                me.interrupt();
            }
        });
        try {
            for (int i = 0; i < 3_000; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment view = memory.view(0, 4096, arena, ANCHOR);
                    assertEquals((byte) (i == 0 ? 5 : i - 1), view.get(JAVA_BYTE, 4095));
                    view.set(JAVA_BYTE, 4095, (byte) i);
                }
                memory.zero(64);
            }
        } finally {
            enough.set(true);
            while (storm.isAlive()) {
                Thread.interrupted(); // what until() would take for a reason to give up
                Thread.yield();
            }
            Thread.interrupted();
        }
        memory.free();
    }

    @Test
    void aFileLiesWhereThereIsRoom(@TempDir Path directory) throws IOException {
        UnlinkedFile file = UnlinkedFile.create(List.of(directory.resolve("missing"), directory), 100_000);
        try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
            assertFalse(names.iterator().hasNext(), "no name is left");
        }
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, file.map(99_999, 1, arena).get(JAVA_BYTE, 0));
        }
        file.close();
    }

    @Test
    void aViewThatIsLargerThanTheAddressSpaceIsRefusedAndTheMemoryStays() {
        MappedMemory memory = MappedMemory.allocate(2 << 20);
        fill(memory, 2 << 20, 3);
        try (Arena arena = Arena.ofConfined()) {
            var e = assertThrows(OutOfMemoryError.class, () -> memory.view(0, 1L << 47, arena, ANCHOR));
            assertTrue(e.getMessage().startsWith("a view of 140737488355328 bytes can't be mapped: "), e::getMessage);
        }
        assertAll(3, memory, 2 << 20);
        memory.free();
    }

    @Test
    void withoutRoomEveryDirectoryIsNamed(@TempDir Path directory) {
        Path missing = directory.resolve("missing");
        IOException e = assertThrows(IOException.class,
                () -> UnlinkedFile.create(List.of(missing, directory), Long.MAX_VALUE));
        assertTrue(e.getMessage().contains(directory + " has only "), e.getMessage());
        assertTrue(e.getMessage().startsWith(missing + ": "), e.getMessage());
    }
}
