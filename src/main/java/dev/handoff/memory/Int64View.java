// Generated from src/main/templates. Change the template, then run:
// mvn test -Dtest=TypedViewSourcesTest -Dviews=write
package dev.handoff.memory;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.WaitResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A view of memory as signed 64-bit integers in native byte order, with every access mode of {@link VarHandle}
 * for elements of this size.
 *
 * <p>
 * The memory ordering of an access is in its name: {@code get} and {@code set} are volatile, as in
 * {@code AtomicIntegerArray} and as in ECMAScript's {@code Atomics}; {@code getAcquire} pairs with {@code setRelease};
 * opaque accesses are atomic and coherent for one element; plain ones are neither ordered nor, in a race, to be
 * relied on. Read-modify-write operations are volatile unless their name says otherwise, and return the old value.
 * All accesses are wait-free; waits block, and {@link #wake} is wait-free where nobody waits.
 *
 * <p>
 * A view of a {@link SharedBuffer} may be used by any thread; made without a length of its own it follows the growth of
 * the buffer, so that {@link #length} and all bounds are those of the moment. One of an {@link OwnedBuffer} belongs to the
 * thread that owned the buffer when the view was made, and dies when the views of that buffer are revoked: every access
 * then throws {@link IllegalStateException} ({@link WrongThreadException} in another thread). One of a {@link FrozenBuffer}
 * may be used by any thread, to read; writes throw what the JDK's read-only segments throw. Every access throws
 * {@link IndexOutOfBoundsException} if the index is below 0 or not below {@link #length}.
 *
 * <p>
 * Bulk operations are plain. A loop that moves elements from one view to another one by one is not vectorised by the JVM,
 * and took 12 times as long as one over arrays; {@link #copyTo} does it at the speed of memory. Loops of plain accesses that
 * change elements in place are as fast as those over arrays.
 *
 * <p>
 * Waiting follows ECMAScript's <a href="https://tc39.es/ecma262/#sec-atomics.wait">{@code Atomics.wait}</a>,
 * {@code Atomics.waitAsync} and {@code Atomics.notify}, under the names {@link #await}, {@link #awaitAsync} and
 * {@link #wake}, as the others belong to {@link Object}. {@link #awaitChange} is another kind of wait.
 * Memory that is {@link SharedBuffer#map mapped} has no 64-bit waits, as the system's futex has not.
 */
public final class Int64View extends View {
    private static final ValueLayout.OfLong LAYOUT = ValueLayout.JAVA_LONG;
    private static final VarHandle ELEMENT = LAYOUT.varHandle();
    private static final long ADDRESSES = AddressSpace.aligned(LAYOUT.byteSize());
    private static final VarHandle BIG_ENDIAN = LAYOUT.withOrder(ByteOrder.BIG_ENDIAN).varHandle();

    private Int64View(SharedBuffer buffer) {
        super(buffer, LAYOUT.byteSize());
    }

    private Int64View(SharedBuffer buffer, long byteOffset, long length) {
        super(buffer, LAYOUT.byteSize(), byteOffset, length);
    }

    private Int64View(MemorySegment memory, String of, long byteOffset, long length) {
        super(memory, of, LAYOUT.byteSize(), byteOffset, length);
    }

    /**
     * Views a whole shared buffer, and follows its growth; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view
     * @throws IllegalArgumentException if the memory is not aligned to 8 bytes
     */
    public static Int64View of(SharedBuffer buffer) {
        return new Int64View(buffer);
    }

    /**
     * Views a part of a shared buffer, whose growth does not change the view.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 8 bytes
     */
    public static Int64View of(SharedBuffer buffer, long byteOffset, long length) {
        return new Int64View(buffer, byteOffset, length);
    }

    /**
     * Views a whole owned buffer, claiming it if it is unclaimed; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view, for the calling thread
     * @throws IllegalArgumentException if the memory is not aligned to 8 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int64View of(OwnedBuffer buffer) {
        return of(buffer, 0, buffer.byteSize() / LAYOUT.byteSize());
    }

    /**
     * Views a part of an owned buffer, claiming it if it is unclaimed.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view, for the calling thread
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 8 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int64View of(OwnedBuffer buffer, long byteOffset, long length) {
        return new Int64View(buffer.segment(), "an owned", byteOffset, length);
    }

    /**
     * Views a whole frozen buffer, whose elements can only be read; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view
     * @throws IllegalArgumentException if the memory is not aligned to 8 bytes
     */
    public static Int64View of(FrozenBuffer buffer) {
        return of(buffer, 0, buffer.byteSize() / LAYOUT.byteSize());
    }

    /**
     * Views a part of a frozen buffer, whose elements can only be read.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 8 bytes
     */
    public static Int64View of(FrozenBuffer buffer, long byteOffset, long length) {
        return new Int64View(buffer.segment(), "a frozen", byteOffset, length);
    }

    /**
     * The number of elements; of a view that follows the growth of its buffer, at this moment.
     *
     * @return the length
     */
    @Override
    public long length() {
        return super.length();
    }

    private long offset(long index) {
        return check(index) << 3;
    }

    private long address(long index) {
        return address + (index << 3) & ADDRESSES;
    }

    /**
     * Reads an element, volatile.
     *
     * @param index the element, from 0
     * @return its value
     */
    public long get(long index) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.getVolatile(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.getVolatile(segment, offset(index));
    }

    /**
     * Writes an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void set(long index, long value) {
        ELEMENT.setVolatile(segment, offset(index), value);
    }

    /**
     * Reads an element, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public long getPlain(long index) {
        return (long) ELEMENT.get(segment, offset(index));
    }

    /**
     * Writes an element, plain.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setPlain(long index, long value) {
        ELEMENT.set(segment, offset(index), value);
    }

    /**
     * Reads an element, opaque.
     *
     * @param index the element, from 0
     * @return its value
     */
    public long getOpaque(long index) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.getOpaque(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.getOpaque(segment, offset(index));
    }

    /**
     * Writes an element, opaque.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setOpaque(long index, long value) {
        ELEMENT.setOpaque(segment, offset(index), value);
    }

    /**
     * Reads an element, acquire: pairs with {@link #setRelease} and stronger writes.
     *
     * @param index the element, from 0
     * @return its value
     */
    public long getAcquire(long index) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.getAcquire(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.getAcquire(segment, offset(index));
    }

    /**
     * Writes an element, release: pairs with {@link #getAcquire} and stronger reads.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setRelease(long index, long value) {
        ELEMENT.setRelease(segment, offset(index), value);
    }

    /**
     * Reads an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public long getPlainBigEndian(long index) {
        return (long) BIG_ENDIAN.get(segment, offset(index));
    }

    /**
     * Writes an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setPlainBigEndian(long index, long value) {
        BIG_ENDIAN.set(segment, offset(index), value);
    }

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return whether it was stored
     */
    public boolean compareAndSet(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return ELEMENT.compareAndSet(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
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
    public boolean weakCompareAndSetPlain(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return ELEMENT.weakCompareAndSetPlain(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
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
    public boolean weakCompareAndSet(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return ELEMENT.weakCompareAndSet(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
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
    public boolean weakCompareAndSetAcquire(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return ELEMENT.weakCompareAndSetAcquire(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
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
    public boolean weakCompareAndSetRelease(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return ELEMENT.weakCompareAndSetRelease(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
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
    public long compareAndExchange(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.compareAndExchange(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.compareAndExchange(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public long compareAndExchangeAcquire(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.compareAndExchangeAcquire(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.compareAndExchangeAcquire(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, release; the read is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public long compareAndExchangeRelease(long index, long expected, long value) {
        if (isDirect(index)) {
            try {
                return (long) ELEMENT.compareAndExchangeRelease(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (long) ELEMENT.compareAndExchangeRelease(segment, offset(index), expected, value);
    }

    /**
     * Replaces an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public long getAndSet(long index, long value) {
        return (long) ELEMENT.getAndSet(segment, offset(index), value);
    }

    /**
     * Replaces an element, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public long getAndSetAcquire(long index, long value) {
        return (long) ELEMENT.getAndSetAcquire(segment, offset(index), value);
    }

    /**
     * Replaces an element, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public long getAndSetRelease(long index, long value) {
        return (long) ELEMENT.getAndSetRelease(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, volatile.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public long getAndAdd(long index, long value) {
        return (long) ELEMENT.getAndAdd(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public long getAndAddAcquire(long index, long value) {
        return (long) ELEMENT.getAndAddAcquire(segment, offset(index), value);
    }

    /**
     * Adds to an element, wrapping around, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public long getAndAddRelease(long index, long value) {
        return (long) ELEMENT.getAndAddRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseAnd(long index, long value) {
        return (long) ELEMENT.getAndBitwiseAnd(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseAndAcquire(long index, long value) {
        return (long) ELEMENT.getAndBitwiseAndAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise and, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseAndRelease(long index, long value) {
        return (long) ELEMENT.getAndBitwiseAndRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseOr(long index, long value) {
        return (long) ELEMENT.getAndBitwiseOr(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseOrAcquire(long index, long value) {
        return (long) ELEMENT.getAndBitwiseOrAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseOrRelease(long index, long value) {
        return (long) ELEMENT.getAndBitwiseOrRelease(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseXor(long index, long value) {
        return (long) ELEMENT.getAndBitwiseXor(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseXorAcquire(long index, long value) {
        return (long) ELEMENT.getAndBitwiseXorAcquire(segment, offset(index), value);
    }

    /**
     * Combines an element by bitwise exclusive or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask
     * @return the value before
     */
    public long getAndBitwiseXorRelease(long index, long value) {
        return (long) ELEMENT.getAndBitwiseXorRelease(segment, offset(index), value);
    }

    /**
     * Writes a value to all elements, plain.
     *
     * @param value what to store
     */
    public void fill(long value) {
        fill(0, length(), value);
    }

    /**
     * Writes a value to some elements, plain.
     *
     * @param index the first one, from 0
     * @param count how many
     * @param value what to store
     * @throws IndexOutOfBoundsException if they are not all inside the view
     */
    public void fill(long index, long count, long value) {
        MemorySegment part = segment.asSlice(check(index, count), count << 3);
        for (long i = 0; i < count; i++) {
            ELEMENT.set(part, i << 3, value);
        }
    }

    /**
     * Copies elements to an array, plain.
     *
     * @param index the first one, from 0
     * @param target where to
     * @param from the index in the array that the first one goes to
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside the view and the array; nothing is copied then
     */
    public void copyTo(long index, long[] target, int from, int count) {
        Objects.checkFromIndexSize(from, count, target.length);
        MemorySegment.copy(segment, LAYOUT, check(index, count), target, from, count);
    }

    /**
     * Copies elements from an array, plain.
     *
     * @param index the first element to be written, from 0
     * @param source where from
     * @param from the index in the array of what it gets
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside the view and the array; nothing is copied then
     */
    public void copyFrom(long index, long[] source, int from, int count) {
        Objects.checkFromIndexSize(from, count, source.length);
        MemorySegment.copy(source, from, segment, LAYOUT, check(index, count), count);
    }

    /**
     * Copies elements to another view, plain, at the speed of memory; the way to do it, as a loop is not vectorised. The
     * two may overlap: what is copied is what was there before.
     *
     * @param index the first one, from 0
     * @param target where to
     * @param targetIndex the element there that the first one goes to
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside both views; nothing is copied then
     */
    public void copyTo(long index, Int64View target, long targetIndex, long count) {
        copy(index, target, targetIndex, count);
    }

    /**
     * Waits until another thread {@link #wake wakes} this element, for as long as it takes.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @return {@link WaitResult#WOKEN} or {@link WaitResult#NOT_EQUAL}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected)
            throws InterruptedException {
        return await(index, expected, Long.MAX_VALUE);
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeout how long at most; zero or less does not wait
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected, Duration timeout)
            throws InterruptedException {
        return await(index, expected, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected, long timeoutNanos)
            throws InterruptedException {
        SharedBuffer buffer = shared("await");
        long offset = offset(index);
        BooleanSupplier holds = holds(offset, expected);
        return Waits.await(buffer, segment, offset, 64, expected, holds, timeoutNanos);
    }

    /**
     * Waits until another thread {@link #wake wakes} this element, for as long as it takes.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param idle what the thread does before it parks
     * @return {@link WaitResult#WOKEN} or {@link WaitResult#NOT_EQUAL}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected, IdleStrategy idle)
            throws InterruptedException {
        return await(index, expected, Long.MAX_VALUE, idle);
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeout how long at most; zero or less does not wait
     * @param idle what the thread does before it parks
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected, Duration timeout, IdleStrategy idle)
            throws InterruptedException {
        return await(index, expected, TimeUnit.NANOSECONDS.convert(timeout), idle); // saturates
    }

    /**
     * Waits until another thread {@link #wake wakes} this element or the time is up.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @param idle what the thread does before it parks
     * @return how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public WaitResult await(long index, long expected, long timeoutNanos, IdleStrategy idle)
            throws InterruptedException {
        SharedBuffer buffer = shared("await");
        long offset = offset(index);
        BooleanSupplier holds = holds(offset, expected);
        return Waits.await(buffer, segment, offset, 64, expected, holds, timeoutNanos, idle);
    }

    /**
     * Waits as {@link #await(long, long, long)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared, or is mapped
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, long expected) {
        return awaitAsync(index, expected, Long.MAX_VALUE);
    }

    /**
     * Waits as {@link #await(long, long, Duration)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @param timeout how long at most; zero or less does not wait
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared, or is mapped
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, long expected, Duration timeout) {
        return awaitAsync(index, expected, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Waits as {@link #await(long, long, long)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared, or is mapped
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, long expected, long timeoutNanos) {
        SharedBuffer buffer = shared("awaitAsync");
        long offset = offset(index);
        return Waits.awaitAsync(buffer, segment, offset, 64, expected, holds(offset, expected), timeoutNanos);
    }

    /**
     * Waits until the element holds something else, for as long as it takes: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, for some microseconds, then for as
     * long as has lately been worth it; then it parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @return what the element holds now, read with acquire
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old)
            throws InterruptedException {
        return awaitChange(index, old, Long.MAX_VALUE);
    }

    /**
     * Waits until the element holds something else or the time is up: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, for some microseconds, then for as
     * long as has lately been worth it; then it parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @param timeout how long at most; zero or less does not wait
     * @return what the element holds now, read with acquire; {@code old} if and only if the time was up
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old, Duration timeout)
            throws InterruptedException {
        return awaitChange(index, old, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Waits until the element holds something else or the time is up: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, for some microseconds, then for as
     * long as has lately been worth it; then it parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @return what the element holds now, read with acquire; {@code old} if and only if the time was up
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old, long timeoutNanos)
            throws InterruptedException {
        shared("awaitChange");
        Waits.throwIfInterrupted();
        long offset = offset(index);
        for (int i = 0; i < Waits.SPINS; i++) {
            long now = (long) ELEMENT.getAcquire(segment, offset); // pairs with setRelease and stronger writes
            if (now != old) {
                return now;
            }
            Thread.onSpinWait();
        }
        return awaitChange(index, old, timeoutNanos, Waits.CHANGES);
    }

    /**
     * Waits until the element holds something else, for as long as it takes: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, as the strategy likes; then it
     * parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @param idle what the thread does before it parks
     * @return what the element holds now, read with acquire
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old, IdleStrategy idle)
            throws InterruptedException {
        return awaitChange(index, old, Long.MAX_VALUE, idle);
    }

    /**
     * Waits until the element holds something else or the time is up: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, as the strategy likes; then it
     * parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @param timeout how long at most; zero or less does not wait
     * @param idle what the thread does before it parks
     * @return what the element holds now, read with acquire; {@code old} if and only if the time was up
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old, Duration timeout, IdleStrategy idle)
            throws InterruptedException {
        return awaitChange(index, old, TimeUnit.NANOSECONDS.convert(timeout), idle); // saturates
    }

    /**
     * Waits until the element holds something else or the time is up: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, as the strategy likes; then it
     * parks, where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @param idle what the thread does before it parks
     * @return what the element holds now, read with acquire; {@code old} if and only if the time was up
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it, or is
     *     mapped, as there are no 64-bit waits between processes
     */
    public long awaitChange(long index, long old, long timeoutNanos, IdleStrategy idle)
            throws InterruptedException {
        SharedBuffer buffer = shared("awaitChange");
        Change change = new Change(offset(index), old);
        Waits.awaitChange(buffer, segment, change.offset, 64, old, change, timeoutNanos, idle);
        return change.now;
    }

    /**
     * Wakes the threads and futures that have waited longest on this element. What the caller did before happens-before
     * the end of their waits.
     *
     * @param index the element, from 0
     * @param count how many to wake at most; zero or less wakes nobody
     * @return how many were woken; 0 where the memory is not shared
     * @throws UnsupportedOperationException if the memory is mapped
     */
    public int wake(long index, int count) {
        long offset = offset(index);
        return shared == null ? 0 : Waits.wake(shared, segment, offset, 64, count);
    }

    /** Compares with volatile semantics: after the waiter has announced itself, as the parking lot asks for. */
    private BooleanSupplier holds(long offset, long expected) {
        return () -> (long) ELEMENT.getVolatile(segment, offset) == expected;
    }

    /** Looks whether an element has changed, and keeps what it saw. */
    private final class Change implements BooleanSupplier {
        final long offset;
        private final long old;
        long now;

        Change(long offset, long old) {
            this.offset = offset;
            this.old = old;
            now = old;
        }

        @Override
        public boolean getAsBoolean() {
            now = (long) ELEMENT.getVolatile(segment, offset); // volatile for the same reason as in holds
            return now != old;
        }
    }
}
