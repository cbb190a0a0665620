package dev.handoff.concurrent;

import static dev.handoff.concurrent.RingLayout.HEADER_BYTES;
import static dev.handoff.concurrent.RingLayout.HEAD_CACHE_OFFSET;
import static dev.handoff.concurrent.RingLayout.HEAD_OFFSET;
import static dev.handoff.concurrent.RingLayout.RECORDS_OFFSET;
import static dev.handoff.concurrent.RingLayout.TAIL_OFFSET;

import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A ring of byte messages from one producer to one consumer.
 *
 * <p>
 * <b>One producer</b>: at any time at most one thread may be between entering and leaving {@code offer}, or between
 * {@code claim} and the return of {@code commit} or {@code abort}; the role moves from thread to thread only along a
 * happens-before edge. With assertions enabled, two threads that produce at once through one object fail. The producer
 * has one claim at a time; another {@code claim} replaces it.
 *
 * <p>
 * All methods are wait-free. Nothing of a claim is left behind when it is aborted, or when its producer dies: the tail
 * moves with the commit. So another one, in this process or in the next that attaches, can go on where it ended.
 */
public final class SpscRing extends ByteRing {
    /*
     * The consumer looks at the header of the next record only, and never writes into the records. So a record's header
     * must read "not there" from the moment at which the consumer can look there, which is when the record before
     * becomes visible: a producer that takes room for a record zeroes the header after it. Until the record is published
     * nobody looks there, however often another claim of another length replaces this one; whichever is published has
     * zeroed the header after itself. That header is room that the consumer has given back, hence a record needs 8 bytes
     * more than it takes. What is left for the publication is one store, two where the record wraps.
     *
     * Which write pairs with which read:
     *   header, release (commit)  ->  header, acquire (poll): the message, the zeroed next header, a wrapped record
     *   head, release (poll)      ->  head, acquire (claim): the reading of a message before it is overwritten
     * The tail is the producer's own; others read it for an estimate. One line per message goes from one core to the
     * other, then: that which has both the header and the beginning of the message.
     */
    private static final long IDENTITY = Preamble.identity("SPSC");
    private static final String WHAT = "SpscRing";
    private static final VarHandle PRODUCING;

