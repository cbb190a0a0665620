package dev.handoff.memory;

import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A view of memory as signed 32-bit integers in native byte order, with every access mode of {@link VarHandle}.
 *
 * <p>
 * The memory ordering of an access is in its name: {@code get} and {@code set} are volatile, as in
 * {@code AtomicIntegerArray} and as in ECMAScript's {@code Atomics}; {@code getAcquire} pairs with {@code setRelease};
 * opaque accesses are atomic and coherent for one element; plain ones are neither ordered nor, in a race, to be
 * relied on. Read-modify-write operations are volatile unless their name says otherwise, and return the old value. All
 * accesses are wait-free, apart from {@link #await}.
 *
 * <p>
 * A view of a {@link SharedBuffer} may be used by any thread. One of an {@link OwnedBuffer} belongs to the thread that
 * owned the buffer when the view was made, and dies when the views of that buffer are revoked: every access then throws
 * {@link IllegalStateException} ({@link WrongThreadException} in another thread). Every access throws
 * {@link IndexOutOfBoundsException} if the index is below 0 or not below {@link #length}.
 *
 * <p>
 * Waiting follows ECMAScript's <a href="https://tc39.es/ecma262/#sec-atomics.wait">{@code Atomics.wait}</a> and
 * {@code Atomics.notify}, under the names {@link #await} and {@link #wake}, as the others belong to {@link Object}.
 */
public final class Int32View {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle ELEMENT = INT.varHandle();

    private final MemorySegment segment;
    private final long length;
    private final boolean shared;

    private Int32View(MemorySegment buffer, long byteOffset, long length, boolean shared) {
        long bytes = buffer.byteSize();
        if (byteOffset < 0 || length < 0 || byteOffset > bytes || length > (bytes - byteOffset) / INT.byteSize()) {
            throw new IndexOutOfBoundsException("byteOffset=" + byteOffset + " and length=" + length
                    + " reach beyond the buffer's " + bytes + " bytes");
        }
        this.segment = buffer.asSlice(byteOffset, length * INT.byteSize());
        if (segment.maxByteAlignment() < INT.byteAlignment()) {
            throw new IllegalArgumentException("byteOffset=" + byteOffset
                    + " is not aligned to 4 bytes in this buffer, as atomic access needs it");
        }
        this.length = length;
        this.shared = shared;
    }

    /**
     * Views a whole shared buffer; up to 3 bytes at its end are left out.
     *
     * @param buffer the memory
     * @return the view
     * @throws IllegalArgumentException if the memory is not aligned to 4 bytes
     */
    public static Int32View of(SharedBuffer buffer) {
        return of(buffer, 0, buffer.byteSize() / INT.byteSize());
    }

    /**
     * Views a part of a shared buffer.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 4 bytes
     */
    public static Int32View of(SharedBuffer buffer, long byteOffset, long length) {
        return new Int32View(buffer.segment(), byteOffset, length, true);
    }

    /**
     * Views a whole owned buffer, claiming it if it is unclaimed; up to 3 bytes at its end are left out.
     *
     * @param buffer the memory
     * @return the view, for the calling thread
     * @throws IllegalArgumentException if the memory is not aligned to 4 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int32View of(OwnedBuffer buffer) {
        return of(buffer, 0, buffer.byteSize() / INT.byteSize());
    }

    /**
     * Views a part of an owned buffer, claiming it if it is unclaimed.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view, for the calling thread
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 4 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int32View of(OwnedBuffer buffer, long byteOffset, long length) {
        return new Int32View(buffer.segment(), byteOffset, length, false);
    }

    /**
     * The number of elements.
     *
     * @return the length
     */
    public long length() {
        return length;
    }

    private long offset(long index) {
        return Objects.checkIndex(index, length) << 2;
    }

    /**
     * Reads an element, volatile.
     *
     * @param index the element, from 0
     * @return its value
     */
    public int get(long index) {
        return (int) ELEMENT.getVolatile(segment, offset(index));
    }

    /**
     * Writes an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void set(long index, int value) {
        ELEMENT.setVolatile(segment, offset(index), value);
    }

    /**
     * Reads an element, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public int getPlain(long index) {
        return (int) ELEMENT.get(segment, offset(index));
    }

    /**
     * Writes an element, plain.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setPlain(long index, int value) {
        ELEMENT.set(segment, offset(index), value);
    }

    /**
     * Reads an element, opaque.
     *
     * @param index the element, from 0
     * @return its value
     */
    public int getOpaque(long index) {
        return (int) ELEMENT.getOpaque(segment, offset(index));
    }

    /**
     * Writes an element, opaque.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setOpaque(long index, int value) {
        ELEMENT.setOpaque(segment, offset(index), value);
    }

    /**
     * Reads an element, acquire: pairs with {@link #setRelease} and stronger writes.
     *
     * @param index the element, from 0
     * @return its value
     */
    public int getAcquire(long index) {
        return (int) ELEMENT.getAcquire(segment, offset(index));
    }

    /**
     * Writes an element, release: pairs with {@link #getAcquire} and stronger reads.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setRelease(long index, int value) {
        ELEMENT.setRelease(segment, offset(index), value);
    }

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored
     */
    public boolean compareAndSet(long index, int expected, int value) {
        return ELEMENT.compareAndSet(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, plain; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored; false also where nothing spoke against it
     */
    public boolean weakCompareAndSetPlain(long index, int expected, int value) {
        return ELEMENT.weakCompareAndSetPlain(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, volatile; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored; false also where nothing spoke against it
     */
    public boolean weakCompareAndSet(long index, int expected, int value) {
        return ELEMENT.weakCompareAndSet(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, acquire; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored; false also where nothing spoke against it
     */
    public boolean weakCompareAndSetAcquire(long index, int expected, int value) {
        return ELEMENT.weakCompareAndSetAcquire(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, release; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored; false also where nothing spoke against it
     */
    public boolean weakCompareAndSetRelease(long index, int expected, int value) {
        return ELEMENT.weakCompareAndSetRelease(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public int compareAndExchange(long index, int expected, int value) {
        return (int) ELEMENT.compareAndExchange(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public int compareAndExchangeAcquire(long index, int expected, int value) {
        return (int) ELEMENT.compareAndExchangeAcquire(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, release; the read is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public int compareAndExchangeRelease(long index, int expected, int value) {
        return (int) ELEMENT.compareAndExchangeRelease(segment, offset(index), expected, value);
    }

    /**
     * Replaces an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public int getAndSet(long index, int value) {
        return (int) ELEMENT.getAndSet(segment, offset(index), value);
    }

    /**
     * Replaces an element, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public int getAndSetAcquire(long index, int value) {
        return (int) ELEMENT.getAndSetAcquire(segment, offset(index), value);
    }

    /**
     * Replaces an element, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public int getAndSetRelease(long index, int value) {
        return (int) ELEMENT.getAndSetRelease(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, volatile.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public int getAndAdd(long index, int value) {
        return (int) ELEMENT.getAndAdd(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public int getAndAddAcquire(long index, int value) {
        return (int) ELEMENT.getAndAddAcquire(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public int getAndAddRelease(long index, int value) {
        return (int) ELEMENT.getAndAddRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseAnd(long index, int value) {
        return (int) ELEMENT.getAndBitwiseAnd(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseAndAcquire(long index, int value) {
        return (int) ELEMENT.getAndBitwiseAndAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseAndRelease(long index, int value) {
        return (int) ELEMENT.getAndBitwiseAndRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseOr(long index, int value) {
        return (int) ELEMENT.getAndBitwiseOr(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseOrAcquire(long index, int value) {
        return (int) ELEMENT.getAndBitwiseOrAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseOrRelease(long index, int value) {
        return (int) ELEMENT.getAndBitwiseOrRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseXor(long index, int value) {
        return (int) ELEMENT.getAndBitwiseXor(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseXorAcquire(long index, int value) {
        return (int) ELEMENT.getAndBitwiseXorAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public int getAndBitwiseXorRelease(long index, int value) {
        return (int) ELEMENT.getAndBitwiseXorRelease(segment, offset(index), value);
    }

    /**
     * Waits, for as long as it takes, until another thread {@link #wake wakes} this element.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @return {@link WaitResult#WOKEN} or {@link WaitResult#NOT_EQUAL}
     * @throws InterruptedException if the thread is interrupted before a wake comes
     * @throws UnsupportedOperationException if this is a view of an owned buffer, which nobody else could wake
     */
    public WaitResult await(long index, int expected) throws InterruptedException {
        return await(index, expected, Long.MAX_VALUE);
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeout how long at most; zero or less does not wait
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted before a wake comes
     * @throws UnsupportedOperationException if this is a view of an owned buffer, which nobody else could wake
     */
    public WaitResult await(long index, int expected, Duration timeout) throws InterruptedException {
        return await(index, expected, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up. The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the
     * order of their arrival, through any view of the same memory.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted before a wake comes
     * @throws UnsupportedOperationException if this is a view of an owned buffer, which nobody else could wake
     */
    public WaitResult await(long index, int expected, long timeoutNanos) throws InterruptedException {
        long offset = offset(index);
        if (!shared) {
            throw new UnsupportedOperationException("await needs shared memory; this is a view of an owned buffer");
        }
        try {
            return ParkingLot.await(block(), segment.address() + offset,
                    () -> (int) ELEMENT.getVolatile(segment, offset) == expected, timeoutNanos);
        } finally {
            Reference.reachabilityFence(segment); // or its address could be another buffer's before the wait is over
        }
    }

    /**
     * Wakes the threads that have waited longest on this element. What the caller did before happens-before their
     * return.
     *
     * @param index the element, from 0
     * @param count how many to wake at most; zero or less wakes nobody
     * @return how many were woken; 0 for a view of an owned buffer
     */
    public int wake(long index, int count) {
        long offset = offset(index);
        return shared ? ParkingLot.wake(block(), segment.address() + offset, count) : 0;
    }

    /** What {@link MemorySegment#address} is relative to: null for memory outside the heap. */
    private @Nullable Object block() {
        return segment.heapBase().orElse(null);
    }

    @Override
    public String toString() {
        return "Int32View[" + length + " elements of a" + (shared ? " shared" : "n owned") + " buffer]";
    }
}
