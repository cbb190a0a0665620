package dev.handoff.clone;

import java.io.Serial;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One run of the fast clone algorithm: plain recursion, and an optimist.
 *
 * <p>
 * It knows no cycle through an immutable object, no hash table that leads to itself, no path for an error message, and
 * only so much depth. What is beyond that ends the run by {@link #giveUp}, or by whatever was thrown, and the
 * {@link Copier}, which can do all of it, starts over. Nothing but copies has been made by then.
 *
 * <p>
 * A mutable object has its copy, still empty, before its contents do. That lets cycles find it, and lets depth be
 * traded for a queue: what lies too deep is filled later. Not so below what is <em>built</em> from its contents (records,
 * unmodifiable collections, keys, elements that are compared): these have to be there. What is built must not see a
 * copy that is not filled yet, and would not be by the Copier either.
 */
final class Descent {
    /** Enough for nearly every message, and within what a thread with a stack of 256 KiB has, even when interpreted. */
    private static final int MAX_DEPTH = 48;

    /** Says nothing: the {@link Copier} will. */
    private static final class GivenUp extends RuntimeException {
        @Serial private static final long serialVersionUID = 1;

        GivenUp() {
            super(null, null, false, false);
        }
    }

    private record Unfilled(MutablePlan plan, Object original, Object copy) {
    }

    final Plans plans;
    final Moves moves;
    private final Copies copies = new Copies();
    private @Nullable ArrayDeque<Unfilled> unfilled;
    /** What is being filled or built. */
    private final @Nullable Object[] path = new Object[MAX_DEPTH];
    private int depth;
    /** How much of the path is built from its contents. */
    private int building;
    /** Whether anything led back to what was still being filled. */
    private boolean cyclic;

    Descent(Plans plans, Moves moves) {
        this.plans = plans;
        this.moves = moves;
    }

    /** The copy of a graph. Throws anything at all where it can't be made this way. */
    Object copyAll(Object root, Plan plan) {
        copies.expect(plan.lastCopies);
        Object copy = plan.copy(root, this);
        if (unfilled != null) {
            for (Unfilled next = unfilled.pollFirst(); next != null; next = unfilled.pollFirst()) {
                path[depth++] = next.original;
                next.plan.fill(next.original, next.copy, this);
                depth--;
            }
        }
        plan.lastCopies = copies.size();
        return copy;
    }

    @Nullable
    Object copy(@Nullable Object original) {
        if (original == null || Plans.isCommon(original)) {
            return original;
        }
        Plan plan = plans.of(original.getClass());
        return plan.isShared ? original : plan.copy(original, this);
    }

    /** For a value whose class is known by its declaration. */
    static @Nullable Object copy(@Nullable Object original, Plan plan, Descent descent) {
        return original == null ? null : plan.copy(original, descent);
    }

    /** Of a key, or of whatever else decides where it lies in the copy. */
    @Nullable
    Object copyKey(@Nullable Object original) {
        if (original == null || Plans.isCommon(original)) {
            return original;
        }
        Plan plan = plans.of(original.getClass());
        if (plan.isShared) {
            return original;
        }
        building++;
        Object copy = plan.copy(original, this);
        building--;
        return copy;
    }

    /** As {@link Copies#find}. */
    int find(Object original) {
        return copies.find(original);
    }

    /** The copy of what has been met before and holds nothing. */
    Object knownLeaf(int place) {
        return copies.copy(place);
    }

    /** The copy of what has been met before, whole or still being filled. */
    Object known(int place, Object original) {
        if (building > 0) {
            if (cyclic || unfilled != null || isOpen(original)) {
                throw giveUp();
            }
        } else if (!cyclic) {
            cyclic = isOpen(original);
        }
        return copies.copy(place);
    }

    private boolean isOpen(Object original) {
        for (int i = depth - 1; i >= 0; i--) {
            if (path[i] == original) {
                return true;
            }
        }
        return false;
    }

    /** There is a copy, if not what it holds. */
    void copied(int place, Object original, Object copy) {
        copies.put(place, original, copy);
    }

    /** Whether a copy is to be filled now; else it will be. */
    boolean descend(MutablePlan plan, Object original, Object copy) {
        if (depth == MAX_DEPTH) {
            if (building > 0) {
                throw giveUp();
            }
            if (unfilled == null) {
                unfilled = new ArrayDeque<>();
            }
            unfilled.addLast(new Unfilled(plan, original, copy));
            return false;
        }
        path[depth++] = original;
        return true;
    }

    /** Goes on where nothing is left to be filled later. */
    void requireFilled() {
        if (unfilled != null && !unfilled.isEmpty()) {
            throw giveUp();
        }
    }

    void ascend() {
        depth--;
    }

    /** Before the contents of what is built from them; a cycle through it comes back to something else that is open. */
    void beginBuilding() {
        if (depth == MAX_DEPTH) {
            throw giveUp();
        }
        path[depth++] = null;
        building++;
    }

    void built(Object original, Object copy) {
        building--;
        depth--;
        copies.put(copies.find(original), original, copy);
    }

    /** To be thrown: let the {@link Copier} do it, or say why not. */
    static RuntimeException giveUp() {
        return new GivenUp();
    }
}
