package dev.handoff.clone;

import dev.handoff.memory.Transferable;

/** Transferables: moved, or, if they are buffers that are not listed, copied. */
final class MovedPlan extends Plan {
    MovedPlan(Class<?> type) {
        super(type, false);
    }

    @Override
    Object copy(Object original, Descent descent) {
        return descent.moves.move((Transferable) original);
    }

    @Override
    Object open(Object original, Moves moves) {
        return moves.move((Transferable) original);
    }

    @Override
    String explain() {
        return "moved if it is in the transfer list; else the bytes of an owned buffer are copied, and anything else refused";
    }
}
