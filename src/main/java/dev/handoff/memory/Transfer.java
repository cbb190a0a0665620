package dev.handoff.memory;

/**
 * A move of a {@link Transferable} that has begun. All methods are called by the thread that began it, in this order:
 * {@link #revoke} once for each of the moves that belong together, then {@link #commit} for all of them; or
 * {@link #abort} for all, at any point before the first commit.
 */
public interface Transfer {
    /**
     * What the receiver gets in place of the handle that moves. It is of no use to anybody before the commit. Who commits
     * asks for it before: afterwards this does not have to know it any more.
     *
     * @return the new handle, the same object every time
     * @throws IllegalStateException if the move was committed, and what was moved has an owner that can't be told
     */
    Transferable successor();

    /**
     * Takes from the old owner every view of the resource. What was revoked can be opened anew if the move is aborted.
     *
     * @throws IllegalStateException if the old handle was moved or closed since the move began, if another move of it has
     *     been revoked, or if a view can't be revoked because a native call is using it; then nothing was revoked
     * @throws WrongThreadException if another thread began the move
     */
    void revoke();

    /**
     * Makes the old handle gone and the new one unclaimed. Never throws after {@link #revoke}. What the old owner wrote
     * happens-before what the next owner reads.
     *
     * @param receiver who gets it, for the message that a later use of the old handle brings
     * @throws IllegalStateException if the move was not revoked, or is over; nothing changed then
     * @throws WrongThreadException if another thread began the move
     */
    void commit(String receiver);

    /**
     * Leaves the old handle in the state that it had before the move began. One that was claimed only for the move is
     * unclaimed again, and views that were opened meanwhile are dead; but where a native call is using one of these, the
     * calling thread stays the owner, as it does where another move of this handle has been revoked. Does nothing if the
     * move is over. Never throws for the thread that began it.
     *
     * @throws WrongThreadException if another thread began the move
     */
    void abort();
}
