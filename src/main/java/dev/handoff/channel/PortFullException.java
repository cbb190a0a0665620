package dev.handoff.channel;

/** Thrown where a message is posted and there is no room for it; the message names the port and its capacity. */
public class PortFullException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    PortFullException(String message) {
        super(message);
    }
}
