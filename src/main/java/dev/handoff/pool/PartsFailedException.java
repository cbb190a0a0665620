package dev.handoff.pool;

import dev.handoff.memory.OwnedBuffer;

/** A kernel has failed on a part of a buffer. Its cause is what the first one threw; others are suppressed. */
public final class PartsFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient OwnedBuffer buffer;

    PartsFailedException(String message, OwnedBuffer buffer, Throwable cause) {
        super(message, cause);
        this.buffer = buffer;
    }

    /**
     * The whole buffer, made of its parts again: some were worked on, some may not have been.
     *
     * @return the buffer, unclaimed
     */
    public OwnedBuffer buffer() {
        return buffer;
    }
}
