// Generated from src/main/templates. Change the template, then run:
// mvn test -Dtest=TypedViewSourcesTest -Dviews=write
package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A view of memory as 32-bit floating-point numbers in native byte order, with every access mode of {@link VarHandle}
 * that floating point has.
 *
 * <p>
 * The memory ordering of an access is in its name: {@code get} and {@code set} are volatile, as in
 * {@code AtomicIntegerArray} and as in ECMAScript's {@code Atomics}; {@code getAcquire} pairs with {@code setRelease};
 * opaque accesses are atomic and coherent for one element; plain ones are neither ordered nor, in a race, to be
 * relied on. Read-modify-write operations are volatile unless their name says otherwise, and return the old value.
 * All accesses are wait-free, apart from {@code getAndAdd}, which is lock-free. Where elements are compared it is by their
 * raw bits: {@code -0.0} and {@code 0.0} differ, and a NaN equals one with the same bits and no other.
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
 */
public final class Float32View extends View {
    private static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT;
    private static final VarHandle ELEMENT = LAYOUT.varHandle();
    private static final long ADDRESSES = AddressSpace.aligned(LAYOUT.byteSize());
    private static final VarHandle BIG_ENDIAN = LAYOUT.withOrder(ByteOrder.BIG_ENDIAN).varHandle();

    private Float32View(SharedBuffer buffer) {
        super(buffer, LAYOUT.byteSize());
    }

    private Float32View(SharedBuffer buffer, long byteOffset, long length) {
        super(buffer, LAYOUT.byteSize(), byteOffset, length);
    }

    private Float32View(MemorySegment memory, String of, long byteOffset, long length) {
        super(memory, of, LAYOUT.byteSize(), byteOffset, length);
    }

    /**
     * Views a whole shared buffer, and follows its growth; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view
     * @throws IllegalArgumentException if the memory is not aligned to 4 bytes
     */
    public static Float32View of(SharedBuffer buffer) {
        return new Float32View(buffer);
    }

    /**
     * Views a part of a shared buffer, whose growth does not change the view.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     * @throws IllegalArgumentException if element 0 is not aligned to 4 bytes
     */
    public static Float32View of(SharedBuffer buffer, long byteOffset, long length) {
        return new Float32View(buffer, byteOffset, length);
    }

