package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MappedMemoryReuseTest {
    private static final int BYTES = 7 << 10;

    @Test
    void aPieceThatWasFreedIsZeroedBeforeItServesAgain() {
        List<MappedMemory> pieces = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            pieces.add(MappedMemory.allocate(BYTES));
            assertZeroThenFill(pieces.getLast());
        }
        MappedMemory freed = pieces.removeLast();
        freed.free(); // its slab lives on with the others
        boolean again = false;
        for (int i = 0; i < 100 && !again; i++) {
            pieces.add(MappedMemory.allocate(BYTES));
            assertZeroThenFill(pieces.getLast());
            again = pieces.getLast() == freed;
        }
        assertTrue(again);
        pieces.forEach(MappedMemory::free);
    }

    private static void assertZeroThenFill(MappedMemory piece) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment view = piece.view(0, BYTES, arena, new Anchor());
            assertEquals(-1, view.mismatch(MemorySegment.ofArray(new byte[BYTES])));
            view.fill((byte) -1);
        }
    }
}
