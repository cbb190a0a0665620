package dev.handoff.examples.photo;

import dev.handoff.memory.OwnedBuffer;

/**
 * Some rows of the photograph, as a message to a worker and back. It keeps its own record of what became of it.
 *
 * @param pixels the rows
 * @param bytesCopied how many bytes were copied on its way so far
 * @param shift when it was processed; null before that
 */
record Strip(OwnedBuffer pixels, long bytesCopied, Shift shift) {
    Strip(OwnedBuffer pixels) {
        this(pixels, 0, null);
    }

    /** Processes the pixels in place. If nobody owns them, this first touch makes the calling thread their owner. */
    Strip process(Operation operation) {
        long began = System.nanoTime();
        operation.run(pixels.segment());
        return new Strip(pixels, bytesCopied, new Shift(began, System.nanoTime()));
    }

    /** With one more copy of its pixels on record: for whoever makes that copy. */
    Strip plusOneCopy() {
        return new Strip(pixels, bytesCopied + pixels.byteSize(), shift);
    }
}
