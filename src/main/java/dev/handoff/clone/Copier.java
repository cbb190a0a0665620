package dev.handoff.clone;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One run of the clone algorithm.
 *
 * <p>
 * Depth first, with a stack of {@link Frame}s on the heap instead of recursion. What is mutable exists, empty, before its
 * contents do, so cycles find it. What is immutable (a record, an unmodifiable collection) exists only when its contents
 * do. Outside of cycles every frame is finished when its contents are: collections are filled before anything is built
 * on them.
 *
 * <p>
 * Frames that lead back to each other are found as they are left, by Tarjan's algorithm for strongly connected
 * components (SIAM J. Comput. 1, 1972), and finished together: see {@link #finishCycle}. In there a slot that meets an
 * immutable object without a copy waits for its frame. A cycle of immutables alone can't be built in Java, but one that
 * runs through unmodifiable views looks like one; it is refused.
 */
final class Copier {
    /** In place of a copy: a frame was pushed, and will deliver it. */
    private static final Object PUSHED = new Object();

    private final ArrayDeque<Frame> stack = new ArrayDeque<>();
    /** Frames that have been left, but may belong to a cycle with one that is still on the stack. */
    private final ArrayDeque<Frame> left = new ArrayDeque<>();
    private final IdentityHashMap<Object, Object> copies = new IdentityHashMap<>();
    private final IdentityHashMap<Transferable, Transfer> transfers = new IdentityHashMap<>();
    private final List<Transfer> begun = new ArrayList<>();
    private final boolean moveAll;
    private int visited;

    private Copier(boolean moveAll) {
        this.moveAll = moveAll;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // a copy has the class of its original; null is its own
    static <T extends @Nullable Object> PreparedClone<T> prepare(T value, List<Transferable> list, boolean moveAll) {
        Copier copier = new Copier(moveAll);
        try {
            copier.begin(list);
            return new PreparedClone<>((T) copier.copy(value), copier.begun);
        } catch (RuntimeException | Error e) {
            new PreparedClone<>(value, copier.begun).abort();
            throw e;
        }
    }

    private void begin(List<Transferable> list) {
        for (int i = 0; i < list.size(); i++) {
            Transferable t = Objects.requireNonNull(list.get(i), "transferables[" + i + "]");
            if (transfers.containsKey(t)) {
                throw new DataCloneException("transferables[" + i + "] is listed twice: " + t);
            }
            try {
                begin(t);
            } catch (DetachedException e) {
                throw new DataCloneException("transferables[" + i + "] can't be moved: " + e.getMessage(), e);
            }
        }
    }

    private Transfer begin(Transferable t) {
        Transfer transfer = t.beginTransfer();
        begun.add(transfer);
        transfers.put(t, transfer);
        return transfer;
    }

    private @Nullable Object copy(@Nullable Object root) {
        @Nullable Object copy = resolve(root);
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
        return bottom.copy;
    }

    /** Puts into a slot what a frame has to offer, and notes where that leads back to. */
    private static void refer(Frame frame, int slot, Frame child) {
        if (!child.done) {
            frame.low = Math.min(frame.low, child.low);
            frame.delicate |= frame.isArrangedBy(slot);
        }
        if (child.copy == null) {
            frame.slots[slot] = null; // rather than the original: a constructor may look
            frame.missing++;
            child.waiters.add(new Frame.Slot(frame, slot));
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
        } catch (DataCloneException e) {
            throw new DataCloneException(path() + ": " + e.getMessage(), e.getCause());
        }
    }

    /**
     * Finishes frames that lead to each other, innermost first. Lists and arrays come first, with gaps; then whatever is
     * immutable and has all it needs, those last that hash their elements, as each of these fills gaps; at last the
     * collections whose keys lead back to them, again and again until no hash code changes any more, as one may be a key
     * of the other.
     */
    private static void finishCycle(List<Frame> cycle) {
        List<Frame> immutable = new ArrayList<>();
        List<Frame.Filled> arranged = new ArrayList<>();
        List<Frame> waiting = new ArrayList<>();
        for (Frame frame : cycle) {
            if (frame.copy == null) {
                immutable.add(frame);
            } else if (frame.delicate && frame instanceof Frame.Filled filled) {
                arranged.add(filled);
            } else if (frame.missing == 0 || frame.takesGaps()) {
                frame.finish();
            } else {
                waiting.add(frame);
            }
        }
        build(immutable);
        waiting.forEach(Frame::finish);
        try {
            arrange(arranged);
        } catch (StackOverflowError e) { // they were put in before the cycle was closed, and nobody can find them since
            throw new DataCloneException("a collection is in a cycle with its own keys, whose hash codes never end", e);
        }
    }

    private static void arrange(List<Frame.Filled> frames) {
        boolean changed = true;
        for (int pass = 0; changed && pass <= frames.size(); pass++) {
            changed = false;
            for (Frame.Filled frame : frames) {
                changed |= frame.rearrange();
            }
        }
        frames.forEach(Frame::finish);
    }

    private static void build(List<Frame> immutable) {
        ArrayDeque<Frame> ready = new ArrayDeque<>();
        ArrayDeque<Frame> delicate = new ArrayDeque<>();
        for (Frame frame : immutable) {
            if (frame.missing == 0) {
                (frame.delicate ? delicate : ready).add(frame);
            }
        }
        int built = 0;
        while (!ready.isEmpty() || !delicate.isEmpty()) {
            Frame frame = ready.isEmpty() ? delicate.remove() : ready.remove();
            frame.finish();
            built++;
            for (Frame.Slot slot : frame.waiters) {
                Frame waiter = slot.frame();
                waiter.set(slot.index(), frame.copy);
                if (--waiter.missing == 0 && waiter.copy == null) {
                    (waiter.delicate ? delicate : ready).add(waiter);
                }
            }
        }
        if (built < immutable.size()) {
            throw new DataCloneException("a cycle runs through unmodifiable views only, so no copy can be begun");
        }
    }

    /**
     * What a value becomes in the copy: itself, its copy, the frame that has or will have it, or {@link #PUSHED} where a
     * new frame is on the stack and delivers to the slot that asks.
     */
    private @Nullable Object resolve(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        Plans.Plan plan = Plans.of(value.getClass());
        if (plan == Plans.SHARED) {
            return value;
        }
        @Nullable Object known = copies.get(value);
        if (known != null) {
            return known;
        }
        Object opened;
        try {
            opened = value instanceof Transferable t ? move(t) : plan.open(value);
        } catch (DataCloneException e) {
            throw new DataCloneException(path() + ": " + e.getMessage(), e.getCause());
        }
        copies.put(value, opened);
        if (opened instanceof Frame frame) {
            frame.index = frame.low = visited++;
            stack.addLast(frame);
            return PUSHED;
        }
        return opened;
    }

    private Object move(Transferable t) {
        @Nullable Transfer listed = transfers.get(t);
        if (listed != null) {
            return listed.successor();
        }
        if (moveAll) {
            try {
                return begin(t).successor();
            } catch (DetachedException e) {
                throw new DataCloneException(String.valueOf(e.getMessage()), e);
            }
        }
        if (!(t instanceof OwnedBuffer buffer)) {
            throw new DataCloneException(t + " can only be moved; put it in the transfer list");
        }
        if (buffer.state() == OwnedBuffer.State.UNCLAIMED) {
            throw new DataCloneException(buffer + " belongs to nobody, so its bytes can't be read;"
                    + " claim() it to have them copied, or put it in the transfer list to move it");
        }
        try {
            CopiedBuffer copy = new CopiedBuffer(OwnedBuffer.copyOf(buffer));
            begun.add(copy);
            return copy.successor();
        } catch (DetachedException e) {
            throw new DataCloneException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The copy of a buffer moves to the receiver like any other: until then nobody can claim it by touching it. */
    private static final class CopiedBuffer implements Transfer {
        private final OwnedBuffer copy;
        private final Transfer move;

        CopiedBuffer(OwnedBuffer copy) {
            this.copy = copy;
            this.move = copy.beginTransfer();
        }

        @Override
        public Transferable successor() {
            return move.successor();
        }

        @Override
        public void revoke() {
            move.revoke();
        }

        @Override
        public void commit(String receiver) {
            move.commit(receiver);
        }

        @Override
        public void abort() {
            move.abort();
            copy.close();
        }
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
