package dev.handoff.concurrent;

/**
 * How a {@link SharedBarrier} lies in memory. What is used together lies together; the rest keeps neighbours apart.
 *
 * <pre>
 *   byte
 *     0  +------------------------------------------------+
 *        | Preamble; its parameter is the parties         |
 *    16  +------------------------------------------------+
 *        | State                                          |
 *    24  +-----------------------+------------------------+
 *        | Event count (32 bits) | unused up to 128       |
 *        +-----------------------+------------------------+
 *
 *   bit 63                              32 31 30                         0
 *      +----------------------------------+--+----------------------------+
 *      |            Generation            | B|          Arrived           |
 *      +----------------------------------+--+----------------------------+
 * </pre>
 *
 * B says that the barrier is broken.
 */
final class BarrierLayout {
    static final long STATE_OFFSET = 16;
    static final long EVENT_OFFSET = 24;
    static final long BYTES = 128;

    static final long BROKEN = 1L << 31;

    private BarrierLayout() {
    }

    static int generation(long state) {
        return (int) (state >>> 32);
    }

    static int arrived(long state) {
        return (int) state & Integer.MAX_VALUE;
    }

    static boolean isBroken(long state) {
        return (state & BROKEN) != 0;
    }

    /** Nobody has arrived at the next generation. */
    static long next(long state) {
        return (long) (generation(state) + 1) << 32;
    }
}
