package dev.handoff.memory;

/**
 * Memory outside the heap was refused, as more would be held from the system than the limit allows: the system property
 * {@code dev.handoff.memory.maxBytes}, or {@link Runtime#maxMemory} if it is not set. It is thrown after the pool was
 * emptied and the collector had its chance to find what was dropped. The message names the limit, the size, and who
 * holds the most.
 *
 * <p>
 * It is an {@link OutOfMemoryError} because it means the same to a program: what handles the JDK's refusal of memory
 * outside the heap handles this one too. Unlike an exhausted heap it leaves the JVM in good health, so that it can be
 * caught; nothing was changed.
 */
public final class MemoryLimitError extends OutOfMemoryError {
    private static final long serialVersionUID = 1;

    /** In bytes. */
    private final long limit;
    /** In bytes. */
    private final long requested;

    MemoryLimitError(long limit, long requested, String holders) {
        super(requested + " more bytes would exceed the limit of " + limit + " bytes (" + MemoryLimit.PROPERTY + "): "
                + holders);
        this.limit = limit;
        this.requested = requested;
    }

    /**
     * The limit.
     *
     * @return in bytes
     */
    public long limit() {
        return limit;
    }

    /**
     * What was refused: the size of the block that was needed, which is the size asked for and some slack.
     *
     * @return in bytes
     */
    public long requested() {
        return requested;
    }
}
