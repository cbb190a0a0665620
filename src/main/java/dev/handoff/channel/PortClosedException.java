package dev.handoff.channel;

/** Thrown where a port is used for which no message can come or go any more; the message says why. */
public class PortClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final transient MessagePort<?, ?> port;

    PortClosedException(MessagePort<?, ?> port, String message) {
        super(message);
        this.port = port;
    }

    /**
     * The port that was used.
     *
     * @return the port
     */
    public MessagePort<?, ?> port() {
        return port;
    }
}
