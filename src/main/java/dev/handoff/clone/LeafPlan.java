package dev.handoff.clone;

import java.util.Set;

/** Mutable objects that hold no others: copied in one piece. A class for each, so that a known plan is inlined. */
abstract class LeafPlan extends Plan {
    LeafPlan(Class<?> type) {
        super(type, false);
    }

    @Override
    final Object copy(Object original, Descent descent) {
        int number = descent.enter(original);
        if (number >= 0) {
            return descent.knownLeaf(number);
        }
        Object copy = copyTree(original);
        descent.copied(~number, copy);
        return copy;
    }

    @Override
    final Object open(Object original, Moves moves) {
        return copyTree(original);
    }

    @Override
    final Set<Class<?>> tree() {
        return Set.of(type);
    }

    @Override
    abstract Object copyTree(Object original);

    @Override
    final Object copyAlone(Object original, Plans plans) {
        return copyTree(original);
    }

    @Override
    final String explain() {
        return "copied in one piece";
    }
}
