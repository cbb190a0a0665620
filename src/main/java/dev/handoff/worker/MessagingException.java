package dev.handoff.worker;

import org.jspecify.annotations.Nullable;

/** How a {@linkplain Messages message by number} fails: {@link #reason} says why. */
public class MessagingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why a message was not acknowledged. */
    public enum Reason {
        /** It was sent to the sender itself. */
        SAME_THREAD,
        /** No such worker runs, or it does not listen, or it ended before it took the message. */
        NO_LISTENER,
        /** The listener got it, and threw what is the {@linkplain #getCause cause}. */
        LISTENER_THREW,
        /** The time was up. */
        TIMED_OUT
    }

    /** Why it failed. */
    private final Reason reason;
    private final transient @Nullable Object undelivered;

    MessagingException(Reason reason, String message, @Nullable Object undelivered, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.undelivered = undelivered;
    }

    /**
     * Why it failed.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * The message that was taken from its sender and never got to a listener, nor will: what moved with it is in there,
     * unclaimed, and is to be closed by whoever looks here.
     *
     * @return the copy that the listener would have got; null where it has, or where nothing was taken
     */
    public @Nullable Object undelivered() {
        return undelivered;
    }
}
