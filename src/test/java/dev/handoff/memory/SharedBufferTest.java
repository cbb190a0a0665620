package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
}
