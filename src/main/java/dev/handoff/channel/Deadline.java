package dev.handoff.channel;

/** When a wait has to be over; {@link Long#MAX_VALUE} nanoseconds are for ever. */
final class Deadline {
    private final boolean isNever;
    private final long at;

    Deadline(long timeoutNanos) {
        isNever = timeoutNanos == Long.MAX_VALUE;
        at = isNever ? 0 : System.nanoTime() + Math.max(timeoutNanos, 0);
    }

    /** At or below zero when it is over. */
    long nanosLeft() {
        return isNever ? Long.MAX_VALUE : at - System.nanoTime();
    }
}
