package dev.handoff.examples.photo;

import java.lang.foreign.MemorySegment;

/**
 * One way to have a photograph processed. All do the same work in place, by the clock of one thread, the main one:
 * before {@link #process} it holds the photograph in one piece, and afterwards the result.
 */
sealed interface Way extends AutoCloseable permits SingleThreaded, CloneWay, TransferWay, SharedWay {
    /** As it is called in the table and in file names. */
    String title();

    /** The photograph before, the result afterwards: RGBA, for the main thread until the next {@link #process}. */
    MemorySegment pixels();

    /** Processes the photograph once, and tells what that cost. */
    Stages process() throws InterruptedException;

    /** Ends the workers and frees the memory. */
    @Override
    void close();
}
