package dev.handoff.clone;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An object whose copy is under way in the {@link Copier}: what it holds, in slots that are replaced by copies one after
 * another.
 *
 * <p>
 * A mutable object has its copy, still empty, from the start. What is built gets it from {@link #finish}.
 */
final class Frame {
    /** A slot that waits for another frame. */
    record Slot(Frame frame, int index) {
    }

    private static final List<Slot> NOBODY = List.of();

    final HoldingPlan plan;
    private final Object original;
    final @Nullable Object[] slots;
    private List<Slot> waiters = NOBODY;
    /** Null as long as there is none. */
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
    /** Whether {@linkplain HoldingPlan#isKey what arranges it} is in a cycle with it: a key that leads to its own map. */
    boolean delicate;
    private boolean changed;

    Frame(HoldingPlan plan, Object original) {
        this.plan = plan;
        this.original = original;
        this.slots = plan.contents(original);
        if (plan instanceof MutablePlan mutable) {
            copy = mutable.create(original);
        }
        changed = !(plan instanceof BuiltPlan built && built.isImmutable());
    }

    /** Replaces what a slot held by its copy. */
    void set(int slot, @Nullable Object value) {
        changed |= slots[slot] != value;
        slots[slot] = value;
        if (done && plan instanceof MutablePlan mutable) {
            mutable.set(Objects.requireNonNull(copy), slot, value);
        }
    }

    /** Leaves a gap until another frame has its copy: not the original, as a constructor may look. */
    void await(int slot, Frame child) {
        slots[slot] = null;
        missing++;
        if (child.waiters == NOBODY) {
            child.waiters = new ArrayList<>(2);
        }
        child.waiters.add(new Slot(this, slot));
    }

    List<Slot> waiters() {
        return waiters;
    }

    /** Builds the copy from its slots, or fills it anew. */
    void finish() {
        if (plan instanceof MutablePlan mutable) {
            refill(mutable);
        } else {
            copy = changed ? ((BuiltPlan) plan).build(original, slots) : original;
        }
        done = true;
    }

    private void refill(MutablePlan mutable) {
        Object target = Objects.requireNonNull(copy);
        mutable.fill(target, slots);
        int filled = mutable.filled(target, slots);
        if (filled != slots.length) {
            throw new DataCloneException("some of what it holds is equal by now (" + filled + " of " + slots.length
                    + " are left), so a copy would lose it");
        }
    }

    /** Fills the copy anew; tells whether that changed its structure, as far as its elements' hash codes can tell. */
    boolean rearrange() {
        MutablePlan mutable = (MutablePlan) plan;
        Object target = Objects.requireNonNull(copy);
        int before = mutable.arrangement(target);
        mutable.fill(target, slots);
        return mutable.arrangement(target) != before;
    }

    /** Of what was built: throws where the copy does not find a key that the original does, as it was hashed too early. */
    void requireItsKeys() {
        BuiltPlan built = (BuiltPlan) plan;
        @Nullable Object[] keys = plan.contents(original);
        for (int i = 0; i < Math.min(slots.length, keys.length); i++) {
            if (plan.isKey(i) && !built.finds(Objects.requireNonNull(copy), slots[i])
                    && built.finds(original, keys[i])) {
                throw new DataCloneException(
                        "an unmodifiable collection is in a cycle with its own keys, whose hash codes"
                                + " are known too late, so a copy would not find them");
            }
        }
    }

    /** Whether the copy can be finished while slots are still missing, and takes these later. */
    boolean takesGaps() {
        return plan instanceof MutablePlan mutable && mutable.takesGaps();
    }

    /** How an expression goes from this object to a slot. */
    String step(int slot) {
        return plan.step(slots, slot);
    }
}
