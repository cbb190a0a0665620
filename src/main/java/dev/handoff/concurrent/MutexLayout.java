package dev.handoff.concurrent;

/**
 * How a {@link SharedMutex} lies in memory. What is used together lies together; the rest keeps neighbours apart.
 *
 * <pre>
 *   byte
 *     0  +------------------------------------------------+
 *        | Preamble; its parameter is 0                   |
 *    16  +------------------------------------------------+
 *        | Owner word                                     |
 *    24  +-----------------------+------------------------+
 *        | Event count           | unused up to 128       |
 *        +-----------------------+------------------------+
 *
 *   bit 63 62                     41 40                              1  0
 *      +--+-------------------------+--------------------------------+---+
 *      | 0|       Process id        |           Thread id            | W |
 *      +--+-------------------------+--------------------------------+---+
 * </pre>
 *
 * The owner word is 0 while the mutex is free. W says that there may be waiters, who have to be told of an unlock. A
 * process whose id does not fit into its bits goes by 0.
 */
final class MutexLayout {
    static final long OWNER_OFFSET = 16;
    static final long EVENT_OFFSET = 24;
    static final long BYTES = 128;

    static final long WAITERS = 1;
    private static final int THREAD_SHIFT = 1;
    private static final int PROCESS_SHIFT = 41;
    private static final long THREAD_MASK = (1L << PROCESS_SHIFT - THREAD_SHIFT) - 1;
    private static final long PROCESS_MASK = (1L << 63 - PROCESS_SHIFT) - 1;

    private MutexLayout() {
    }

    static long owner(long process, long thread) {
        return (process > PROCESS_MASK ? 0 : process) << PROCESS_SHIFT | (thread & THREAD_MASK) << THREAD_SHIFT;
    }

    /** The owner word without what is known of waiters. */
    static long owner(long word) {
        return word & ~WAITERS;
    }

    static long process(long word) {
        return word >>> PROCESS_SHIFT;
    }

    static long thread(long word) {
        return word >>> THREAD_SHIFT & THREAD_MASK;
    }
}
