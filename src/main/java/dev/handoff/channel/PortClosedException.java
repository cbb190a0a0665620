package dev.handoff.channel;

/** Thrown where a port is used for which no message can come or go any more; the message says why. */
public class PortClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /**
     * Creates one.
     *
     * @param message why the port is closed
     */
    public PortClosedException(String message) {
        super(message);
    }
}
