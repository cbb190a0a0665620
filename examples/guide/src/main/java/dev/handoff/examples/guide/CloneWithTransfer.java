package dev.handoff.examples.guide;

import dev.handoff.clone.StructuredClone;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A deep copy, but for what is listed: that moves into the copy, and the original has it no more. */
final class CloneWithTransfer {
    record Photo(String title, List<String> tags, OwnedBuffer pixels) {
    }

    static void main() {
        Photo photo = photo();
        Photo copy = copyButMovePixels(photo);
        photo.tags().add("only here");

        IO.println("original: " + photo.title() + " " + photo.tags());
        IO.println("copy:     " + copy.title() + " " + copy.tags());
        IO.println("the copy's first pixel: " + copy.pixels().segment().get(ValueLayout.JAVA_INT, 0));
        try {
            photo.pixels().segment();
        } catch (DetachedException e) {
            IO.println("the original's: " + e.getMessage());
        }
        copy.pixels().close();
    }

    static Photo photo() {
        OwnedBuffer pixels = OwnedBuffer.allocate(4 << 20);
        pixels.segment().set(ValueLayout.JAVA_INT, 0, 42);
        return new Photo("Seeding", new ArrayList<>(List.of("field", "spring")), pixels);
    }

    static Photo copyButMovePixels(Photo photo) {
        return StructuredClone.clone(photo, photo.pixels());
    }
}
