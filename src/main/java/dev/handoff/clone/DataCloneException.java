package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/**
 * Thrown where a value can't be cloned faithfully or a transfer list can't be honoured. Nothing was copied, moved or
 * sent then. The counterpart of the web's {@code DataCloneError}.
 */
public class DataCloneException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /**
     * Creates one.
     *
     * @param message what was refused, where and why, and what to do about it
     */
    public DataCloneException(String message) {
        super(message);
    }

    /**
     * Creates one.
     *
     * @param message what was refused, where and why, and what to do about it
     * @param cause what was thrown on the way, or null
     */
    public DataCloneException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** For what code of the user's threw, checked or not. An error of the JVM is thrown as it is. */
    static DataCloneException thrownBy(String code, Throwable e) {
        rethrowIfFatal(e);
        return new DataCloneException(code + " threw " + e, e);
    }

    /** An overflow of the stack is no such error: there is another way, or it comes from endless recursion. */
    static void rethrowIfFatal(Throwable e) {
        if (e instanceof VirtualMachineError error && !(e instanceof StackOverflowError)) {
            throw error;
        }
    }
}
