package dev.handoff.clone;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of the clone algorithm.
 *
 * <p>
 * Depth first, with a stack of {@link Frame}s on the heap instead of recursion. What is mutable exists before its
 * contents do (its shell is in {@code copies} from the start), so cycles find it. What is immutable (a record, an
 * unmodifiable collection) exists only when its contents do; while it waits, {@code copies} holds its frame. A slot
 * that meets such a frame is registered with it and filled when it is done. A cycle of immutables alone can't be built
 * in Java, so nothing waits in the end.
 *
 * <p>
 * Collections are filled once all their elements are there. As soon as a cycle has been seen, filling waits until the
 * whole graph is there, so that hash codes and comparisons see finished keys.
 */
final class Copier {
    /** In place of a copy: a frame was pushed, and will deliver it. */
    private static final Object PUSHED = new Object();

    private final ArrayDeque<Frame> stack = new ArrayDeque<>();
    private final IdentityHashMap<Object, Object> copies = new IdentityHashMap<>();
    private final List<Frame> unfilled = new ArrayList<>();
    private final IdentityHashMap<Transferable, Transfer> transfers = new IdentityHashMap<>();
    private final List<Transfer> begun = new ArrayList<>();
    private final List<OwnedBuffer> copiedBuffers = new ArrayList<>();
    private final boolean moveAll;
    /** Whether a value was met inside itself; what is filled from then on is filled at the end. */
    private boolean cyclic;
    /** Slots that wait for a frame. */
    private int waiting;

    private Copier(boolean moveAll) {
        this.moveAll = moveAll;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // a copy has the class of its original; null is its own
    static <T extends @Nullable Object> PreparedClone<T> prepare(T value, List<Transferable> list, boolean moveAll) {
        Copier copier = new Copier(moveAll);
        try {
            copier.begin(list);
            return new PreparedClone<>((T) copier.copy(value), copier.begun, copier.copiedBuffers);
        } catch (RuntimeException | Error e) {
            new PreparedClone<>(value, copier.begun, copier.copiedBuffers).abort();
            throw e;
        }
    }

    private void begin(List<Transferable> list) {
        for (int i = 0; i < list.size(); i++) {
            Transferable t = list.get(i);
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
                if (child != PUSHED) {
                    put(top, slot, child);
                }
            } else {
                stack.removeLast();
                top.walked = true;
                complete(top);
                Frame parent = stack.peekLast();
                if (parent != null) {
                    put(parent, parent.next - 1, top.handle());
                }
            }
        }
        unfilled.forEach(Frame::finish);
        if (bottom.copy == null || waiting > 0) {
            throw new DataCloneException("$: a cycle runs through unmodifiable views only, so no copy can be begun");
        }
        return bottom.copy;
    }

    /**
     * What a value becomes in the copy: itself, its copy, the frame that will build it, or {@link #PUSHED} where a new
     * frame is on the stack and delivers to the slot that asks.
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
        if (known instanceof Frame frame) {
            cyclic |= !frame.done;
            return frame.handle();
        }
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
            OwnedBuffer copy = OwnedBuffer.copyOf(buffer.segment()).transfer();
            copiedBuffers.add(copy);
            return copy;
        } catch (DetachedException e) {
            throw new DataCloneException(String.valueOf(e.getMessage()), e);
        }
    }

    private void put(Frame frame, int slot, @Nullable Object value) {
        if (value instanceof Frame pending) {
            pending.waiters.add(new Frame.Slot(frame, slot));
            frame.missing++;
            waiting++;
        } else {
            frame.set(slot, value);
        }
    }

    /** Finishes a frame if it has all it needs, and then whatever waited for it. */
    private void complete(Frame first) {
        ArrayDeque<Frame> ready = new ArrayDeque<>();
        for (Frame frame = first; frame != null; frame = ready.poll()) {
            if (!frame.walked || frame.missing > 0) {
                continue;
            }
            if (frame.copy != null && cyclic) {
                unfilled.add(frame);
            } else {
                try {
                    frame.finish();
                } catch (DataCloneException e) {
                    throw new DataCloneException(path() + ": " + e.getMessage(), e.getCause());
                }
            }
            for (Frame.Slot waiter : frame.waiters) {
                waiting--;
                waiter.frame().missing--;
                put(waiter.frame(), waiter.index(), frame.handle());
                ready.add(waiter.frame());
            }
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
