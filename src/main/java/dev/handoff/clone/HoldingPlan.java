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

    /** A line about a part, and what its plan has to say. */
    static void explainPart(StringBuilder text, String name, Class<?> declared, @Nullable Plan plan) {
        text.append("\n  ").append(name).append(", ").append(declared.getTypeName()).append(": ");
        if (declared.isPrimitive()) {
            text.append("a value");
        } else {
            text.append(plan == null ? "as the class of the value says" : plan.explain().replace("\n", "\n  "));
        }
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
