package dev.handoff.worker;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What a worker may use at most. Immutable; each method returns a changed copy.
 *
 * <p>
 * A watcher looks at each limited worker every 10 milliseconds, so a limit can be overrun by what
 * the worker uses in that time. A worker past one is ended as {@link Worker#terminate} does it, with a
 * {@link ResourceLimitException} as its error; its parent and its siblings go on. The size of the stack is exact:
 * {@link StackOverflowError} is thrown where it is used up.
 */
public final class ResourceLimits {
    /** What can be limited. */
    public enum Resource {
        /** The bytes of the owned buffers that the worker's thread owns at one time. */
        OFF_HEAP("bytes of the buffers that it owns"),
        /** The bytes of all objects that the worker's thread has allocated. */
        HEAP("bytes of heap"),
        /** The same within one second. */
        HEAP_RATE("bytes of heap within a second"),
        /** The time for which the worker's thread has had a processor. */
        CPU_TIME("ns of CPU time");

        private final String unit;

        Resource(String unit) {
            this.unit = unit;
        }

        String unit() {
            return unit;
        }

        /** Whether it can be asked of platform threads only, through a module that a JVM need not have. */
        boolean isOfThread() {
            return this != OFF_HEAP;
        }
    }

    private static final ResourceLimits NONE = new ResourceLimits(0, Map.of());

    private final long stackBytes;
    private final Map<Resource, Long> limits;

    private ResourceLimits(long stackBytes, Map<Resource, Long> limits) {
        this.stackBytes = stackBytes;
        this.limits = limits;
    }

    /**
     * No limits, to start from; the stack is as large as the JVM makes it.
     *
     * @return the limits
     */
    public static ResourceLimits none() {
        return NONE;
    }

    /**
     * Sets the size of the stack. For platform threads, whose JVM may round it up.
     *
     * @param bytes how large
     * @return the changed limits
     * @throws IllegalArgumentException if it is not positive
     */
    public ResourceLimits stack(long bytes) {
        return new ResourceLimits(positive("the stack", bytes), limits);
    }

    /**
     * Limits the bytes of the {@link dev.handoff.memory.OwnedBuffer}s that the worker owns at one time.
     *
     * @param bytes how many
     * @return the changed limits
     * @throws IllegalArgumentException if it is not positive
     */
    public ResourceLimits offHeap(long bytes) {
        return with(Resource.OFF_HEAP, bytes);
    }

    /**
     * Limits the bytes of the objects that the worker allocates, collected or not. For platform threads.
     *
     * @param bytes how many
     * @return the changed limits
     * @throws IllegalArgumentException if it is not positive
     * @throws UnsupportedOperationException if this JVM does not measure it
     */
    public ResourceLimits heap(long bytes) {
        return with(Resource.HEAP, bytes);
    }

    /**
     * Limits the bytes of the objects that the worker allocates within one second. For platform threads.
     *
     * @param bytes how many
     * @return the changed limits
     * @throws IllegalArgumentException if it is not positive
     * @throws UnsupportedOperationException if this JVM does not measure it
     */
    public ResourceLimits heapPerSecond(long bytes) {
        return with(Resource.HEAP_RATE, bytes);
    }

    /**
     * Limits the time for which the worker has a processor. For platform threads.
     *
     * @param time how long
     * @return the changed limits
     * @throws IllegalArgumentException if it is not positive
     * @throws UnsupportedOperationException if this JVM does not measure it
     */
    public ResourceLimits cpuTime(Duration time) {
        return with(Resource.CPU_TIME, TimeUnit.NANOSECONDS.convert(time)); // saturates
    }

    private ResourceLimits with(Resource resource, long amount) {
        positive(resource.name(), amount);
        if (resource.isOfThread()) {
            ThreadUsage.require(resource);
        }
        Map<Resource, Long> changed = new EnumMap<>(Resource.class);
        changed.putAll(limits);
        changed.put(resource, amount);
        return new ResourceLimits(stackBytes, Map.copyOf(changed));
    }

    private static long positive(String what, long amount) {
        if (amount <= 0) {
            throw new IllegalArgumentException("a limit of " + what + " must be positive; this one is " + amount);
        }
        return amount;
    }

    /** How large the stack is, or 0 for the JVM's default. */
    long stackBytes() {
        return stackBytes;
    }

    /** The limits that have to be watched; bytes or nanoseconds. */
    Map<Resource, Long> watched() {
        return limits;
    }

    /** Whether only a platform thread can have them. */
    boolean needPlatformThread() {
        return stackBytes > 0 || limits.keySet().stream().anyMatch(Resource::isOfThread);
    }

    @Override
    public String toString() {
        return "ResourceLimits[" + (stackBytes > 0 ? "STACK=" + stackBytes + ", " : "")
                + new TreeMap<>(limits) + "]";
    }
}