    static {
        try {
            PRODUCING = MethodHandles.lookup().findVarHandle(SpscRing.class, "producing", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("UnusedVariable") // through the VarHandle, in assertions
    private boolean producing;

    private SpscRing(MemorySegment memory) {
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
    public static SpscRing create(SharedBuffer buffer, long byteOffset, long capacity) {
        return new SpscRing(created(buffer, byteOffset, capacity, IDENTITY, WHAT));
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
    public static SpscRing attach(SharedBuffer buffer, long byteOffset) {
        SpscRing ring = new SpscRing(attached(buffer, byteOffset, IDENTITY, WHAT));
        ring.finishCommit();
        return ring;
    }

    @Override
    public boolean offer(MemorySegment source, long offset, int length, int type) {
        int recordLength = checkedRecordLength(length);
        assert beginProducing();
        try {
            long record = room(recordLength);
            if (record == FULL) {
                return false;
            }
            MemorySegment.copy(source, offset, memory, record + HEADER_BYTES, length);
            publish(record, RingLayout.committed(recordLength, type));
            return true;
        } finally {
            assert endProducing();
        }
    }

    @Override
    public long claim(int length, int type) {
        int recordLength = checkedRecordLength(length);
        assert beginProducing();
        try {
            long record = room(recordLength);
            if (record == FULL) {
                return FULL;
            }
            LONG.setOpaque(memory, record, RingLayout.claimed(recordLength, type)); // the consumer may be looking
            return record + HEADER_BYTES;
        } finally {
            assert endProducing();
        }
    }

    @Override
    public void commit(long offset) {
        long record = checkedRecordOffset(offset);
        assert beginProducing();
        try {
            long header = claimAt(record, offset);
            publish(record, RingLayout.committed(-RingLayout.state(header), RingLayout.type(header)));
        } finally {
            assert endProducing();
        }
    }

    @Override
    public void abort(long offset) {
        long record = checkedRecordOffset(offset);
        claimAt(record, offset);
        LONG.setOpaque(memory, record, 0L); // the tail has not moved: as if there had been no claim
    }

    /** The header of the claim, which is at the tail, or at the beginning where it did not fit at the tail. */
    private long claimAt(long record, long offset) {
        long header = (long) LONG.get(memory, record);
        int length = -RingLayout.state(header);
        long atTail = tailOffset(tail());
        boolean fits = RingLayout.aligned(length) <= RECORDS_OFFSET + capacity - atTail;
        if (length <= 0 || record != (fits ? atTail : RECORDS_OFFSET)) {
            throw notClaimed(offset);
        }
        return header;
    }

    private long tail() {
        return (long) LONG.get(memory, TAIL_OFFSET); // its only writer is this side
    }

    private long tailOffset(long tail) {
        return RECORDS_OFFSET + ((int) tail & capacity - 1);
    }

    /**
     * Where the next record can lie, with a zeroed header after it: at the tail, or at the beginning of the memory if it
     * does not fit before the end.
     */
    private long room(int recordLength) {
        MemorySegment memory = this.memory;
        int capacity = this.capacity;
        int length = RingLayout.aligned(recordLength);
        long tail = tail();
        int index = (int) tail & capacity - 1;
        int untilEnd = capacity - index;
        boolean wraps = length > untilEnd;
        long end = tail + (wraps ? untilEnd : 0) + length + HEADER_BYTES; // with the header after it
        if (end - (long) LONG.get(memory, HEAD_CACHE_OFFSET) > capacity) {
            long head = (long) LONG.getAcquire(memory, HEAD_OFFSET); // pairs with the release in release()
            LONG.set(memory, HEAD_CACHE_OFFSET, head);
            if (end - head > capacity) {
                return FULL;
            }
        }
        int start = wraps ? 0 : index;
        LONG.set(memory, RECORDS_OFFSET + (start + length & capacity - 1), 0L); // seen with the record, see publish()
        return RECORDS_OFFSET + start;
    }

    /** Lets the consumer see a record that is complete, and the zeroed header after it. */
    private void publish(long record, long header) {
        MemorySegment memory = this.memory;
        long tail = tail();
        long end = tail + RingLayout.aligned(RingLayout.length(header));
        long atTail = tailOffset(tail);
        if (record == atTail) {
            LONG.setRelease(memory, record, header); // pairs with the acquire in poll()
            LONG.setOpaque(memory, TAIL_OFFSET, end);
        } else {
            int padding = (int) (RECORDS_OFFSET + capacity - atTail);
            LONG.set(memory, record, header); // seen after the padding only
            LONG.setRelease(memory, atTail, RingLayout.padding(padding)); // as above
            LONG.setOpaque(memory, TAIL_OFFSET, end + padding);
        }
    }

    @Override
    void release(long from, long to) {
        LONG.setRelease(memory, HEAD_OFFSET, to); // pairs with the acquire in room()
    }

    /** Moves the tail over a record whose producer died after it had published it and before it moved the tail. */
    private void finishCommit() {
        long tail = (long) LONG.getAcquire(memory, TAIL_OFFSET);
        long next = tail;
        long header = (long) LONG.getAcquire(memory, tailOffset(next));
        while (RingLayout.state(header) > 0 && next - tail < capacity) {
            if (RingLayout.length(header) < HEADER_BYTES) {
                throw broken(next, header);
            }
            next += RingLayout.aligned(RingLayout.length(header));
            header = (long) LONG.getAcquire(memory, tailOffset(next));
        }
        // A producer that is alive is about to store the same, or has gone on, and then this fails.
        long found = (long) LONG.compareAndExchange(memory, TAIL_OFFSET, tail, next);
        assert found >= tail;
    }

    private boolean beginProducing() {
        if (!PRODUCING.compareAndSet(this, false, true)) {
            throw new AssertionError("more than one producer at a time");
        }
        return true;
    }

    private boolean endProducing() {
        return PRODUCING.compareAndSet(this, true, false);
    }
}
