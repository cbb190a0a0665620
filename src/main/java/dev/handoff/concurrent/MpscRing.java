package dev.handoff.concurrent;

import static dev.handoff.concurrent.RingLayout.HEADER_BYTES;
import static dev.handoff.concurrent.RingLayout.HEAD_CACHE_OFFSET;
import static dev.handoff.concurrent.RingLayout.HEAD_OFFSET;
import static dev.handoff.concurrent.RingLayout.NEXT_HEAD_OFFSET;
import static dev.handoff.concurrent.RingLayout.RECORDS_OFFSET;
import static dev.handoff.concurrent.RingLayout.TAIL_OFFSET;

import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * A ring of byte messages from any number of producers to one consumer.
 *
 * <p>
 * Any number of threads may offer, claim, commit and abort at the same time, and each may have several claims at once.
 * Producing is lock-free: a producer is held up only by others that get ahead of it. Consuming is wait-free, but messages
 * come in the order of their claims: what was claimed and is not yet committed or aborted holds up what was claimed
 * after it. So whoever claims commits or aborts, also where writing the message fails:
 *
 * <pre>{@code
 * long offset = ring.claim(length, type);
 * try {
 *     write(ring.segment(), offset);
 * } catch (Throwable e) {
 *     ring.abort(offset);
 *     throw e;
 * }
 * ring.commit(offset);
 * }</pre>
 *
 * A producer that died in between holds the consumer up until {@link #unblock}.
 */
public final class MpscRing extends ByteRing {
    /*
     * Producers get disjoint records by a CAS of the tail. Any place at a multiple of 8 may be the next header, and what
     * is there was a message of the last lap; so the consumer zeroes what it has read before it gives it back: a header
     * reads "not there" until its owner has written it.
     *
     * Which write pairs with which read:
     *   header, release (commit, abort)  ->  header, acquire (poll): the message
     *   head, release (poll)             ->  head, acquire (claim): the zeroes, and the reading before the overwriting
     *   head cache, release (claim)      ->  head cache, acquire (claim): passes on the pair before
     *   claimed header, storeStore, message  ->  message, header, both acquire (unblock)
     *
     * Zeroing takes a while, and a consumer that dies in it leaves halves of records. So it first writes down how far it
     * is going, and the next consumer begins by zeroing all of that (again).
     */
    private static final long IDENTITY = Preamble.identity("MPSC");
    private static final String WHAT = "MpscRing";

    private MpscRing(MemorySegment memory) {
        super(memory, (int) (memory.byteSize() - RECORDS_OFFSET));
    }

    /**
     * The memory that a ring takes.
     *
     * @param capacity the bytes for messages: a power of two from 64 to 2^30
     * @return bytes
     * @throws IllegalArgumentException if the capacity is none
     */
    public static long bytes(long capacity) {
        return bytesFor(capacity);
    }

    /**
     * Makes an empty ring.
     *
     * @param buffer where; aligned to 64 bytes for the best speed
     * @param byteOffset where it begins, a multiple of 8
     * @param capacity the bytes for messages: a power of two from 64 to 2^30
     * @return the ring
     * @throws IllegalArgumentException if the capacity is none, or the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the ring is not inside the buffer
     * @throws IllegalStateException if the first 8 bytes are not zero: something is there, or is being created
     */
    public static MpscRing create(SharedBuffer buffer, long byteOffset, long capacity) {
        return new MpscRing(created(buffer, byteOffset, capacity, IDENTITY, WHAT));
    }

    /**
     * Finds a ring that was created before, by any thread of any process.
     *
     * @param buffer where
     * @param byteOffset where it begins
     * @return the ring
     * @throws IllegalArgumentException if the place is not aligned to 8 bytes
     * @throws IndexOutOfBoundsException if the ring is not inside the buffer
     * @throws IllegalStateException if no such ring is there (yet), or its memory was overwritten
     */
    public static MpscRing attach(SharedBuffer buffer, long byteOffset) {
        return new MpscRing(attached(buffer, byteOffset, IDENTITY, WHAT));
    }

    @Override
    public boolean offer(MemorySegment source, long offset, int length, int type) {
        int recordLength = checkedRecordLength(length);
        Objects.checkFromIndexSize(offset, length, source.byteSize()); // before anything is taken
        long record = take(recordLength);
        if (record == FULL) {
            return false;
        }
        mark(record, recordLength, type);
        long header = RingLayout.padding(recordLength);
        try {
            MemorySegment.copy(source, offset, memory, record + HEADER_BYTES, length);
            header = RingLayout.committed(recordLength, type);
        } finally { // the source may be closed, or another thread's
            LONG.setRelease(memory, record, header); // pairs with the acquire in poll()
        }
        return true;
    }

    @Override
    public long claim(int length, int type) {
        int recordLength = checkedRecordLength(length);
        long record = take(recordLength);
        if (record == FULL) {
            return FULL;
        }
        mark(record, recordLength, type);
        return record + HEADER_BYTES;
    }

    @Override
    public void commit(long offset) {
        long record = checkedRecordOffset(offset);
        long header = claimAt(record, offset);
        LONG.setRelease(memory, record,
                RingLayout.committed(-RingLayout.state(header), RingLayout.type(header))); // pairs with poll()'s
                                                                                           // acquire
    }

    @Override
    public void abort(long offset) {
        long record = checkedRecordOffset(offset);
        long header = claimAt(record, offset);
        LONG.setRelease(memory, record, RingLayout.padding(-RingLayout.state(header))); // before the zeroes of poll()
    }

    private long claimAt(long record, long offset) {
        long header = (long) LONG.getOpaque(memory, record);
        if (RingLayout.state(header) >= 0) {
            throw notClaimed(offset);
        }
        return header;
    }

    /** Says whose length a record has, before anything is written into it: {@link #unblock} relies on it. */
    private void mark(long record, int recordLength, int type) {
        LONG.setOpaque(memory, record, RingLayout.claimed(recordLength, type));
        VarHandle.storeStoreFence();
    }

    /** Takes room at the tail, or at the beginning of the memory if it does not fit before the end. */
    private long take(int recordLength) {
        MemorySegment memory = this.memory;
        int capacity = this.capacity;
        int length = RingLayout.aligned(recordLength);
        long head = (long) LONG.getAcquire(memory, HEAD_CACHE_OFFSET); // pairs with the release below
        while (true) {
            long tail = (long) LONG.getOpaque(memory, TAIL_OFFSET);
            int index = (int) tail & capacity - 1;
            int padding = length > capacity - index ? capacity - index : 0;
            long end = tail + padding + length;
            if (end - head > capacity) {
                head = (long) LONG.getAcquire(memory, HEAD_OFFSET); // pairs with the release in release()
                if (end - head > capacity) {
                    return FULL;
                }
                LONG.setRelease(memory, HEAD_CACHE_OFFSET, head); // pairs with the acquire above
            }
            // Plain: who owns which bytes is all that it decides.
            if (LONG.weakCompareAndSetPlain(memory, TAIL_OFFSET, tail, end)) {
                if (padding == 0) {
                    return RECORDS_OFFSET + index;
                }
                LONG.setRelease(memory, RECORDS_OFFSET + index, RingLayout.padding(padding)); // see abort()
                return RECORDS_OFFSET;
            }
        }
    }

    /**
     * Lets the consumer go on past a producer that died between its claim and the end of it: what stands first and was
     * claimed, but neither committed nor aborted, is given up. For the consumer only, and only where it is certain that
     * this producer is dead, since one that is merely late would write into what belongs to others by then.
     *
     * <p>
     * A producer that died before it could write down how long its claim is, which is next to its taking of the room, can
     * be told only from where the next claim begins that did get there, so that takes one that came later. What lies
     * between is given up as one, be it of one producer or of several: nothing tells them apart. In this case, then, all
     * producers that were in {@code claim} or {@code offer} have to be known to be dead or to have returned from it since.
     *
     * @return whether there was something to give up; then {@code poll} can go on
     */
    public boolean unblock() {
        assert beginConsuming();
        try {
            long head = head();
            long tail = (long) LONG.getAcquire(memory, TAIL_OFFSET);
            if (head == tail) {
                return false;
            }
            int state = RingLayout.state(header(head));
            int length = state == 0 ? unmarked(head, tail) : -state;
            if (length <= 0) {
                return false;
            }
            LONG.set(memory, offset(head), RingLayout.padding(length)); // read by this side only
            return true;
        } finally {
            assert endConsuming();
        }
    }

    /** The bytes from a record without a header to where the next begins, or to the end of the memory; 0 if unknown. */
    private int unmarked(long head, long tail) {
        for (long next = head + RingLayout.RECORD_ALIGNMENT; next < tail; next += RingLayout.RECORD_ALIGNMENT) {
            if (header(next) != 0) {
                // Headers are written before messages: if this is in a message, its header is seen on the way back.
                for (long before = next
                        - RingLayout.RECORD_ALIGNMENT; before >= head; before -= RingLayout.RECORD_ALIGNMENT) {
                    if (header(before) != 0) {
                        return 0;
                    }
                }
                return (int) Math.min(next - head, capacity - ((int) head & capacity - 1));
            }
        }
        return 0;
    }

    private long header(long position) {
        return (long) LONG.getAcquire(memory, offset(position));
    }

    private long offset(long position) {
        return RECORDS_OFFSET + ((int) position & capacity - 1);
    }

    /** Finishes what a consumer that died was about to give back. */
    @Override
    long head() {
        long head = super.head();
        long next = (long) LONG.get(memory, NEXT_HEAD_OFFSET); // its only writer is this side
        if (next != head) {
            release(head, next);
        }
        return next;
    }

    @Override
    void release(long from, long to) {
        LONG.set(memory, NEXT_HEAD_OFFSET, to);
        VarHandle.storeStoreFence(); // before the first zero
        int mask = capacity - 1;
        int start = (int) from & mask;
        int length = (int) (to - from);
        int first = Math.min(length, capacity - start);
        memory.asSlice(RECORDS_OFFSET + start, first).fill((byte) 0);
        if (first < length) {
            memory.asSlice(RECORDS_OFFSET, length - first).fill((byte) 0);
        }
        LONG.setRelease(memory, HEAD_OFFSET, to); // pairs with the acquire in take()
    }
}
