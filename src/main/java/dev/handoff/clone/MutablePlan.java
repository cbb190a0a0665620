package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/** Objects whose copies are made empty, and filled later. */
abstract class MutablePlan extends HoldingPlan {
    MutablePlan(Class<?> type) {
        super(type);
    }

    /** An object of the same class, or of the nearest kind for a view, that holds nothing yet. */
    abstract Object create(Object original);

    /** Puts contents into a copy, in place of what it held. */
    abstract void fill(Object copy, @Nullable Object[] slots);

    /** How many slots a filled copy shows: not all of them where some have become equal. */
    int filled(Object copy, @Nullable Object[] slots) {
        return slots.length;
    }

    /**
     * Whether the copy can be filled while it is not known what some slots hold, and takes these later, by {@link #set}.
     */
    boolean takesGaps() {
        return false;
    }

    /** Puts something into a gap of a filled copy. */
    void set(Object copy, int slot, @Nullable Object value) {
        throw new AssertionError("takes no gaps: " + type);
    }

    /** A number that changes, most likely, where the elements of a copy change their places. */
    int arrangement(Object copy) {
        return 0;
    }

    @Override
    final Object copy(Object original, Descent descent) {
        int number = descent.enter(original);
        if (number >= 0) {
            return descent.known(number);
        }
        Object copy = create(original);
        descent.copied(~number, copy);
        if (descent.descend(this, ~number, original, copy)) {
            fill(original, copy, descent);
            descent.ascend();
        }
        return copy;
    }

    /** Fills an empty copy with the copies of what the original holds. */
    void fill(Object original, Object copy, Descent descent) {
        @Nullable Object[] slots = contents(original);
        for (int i = 0; i < slots.length; i++) {
            slots[i] = isKey(i) ? descent.copyKey(slots[i]) : descent.copy(slots[i]);
        }
        fill(copy, slots);
        if (filled(copy, slots) != slots.length) {
            throw Descent.giveUp();
        }
    }
}
