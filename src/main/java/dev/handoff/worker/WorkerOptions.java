package dev.handoff.worker;

import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.Overflow;
import dev.handoff.clone.Cloners;
import dev.handoff.memory.Transferable;
import dev.handoff.sync.IdleStrategy;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a worker is started. Immutable; each method returns a changed copy.
 *
 * @param <D> the type of the worker's data
 */
public final class WorkerOptions<D extends @Nullable Object> {
    private static final WorkerOptions<@Nullable Void> DEFAULTS = new WorkerOptions<>(null, List.of(), new Settings());

    /** Where a worker's thread comes from. */
    enum ThreadKind {
        PLATFORM,
        VIRTUAL,
        OF_FACTORY
    }

    /** What does not depend on the type of the data. Never changed once an object of the class around it has it. */
    private static final class Settings {
        @Nullable String name;
        boolean daemon;
        Cloners cloners = Cloners.standard();
        ChannelOptions channel = ChannelOptions.defaults();
        Supplier<IdleStrategy> idle = IdleStrategy::adaptive;
        ThreadKind kind = ThreadKind.PLATFORM;
        @Nullable ThreadFactory factory;
        ResourceLimits limits = ResourceLimits.none();
        Duration gracePeriod = Duration.ofSeconds(5);
        boolean stdin;
        boolean stdout;
        boolean stderr;
        int streamCapacity = 16 << 20;

        Settings() {
        }

        Settings(Settings other) {
            name = other.name;
            daemon = other.daemon;
            cloners = other.cloners;
            channel = other.channel;
            idle = other.idle;
            kind = other.kind;
            factory = other.factory;
            limits = other.limits;
            gracePeriod = other.gracePeriod;
            stdin = other.stdin;
            stdout = other.stdout;
            stderr = other.stderr;
            streamCapacity = other.streamCapacity;
        }
    }

    private final D workerData;
    private final List<Transferable> transfer;
    private final Settings settings;

    private WorkerOptions(D workerData, List<Transferable> transfer, Settings settings) {
        this.workerData = workerData;
        this.transfer = transfer;
        this.settings = settings;
    }

    private WorkerOptions<D> with(Consumer<Settings> change) {
        Settings changed = new Settings(settings);
        change.accept(changed);
        if (changed.kind == ThreadKind.VIRTUAL && changed.limits.needPlatformThread()
                || changed.kind == ThreadKind.OF_FACTORY && changed.limits.stackBytes() > 0) {
            throw new IllegalArgumentException(changed.limits + " are not for a thread that is " + changed.kind
                    + ": the JVM limits and measures stack, heap and CPU time for platform threads");
        }
        return new WorkerOptions<>(workerData, transfer, changed);
    }

    /**
     * The options to start from: a platform thread, a name made of the worker's number, not a daemon, no data, no limits,
     * a grace period of five seconds.
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
        Objects.requireNonNull(name, "name");
        return with(s -> s.name = name);
    }

    /**
     * Tells whether the JVM may exit, and the event loop on which the worker is started end, while the worker runs. It can
     * be changed later, by {@link Worker#ref} and {@link Worker#unref}.
     *
     * @param daemon true if neither need wait for the worker and its {@code onExit} listeners
     * @return the changed options
     */
    public WorkerOptions<D> daemon(boolean daemon) {
        return with(s -> s.daemon = daemon);
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
        return new WorkerOptions<>(workerData, List.of(transfer), settings);
    }

    /**
     * Tells how the worker's data and the messages between it and its parent are cloned.
     *
     * @param cloners how
     * @return the changed options
     */
    public WorkerOptions<D> cloners(Cloners cloners) {
        Objects.requireNonNull(cloners, "cloners");
        return with(s -> s.cloners = cloners);
    }

    /**
     * Bounds the channel between the worker and its parent, in both directions.
     *
     * @param capacity how many messages may wait in each direction, 1 or more
     * @return the changed options
     * @throws IllegalArgumentException if the capacity is not positive
     */
    public WorkerOptions<D> capacity(int capacity) {
        ChannelOptions channel = settings.channel.capacity(capacity);
        return with(s -> s.channel = channel);
    }

    /**
     * Says what {@code post} does, at either end of the worker's channel, where that has a bound and there is no room: it
     * waits, unless told otherwise here.
     *
     * @param overflow what to do
     * @return the changed options
     */
    public WorkerOptions<D> overflow(Overflow overflow) {
        ChannelOptions channel = settings.channel.overflow(overflow);
        return with(s -> s.channel = channel);
    }

    /**
     * Tells how the worker's event loop waits for something to do, and those who wait for messages at either end of its
     * channel. Without it, they wait adaptively.
     *
     * @param idle the strategy; workers that are started with it share it
     * @return the changed options
     */
    public WorkerOptions<D> idleStrategy(IdleStrategy idle) {
        Objects.requireNonNull(idle, "idle");
        return with(s -> s.idle = () -> idle);
    }

    /**
     * Runs the worker on a platform thread, as is the default.
     *
     * @return the changed options
     */
    public WorkerOptions<D> platform() {
        return with(s -> {
            s.kind = ThreadKind.PLATFORM;
            s.factory = null;
        });
    }

