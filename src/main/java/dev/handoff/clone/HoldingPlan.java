package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/** Objects that hold others, in slots. */
abstract class HoldingPlan extends Plan {
    HoldingPlan(Class<?> type) {
        super(type, false);
    }

    /** What it holds, in an array of the caller's. */
    abstract @Nullable Object[] contents(Object original);

    /** Whether the structure of the copy depends on what a slot holds: on a hash code, on a comparison. */
    boolean isKey(int slot) {
        return false;
    }

    /** How an expression goes from the object to a slot. */
    String step(@Nullable Object[] slots, int slot) {
        return "[" + slot + "]";
    }

    /** Whether a part needs no copy, as its declaration tells; {@code plan} is that of all its values, or null. */
    static boolean isSharedPart(Class<?> declared, @Nullable Plan plan) {
        return declared.isPrimitive() || plan != null && plan.isShared;
    }

    @Override
    String explain() {
        return "copied, and what it holds";
    }

    @Override
    final Frame open(Object original, Moves moves) {
        return new Frame(this, original);
    }
}
