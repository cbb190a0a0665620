package dev.handoff.stress;

import dev.handoff.memory.SharedBuffer;

/** Slots off the heap of two cache lines each: data in one, a flag in the other. */
final class Lines {
    static final int BYTES = 128;

    private static final Slots SLOTS = new Slots(BYTES);

    static final SharedBuffer BUFFER = SLOTS.buffer();

    private Lines() {
    }

    /** The byte offset in {@link #BUFFER} of zeros that no other state uses. */
    static long next() {
        return SLOTS.next();
    }
}
