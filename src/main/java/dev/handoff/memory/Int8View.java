// Generated from src/main/templates. Change the template, then run:
// mvn test -Dtest=TypedViewSourcesTest -Dviews=write
package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A view of memory as signed 8-bit integers, with every access mode of {@link VarHandle}
 * and the read-modify-write that the JDK does not have for elements of this size.
 *
 * <p>
 * The memory ordering of an access is in its name: {@code get} and {@code set} are volatile, as in
 * {@code AtomicIntegerArray} and as in ECMAScript's {@code Atomics}; {@code getAcquire} pairs with {@code setRelease};
 * opaque accesses are atomic and coherent for one element; plain ones are neither ordered nor, in a race, to be
 * relied on. Read-modify-write operations are volatile unless their name says otherwise, and return the old value.
 * Reads and writes are wait-free. Read-modify-write compares and sets the aligned 32-bit word around the element: it is
 * lock-free, neighbours are never changed, but a neighbour that changes makes it try again. What is written is an
 * {@code int} of which the low 8 bits count, as with ECMAScript's typed arrays: {@code 255} and {@code -1} are one
 * value, which {@link #getUnsigned} reads as the former.
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
public final class Int8View extends View {
    private static final ValueLayout.OfByte LAYOUT = ValueLayout.JAVA_BYTE;
    private static final VarHandle ELEMENT = LAYOUT.varHandle();
    private static final long ADDRESSES = AddressSpace.aligned(LAYOUT.byteSize());

    /** What the elements are {@link Lanes} of. Null where nobody else can see it: a plain read and a plain write will do. */
    private final @Nullable MemorySegment words;
    /** Where element 0 is in the words. */
    private final long first;

    private Int8View(SharedBuffer buffer) {
        super(buffer, LAYOUT.byteSize());
        words = Lanes.words(buffer);
        first = Lanes.first(buffer, 0);
    }

    private Int8View(SharedBuffer buffer, long byteOffset, long length) {
        super(buffer, LAYOUT.byteSize(), byteOffset, length);
        words = Lanes.words(buffer);
        first = Lanes.first(buffer, byteOffset);
    }

    private Int8View(MemorySegment memory, String of, long byteOffset, long length) {
        super(memory, of, LAYOUT.byteSize(), byteOffset, length);
        words = null;
        first = 0;
    }

    /**
     * Views a whole shared buffer, and follows its growth.
     *
     * @param buffer the memory
     * @return the view
     */
    public static Int8View of(SharedBuffer buffer) {
        return new Int8View(buffer);
    }

    /**
     * Views a part of a shared buffer, whose growth does not change the view.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
     */
    public static Int8View of(SharedBuffer buffer, long byteOffset, long length) {
        return new Int8View(buffer, byteOffset, length);
    }

    /**
     * Views a whole owned buffer, claiming it if it is unclaimed.
     *
     * @param buffer the memory
     * @return the view, for the calling thread
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int8View of(OwnedBuffer buffer) {
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
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
     */
    public static Int8View of(OwnedBuffer buffer, long byteOffset, long length) {
        return new Int8View(buffer.segment(), "an owned", byteOffset, length);
    }

    /**
     * Views a whole frozen buffer, whose elements can only be read.
     *
     * @param buffer the memory
     * @return the view
     */
    public static Int8View of(FrozenBuffer buffer) {
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
     */
    public static Int8View of(FrozenBuffer buffer, long byteOffset, long length) {
        return new Int8View(buffer.segment(), "a frozen", byteOffset, length);
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
        return check(index);
    }

    private long address(long index) {
        return address + index & ADDRESSES;
    }

    /**
     * Reads an element, volatile.
     *
     * @param index the element, from 0
     * @return its value
     */
    public byte get(long index) {
        if (isDirect(index)) {
            try {
                return (byte) ELEMENT.getVolatile(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (byte) ELEMENT.getVolatile(segment, offset(index));
    }

    /**
     * Writes an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     */
    public void set(long index, int value) {
        ELEMENT.setVolatile(segment, offset(index), (byte) value);
    }

    /**
     * Reads an element, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public byte getPlain(long index) {
        return (byte) ELEMENT.get(segment, offset(index));
    }

    /**
     * Writes an element, plain.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     */
    public void setPlain(long index, int value) {
        ELEMENT.set(segment, offset(index), (byte) value);
    }

    /**
     * Reads an element, opaque.
     *
     * @param index the element, from 0
     * @return its value
     */
    public byte getOpaque(long index) {
        if (isDirect(index)) {
            try {
                return (byte) ELEMENT.getOpaque(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (byte) ELEMENT.getOpaque(segment, offset(index));
    }

    /**
     * Writes an element, opaque.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     */
    public void setOpaque(long index, int value) {
        ELEMENT.setOpaque(segment, offset(index), (byte) value);
    }

    /**
     * Reads an element, acquire: pairs with {@link #setRelease} and stronger writes.
     *
     * @param index the element, from 0
     * @return its value
     */
    public byte getAcquire(long index) {
        if (isDirect(index)) {
            try {
                return (byte) ELEMENT.getAcquire(AddressSpace.ALL, address(index));
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return (byte) ELEMENT.getAcquire(segment, offset(index));
    }

    /**
     * Writes an element, release: pairs with {@link #getAcquire} and stronger reads.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     */
    public void setRelease(long index, int value) {
        ELEMENT.setRelease(segment, offset(index), (byte) value);
    }

    /**
     * Reads an element as an unsigned number, volatile.
     *
     * @param index the element, from 0
     * @return its value, from 0 to 2<sup>8</sup> - 1
     */
    public int getUnsigned(long index) {
        return Byte.toUnsignedInt(get(index));
    }

    /**
     * Reads an element as an unsigned number, plain.
     *
     * @param index the element, from 0
     * @return its value, from 0 to 2<sup>8</sup> - 1
     */
    public int getUnsignedPlain(long index) {
        return Byte.toUnsignedInt(getPlain(index));
    }

    /**
     * Reads an element as an unsigned number, opaque.
     *
     * @param index the element, from 0
     * @return its value, from 0 to 2<sup>8</sup> - 1
     */
    public int getUnsignedOpaque(long index) {
        return Byte.toUnsignedInt(getOpaque(index));
    }

    /**
     * Reads an element as an unsigned number, acquire: pairs with {@link #setRelease} and stronger writes.
     *
     * @param index the element, from 0
     * @return its value, from 0 to 2<sup>8</sup> - 1
     */
    public int getUnsignedAcquire(long index) {
        return Byte.toUnsignedInt(getAcquire(index));
    }

    /**
     * Writes the nearest unsigned 8-bit number, volatile: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 as 0, above 255 as 255
     */
    public void setClamped(long index, int value) {
        set(index, Math.clamp(value, 0, 255));
    }

    /**
     * Writes the nearest unsigned 8-bit number, volatile: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 and NaN as 0, above 255 as 255, others rounded, halves to the even neighbour
     */
    public void setClamped(long index, double value) {
        set(index, (int) Math.rint(Math.clamp(value, 0, 255)));
    }

    /**
     * Writes the nearest unsigned 8-bit number, plain: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 as 0, above 255 as 255
     */
    public void setClampedPlain(long index, int value) {
        setPlain(index, Math.clamp(value, 0, 255));
    }

    /**
     * Writes the nearest unsigned 8-bit number, plain: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 and NaN as 0, above 255 as 255, others rounded, halves to the even neighbour
     */
    public void setClampedPlain(long index, double value) {
        setPlain(index, (int) Math.rint(Math.clamp(value, 0, 255)));
    }

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return whether it was stored
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public boolean compareAndSet(long index, int expected, int value) {
        return compareAndExchange(index, expected, value) == (byte) expected;
    }

    /**
     * Writes an element if it holds the expected value, plain; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return whether it was stored; false also where nothing spoke against it
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public boolean weakCompareAndSetPlain(long index, int expected, int value) {
        return compareAndExchangeRelease(index, expected, value) == (byte) expected;
    }

    /**
     * Writes an element if it holds the expected value, volatile; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return whether it was stored; false also where nothing spoke against it
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public boolean weakCompareAndSet(long index, int expected, int value) {
        return compareAndExchange(index, expected, value) == (byte) expected;
    }

    /**
     * Writes an element if it holds the expected value, acquire; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return whether it was stored; false also where nothing spoke against it
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public boolean weakCompareAndSetAcquire(long index, int expected, int value) {
        return compareAndExchangeAcquire(index, expected, value) == (byte) expected;
    }

    /**
     * Writes an element if it holds the expected value, release; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return whether it was stored; false also where nothing spoke against it
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public boolean weakCompareAndSetRelease(long index, int expected, int value) {
        return compareAndExchangeRelease(index, expected, value) == (byte) expected;
    }

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return what it held: {@code expected} if and only if the value was stored
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte compareAndExchange(long index, int expected, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old == (byte) expected ? value : old);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        try {
            int word;
            do {
                word = Lanes.getVolatile(words, at);
                byte old = (byte) (word >>> shift);
                if (old != (byte) expected) {
                    return old;
                }
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, value << shift, 0xff << shift)));
            return (byte) expected;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Writes an element if it holds the expected value, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return what it held: {@code expected} if and only if the value was stored
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte compareAndExchangeAcquire(long index, int expected, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old == (byte) expected ? value : old);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        try {
            int word;
            do {
                word = Lanes.getAcquire(words, at);
                byte old = (byte) (word >>> shift);
                if (old != (byte) expected) {
                    return old;
                }
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, value << shift, 0xff << shift)));
            return (byte) expected;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Writes an element if it holds the expected value, release; the read is plain.
     *
     * @param index the element, from 0
     * @param expected the value it must hold, of which the low 8 bits count
     * @param value what to store then, of which the low 8 bits count
     * @return what it held: {@code expected} if and only if the value was stored
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte compareAndExchangeRelease(long index, int expected, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old == (byte) expected ? value : old);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
                byte old = (byte) (word >>> shift);
                if (old != (byte) expected) {
                    return old;
                }
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, value << shift, 0xff << shift)));
            return (byte) expected;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Replaces an element, volatile.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndSet(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Replaces an element, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndSetAcquire(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Replaces an element, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to store, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndSetRelease(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Adds to an element, wrapping around, volatile.
     *
     * @param index the element, from 0
     * @param value what to add, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndAdd(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old + value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, word + operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Adds to an element, wrapping around, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value what to add, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndAddAcquire(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old + value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, word + operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Adds to an element, wrapping around, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value what to add, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndAddRelease(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old + value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, word + operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise and, volatile.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseAnd(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old & value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, word & operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise and, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseAndAcquire(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old & value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, word & operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise and, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseAndRelease(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old & value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, word & operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseOr(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old | value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, word | operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseOrAcquire(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old | value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, word | operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseOrRelease(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old | value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, word | operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise exclusive or, volatile.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseXor(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old ^ value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet(words, at, word,
                    Lanes.merged(word, word ^ operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise exclusive or, acquire; the write is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseXorAcquire(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old ^ value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetAcquire(words, at, word,
                    Lanes.merged(word, word ^ operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Combines an element by bitwise exclusive or, release; the read is plain.
     *
     * @param index the element, from 0
     * @param value the mask, of which the low 8 bits count
     * @return the value before
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
     */
    public byte getAndBitwiseXorRelease(long index, int value) {
        if (words == null) {
            byte old = getPlain(index);
            setPlain(index, old ^ value);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, 8);
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSetRelease(words, at, word,
                    Lanes.merged(word, word ^ operand, 0xff << shift)));
            return (byte) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Writes a value to all elements, plain.
     *
     * @param value what to store, of which the low 8 bits count
     */
    public void fill(int value) {
        fill(0, length(), value);
    }

    /**
     * Writes a value to some elements, plain.
     *
     * @param index the first one, from 0
     * @param count how many
     * @param value what to store, of which the low 8 bits count
     * @throws IndexOutOfBoundsException if they are not all inside the view
     */
    public void fill(long index, long count, int value) {
        segment.asSlice(check(index, count), count).fill((byte) value);
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
    public void copyTo(long index, byte[] target, int from, int count) {
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
    public void copyFrom(long index, byte[] source, int from, int count) {
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
    public void copyTo(long index, Int8View target, long targetIndex, long count) {
        copy(index, target, targetIndex, count);
    }
}
