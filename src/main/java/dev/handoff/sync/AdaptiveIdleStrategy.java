package dev.handoff.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;

/** See {@link IdleStrategy#adaptive}. */
@SuppressWarnings("UnusedVariable") // read through VarHandles
final class AdaptiveIdleStrategy implements IdleStrategy {
    /*
     * To spin for as long as a wake-up costs is at most twice as dear as knowing the future (Karlin et al., "Empirical
     * studies of competitive spinning", 1991). The limit is a multiple of that: where it was one wake-up, two threads that
     * hand something to and fro fell into step, each parking just before the other one was awake.
     *
     * The budget is what a wait may spin. Success doubles it, and makes it long enough for twice the time that this wait
     * took; failure quarters it, down to nothing. It does not follow short waits down: that would save little, and one
     * hiccup of the partner would send both to sleep. A strategy that parks would never learn of better times, hence the
     * probes.
     *
     * Threads that share an instance race on its two fields: opaque, as nothing is published by them, and a lost update
     * costs a few microseconds.
     */
    private static final long MAX_NANOS = 150_000;
    /** Below this, not even the first round of spins would fit. */
    private static final long MIN_NANOS = 5_000;
    /** Of the waits that have less than the full budget, one of so many gets it all the same. */
    private static final int WAITS_PER_PROBE = 32;
    /** Some microseconds of pauses. */
    private static final int SPINS_BETWEEN_YIELDS = 128;
    private static final boolean ONE_PROCESSOR = Runtime.getRuntime().availableProcessors() == 1;
    private static final VarHandle BUDGET;
    private static final VarHandle WAITS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BUDGET = lookup.findVarHandle(AdaptiveIdleStrategy.class, "budget", long.class);
            WAITS = lookup.findVarHandle(AdaptiveIdleStrategy.class, "waits", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long budget = MAX_NANOS;
    private int waits;

    @Override
    @SuppressWarnings("ThreadPriorityCheck")
    public boolean idle(BooleanSupplier done, long maxNanos) {
        if (done.getAsBoolean()) {
            return true;
        }
        if (ONE_PROCESSOR || maxNanos <= 0 || Thread.currentThread().isVirtual()) {
            return false;
        }
        long spin = budgetOfThisWait();
        if (spin == 0) {
            return false;
        }
        if (spins(done)) { // most answers come now: without a look at the clock
            succeeded(0);
            return true;
        }
        long limit = Math.min(spin, maxNanos);
        long begun = System.nanoTime();
        long spent;
        do {
            Thread.yield(); // as what this waits for may be behind it in the queue for its own core
            boolean succeeded = spins(done);
            spent = System.nanoTime() - begun;
            if (succeeded) {
                if (spent <= MAX_NANOS) {
                    succeeded(spent);
                } else {
                    failed(); // the core was not free to spin on
                }
                return true;
            }
        } while (spent < limit && !Thread.currentThread().isInterrupted());
        if (spent >= limit) { // rather than that the thread was interrupted
            failed();
        }
        return false;
    }

    private static boolean spins(BooleanSupplier done) {
        for (int i = 0; i < SPINS_BETWEEN_YIELDS; i++) {
            Thread.onSpinWait();
            if (done.getAsBoolean()) {
                return true;
            }
        }
        return false;
    }

    private long budgetOfThisWait() {
        long now = budgetNanos();
        if (now == MAX_NANOS) {
            return now;
        }
        int n = (int) WAITS.getOpaque(this) + 1;
        WAITS.setOpaque(this, n);
        return n % WAITS_PER_PROBE == 0 ? MAX_NANOS : now;
    }

    private void succeeded(long nanos) {
        long now = budgetNanos();
        if (now < MAX_NANOS) { // else the line stays shared among the threads that only read it
            BUDGET.setOpaque(this, Math.min(MAX_NANOS, Math.max(MIN_NANOS, 2 * Math.max(now, nanos))));
        }
    }

    private void failed() {
        long now = budgetNanos();
        if (now > 0) {
            BUDGET.setOpaque(this, now < 4 * MIN_NANOS ? 0 : now / 4);
        }
    }

    /** How long a wait spins now, but for probes. */
    long budgetNanos() {
        return (long) BUDGET.getOpaque(this);
    }

    @Override
    public String toString() {
        return "ADAPTIVE[" + budgetNanos() + " ns]";
    }
}
