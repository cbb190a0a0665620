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
    /** Its place in the order of visits. */
    int index;
    /** The first frame in that order, of those not done, that it or anything in it leads back to. */
    int low;
    /** Whether the copy is complete, or at least so far that others may be built on it. */
    boolean done;
    /** Whether {@linkplain #isArrangedBy what arranges it} is in a cycle with it: a key that leads to its own map. */
    boolean delicate;

    Frame(@Nullable Object[] slots, @Nullable Object copy) {
        this.slots = slots;
        this.copy = copy;
    }

    void set(int slot, @Nullable Object value) {
        slots[slot] = value;
    }

    /** Builds or fills the copy from its slots. */
    void finish() {
        done = true;
    }

    /** Whether the copy's structure depends on what a slot holds: on a hash code, on a comparison. */
    boolean isArrangedBy(int slot) {
        return false;
    }

    /** Whether the copy can be finished while slots are still missing, and takes these later. */
    boolean takesGaps() {
        return false;
    }

    /** How an expression goes from this object to a slot. */
    String step(int slot) {
        return "[" + slot + "]";
    }

    /** How a map's slots, keys and values in turn, read in a path. */
    static String mapStep(@Nullable Object[] slots, int slot) {
        if (slot % 2 == 0) {
            return ".key(" + slot / 2 + ")";
        }
        Object key = slots[slot - 1];
        return key instanceof CharSequence ? "[\"" + key + "\"]" : "[" + key + "]";
    }

    /** An array, or a list over one: what is put into the slots is in the copy. */
    static final class OfArray extends Frame {
        OfArray(@Nullable Object[] slots, Object copy) {
            super(slots, copy);
        }

        @Override
        boolean takesGaps() {
            return true;
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

    /** A mutable collection or map: its copy is filled, and filled anew, from the slots. */
    abstract static class Filled extends Frame {
        Filled(@Nullable Object[] slots, Object shell) {
            super(slots, shell);
        }

        @Override
        final void finish() {
            fill();
            if (size() != expectedSize()) {
                throw new DataCloneException("it holds " + expectedSize() + " elements of which only " + size()
                        + " differ by now, so a copy would lose some");
            }
            super.finish();
        }

        /** Fills the copy anew; tells whether that changed its structure, as far as its elements' hash codes can tell. */
        final boolean rearrange() {
            int before = arrangement();
            fill();
            return arrangement() != before;
        }

        abstract void fill();

        abstract int size();

        abstract int expectedSize();

        abstract int arrangement();
    }
}
