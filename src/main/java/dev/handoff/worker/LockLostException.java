package dev.handoff.worker;

/**
 * How the result of a request for a {@linkplain Locks named lock} ends if the lock was taken away before it was given
 * back: stolen, or let go as the event loop that held it has ended. The message says which.
 */
public class LockLostException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    LockLostException(String message) {
        super(message);
    }
}
