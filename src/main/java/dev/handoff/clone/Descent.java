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
 * Most messages are trees: no reference leads to what another one leads to. Until it knows better, a run takes its graph
 * for one, and remembers {@linkplain Sightings no more than hash codes} of what it meets. What is met again ends such a
 * run, and the next one {@linkplain Copies tracks} copies, as do those of the next graphs of the kind.
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

    /** How many graphs are not taken for trees after one that was none: a run in vain among so many costs little. */
    private static final int TRACKED = 64;

    /** In place of the number of what is not tracked. */
    private static final int UNTRACKED = Integer.MAX_VALUE;

    /** Says nothing: the {@link Copier} will. */
    private static final class GivenUp extends RuntimeException {
        @Serial private static final long serialVersionUID = 1;

        GivenUp() {
            super(null, null, false, false);
        }
    }

    /** It was no tree, most likely. */
    private static final class MetAgain extends RuntimeException {
        @Serial private static final long serialVersionUID = 1;

        MetAgain() {
            super(null, null, false, false);
        }
    }

    private record Unfilled(MutablePlan plan, int number, Object original, Object copy) {
    }

    final Plans plans;
    final Moves moves;
    private final Copies copies = new Copies();
    /** Null while there are few, or where copies are tracked. */
    private @Nullable Sightings sightings;
    /** As far as is known. */
    private boolean isTree;
    private @Nullable ArrayDeque<Unfilled> unfilled;
    /** The numbers of what is being filled or built, ascending. */
    private final int[] path = new int[MAX_DEPTH];
    private int depth;
    /** How much of the path is built from its contents. */
    private int building;
    /** Whether anything led back to what was still being filled. */
    private boolean cyclic;

    private Descent(Plans plans, Moves moves, boolean isTree) {
        this.plans = plans;
        this.moves = moves;
        this.isTree = isTree;
    }

    /** The copy of a graph. Throws anything at all where it can't be made this way. */
    static Object copyAll(Object root, Plan plan, Plans plans, Moves moves) {
        if (plan.tracked > 0) {
            plan.tracked--;
        } else {
            try {
                return new Descent(plans, moves, true).copyAll(root, plan);
            } catch (MetAgain e) {
                plan.tracked = TRACKED;
            }
        }
        return new Descent(plans, moves, false).copyAll(root, plan);
    }

    private Object copyAll(Object root, Plan plan) {
        if (isTree && plan.lastCopies > Copies.FEW) {
            sightings = new Sightings(plan.lastCopies);
        } else {
            copies.expect(plan.lastCopies);
        }
        Object copy = plan.copy(root, this);
        if (unfilled != null) {
            for (Unfilled next = unfilled.pollFirst(); next != null; next = unfilled.pollFirst()) {
                path[depth++] = next.number;
                next.plan.fill(next.original, next.copy, this);
                depth--;
            }
        }
        plan.lastCopies = sightings == null ? copies.size() : sightings.size();
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

    /**
     * Finds an object, or enters it.
     *
     * @return its number, or {@code ~number} where it is new and is to have a copy
     */
    int enter(Object original) {
        if (sightings == null) {
            if (!isTree || copies.size() < Copies.FEW) {
                return copies.enter(original);
            }
            sightings = seen(copies);
        }
        if (sightings.add(original)) {
            return ~UNTRACKED;
        }
        throw new MetAgain();
    }

    private static Sightings seen(Copies copies) {
        Sightings seen = new Sightings(copies.size());
        for (int number = 0; number < copies.size(); number++) {
            if (!seen.add(copies.original(number))) {
                throw new MetAgain();
            }
        }
        return seen;
    }

    /** The copy of what has been met before and holds nothing. */
    Object knownLeaf(int number) {
        isTree = false;
        return copies.copy(number);
    }

    /** The copy of what has been met before, whole or still being filled. */
    Object known(int number) {
        isTree = false;
        if (building > 0) {
            if (cyclic || unfilled != null || isOpen(number)) {
                throw giveUp();
            }
        } else if (!cyclic) {
            cyclic = isOpen(number);
        }
        return copies.copy(number);
    }

    private boolean isOpen(int number) {
        int i = depth - 1;
        while (i >= 0 && path[i] > number) {
            i--;
        }
        return i >= 0 && path[i] == number;
    }

    /** There is a copy, if not what it holds. */
    void copied(int number, Object copy) {
        if (number != UNTRACKED) {
            copies.set(number, copy);
        }
    }

    /** Whether a copy is to be filled now; else it will be. */
    boolean descend(MutablePlan plan, int number, Object original, Object copy) {
        if (depth == MAX_DEPTH) {
            if (building > 0) {
                throw giveUp();
            }
            if (unfilled == null) {
                unfilled = new ArrayDeque<>();
            }
            unfilled.addLast(new Unfilled(plan, number, original, copy));
            return false;
        }
        path[depth++] = number;
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

    /** Before the contents of what is built from them, and has no copy until it is {@link #built}. */
    void beginBuilding(int number) {
        if (depth == MAX_DEPTH) {
            throw giveUp();
        }
        path[depth++] = number;
        building++;
    }

    void built(int number, Object copy) {
        building--;
        depth--;
        copied(number, copy);
    }

    /** To be thrown: let the {@link Copier} do it, or say why not. */
    static RuntimeException giveUp() {
        return new GivenUp();
    }
}
