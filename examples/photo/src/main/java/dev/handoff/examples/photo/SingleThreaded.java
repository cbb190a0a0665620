package dev.handoff.examples.photo;

import dev.handoff.memory.OwnedBuffer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** No workers: the main thread does it all, with the same kernel. What the other ways are compared with. */
final class SingleThreaded implements Way {
    private final OwnedBuffer photo;
    private final Operation operation;

    SingleThreaded(Picture picture, Operation operation) {
        this.photo = OwnedBuffer.allocate(picture.byteSize());
        this.operation = operation;
    }

    @Override
    public String title() {
        return "single-threaded";
    }

    @Override
    public MemorySegment pixels() {
        return photo.segment();
    }

    @Override
    public Stages process() {
        long start = System.nanoTime();
        Strip all = new Strip(photo).process(operation);
        return Stages.of(start, List.of(all.shift()), System.nanoTime(), all.bytesCopied());
    }

    @Override
    public void close() {
        photo.close();
    }
}
