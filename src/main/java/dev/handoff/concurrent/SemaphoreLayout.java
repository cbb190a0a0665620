package dev.handoff.concurrent;

/**
 * How a {@link SharedSemaphore} lies in memory, in 32-bit words. What is used together lies together; the rest keeps
 * neighbours apart.
 *
 * <pre>
 *   byte
 *     0  +-----------------------+------------------------+
 *        | Preamble; its parameter is the initial permits |
 *    16  +-----------------------+------------------------+
 *        | Permits               | Event count            |
 *    24  +-----------------------+------------------------+
 *        | Waiters               | Waiters for 2 or more  |
 *    32  +-----------------------+------------------------+
 *        | unused up to 128                               |
 *        +------------------------------------------------+
 * </pre>
 */
final class SemaphoreLayout {
    static final long PERMITS_OFFSET = 16;
    static final long EVENT_OFFSET = 20;
    static final long WAITERS_OFFSET = 24;
    static final long BULK_WAITERS_OFFSET = 28;
    static final long BYTES = 128;

    private SemaphoreLayout() {
    }
}
