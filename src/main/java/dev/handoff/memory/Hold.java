package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a view reaches the anchor by, until it dies: an arena of the JDK keeps its clean-up action, which this is, when it
 * is closed.
 */
class Hold implements Consumer<MemorySegment> {
    /** Reachability is its use. */
    @Nullable Anchor anchor;

    Hold(Anchor anchor) {
        this.anchor = anchor;
    }

    @Override
    public final void accept(MemorySegment dead) {
        anchor = null;
    }
}
