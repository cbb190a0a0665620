package dev.handoff.concurrent;

import static dev.handoff.concurrent.RingLayout.HEADER_BYTES;
import static dev.handoff.concurrent.RingLayout.HEAD_OFFSET;
import static dev.handoff.concurrent.RingLayout.MAX_CAPACITY;
import static dev.handoff.concurrent.RingLayout.MIN_CAPACITY;
import static dev.handoff.concurrent.RingLayout.RECORDS_OFFSET;
import static dev.handoff.concurrent.RingLayout.TAIL_OFFSET;

import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * A bounded queue of byte messages in a {@link SharedBuffer}, for one consumer: what {@link SpscRing} and
 * {@link MpscRing} have in common. They differ in how many may produce at the same time.
 *
 * <p>
 * A message is a number of bytes, 0 to {@link #maxMessageLength}, and a type, any {@code int} that means something to the
 * users. A producer copies one in by {@link #offer(MemorySegment, long, int, int) offer}, or claims room by
 * {@link #claim(int, int) claim}, writes the message where it lies and then calls {@link #commit} or {@link #abort}.
 * Messages are received in the order of their claims. The consumer's {@link #poll poll} lends each one to a
 * {@link Handler}. Nothing here allocates.
 *
 * <p>
 * What a producer did before {@code commit} or {@code offer} happens-before the handling of that message; what the
 * handler did happens-before a claim that got its room only after the message was handled.
 *
 * <p>
 * A consumer that dies in a poll leaves the ring whole. The next one receives again what the dead one had received since
 * it last gave room back; so who must not handle a message twice, where processes die, has to recognise it.
 *
 * <p>
 * <b>One consumer</b>: at any time at most one thread may be in {@code poll}, {@code drain} or, where there is one,
 * {@code unblock}; the role moves from thread to thread only along a happens-before edge. A handler must not poll its own
 * ring. With assertions enabled, the breach of such a rule through one object fails.
 */
public abstract sealed class ByteRing permits SpscRing, MpscRing {
    static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();
    static final long FULL = -1;

    /** The consumer gives room back when it has handled a part of the ring this large, and at the end of a poll. */
    private static final int PARTS = 8;

    /** Receives messages. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Handles a message, which is on loan: its bytes are overwritten after the call.
         *
         * @param memory the memory that the message lies in
         * @param offset where in {@code memory} it begins, a multiple of 8
         * @param length its bytes
         * @param type its type
         */
        void onMessage(MemorySegment memory, long offset, int length, int type);
    }

    private static final VarHandle CONSUMING;

    static {
        try {
            CONSUMING = MethodHandles.lookup().findVarHandle(ByteRing.class, "consuming", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final MemorySegment memory;
    final int capacity;

    @SuppressWarnings("UnusedVariable") // through the VarHandle, in assertions
    private boolean consuming;

    ByteRing(MemorySegment memory, int capacity) {
        this.memory = memory;
        this.capacity = capacity;
    }

    static long bytesFor(long capacity) {
        if (!isCapacity(capacity)) {
            throw new IllegalArgumentException("capacity=" + capacity + " must be a power of two from " + MIN_CAPACITY
                    + " to " + MAX_CAPACITY);
        }
        return RECORDS_OFFSET + capacity;
    }

    static MemorySegment created(SharedBuffer buffer, long byteOffset, long capacity, long identity, String what) {
        MemorySegment memory = Preamble.create(buffer, byteOffset, bytesFor(capacity), what);
        memory.asSlice(Preamble.BYTES).fill((byte) 0);
        Preamble.publish(memory, identity, capacity);
        return memory;
    }

    static MemorySegment attached(SharedBuffer buffer, long byteOffset, long identity, String what) {
        long capacity = Preamble.parameter(buffer, byteOffset, identity, what);
        if (!isCapacity(capacity)) {
            throw Preamble.overwritten(what, byteOffset, "capacity=" + capacity);
        }
        return Preamble.slice(buffer, byteOffset, bytesFor(capacity), what);
    }

    private static boolean isCapacity(long capacity) {
        return capacity >= MIN_CAPACITY && capacity <= MAX_CAPACITY && Long.bitCount(capacity) == 1;
    }

    /**
     * The memory that messages are written to after a claim.
     *
     * @return the same segment every time; what is outside of claimed messages is the ring's own
     */
    public final MemorySegment segment() {
        return memory;
    }

    /**
     * The bytes for messages; each takes 8 more than its length, rounded up to a multiple of 8.
     *
     * @return the capacity
     */
    public final int capacity() {
        return capacity;
    }

    /**
     * The longest message: such a one gets in whenever the ring is empty.
     *
     * @return half of the capacity, less 8
     */
    public final int maxMessageLength() {
        return capacity / 2 - HEADER_BYTES;
    }

    /**
     * How much of the ring is taken: by messages with their headers, by what was claimed or aborted, and by what is left
     * free at its end. Any thread may ask; while others produce and consume it is an estimate.
     *
     * @return bytes, 0 to {@link #capacity}
     */
    public final int size() {
        long head = (long) LONG.getAcquire(memory, HEAD_OFFSET); // acquire: the tail is not older than the head
        long tail = (long) LONG.getOpaque(memory, TAIL_OFFSET);
        return (int) Math.clamp(tail - head, 0L, (long) capacity);
    }

    /**
     * Copies a message of type 0 in.
     *
     * @param source the memory to copy from
     * @param offset where in it the message begins
     * @param length the bytes of the message
     * @return false if there is no room for it now
     * @throws IllegalArgumentException if {@code length} is negative or more than {@link #maxMessageLength}
     * @throws IndexOutOfBoundsException if the message is not inside {@code source}
     */
    public final boolean offer(MemorySegment source, long offset, int length) {
        return offer(source, offset, length, 0);
    }

    /**
     * Copies a message in.
     *
     * @param source the memory to copy from
     * @param offset where in it the message begins
     * @param length the bytes of the message
     * @param type its type
     * @return false if there is no room for it now
     * @throws IllegalArgumentException if {@code length} is negative or more than {@link #maxMessageLength}
     * @throws IndexOutOfBoundsException if the message is not inside {@code source}
     */
    public abstract boolean offer(MemorySegment source, long offset, int length, int type);

    /**
     * Claims room for a message of type 0.
     *
     * @param length the bytes of the message
     * @return where in {@link #segment} to write the message, a multiple of 8; or -1 if there is no room for it now
     * @throws IllegalArgumentException if {@code length} is negative or more than {@link #maxMessageLength}
     */
    public final long claim(int length) {
        return claim(length, 0);
    }

    /**
     * Claims room for a message.
     *
     * @param length the bytes of the message
     * @param type its type
     * @return where in {@link #segment} to write the message, a multiple of 8; or -1 if there is no room for it now
     * @throws IllegalArgumentException if {@code length} is negative or more than {@link #maxMessageLength}
     */
    public abstract long claim(int length, int type);

    /**
     * Sends a message that was claimed and has been written.
     *
     * @param offset what {@code claim} returned
     * @throws IllegalStateException if nothing is claimed there
     * @throws IndexOutOfBoundsException if no message can begin there
     */
    public abstract void commit(long offset);

    /**
     * Gives a claim up: the consumer will not see it.
     *
     * @param offset what {@code claim} returned
     * @throws IllegalStateException if nothing is claimed there
     * @throws IndexOutOfBoundsException if no message can begin there
     */
    public abstract void abort(long offset);

    /**
     * Handles the messages that are there, oldest first. Room is given back several times in a long poll and at its end.
     * What the handler throws ends the poll; the message that it was called with counts as handled. Wait-free, but for
     * the handler.
     *
     * @param handler called once for each message
     * @param limit how many messages to handle at most
     * @return how many were handled; 0 if there was none
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws IllegalStateException if what is next is no message: somebody else has written into the ring's memory
     */
    public final int poll(Handler handler, int limit) {
        Objects.requireNonNull(handler);
        if (limit < 0) {
            throw new IllegalArgumentException("limit=" + limit + " must not be negative");
        }
        assert beginConsuming();
        MemorySegment memory = this.memory;
        int mask = capacity - 1;
        int part = capacity / PARTS;
        long released = head();
        long end = released + capacity;
        long position = released;
        int messages = 0;
        try {
            while (messages < limit && position < end) {
                long offset = RECORDS_OFFSET + ((int) position & mask);
                long header = (long) LONG.getAcquire(memory, offset); // pairs with the producers' release
                if (RingLayout.state(header) <= 0) {
                    break;
                }
                int length = RingLayout.length(header);
                int taken = RingLayout.aligned(length);
                if (length < HEADER_BYTES || taken > capacity - ((int) position & mask)) {
                    throw broken(position, header);
                }
                position += taken;
                if (RingLayout.isPadding(header)) {
                    continue;
                }
                messages++;
                handler.onMessage(memory, offset + HEADER_BYTES, length - HEADER_BYTES, RingLayout.type(header));
                if (position - released >= part) {
                    release(released, position);
                    released = position;
                }
            }
        } finally {
            if (position != released) {
                release(released, position);
            }
            assert endConsuming();
        }
        return messages;
    }

    /**
     * Handles the messages that are there, oldest first, but no more than the ring holds at a time.
     *
     * @param handler called once for each message
     * @return how many were handled; 0 if there was none
     * @see #poll
     */
    public final int drain(Handler handler) {
        return poll(handler, Integer.MAX_VALUE);
    }

    /** Where the consumer, who is the caller, goes on. */
    long head() {
        return (long) LONG.get(memory, HEAD_OFFSET); // its only writer is this side
    }

    /** Gives the room between two positions back to the producers. */
    abstract void release(long from, long to);

    final boolean beginConsuming() {
        if (!CONSUMING.compareAndSet(this, false, true)) {
            throw new AssertionError("more than one consumer at a time, or a handler that polls its own ring");
        }
        return true;
    }

    final boolean endConsuming() {
        return CONSUMING.compareAndSet(this, true, false);
    }

    final int checkedRecordLength(int length) {
        if (length < 0 || length > maxMessageLength()) {
            throw new IllegalArgumentException("length=" + length + " must be from 0 to maxMessageLength="
                    + maxMessageLength());
        }
        return RingLayout.recordLength(length);
    }

    /** Where the header of a claim is, from where its message is. */
    final long checkedRecordOffset(long offset) {
        if (offset < RECORDS_OFFSET + HEADER_BYTES || offset > RECORDS_OFFSET + capacity
                || offset % RingLayout.RECORD_ALIGNMENT != 0) {
            throw new IndexOutOfBoundsException("offset=" + offset + " is not what a claim returned");
        }
        return offset - HEADER_BYTES;
    }

    static IllegalStateException broken(long position, long header) {
        return new IllegalStateException("no record can have the header 0x" + Long.toHexString(header)
                + " at position=" + position + ": the memory of the ring was overwritten");
    }

    static IllegalStateException notClaimed(long offset) {
        return new IllegalStateException("nothing is claimed at offset=" + offset
                + ": committed or aborted before, or never claimed");
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + size() + " of " + capacity + " bytes]";
    }
}
