package dev.handoff.sync;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The strategies that do not learn. */
enum FixedIdleStrategy implements IdleStrategy {
    BUSY_SPIN {
        @Override
        public boolean idle(BooleanSupplier done, long maxNanos) {
            if (Thread.currentThread().isVirtual()) {
                return YIELDING.idle(done, maxNanos);
            }
            if (done.getAsBoolean()) {
                return true;
            }
            boolean forever = maxNanos == Long.MAX_VALUE;
            long begun = forever ? 0 : System.nanoTime();
            while ((forever || System.nanoTime() - begun < maxNanos) && !Thread.currentThread().isInterrupted()) {
                for (int i = 0; i < SPINS_BETWEEN_CHECKS; i++) {
                    Thread.onSpinWait();
                    if (done.getAsBoolean()) {
                        return true;
                    }
                }
            }
            return false;
        }
    },

    YIELDING {
        @Override
        @SuppressWarnings("ThreadPriorityCheck")
        public boolean idle(BooleanSupplier done, long maxNanos) {
            Thread me = Thread.currentThread();
            boolean forever = maxNanos == Long.MAX_VALUE;
            long begun = forever ? 0 : System.nanoTime();
            for (int i = 1; !done.getAsBoolean(); i++) {
                if (!forever && System.nanoTime() - begun >= maxNanos || me.isInterrupted()) {
                    return false;
                }
                if (i % YIELDS_BETWEEN_PARKS == 0 && me.isVirtual()) {
                    LockSupport.parkNanos(1);
                } else {
                    Thread.yield();
                }
            }
            return true;
        }
    },

    PARKING {
        @Override
        public boolean idle(BooleanSupplier done, long maxNanos) {
            return done.getAsBoolean();
        }
    };

    /** Some microseconds of pauses: what a check of the clock and of the interrupt may be late. */
    private static final int SPINS_BETWEEN_CHECKS = 128;
    /**
     * A carrier whose own queue has yielding virtual threads in it does not look for work elsewhere, so a thread that was
     * made runnable by a platform thread, a timer or the network would wait for ever. One that parks comes back through the
     * scheduler's front door, and the queue runs empty.
     */
    private static final int YIELDS_BETWEEN_PARKS = 64;
}
