package dev.handoff.memory;

/** Thrown where a handle is used whose resource has been moved away or closed; the message says by whom. */
public class DetachedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /**
     * Creates one.
     *
     * @param message what is gone, and who took it
     */
    public DetachedException(String message) {
        super(message);
    }
}
