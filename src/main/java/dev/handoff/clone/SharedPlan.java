package dev.handoff.clone;

import java.util.Set;

/** Objects that nobody can change, or that are meant to be seen by all. */
final class SharedPlan extends Plan {
    static final Plan OF_NULL = new SharedPlan(Void.class);

    SharedPlan(Class<?> type) {
        super(type, true);
    }

    @Override
    Object copy(Object original, Descent descent) {
        return original;
    }

    @Override
    Object open(Object original, Moves moves) {
        return original;
    }

    @Override
    Set<Class<?>> tree() {
        return Set.of();
    }

    @Override
    Object copyTree(Object original) {
        return original;
    }

    @Override
    Object copyAlone(Object original, Plans plans) {
        return original;
    }

    @Override
    String explain() {
        return "shared by reference";
    }
}