    /**
     * Views a whole owned buffer, claiming it if it is unclaimed; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view, for the calling thread
     * @throws IllegalArgumentException if the memory is not aligned to 4 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Float32View of(OwnedBuffer buffer) {
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
     * @throws IllegalArgumentException if element 0 is not aligned to 4 bytes
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Float32View of(OwnedBuffer buffer, long byteOffset, long length) {
        return new Float32View(buffer.segment(), "an owned", byteOffset, length);
    }

    /**
     * Views a whole frozen buffer, whose elements can only be read; bytes at its end that make no element are left out.
     *
     * @param buffer the memory
     * @return the view
     * @throws IllegalArgumentException if the memory is not aligned to 4 bytes
     */
    public static Float32View of(FrozenBuffer buffer) {
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
     * @throws IllegalArgumentException if element 0 is not aligned to 4 bytes
     */
    public static Float32View of(FrozenBuffer buffer, long byteOffset, long length) {
        return new Float32View(buffer.segment(), "a frozen", byteOffset, length);
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
        return check(index) << 2;
    }

    private long address(long index) {
        return address + (index << 2) & ADDRESSES;
    }

    /**
     * Reads an element, volatile.
     *
     * @param index the element, from 0
     * @return its value
     */
    public float get(long index) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.getVolatile(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.getVolatile(segment, offset(index));
    }

    /**
     * Writes an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void set(long index, float value) {
        ELEMENT.setVolatile(segment, offset(index), value);
    }

    /**
     * Reads an element, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public float getPlain(long index) {
        return (float) ELEMENT.get(segment, offset(index));
    }

    /**
     * Writes an element, plain.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setPlain(long index, float value) {
        ELEMENT.set(segment, offset(index), value);
    }

    /**
     * Reads an element, opaque.
     *
     * @param index the element, from 0
     * @return its value
     */
    public float getOpaque(long index) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.getOpaque(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.getOpaque(segment, offset(index));
    }

    /**
     * Writes an element, opaque.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setOpaque(long index, float value) {
        ELEMENT.setOpaque(segment, offset(index), value);
    }

    /**
     * Reads an element, acquire: pairs with {@link #setRelease} and stronger writes.
     *
     * @param index the element, from 0
     * @return its value
     */
    public float getAcquire(long index) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.getAcquire(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.getAcquire(segment, offset(index));
    }

    /**
     * Writes an element, release: pairs with {@link #getAcquire} and stronger reads.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setRelease(long index, float value) {
        ELEMENT.setRelease(segment, offset(index), value);
    }

    /**
     * Reads an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public float getPlainBigEndian(long index) {
        return (float) BIG_ENDIAN.get(segment, offset(index));
    }

    /**
     * Writes an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @param value what to store
     */
    public void setPlainBigEndian(long index, float value) {
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
    public boolean compareAndSet(long index, float expected, float value) {
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
    public boolean weakCompareAndSetPlain(long index, float expected, float value) {
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
    public boolean weakCompareAndSet(long index, float expected, float value) {
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
    public boolean weakCompareAndSetAcquire(long index, float expected, float value) {
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
    public boolean weakCompareAndSetRelease(long index, float expected, float value) {
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
    public float compareAndExchange(long index, float expected, float value) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.compareAndExchange(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.compareAndExchange(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public float compareAndExchangeAcquire(long index, float expected, float value) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.compareAndExchangeAcquire(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.compareAndExchangeAcquire(segment, offset(index), expected, value);
    }

    /**
     * Writes an element if it holds the expected value, release; the read is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold
     * @param value what to store then
     * @return what it held: {@code expected} if and only if the value was stored
     */
    public float compareAndExchangeRelease(long index, float expected, float value) {
        if (isDirect(index)) {
            try {
                return (float) ELEMENT.compareAndExchangeRelease(AddressSpace.ALL, address(index), expected, value);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (float) ELEMENT.compareAndExchangeRelease(segment, offset(index), expected, value);
    }

    /**
     * Replaces an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public float getAndSet(long index, float value) {
        return (float) ELEMENT.getAndSet(segment, offset(index), value);
    }

    /**
     * Replaces an element, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public float getAndSetAcquire(long index, float value) {
        return (float) ELEMENT.getAndSetAcquire(segment, offset(index), value);
    }

    /**
     * Replaces an element, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to store
     * @return the value before
     */
    public float getAndSetRelease(long index, float value) {
        return (float) ELEMENT.getAndSetRelease(segment, offset(index), value);
    }

    /**
     * Adds to an element, rounding as {@code +} does, volatile.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public float getAndAdd(long index, float value) {
        long offset = offset(index);
        float old;
        do {
            old = (float) ELEMENT.getOpaque(segment, offset);
        } while (!ELEMENT.weakCompareAndSet(segment, offset, old, old + value));
        return old;
    }

    /**
     * Adds to an element, rounding as {@code +} does, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public float getAndAddAcquire(long index, float value) {
        long offset = offset(index);
        float old;
        do {
            old = (float) ELEMENT.getOpaque(segment, offset);
        } while (!ELEMENT.weakCompareAndSetAcquire(segment, offset, old, old + value));
        return old;
    }

    /**
     * Adds to an element, rounding as {@code +} does, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to add
     * @return the value before
     */
    public float getAndAddRelease(long index, float value) {
        long offset = offset(index);
        float old;
        do {
            old = (float) ELEMENT.getOpaque(segment, offset);
        } while (!ELEMENT.weakCompareAndSetRelease(segment, offset, old, old + value));
        return old;
    }

    /**
     * Writes a value to all elements, plain.
     *
     * @param value what to store
     */
    public void fill(float value) {
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
    public void fill(long index, long count, float value) {
        MemorySegment part = segment.asSlice(check(index, count), count << 2);
        for (long i = 0; i < count; i++) {
            ELEMENT.set(part, i << 2, value);
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
    public void copyTo(long index, float[] target, int from, int count) {
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
    public void copyFrom(long index, float[] source, int from, int count) {
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
    public void copyTo(long index, Float32View target, long targetIndex, long count) {
        copy(index, target, targetIndex, count);
    }
}