    /**
     * Runs the worker on a virtual thread: for thousands of workers that mostly wait.
     *
     * @return the changed options
     * @throws IllegalArgumentException if there is a limit of something that is measured for platform threads only
     */
    public WorkerOptions<D> virtual() {
        return with(s -> {
            s.kind = ThreadKind.VIRTUAL;
            s.factory = null;
        });
    }

    /**
     * Runs the worker on a thread that a factory makes. It may be of any kind; if it is not a daemon, the JVM waits for it
     * whatever the worker says. The thread keeps its name.
     *
     * @param factory makes a new thread that is not started; called by each start of a worker
     * @return the changed options
     * @throws IllegalArgumentException if there is a limit of the stack, which is the factory's to decide
     */
    public WorkerOptions<D> threadFactory(ThreadFactory factory) {
        Objects.requireNonNull(factory, "factory");
        return with(s -> {
            s.kind = ThreadKind.OF_FACTORY;
            s.factory = factory;
        });
    }

    /**
     * Limits what the worker may use.
     *
     * @param limits the limits
     * @return the changed options
     * @throws IllegalArgumentException if the kind of thread can't have one of them
     */
    public WorkerOptions<D> limits(ResourceLimits limits) {
        Objects.requireNonNull(limits, "limits");
        return with(s -> s.limits = limits);
    }

    /**
     * Tells how long the worker's code may go on after the worker was terminated, before that is reported.
     *
     * @param period how long
     * @return the changed options
     * @throws IllegalArgumentException if it is negative
     */
    public WorkerOptions<D> gracePeriod(Duration period) {
        if (period.isNegative()) {
            throw new IllegalArgumentException("a grace period can't be negative; this one is " + period);
        }
        return with(s -> s.gracePeriod = period);
    }

    /**
     * Gives the worker an input stream that the parent {@linkplain Worker#stdin writes to}. Without it, the worker finds
     * it empty.
     *
     * @return the changed options
     */
    public WorkerOptions<D> openStdin() {
        return with(s -> s.stdin = true);
    }

    /**
     * Lets the parent {@linkplain Worker#stdout read} what the worker prints. Without it, that goes to {@link System#out}.
     *
     * @return the changed options
     */
    public WorkerOptions<D> captureStdout() {
        return with(s -> s.stdout = true);
    }

    /**
     * Lets the parent {@linkplain Worker#stderr read} what the worker prints as errors. Without it, that goes to
     * {@link System#err}.
     *
     * @return the changed options
     */
    public WorkerOptions<D> captureStderr() {
        return with(s -> s.stderr = true);
    }

    /**
     * Bounds what is written to a stream between the worker and its parent and not read yet: its input, if it is the
     * parent's, and its output, if that is captured. Who writes more waits until somebody reads: nothing is lost, and nobody
     * runs out of memory as the other one is busy. Without this it is 16 MiB.
     *
     * @param bytes how many, for each of the streams, 1 or more
     * @return the changed options
     * @throws IllegalArgumentException if the capacity is not positive
     */
    public WorkerOptions<D> streamCapacity(int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("streamCapacity=" + bytes + " must be 1 or more");
        }
        return with(s -> s.streamCapacity = bytes);
    }

    @Nullable
    String name() {
        return settings.name;
    }

    boolean isDaemon() {
        return settings.daemon;
    }

    D workerData() {
        return workerData;
    }

    Cloners cloners() {
        return settings.cloners;
    }

    /** How its channel is made, between ends of these names. */
    ChannelOptions channel(String parent, String worker) {
        return settings.channel.names(parent, worker).cloners(settings.cloners).idleStrategy(this::idleStrategy);
    }

    IdleStrategy idleStrategy() {
        return settings.idle.get();
    }

    ResourceLimits limits() {
        return settings.limits;
    }

    Duration gracePeriod() {
        return settings.gracePeriod;
    }

    Streams streams() {
        return new Streams(settings.stdin, settings.stdout, settings.stderr, settings.streamCapacity);
    }

    /** A new thread for a worker, not started. */
    Thread thread(String workerName, Runnable task) {
        if (settings.kind == ThreadKind.VIRTUAL) {
            return Thread.ofVirtual().name(workerName).unstarted(task);
        }
        if (settings.factory == null) {
            return Thread.ofPlatform().name(workerName).daemon().stackSize(limits().stackBytes()).unstarted(task);
        }
        Thread made = settings.factory.newThread(task);
        if (made == null || made.getState() != Thread.State.NEW) {
            throw new IllegalStateException("the thread factory of worker '" + workerName + "' made "
                    + (made == null ? "no thread" : "a thread that was started already"));
        }
        if (made.isVirtual() && limits().needPlatformThread()) {
            throw new IllegalArgumentException("the thread factory of worker '" + workerName
                    + "' made a virtual thread, for which there can't be " + limits());
        }
        return made;
    }

    Transferable[] transfer() {
        return transfer.toArray(Transferable[]::new);
    }
}
