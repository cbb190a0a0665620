package dev.handoff.clone;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object whose copy is under way: what it holds, in slots that are replaced by copies one after another.
 *
 * <p>
 * A mutable object has its copy, still empty, from the start. An immutable one gets it from {@link #finish}.
 */
abstract class Frame {
    /** A slot that waits for another frame. */
    record Slot(Frame frame, int index) {
    }

    final @Nullable Object[] slots;
    final List<Slot> waiters = new ArrayList<>(0);
    @Nullable Object copy;
    /** The slot to visit next. */
    int next;
    /** Slots that wait for a frame. */
    int missing;
    /** Whether all slots have been visited. */
    boolean walked;
    /** Whether the copy is complete. */
    boolean done;

    Frame(@Nullable Object[] slots, @Nullable Object copy) {
        this.slots = slots;
        this.copy = copy;
    }

    /** What others may refer to: the copy, or this frame where it is not there yet. */
    final Object handle() {
        return copy != null ? copy : this;
    }

    void set(int slot, @Nullable Object value) {
        slots[slot] = value;
    }

    /** Builds or fills the copy from its slots, which are all there. */
    void finish() {
        done = true;
    }

    /** How an expression goes from this object to a slot. */
    String step(int slot) {
        return "[" + slot + "]";
    }

    /** An array: its slots are the copy itself. */
    static final class OfArray extends Frame {
        OfArray(@Nullable Object[] copy) {
            super(copy, copy);
        }
    }

    /** What exists only once its contents do; where none of these had to be copied, the original serves. */
    abstract static class Immutable extends Frame {
        private final Object original;
        private boolean changed;

        /** {@code changed} from the start where the original must not serve: somebody may change it through another way. */
        Immutable(Object original, @Nullable Object[] slots, boolean changed) {
            super(slots, null);
            this.original = original;
            this.changed = changed;
        }

        @Override
        final void set(int slot, @Nullable Object value) {
            changed |= slots[slot] != value;
            super.set(slot, value);
        }

        @Override
        final void finish() {
            copy = changed ? build() : original;
            super.finish();
        }

        abstract Object build();
    }

    /** How a map's slots, keys and values in turn, read in a path. */
    static String mapStep(@Nullable Object[] slots, int slot) {
        if (slot % 2 == 0) {
            return ".key(" + slot / 2 + ")";
        }
        Object key = slots[slot - 1];
        return key instanceof CharSequence ? "[\"" + key + "\"]" : "[" + key + "]";
    }
}
