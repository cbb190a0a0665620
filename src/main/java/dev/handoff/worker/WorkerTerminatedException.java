package dev.handoff.worker;

/**
 * Thrown in a worker that was terminated, by what its code calls on its {@link WorkerScope}. Code that catches it should
 * clean up and let it through: it unwinds the worker.
 */
public class WorkerTerminatedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    WorkerTerminatedException(String message) {
        super(message);
    }
}
