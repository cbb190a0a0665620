package dev.handoff.channel;

/** A handler that was attached somewhere, and the way to detach it. Thread-safe. */
public interface Registration extends AutoCloseable {
    /** Detaches the handler; a call of it that is under way goes on. Does nothing the second time. */
    @Override
    void close();
}
