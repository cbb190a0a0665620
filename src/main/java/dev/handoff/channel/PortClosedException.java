package dev.handoff.channel;

import org.jspecify.annotations.Nullable;

/** Thrown where a port is used for which no message can come or go any more; the message says why. */
public class PortClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable MessagePort<?, ?> port;

    PortClosedException(@Nullable MessagePort<?, ?> port, String message) {
        super(message);
        this.port = port;
    }

    /**
     * The port that was used.
     *
     * @return the port; null where it was a {@link BroadcastChannel}
     */
    public @Nullable MessagePort<?, ?> port() {
        return port;
    }
}
