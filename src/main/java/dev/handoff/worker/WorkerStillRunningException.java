package dev.handoff.worker;

/**
 * Tells that the code of a worker still runs when the grace period after its termination is over. The stack trace is that
 * of the worker's thread.
 */
public class WorkerStillRunningException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    WorkerStillRunningException(String message, StackTraceElement[] stack) {
        super(message);
        setStackTrace(stack);
    }
}
