package dev.handoff.clone;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Marks;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;

/** What moves with a message: the transfer list, or all that is met; and the copies of buffers, which move, too. */
final class Moves {
    private static final IdentityHashMap<Transferable, Transfer> NONE = new IdentityHashMap<>(0);

    private final boolean moveAll;
    /** Both made with the first move. */
    private IdentityHashMap<Transferable, Transfer> transfers = NONE;
    private List<Transfer> begun = List.of();

    /** Begins to move what is listed. */
    Moves(List<Transferable> list, boolean moveAll) {
        this.moveAll = moveAll;
        if (list.isEmpty()) {
            return;
        }
        try {
            for (int i = 0; i < list.size(); i++) {
                Transferable t = Objects.requireNonNull(list.get(i), "transferables[" + i + "]");
                if (transfers.containsKey(t)) {
                    throw new DataCloneException("transferables[" + i + "] is listed twice: " + t);
                }
                try {
                    begin(t);
                } catch (DetachedException | DataCloneException e) {
                    throw new DataCloneException("transferables[" + i + "] can't be moved: " + e.getMessage(), e);
                }
            }
        } catch (Throwable e) { // whatever a transferable of the user's throws
            abort();
            throw e;
        }
    }

    private Transfer begin(Transferable t) {
        if (Marks.isUntransferable(t)) {
            throw new DataCloneException(t + " is marked as untransferable");
        }
        expectOne();
        Transfer transfer = t.beginTransfer();
        begun.add(transfer);
        transfers.put(t, transfer);
        return transfer;
    }

    private void expectOne() {
        if (transfers == NONE) {
            transfers = new IdentityHashMap<>();
            begun = new ArrayList<>();
        }
    }

    /** What has begun to move. */
    List<Transfer> begun() {
        return begun;
    }

    /** Gives everything back. */
    void abort() {
        new PreparedClone<>(this, begun).abort();
    }

    /**
     * What stands for a transferable in the copy: the same whenever it is asked for, also by a second attempt. Throws a
     * {@link DataCloneException} without a path.
     */
    Object move(Transferable t) {
        Transfer known = transfers.get(t);
        if (known != null) {
            return known.successor();
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
        if (buffer.owner() != Thread.currentThread()) { // or copyOf() would claim it if its owner died right now
            switch (buffer.state()) {
                case UNCLAIMED ->
                    throw new DataCloneException(buffer + " belongs to nobody, so its bytes can't be read;"
                            + " claim() it to have them copied, or put it in the transfer list to move it");
                case OWNED -> throw new WrongThreadException("only its owner can have its bytes copied: " + buffer);
                case GONE -> {
                    // copyOf() says why
                }
            }
        }
        if (Marks.isUncloneable(buffer)) {
            throw new DataCloneException(buffer + " is marked as uncloneable; put it in the transfer list to move it");
        }
        try {
            expectOne();
            CopiedBuffer copy = new CopiedBuffer(OwnedBuffer.copyOf(buffer));
            begun.add(copy);
            transfers.put(t, copy);
            return copy.successor();
        } catch (DetachedException e) {
            throw new DataCloneException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The copy of a buffer moves to the receiver like any other: until then nobody can claim it by touching it. */
    static final class CopiedBuffer implements Transfer {
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
}
