package dev.handoff.channel;

/** What the future of a request fails with whose message was taken by code that can't answer it. */
public class UnansweredException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    UnansweredException(String message) {
        super(message);
    }
}
