package dev.handoff.concurrent;

/**
 * How a ring lies in memory. The words of the producers and that of the consumer are 128 bytes apart, so that neither
 * side's writes take the other's from its cache, nor does a prefetcher that fetches lines in pairs.
 *
 * <pre>
 *   byte
 *     0  +----------------------------------------------+
 *        | Preamble; its parameter is the capacity      |  never written again
 *    64  +----------------------------------------------+
 *        | Next head: where the head is about to move   |  the consumer's own, of an MpscRing
 *   128  +----------------------------------------------+
 *        | Tail: position where the next record begins  |  written by producers
 *   136  +----------------------------------------------+
 *        | Head cache: a head seen before               |  written by producers
 *   256  +----------------------------------------------+
 *        | Head: position of the oldest record          |  written by the consumer
 *   384  +----------------------------------------------+
 *        | Records: capacity bytes                      |
 *        +----------------------------------------------+
 * </pre>
 *
 * Positions are 64-bit, count bytes since the creation and never wrap; a record lies at its position modulo the capacity,
 * a power of two. A record starts at a multiple of 8 with a header of one 64-bit word:
 *
 * <pre>
 *   bit 63                          32 31 30 29                            0
 *      +-------------------------------+--+--+------------------------------+
 *      |             Type              | S| P|        Record length         |
 *      +-------------------------------+--+--+------------------------------+
 *      |                     Message, then up to 7 bytes                    |
 *      +--------------------------------------------------------------------+
 * </pre>
 *
 * The record length counts the header and the message. The lower half, taken as a signed int, is 0 where no record is
 * yet, negative (S, two's complement) for a record that was claimed, positive for one that may be read. P marks padding:
 * what was aborted, or lies between the last record and the end of the memory.
 */
final class RingLayout {
    static final long NEXT_HEAD_OFFSET = 64;
    static final long TAIL_OFFSET = 128;
    static final long HEAD_CACHE_OFFSET = 136;
    static final long HEAD_OFFSET = 256;
    static final long RECORDS_OFFSET = 384;

    static final int HEADER_BYTES = 8;
    static final int RECORD_ALIGNMENT = 8;
    static final int MIN_CAPACITY = 64;
    static final int MAX_CAPACITY = 1 << 30;

    private static final int PADDING = 1 << 30;
    private static final int LENGTH_MASK = PADDING - 1;

    private RingLayout() {
    }

    /** Of the header and the message. */
    static int recordLength(int messageLength) {
        return messageLength + HEADER_BYTES;
    }

    /** The bytes that a record takes. */
    static int aligned(int recordLength) {
        return recordLength + (RECORD_ALIGNMENT - 1) & -RECORD_ALIGNMENT;
    }

    /** The header of a record that may be read. */
    static long committed(int recordLength, int type) {
        return (long) type << 32 | recordLength;
    }

    /** The header of a record that was claimed. */
    static long claimed(int recordLength, int type) {
        return (long) type << 32 | -recordLength & 0xffff_ffffL;
    }

    /** The header of what the consumer skips. */
    static long padding(int recordLength) {
        return PADDING | recordLength;
    }

    /** The lower half of a header: 0, negative or positive. */
    static int state(long header) {
        return (int) header;
    }

    static boolean isPadding(long header) {
        return ((int) header & PADDING) != 0;
    }

    /** The record length in the header of a record that may be skipped or read. */
    static int length(long header) {
        return (int) header & LENGTH_MASK;
    }

    static int type(long header) {
        return (int) (header >>> 32);
    }
}
