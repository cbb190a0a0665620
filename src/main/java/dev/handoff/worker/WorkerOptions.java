package dev.handoff.worker;

import dev.handoff.clone.Cloners;
import dev.handoff.memory.Transferable;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a worker is started. Immutable; each method returns a changed copy.
 *
 * @param <D> the type of the worker's data
 */
public final class WorkerOptions<D extends @Nullable Object> {
    private static final WorkerOptions<@Nullable Void> DEFAULTS = new WorkerOptions<>(null, false, null, List.of(),
            Cloners.standard());

    private final @Nullable String name;
    private final boolean daemon;
    private final D workerData;
    private final List<Transferable> transfer;
    private final Cloners cloners;

    private WorkerOptions(@Nullable String name, boolean daemon, D workerData, List<Transferable> transfer,
            Cloners cloners) {
        this.name = name;
        this.daemon = daemon;
        this.workerData = workerData;
        this.transfer = transfer;
        this.cloners = cloners;
    }

    /**
     * The options to start from: a name made of the worker's number, not a daemon, no data.
     *
     * @return the options
     */
    public static WorkerOptions<@Nullable Void> defaults() {
        return DEFAULTS;
    }

    /**
     * Names the worker and its thread.
     *
     * @param name the name, for messages and thread dumps; it need not be unique
     * @return the changed options
     */
    public WorkerOptions<D> name(String name) {
        return new WorkerOptions<>(Objects.requireNonNull(name, "name"), daemon, workerData, transfer, cloners);
    }

    /**
     * Tells whether the JVM may exit while the worker runs.
     *
     * @param daemon true if the JVM need not wait for the worker and its {@code onExit} listeners
     * @return the changed options
     */
    public WorkerOptions<D> daemon(boolean daemon) {
        return new WorkerOptions<>(name, daemon, workerData, transfer, cloners);
    }

    /**
     * Gives the worker a value to begin with. It is cloned when the worker is started, as a message is.
     *
     * @param workerData the value
     * @param transfer what moves to the worker instead of being copied; such options start one worker only
     * @param <E> its type
     * @return the changed options
     */
    public <E> WorkerOptions<E> workerData(E workerData, Transferable... transfer) {
        return new WorkerOptions<>(name, daemon, workerData, List.of(transfer), cloners);
    }

    /**
     * Tells how the worker's data and the messages between it and its parent are cloned.
     *
     * @param cloners how
     * @return the changed options
     */
    public WorkerOptions<D> cloners(Cloners cloners) {
        return new WorkerOptions<>(name, daemon, workerData, transfer, Objects.requireNonNull(cloners, "cloners"));
    }

    @Nullable
    String name() {
        return name;
    }

    boolean isDaemon() {
        return daemon;
    }

    D workerData() {
        return workerData;
    }

    Cloners cloners() {
        return cloners;
    }

    Transferable[] transfer() {
        return transfer.toArray(Transferable[]::new);
    }
}
