package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/** Objects that can't be copied, and why. */
final class RefusedPlan extends Plan {
    private final String reason;
    private final @Nullable Throwable cause;

    RefusedPlan(Class<?> type, String reason, @Nullable Throwable cause) {
        super(type, false);
        this.reason = reason;
        this.cause = cause;
    }

    @Override
    Object copy(Object original, Descent descent) {
        throw Descent.giveUp();
    }

    @Override
    Object open(Object original, Moves moves) {
        throw new DataCloneException(reason, cause);
    }

    @Override
    String explain() {
        return "refused: " + reason;
    }
}
