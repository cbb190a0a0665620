package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The first 16 bytes of whatever this package puts into memory: what it is, in which version of its layout, and its one
 * fixed parameter.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+  0
 *  |                        Kind (4 letters)                       |
 *  +-------------------------------+-------------------------------+  4
 *  |        Version                |        Mark ("HO")            |
 *  +-------------------------------+-------------------------------+  8
 *  |                  Parameter: capacity, parties ...             |
 *  |                                                               |
 *  +---------------------------------------------------------------+ 16
 * </pre>
 *
 * The first 8 bytes are one word: 0 in fresh memory, 1 while a creator is at work, else the identity.
 */
final class Preamble {
    static final long IDENTITY_OFFSET = 0;
    static final long PARAMETER_OFFSET = 8;
    static final long BYTES = 16;

    /** Of everything here: 64-bit words are accessed atomically. */
    static final long ALIGNMENT = 8;

    private static final long ABSENT = 0;
    private static final long IN_CREATION = 1;
    private static final long VERSION = 1;
    private static final long MARK_AND_VERSION = ('H' << 8 | 'O') << 16 | VERSION;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private Preamble() {
    }

    /** The identity of a kind, which is named by four ASCII letters. */
    static long identity(String kind) {
        return MARK_AND_VERSION << 32 | kind.charAt(0) << 24 | kind.charAt(1) << 16 | kind.charAt(2) << 8
                | kind.charAt(3);
    }

    /** Checks the place and takes it for a creator, who then writes what it needs and calls {@link #publish}. */
    static MemorySegment create(SharedBuffer buffer, long byteOffset, long bytes, String what) {
        MemorySegment memory = slice(buffer, byteOffset, bytes, what);
        long found = (long) LONG.compareAndExchange(memory, IDENTITY_OFFSET, ABSENT, IN_CREATION);
        if (found != ABSENT) {
            throw new IllegalStateException("a " + what + " needs zeroed memory, but at byteOffset=" + byteOffset
                    + " there is " + described(found));
        }
        return memory;
    }

    /** Makes what was written since {@link #create} visible to whoever attaches. */
    static void publish(MemorySegment memory, long identity, long parameter) {
        LONG.set(memory, PARAMETER_OFFSET, parameter);
        LONG.setRelease(memory, IDENTITY_OFFSET, identity); // pairs with the acquire in parameter()
    }

    /** Checks that a kind is there, and returns its parameter. */
    static long parameter(SharedBuffer buffer, long byteOffset, long identity, String what) {
        MemorySegment memory = slice(buffer, byteOffset, BYTES, what);
        long found = (long) LONG.getAcquire(memory, IDENTITY_OFFSET); // pairs with the release in publish()
        if (found != identity) {
            throw new IllegalStateException(
                    "no " + what + " at byteOffset=" + byteOffset + ", but " + described(found));
        }
        return (long) LONG.get(memory, PARAMETER_OFFSET);
    }

    /** The part of a buffer, checked for size and alignment. */
    static MemorySegment slice(SharedBuffer buffer, long byteOffset, long bytes, String what) {
        MemorySegment all = buffer.segment();
        if (byteOffset < 0 || byteOffset > all.byteSize() || bytes > all.byteSize() - byteOffset) {
            throw new IndexOutOfBoundsException("a " + what + " of " + bytes + " bytes at byteOffset=" + byteOffset
                    + " reaches beyond the buffer's " + all.byteSize() + " bytes");
        }
        MemorySegment part = all.asSlice(byteOffset, bytes);
        if (part.maxByteAlignment() < ALIGNMENT) {
            throw new IllegalArgumentException("byteOffset=" + byteOffset
                    + " is not aligned to 8 bytes in this buffer, as atomic access needs it");
        }
        return part;
    }

    /** What is there says of itself what cannot be. */
    static IllegalStateException overwritten(String what, long byteOffset, String parameter) {
        return new IllegalStateException("no " + what + " at byteOffset=" + byteOffset + " can have " + parameter
                + ": its memory was overwritten");
    }

    private static String described(long identity) {
        if (identity == ABSENT) {
            return "nothing yet";
        }
        if (identity == IN_CREATION) {
            return "one that is still being created, or whose creator has died:"
                    + " whoever is certain of that zeroes these 8 bytes and creates it anew";
        }
        if (identity >>> 48 == MARK_AND_VERSION >>> 16) {
            StringBuilder kind = new StringBuilder();
            for (int shift = 24; shift >= 0; shift -= 8) {
                kind.append((char) (identity >>> shift & 0xff));
            }
            return kind + " in version " + (identity >>> 32 & 0xffff);
        }
        return "0x" + Long.toHexString(identity);
    }
}
