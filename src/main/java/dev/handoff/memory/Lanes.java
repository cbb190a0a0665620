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
 * An element is at a byte offset in a segment that begins with a word; its word begins at the multiple of 4 at or before
 * that. Where the segment is the {@link AddressSpace} the offset is an address, nothing is checked, and the caller keeps
 * the memory reachable.
 */
final class Lanes {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    private static final long WORD_BYTES = Integer.BYTES;
    private static final long ADDRESSES = AddressSpace.aligned(WORD_BYTES);
    private static final boolean IS_BIG_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    private Lanes() {
    }

    /** Finds as many whole words around a shared buffer as may be touched. */
    static MemorySegment words(SharedBuffer buffer) {
        if (buffer.isDirect()) {
            return AddressSpace.ALL;
        }
        MemorySegment all = buffer.words();
        long begin = begin(all);
        MemorySegment words = all.asSlice(begin, all.byteSize() - begin & -WORD_BYTES);
        // Of a byte[], short[] or char[] the JDK takes no word for aligned.
        return words.maxByteAlignment() < WORD_BYTES ? all.asSlice(0, 0) : words;
    }

    /**
     * Where a byte of a shared buffer is in its words; outside of them where a part of its word may not be touched.
     *
     * @param byteOffset in the buffer
     */
    static long first(SharedBuffer buffer, long byteOffset) {
        MemorySegment all = buffer.words();
        return buffer.wordsOffset() + byteOffset + (buffer.isDirect() ? all.address() : -begin(all));
    }

    private static long begin(MemorySegment all) {
        return Math.min(-all.address() & WORD_BYTES - 1, all.byteSize());
    }

    /**
     * Where an element is in the words.
     *
     * @param first where element 0 is
     * @param offset in bytes from there; inside the view
     */
    static long at(MemorySegment words, long first, long offset) {
        long at = first + offset;
        if (!AddressSpace.isAll(words) && (at < 0 || at >= words.byteSize())) {
            throw new UnsupportedOperationException("read-modify-write of 8 or 16 bits needs the aligned 32-bit word"
                    + " around them, and the memory that was wrapped has none around byte " + offset
                    + " of the view (a byte[], short[] or char[] has none at all)");
        }
        return at;
    }

    /** How many bits of its word are below the element at an offset. */
    static int shift(long at, int bits) {
        int shift = (int) (at & WORD_BYTES - 1) * Byte.SIZE;
        return IS_BIG_ENDIAN ? Integer.SIZE - bits - shift : shift;
    }

    /** A word with those bits of another that are in a mask. */
    static int merged(int word, int other, int mask) {
        return word & ~mask | other & mask;
    }

    static int getVolatile(MemorySegment words, long at) {
        return AddressSpace.isAll(words)
                ? (int) WORD.getVolatile(AddressSpace.ALL, at & ADDRESSES)
                : (int) WORD.getVolatile(words, at & -WORD_BYTES);
    }

    static int getAcquire(MemorySegment words, long at) {
        return AddressSpace.isAll(words)
                ? (int) WORD.getAcquire(AddressSpace.ALL, at & ADDRESSES)
                : (int) WORD.getAcquire(words, at & -WORD_BYTES);
    }

    static int getOpaque(MemorySegment words, long at) {
        return AddressSpace.isAll(words)
                ? (int) WORD.getOpaque(AddressSpace.ALL, at & ADDRESSES)
                : (int) WORD.getOpaque(words, at & -WORD_BYTES);
    }

    static boolean weakCompareAndSet(MemorySegment words, long at, int word, int value) {
        return AddressSpace.isAll(words)
                ? WORD.weakCompareAndSet(AddressSpace.ALL, at & ADDRESSES, word, value)
                : WORD.weakCompareAndSet(words, at & -WORD_BYTES, word, value);
    }

    static boolean weakCompareAndSetAcquire(MemorySegment words, long at, int word, int value) {
        return AddressSpace.isAll(words)
                ? WORD.weakCompareAndSetAcquire(AddressSpace.ALL, at & ADDRESSES, word, value)
                : WORD.weakCompareAndSetAcquire(words, at & -WORD_BYTES, word, value);
    }

    static boolean weakCompareAndSetRelease(MemorySegment words, long at, int word, int value) {
        return AddressSpace.isAll(words)
                ? WORD.weakCompareAndSetRelease(AddressSpace.ALL, at & ADDRESSES, word, value)
                : WORD.weakCompareAndSetRelease(words, at & -WORD_BYTES, word, value);
    }
}
