package dev.handoff.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What an owner sees its bytes through: a segment that is confined to it, and the arena whose close revokes that. */
final class Window extends Hold {
    private final Arena arena;
    private final MemorySegment view;

    /** Opens one for the calling thread. */
    @SuppressWarnings("MustBeClosed") // by close(); a dropped one is the collector's
    Window(Memory memory, long offset, long bytes, Anchor anchor) {
        super(anchor);
        arena = Memory.arena();
        try {
            view = memory.view(offset, bytes, arena, this);
        } catch (RuntimeException | Error e) {
            arena.close(); // it may have mapped something
            throw e;
        }
    }

    MemorySegment view() {
        return view;
    }

    /**
     * Revokes the view and all that was made from it.
     *
     * @throws IllegalStateException if a native call of this thread uses it; then it is still open
     * @throws OutOfMemoryError if the clean-up finds no heap; the view is dead all the same
     */
    void close() {
        arena.close();
    }

    boolean isOpen() {
        return arena.scope().isAlive();
    }
}
