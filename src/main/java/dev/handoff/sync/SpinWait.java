package dev.handoff.sync;

import java.util.function.BooleanSupplier;

/**
 * The time a thread spins before it parks, in the hope that what it waits for is about to happen.
 *
 * <p>
 * Waking a parked thread costs 25-60 us on a virtual machine, where it crosses cores; finding it spinning costs 0.1 us. So
 * the time is about two wake-ups: where it was one, two threads that hand something to and fro could fall into step, each
 * parking just before the other one was awake. The thread yields now and then, as what it waits for may be behind it in the
 * queue for its own core. Thread-safe; wait-free but for what the condition does.
 */
public final class SpinWait {
    private static final long NANOS = Runtime.getRuntime().availableProcessors() > 1 ? 100_000 : 0;
    /** Some microseconds of pauses. */
    private static final int SPINS_BETWEEN_YIELDS = 128;

    private SpinWait() {
    }

    /**
     * Spins until a condition holds, but no longer than is likely to be worth it: not at all on one core, or on a virtual
     * thread, which would keep others off its carrier.
     *
     * @param done the condition; cheap, as it is asked again and again
     * @param maxNanos the time that the caller has at most; where that is less, it is the limit
     * @return whether it holds
     */
    @SuppressWarnings("ThreadPriorityCheck")
    public static boolean until(BooleanSupplier done, long maxNanos) {
        if (done.getAsBoolean()) {
            return true;
        }
        long nanos = Math.min(NANOS, maxNanos);
        if (nanos <= 0 || Thread.currentThread().isVirtual()) {
            return false;
        }
        long begun = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_BETWEEN_YIELDS; i++) {
                Thread.onSpinWait();
                if (done.getAsBoolean()) {
                    return true;
                }
            }
            Thread.yield();
        } while (System.nanoTime() - begun < nanos);
        return done.getAsBoolean();
    }
}
