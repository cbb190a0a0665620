package dev.handoff.clone;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy whose transferables have not moved yet: a message between validation and delivery. The thread that prepared it
 * calls {@link #revoke}, then {@link #commit}; or {@link #abort} instead of either. After the commit whoever holds the
 * message may call {@link #value}, or {@link #discard} where nobody will.
 *
 * @param <T> the type of the message
 */
public final class PreparedClone<T extends @Nullable Object> {
    private final T value;
    private final List<Transfer> transfers;
    private final List<OwnedBuffer> copies;

    PreparedClone(T value, List<Transfer> transfers, List<OwnedBuffer> copies) {
        this.value = value;
        this.transfers = transfers;
        this.copies = copies;
    }

    /**
     * The copy.
     *
     * @return the copy; its moved handles can be used after the commit
     */
    public T value() {
        return value;
    }

    /**
     * Takes all views of what moves from the sender. Aborts everything if one can't be taken.
     *
     * @throws IllegalStateException if a handle was moved away while its message was being copied, or if a native call
     *     is using a view of it
     */
    public void revoke() {
        try {
            transfers.forEach(Transfer::revoke);
        } catch (RuntimeException | Error e) {
            abort();
            throw e;
        }
    }

    /**
     * Moves what is to move. Never throws.
     *
     * @param receiver who gets it, for the message that a later use of an old handle brings
     */
    public void commit(String receiver) {
        transfers.forEach(t -> t.commit(receiver));
    }

    /** Gives everything back to the sender. */
    public void abort() {
        transfers.forEach(Transfer::abort);
        copies.forEach(OwnedBuffer::close);
    }

    /** Frees what the message carries, as nobody will receive it. */
    public void discard() {
        transfers.forEach(t -> t.successor().close());
        copies.forEach(OwnedBuffer::close);
    }
}
