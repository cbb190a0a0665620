package dev.handoff.clone;

import dev.handoff.memory.Marks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run of the general clone algorithm, which any graph ends in a copy or in a clear refusal with.
 *
 * <p>
 * Depth first, with a stack of {@link Frame}s on the heap instead of recursion. What is mutable exists, empty, before its
 * contents do, so cycles find it. What is built (a record, an unmodifiable collection) exists only when its contents
 * do. Outside of cycles every frame is finished when its contents are: collections are filled before anything is built
 * on them.
 *
 * <p>
 * Frames that lead back to each other are found as they are left, by Tarjan's algorithm for strongly connected
 * components (SIAM J. Comput. 1, 1972), and finished together: see {@link #finishCycle}. In there a slot that meets a
 * built object without a copy waits for its frame. A cycle of built objects alone can't be made in Java, but one that
 * runs through unmodifiable views looks like one; it is refused.
 */
final class Copier {
    /** In place of a copy: a frame was pushed, and will deliver it. */
    private static final Object PUSHED = new Object();

    /** In how large a cycle an order is looked for, which takes the square of its size. */
    private static final int SEARCHED = 256;

    private final Plans plans;
    private final Moves moves;
    private final ArrayDeque<Frame> stack = new ArrayDeque<>();
    /** Frames that have been left, but may belong to a cycle with one that is still on the stack. */
    private final ArrayDeque<Frame> left = new ArrayDeque<>();
    /** Copies, and the frames that have or will have them. */
    private final Copies copies = new Copies();
    private int visited;

    Copier(Plans plans, Moves moves) {
        this.plans = plans;
        this.moves = moves;
    }

    /** The copy of a graph. */
    Object copyAll(Object root) {
        Object copy = Objects.requireNonNull(resolve(root));
        if (copy != PUSHED) {
            return copy;
        }
        Frame bottom = stack.getFirst();
        while (!stack.isEmpty()) {
            Frame top = stack.getLast();
            if (top.next < top.slots.length) {
                int slot = top.next++;
                @Nullable Object child = resolve(top.slots[slot]);
                if (child instanceof Frame known) {
                    refer(top, slot, known);
                } else if (child != PUSHED) {
                    top.set(slot, child);
                }
            } else {
                stack.removeLast();
                leave(top);
                Frame parent = stack.peekLast();
                if (parent != null) {
                    refer(parent, parent.next - 1, top);
                }
            }
        }
        return Objects.requireNonNull(bottom.copy);
    }

    /** Puts into a slot what a frame has to offer, and notes where that leads back to. */
    private static void refer(Frame frame, int slot, Frame child) {
        if (!child.done) {
            frame.low = Math.min(frame.low, child.low);
            frame.delicate |= frame.plan.isKey(slot);
        }
        if (child.copy == null) {
            frame.await(slot, child);
        } else {
            frame.set(slot, child.copy);
        }
    }

    /** Finishes a frame whose contents have all been visited, or leaves it to the first of the cycle that it is in. */
    private void leave(Frame frame) {
        if (frame.low < frame.index) {
            left.addLast(frame);
            return;
        }
        try {
            boolean alone = left.isEmpty() || left.getLast().index < frame.index;
            if (alone && frame.missing == 0) {
                frame.finish();
            } else {
                List<Frame> cycle = new ArrayList<>();
                while (!left.isEmpty() && left.getLast().index > frame.index) {
                    cycle.add(left.removeLast());
                }
                cycle = cycle.reversed();
                cycle.add(frame);
                finishCycle(cycle);
            }
        } catch (Throwable e) { // a hash code's, a comparison's
            throw at(frame.plan, e);
        }
    }

    /**
     * Finishes frames that lead to each other, innermost first. Lists and arrays come first, with gaps; then whatever is
     * built, or filled without gaps, as soon as it has all it needs, those last that hash what leads back to them, as each
     * of these fills gaps; at last the collections whose keys lead back to them, again and again until no hash code
     * changes any more, as one may be a key of the other. What can't be built anew and does not find its own keys by then
     * is refused.
     */
    private static void finishCycle(List<Frame> cycle) {
        List<Frame> immutable = new ArrayList<>();
        List<Frame> arranged = new ArrayList<>();
        List<Frame> waiting = new ArrayList<>();
        for (Frame frame : cycle) {
            if (frame.copy == null) {
                immutable.add(frame);
            } else if (frame.delicate) {
                arranged.add(frame);
                if (frame.missing == 0) {
                    frame.rearrange();
                }
            } else if (frame.missing == 0 || frame.takesGaps()) {
                frame.finish();
            } else {
                waiting.add(frame);
            }
        }
        build(immutable, cycle);
        waiting.stream().filter(frame -> !frame.done).forEach(Frame::finish);
        try {
            arrange(arranged);
            immutable.stream().filter(frame -> frame.delicate).forEach(Frame::requireItsKeys);
        } catch (StackOverflowError e) { // they were put in before the cycle was closed, and nobody can find them since
            throw new DataCloneException("a collection is in a cycle with its own keys, whose hash codes never end", e);
        }
    }

    private static void arrange(List<Frame> frames) {
        boolean changed = true;
        for (int pass = 0; changed && pass <= frames.size(); pass++) {
            changed = false;
            for (Frame frame : frames) {
                changed |= frame.rearrange();
            }
        }
        frames.forEach(Frame::finish);
    }

    private static void build(List<Frame> immutable, List<Frame> cycle) {
        ArrayDeque<Frame> ready = new ArrayDeque<>();
        ArrayDeque<Frame> delicate = new ArrayDeque<>();
        for (Frame frame : immutable) {
            if (frame.missing == 0) {
                (frame.delicate ? delicate : ready).add(frame);
            }
        }
        int built = 0;
        while (!ready.isEmpty() || !delicate.isEmpty()) {
            Frame frame = ready.isEmpty() ? leastPremature(delicate, cycle) : ready.remove();
            frame.finish();
            built++;
            for (Frame.Slot slot : frame.waiters()) {
                Frame waiter = slot.frame();
                waiter.set(slot.index(), frame.copy);
                if (--waiter.missing > 0) {
                    continue;
                }
                if (waiter.copy == null) {
                    (waiter.delicate ? delicate : ready).add(waiter);
                } else if (waiter.delicate) {
                    waiter.rearrange(); // what is built next may hash it, if it can by now
                } else if (!waiter.done) {
                    waiter.finish(); // likewise
                }
            }
        }
        if (built < immutable.size()) {
            throw new DataCloneException("a cycle runs through unmodifiable views only, so no copy can be begun");
        }
    }

    /**
     * Takes the one whose keys lead to the fewest things that are still to come, but for itself: these may be hashed.
     */
    private static Frame leastPremature(ArrayDeque<Frame> delicate, List<Frame> cycle) {
        if (delicate.size() == 1 || cycle.size() > SEARCHED) {
            return delicate.remove();
        }
        IdentityHashMap<Object, Frame> frames = new IdentityHashMap<>();
        for (Frame frame : cycle) {
            if (frame.copy != null) {
                frames.put(frame.copy, frame);
            }
        }
        Frame best = delicate.getFirst();
        int fewest = Integer.MAX_VALUE;
        for (Frame frame : delicate) {
            int missing = missingBelow(frame, frames);
            if (missing < fewest) {
                best = frame;
                fewest = missing;
            }
        }
        delicate.remove(best);
        return best;
    }

    private static int missingBelow(Frame top, IdentityHashMap<Object, Frame> frames) {
        Set<Frame> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        ArrayDeque<Frame> open = new ArrayDeque<>();
        seen.add(top);
        int missing = 0;
        for (int i = 0; i < top.slots.length; i++) {
            Frame below = top.slots[i] == null || !top.plan.isKey(i) ? null : frames.get(top.slots[i]);
            if (below != null && seen.add(below)) {
                open.add(below);
            }
        }
        while (!open.isEmpty()) {
            Frame frame = open.remove();
            missing += frame.missing + (frame.done ? 0 : 1);
            for (Object held : frame.slots) {
                Frame below = held == null ? null : frames.get(held);
                if (below != null && seen.add(below)) {
                    open.add(below);
                }
            }
        }
        return missing;
    }

    /**
     * What a value becomes in the copy: itself, its copy, the frame that has or will have it, or {@link #PUSHED} where a
     * new frame is on the stack and delivers to the slot that asks.
     */
    private @Nullable Object resolve(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        Plan plan = plans.of(value.getClass());
        if (plan.isShared) {
            return value;
        }
        int number = copies.enter(value);
        if (number >= 0) {
            return copies.copy(number);
        }
        Object opened;
        try {
            if (Marks.isUncloneable(value) && !(plan instanceof MovedPlan)) {
                throw new DataCloneException("a " + plan.type.getTypeName() + " is marked as uncloneable");
            }
            opened = plan.open(value, moves);
        } catch (Throwable e) {
            throw at(plan, e);
        }
        copies.set(~number, opened);
        if (opened instanceof Frame frame) {
            frame.index = frame.low = visited++;
            stack.addLast(frame);
            return PUSHED;
        }
        return opened;
    }

    /** What to throw, with the path: collections throw all sorts of things if they are changed while they are read. */
    private RuntimeException at(Plan plan, Throwable thrown) {
        DataCloneException.rethrowIfFatal(thrown);
        return switch (thrown) {
            case DataCloneException e -> new DataCloneException(path() + ": " + e.getMessage(), e.getCause());
            case WrongThreadException e -> e;
            case RuntimeException e when plan instanceof MovedPlan -> e;
            case StackOverflowError e ->
                new DataCloneException(path() + ": it holds keys whose hash codes or comparisons"
                        + " go too deep for the stack of this thread", e);
            default ->
                new DataCloneException(path() + ": a " + plan.type.getTypeName() + " can't be copied, as that threw "
                        + thrown + "; another thread may have changed it meanwhile, or what it holds can't be hashed or"
                        + " compared", thrown);
        };
    }

    /** The way to the value that is being resolved, as an expression. */
    private String path() {
        StringBuilder path = new StringBuilder("$");
        for (Frame frame : stack) {
            path.append(frame.step(frame.next - 1));
        }
        return path.toString();
    }
}
