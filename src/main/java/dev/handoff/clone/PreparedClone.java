package dev.handoff.clone;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
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
    /** Asked for now, as a move need not know it after the commit. */
    private final List<Transferable> moved;

    PreparedClone(T value, List<Transfer> transfers) {
        this.value = value;
        this.transfers = transfers;
        this.moved = transfers.isEmpty() ? List.of() : transfers.stream().map(Transfer::successor).toList();
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
     * What moves with the message.
     *
     * @return the new handles, of use to their receiver after the commit
     */
    public List<Transferable> moved() {
        return moved;
    }

    /**
     * How many bytes move with the message without being copied.
     *
     * @return the bytes of the sender's owned buffers among what moves
     */
    public long bytesTransferred() {
        return bytesOf(false);
    }

    /**
     * How many bytes were copied off the heap.
     *
     * @return the bytes of the owned buffers that were copied for the message
     */
    public long bytesCloned() {
        return bytesOf(true);
    }

    private long bytesOf(boolean copies) {
        long bytes = 0;
        for (Transfer transfer : transfers) {
            if (transfer instanceof Moves.CopiedBuffer == copies
                    && transfer.successor() instanceof OwnedBuffer buffer) {
                bytes += buffer.byteSize();
            }
        }
        return bytes;
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
        } catch (Throwable e) { // whatever a transfer of the user's throws
            abort();
            throw e;
        }
    }

    /**
     * Moves what is to move: all of it, also if one of the transfers throws, which none of this library's does.
     *
     * @param receiver who gets it, for the message that a later use of an old handle brings
     */
    public void commit(String receiver) {
        RuntimeException failed = null;
        for (Transfer transfer : transfers) {
            try {
                transfer.commit(receiver);
            } catch (Throwable e) { // the others have been revoked: they must arrive
                if (failed == null) {
                    failed = new IllegalStateException("a transfer failed after its revoke: " + e, e);
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Gives everything back to the sender. Never throws. */
    public void abort() {
        transfers.forEach(t -> attempt(t::abort));
    }

    /** Frees what the message carries, as nobody will receive it. Never throws. */
    public void discard() {
        moved.forEach(t -> attempt(t::close));
    }

    /** One that fails must not keep the others from being freed. */
    private static void attempt(Runnable action) {
        try {
            action.run();
        } catch (Throwable e) {
            Thread here = Thread.currentThread();
            here.getUncaughtExceptionHandler().uncaughtException(here, e);
        }
    }
}
