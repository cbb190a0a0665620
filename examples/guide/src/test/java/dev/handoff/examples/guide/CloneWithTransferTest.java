package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.examples.guide.CloneWithTransfer.Photo;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CloneWithTransferTest {
    @Test
    void whatIsNotListedIsCopied() {
        Photo photo = CloneWithTransfer.photo();
        Photo copy = CloneWithTransfer.copyButMovePixels(photo);
        assertEquals(photo.title(), copy.title());
        assertEquals(photo.tags(), copy.tags());
        assertNotSame(photo.tags(), copy.tags());
        copy.pixels().close();
    }

    @Test
    void whatIsListedMovesWithItsBytes() {
        Photo photo = CloneWithTransfer.photo();
        Photo copy = CloneWithTransfer.copyButMovePixels(photo);
        assertEquals(OwnedBuffer.State.GONE, photo.pixels().state());
        assertThrows(DetachedException.class, photo.pixels()::segment);
        assertEquals(42, copy.pixels().segment().get(ValueLayout.JAVA_INT, 0));
        copy.pixels().close();
    }
}
