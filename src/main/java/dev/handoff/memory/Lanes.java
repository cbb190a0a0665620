package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The 8- or 16-bit elements of a view as lanes of the aligned 32-bit words around them, which is what read-modify-write on
 * shared memory compares and sets: machines have it for whole words, and the JDK's memory access has it for nothing less.
 *
 * <p>
 * An element is at a byte offset from the first word; its word begins at the multiple of 4 at or before that.
 *
 * @param words as many whole words as may be touched, the first one aligned
 * @param first where element 0 is; outside of the words where a part of its word may not be touched
 */
record Lanes(MemorySegment words, long first) {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    private static final long WORD_BYTES = Integer.BYTES;
    private static final boolean IS_BIG_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    /**
     * Finds the words around the elements of a shared buffer.
     *
     * @param byteOffset where element 0 begins in the buffer
     */
    static Lanes of(SharedBuffer buffer, long byteOffset) {
        MemorySegment all = buffer.words();
        long begin = Math.min(-all.address() & WORD_BYTES - 1, all.byteSize());
        MemorySegment words = all.asSlice(begin, all.byteSize() - begin & -WORD_BYTES);
        if (words.maxByteAlignment() < WORD_BYTES) {
            words = MemorySegment.NULL; // a byte[], short[] or char[]: the JDK takes none of their words for aligned
        }
        return new Lanes(words, buffer.wordsOffset() + byteOffset - begin);
    }

    /**
     * Where an element is.
     *
     * @param offset in bytes from element 0
     */
    long at(long offset) {
        long at = first + offset;
        if (at < 0 || at >= words.byteSize()) {
            throw new UnsupportedOperationException("read-modify-write of 8 or 16 bits needs the aligned 32-bit word"
                    + " around them, and the memory that was wrapped has none around byte " + offset
                    + " of the view (a byte[], short[] or char[] has none at all)");
        }
        return at;
    }

    /** The element at an offset, in the low bits of what its word is shifted to. */
    static int lane(int word, long at, int bits) {
        return word >>> shift(at, bits);
    }

    /** A word with a new value of the element at an offset. */
    static int with(int word, long at, int bits, int value) {
        int shift = shift(at, bits);
        int mask = (1 << bits) - 1;
        return word & ~(mask << shift) | (value & mask) << shift;
    }

    private static int shift(long at, int bits) {
        int shift = (int) (at & WORD_BYTES - 1) * Byte.SIZE;
        return IS_BIG_ENDIAN ? Integer.SIZE - bits - shift : shift;
    }

    int getVolatile(long at) {
        return (int) WORD.getVolatile(words, at & -WORD_BYTES);
    }

    int getAcquire(long at) {
        return (int) WORD.getAcquire(words, at & -WORD_BYTES);
    }

    int getOpaque(long at) {
        return (int) WORD.getOpaque(words, at & -WORD_BYTES);
    }

    boolean weakCompareAndSet(long at, int word, int value) {
        return WORD.weakCompareAndSet(words, at & -WORD_BYTES, word, value);
    }

    boolean weakCompareAndSetAcquire(long at, int word, int value) {
        return WORD.weakCompareAndSetAcquire(words, at & -WORD_BYTES, word, value);
    }

    boolean weakCompareAndSetRelease(long at, int word, int value) {
        return WORD.weakCompareAndSetRelease(words, at & -WORD_BYTES, word, value);
    }
}
