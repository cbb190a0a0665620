package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/** Objects that are made in one piece from copies of what they hold. */
abstract class BuiltPlan extends HoldingPlan {
    BuiltPlan(Class<?> type) {
        super(type);
    }

    /** Whether the original serves as its copy where nothing that it holds had to be copied: nobody can change it. */
    abstract boolean isImmutable();

    /** A copy from its contents. Throws a {@link DataCloneException} without a path where that fails. */
    abstract Object build(Object original, @Nullable Object[] slots);

    /** Whether a copy finds a key that it holds. */
    boolean finds(Object copy, @Nullable Object key) {
        return true;
    }

    @Override
    Object copy(Object original, Descent descent) {
        int number = descent.enter(original);
        if (number >= 0) {
            return descent.known(number);
        }
        descent.beginBuilding(~number);
        @Nullable Object[] slots = contents(original);
        boolean changed = !isImmutable();
        for (int i = 0; i < slots.length; i++) {
            Object copy = descent.copy(slots[i]);
            changed |= copy != slots[i];
            slots[i] = copy;
        }
        Object copy = changed ? build(original, slots) : original;
        descent.built(~number, copy);
        return copy;
    }
}
