package dev.handoff.examples.photo;

import java.util.List;

/**
 * What one repetition cost.
 *
 * @param handOut nanoseconds until the last worker had its strip and began
 * @param work nanoseconds from then until the last worker had processed its strip
 * @param collect nanoseconds from then until the main thread held the result in one piece
 * @param bytesCopied bytes of pixels that were copied on the way
 */
record Stages(long handOut, long work, long collect, long bytesCopied) {
    /** The stages of what the main thread did from start to end, while workers were at work. */
    static Stages of(long start, List<Shift> shifts, long end, long bytesCopied) {
        long began = shifts.stream().mapToLong(Shift::began).max().orElseThrow();
        long ended = shifts.stream().mapToLong(Shift::ended).max().orElseThrow();
        return new Stages(began - start, ended - began, end - ended, bytesCopied);
    }

    long total() {
        return handOut + work + collect;
    }
}
