package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * What a {@link Block} and every view of its bytes reach, and what reaches neither: once it is unreachable, nobody can
 * get at the bytes any more. It does nothing, neither as the clean-up action of a view's arena nor as that of a scope.
 */
final class Anchor implements Consumer<MemorySegment>, Runnable {
    @Override
    public void accept(MemorySegment view) {
    }

    @Override
    public void run() {
    }
}
