package dev.handoff.worker;

/**
 * The error of a worker that used more of something than its {@link ResourceLimits} allow. The stack trace is that of the
 * worker's thread when this was found.
 */
public class ResourceLimitException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What there was too much of. */
    private final ResourceLimits.Resource resource;
    /** Bytes or nanoseconds. */
    private final long used;
    /** Bytes or nanoseconds. */
    private final long limit;

    ResourceLimitException(String worker, ResourceLimits.Resource resource, long used, long limit,
            StackTraceElement[] stack) {
        super(worker + " has used " + used + " " + resource.unit() + "; its limit is " + limit);
        this.resource = resource;
        this.used = used;
        this.limit = limit;
        setStackTrace(stack);
    }

    /**
     * What there was too much of.
     *
     * @return the resource
     */
    public ResourceLimits.Resource resource() {
        return resource;
    }

    /**
     * How much the worker had used.
     *
     * @return bytes, or nanoseconds for {@link ResourceLimits.Resource#CPU_TIME}
     */
    public long used() {
        return used;
    }

    /**
     * How much it was allowed to use.
     *
     * @return bytes, or nanoseconds for {@link ResourceLimits.Resource#CPU_TIME}
     */
    public long limit() {
        return limit;
    }
}
