package dev.handoff.memory;

/**
 * A resource that has one owner at a time and can be moved to another: a handle to it in the hands of the old owner is
 * <em>gone</em> afterwards, and a new handle reaches the receiver.
 *
 * <p>
 * Moving several of them, together with a message, is all or nothing. So a move has two phases, which {@link Transfer}
 * describes; a program calls them only where it carries messages itself. The types of this library, such as
 * {@link OwnedBuffer}, are moved by {@code MessagePort.post(message, transferables...)}.
 */
public interface Transferable extends AutoCloseable {
    /**
     * Begins to move this to another owner: the calling thread becomes its owner, if nobody else is, and stays it until
     * the move is committed or aborted. Nothing is revoked yet.
     *
     * @return the move, to be committed or aborted by the calling thread
     * @throws WrongThreadException if another thread owns this
     * @throws DetachedException if this is gone
     */
    Transfer beginTransfer();

    /** Releases the resource, if this handle still holds it; else does nothing. */
    @Override
    void close();
}
