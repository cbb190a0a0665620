package dev.handoff.concurrent;

/**
 * How a {@link SharedLatch} lies in memory. What is used together lies together; the rest keeps neighbours apart.
 *
 * <pre>
 *   byte
 *     0  +-----------------------+------------------------+
 *        | Preamble; its parameter is the initial count   |
 *    16  +-----------------------+------------------------+
 *        | Count (32 bits)       | Event count (32 bits)  |
 *    24  +-----------------------+------------------------+
 *        | unused up to 128                               |
 *        +------------------------------------------------+
 * </pre>
 */
final class LatchLayout {
    static final long COUNT_OFFSET = 16;
    static final long EVENT_OFFSET = 20;
    static final long BYTES = 128;

    private LatchLayout() {
    }
}
