package dev.handoff.memory;

import org.jspecify.annotations.Nullable;

/**
 * Thrown where a handle is used whose resource has been moved away or closed; the message says to whom and by whom, for
 * example "handed to worker 'resize-2' by thread 'main'".
 *
 * <p>
 * Where the JVM was started with {@code -Ddev.handoff.trace=handoff}, the stack trace of the cause says where that
 * happened. Each handoff then records a stack trace; else it costs nothing.
 */
public class DetachedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /**
     * Creates one.
     *
     * @param message what is gone, and who took it
     */
    public DetachedException(String message) {
        this(message, null);
    }

    /**
     * Creates one that knows where the resource was moved away.
     *
     * @param message what is gone, and who took it
     * @param cause has the stack trace of that moment, or is null where none was recorded
     */
    public DetachedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
