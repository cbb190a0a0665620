package dev.handoff.memory;

import dev.handoff.internal.os.Pages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Memory that any number of threads see at once. Its bytes are accessed through {@link #segment} or a typed view such as
 * {@link Int32View}, whose atomic operations order the accesses; plain accesses are as racy as those to an array.
 *
 * <p>
 * A buffer may be made to {@link #grow}, as ECMAScript's
 * <a href="https://tc39.es/ecma262/#sec-sharedarraybuffer.prototype.grow">growable {@code SharedArrayBuffer}</a> does;
 * it never shrinks. One that is {@link #map mapped} is memory between processes.
 *
 * <p>
 * Thread-safe, and lock-free apart from what makes a buffer. It travels in messages by reference, as
 * {@code SharedArrayBuffer} does in ECMAScript.
 */
public final class SharedBuffer {
    private static final long ALIGNMENT = 64;
    /** What sub-word operations compare and set, so what memory of ours is a multiple of. */
    private static final long WORD_BYTES = 4;
    /** The largest size that can be rounded up to whole words, and more than an address space holds. */
    private static final long MAX_BYTES = Long.MAX_VALUE - ALIGNMENT;
    /** A file grows by so many zeros at a time; what two processes extend at once can be longer by that. */
    private static final byte[] ZEROS = new byte[1 << 16];
    /** Never started: stands for "some other thread" in {@link MemorySegment#isAccessibleBy}. */
    private static final Thread STRANGER = Thread.ofPlatform().unstarted(() -> {
    });

    /** The bytes, and around them the rest of the words that they begin and end in, where that is ours. */
    private final MemorySegment words;
    /** Where the bytes begin in the words. */
    private final long wordsOffset;
    /** All bytes that there can ever be. */
    private final MemorySegment reservation;
    /** The bytes that there are now, where that can change: its size is the one word that growing decides on. */
    private final @Nullable AtomicReference<MemorySegment> present;
    private final boolean mapped;
    /** Only the garbage collector can end the memory. */
    private final boolean collected;

    private SharedBuffer(MemorySegment words, long byteOffset, long bytes, boolean mapped, boolean collected) {
        this.words = words;
        this.wordsOffset = byteOffset;
        this.reservation = words.byteSize() == bytes ? words : words.asSlice(byteOffset, bytes);
        this.present = null;
        this.mapped = mapped;
        this.collected = collected;
    }

    private SharedBuffer(MemorySegment words, long bytes, long maxBytes) {
        this.words = words;
        this.wordsOffset = 0;
        this.reservation = words.asSlice(0, maxBytes);
        this.present = new AtomicReference<>(words.asSlice(0, bytes));
        this.mapped = false;
        this.collected = true;
    }

    /**
     * Allocates a buffer of zeros, aligned to 64 bytes. Its memory is freed when nothing reaches it any more.
     *
     * @param bytes its size, 0 or more
     * @return the buffer, which cannot grow
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws OutOfMemoryError if the JVM has no such memory left; the limit is {@code -XX:MaxDirectMemorySize}
     */
    public static SharedBuffer allocate(long bytes) {
        requireSize(bytes);
        return over(Arena.ofAuto().allocate(wholeWords(bytes), ALIGNMENT), 0, bytes);
    }

    /**
     * Allocates a buffer of zeros, aligned to 64 bytes, that can {@link #grow}. Room for the maximum is taken at once, so
     * that the bytes never move: as addresses only, which get memory when they are touched, where the native kernel is
     * loaded; as memory elsewhere. It is freed when nothing reaches it any more.
     *
     * @param bytes its size, 0 or more
     * @param maxBytes the size that it can grow to
     * @return the buffer
     * @throws IllegalArgumentException if {@code bytes} is negative or above {@code maxBytes}
     * @throws OutOfMemoryError if there is no room for {@code maxBytes}; the limit is {@code -XX:MaxDirectMemorySize}
     *     where the native kernel is not loaded
     */
    public static SharedBuffer allocate(long bytes, long maxBytes) {
        requireSize(bytes);
        if (bytes > maxBytes) {
            throw new IllegalArgumentException("bytes=" + bytes + " must not be above maxBytes=" + maxBytes);
        }
        return new SharedBuffer(reserve(wholeWords(maxBytes)), bytes, maxBytes);
    }

    private static MemorySegment reserve(long bytes) {
        MemorySegment pages = bytes > 0 && Pages.available() ? Pages.map(bytes) : null;
        return pages != null ? pages : Arena.ofAuto().allocate(bytes, ALIGNMENT);
    }

    /**
     * Maps the beginning of a file as memory that processes share: each one that maps the same file sees the same bytes.
     * A file that does not exist is created; one that is shorter is extended by zeros, to a multiple of 4 bytes, in space
     * that the file system gives at once, so that no access fails later because the disk is full; a longer one keeps its
     * length. Processes may do so at the same time: nothing that one of them wrote is lost. The mapping ends when nothing
     * reaches it any more; nothing holds the file open.
     *
     * <p>
     * What a process writes is seen by the others as what a thread writes is seen by other threads: atomic operations are
     * atomic and ordered between processes, too, and {@code await} and {@code wake} of 32-bit elements meet across them.
     * Both sides must agree on the layout, and on the byte order where they run on different machines; nothing in the file
     * tells it. What was written stays in the file when a process ends, however it ends, a write half done or a lock held
     * by the dead included; it outlives the machine only where the operating system got to write it back
     * ({@link MemorySegment#force} on {@link #segment} makes it so). A file that another process truncates, or that was
     * made with holes on a disk that is full, makes accesses fail with {@link InternalError}. A file in memory, as under
     * {@code /dev/shm} on Linux, never touches a disk.
     *
     * @param file the file, of the default file system
     * @param bytes how many bytes from its beginning
     * @return the buffer, which cannot grow
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws IOException if the file is no regular one, or cannot be opened, extended or mapped; a file that could not be extended in full
     *     stays as long as it got
     * @throws UnsupportedOperationException if the file system cannot map
     */
    public static SharedBuffer map(Path file, long bytes) throws IOException {
        requireSize(bytes);
        long size = wholeWords(bytes);
        if (Files.exists(file) && !Files.isRegularFile(file)) { // a device would swallow what is to extend it for ever
            throw new IOException(file + " is no regular file, so it can't be memory");
        }
        // Appending never overwrites what another process wrote in the meantime, without any lock.
        try (FileChannel end = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (long missing; (missing = size - end.size()) > 0;) {
                end.write(ByteBuffer.wrap(ZEROS, 0, (int) Math.min(missing, ZEROS.length)));
            }
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new SharedBuffer(channel.map(FileChannel.MapMode.READ_WRITE, 0, size, Arena.ofAuto()), 0, bytes,
                    true, true);
        }
    }

    /**
     * Takes a segment that all threads may access as shared memory, without a copy. It lives as long as its arena does,
     * which must not be closed while a thread waits on it: that thread would go on waiting.
     *
     * <p>
     * Views of it are the slower ones. Memory from {@link #allocate(long)}, {@link #map} and {@link OwnedBuffer#share} is
     * read, compared and set by address; that of an arena is checked to be alive at each access. And where a program has
     * views of heap arrays besides others, code that the JVM compiled for both (a method that gets either, if it was not
     * inlined into callers that get one each) asks at each access by a segment which of them it is: plain and bulk
     * accesses to other memory pay for it, too. Who has a choice does not wrap arrays.
     *
     * @param segment the memory: of a shared, automatic or the global arena, or on the heap
     * @return the buffer over it, which cannot grow
     * @throws IllegalArgumentException if the segment is confined to a thread or read-only
     */
    public static SharedBuffer wrap(MemorySegment segment) {
        if (!segment.isAccessibleBy(STRANGER)) {
            throw new IllegalArgumentException("confined to one thread, so it can't be shared: " + segment);
        }
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("read-only, so there is nothing to synchronise on: " + segment);
        }
        return new SharedBuffer(segment, 0, segment.byteSize(), false, false);
    }

    /**
     * Makes a buffer of a part of memory that all threads may access, for as long as anything reaches it.
     *
     * @param words the memory, of an automatic arena: from the beginning of the 32-bit word that the first byte lies in to the end of that of the
     *     last, as far as it may be touched
     * @param byteOffset where the buffer begins in it
     * @param bytes the buffer's size
     */
    static SharedBuffer over(MemorySegment words, long byteOffset, long bytes) {
        return new SharedBuffer(words, byteOffset, bytes, false, true);
    }

    private static void requireSize(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes=" + bytes + " must not be negative");
        }
    }

    private static long wholeWords(long bytes) {
        if (bytes > MAX_BYTES) {
            throw new OutOfMemoryError("bytes=" + bytes + " is more than an address space holds");
        }
        return bytes + WORD_BYTES - 1 & -WORD_BYTES;
    }

    /**
     * Tells whether read-modify-write operations on elements of a size are lock-free, as ECMAScript's
     * <a href="https://tc39.es/ecma262/#sec-atomics.islockfree">{@code Atomics.isLockFree}</a> does.
     *
     * @param elementBytes the size of an element
     * @return true for 1, 2, 4 and 8, on every machine; there are no elements of other sizes
     */
    public static boolean isLockFree(long elementBytes) {
        return elementBytes == 1 || elementBytes == 2 || elementBytes == 4 || elementBytes == 8;
    }

    /**
     * The bytes, for any thread.
     *
     * @return an ordinary segment over all the bytes that there are now; the same object every time until the buffer grows,
     *     and one that has grown since stays valid
     */
    public MemorySegment segment() {
        return present == null ? reservation : present.get();
    }

    /**
     * The size, which a growth may have changed by the time the caller looks at it. Volatile: the growth that it shows
     * happens-before the return.
     *
     * @return in bytes
     */
    public long byteSize() {
        return segment().byteSize();
    }

    /**
     * The size that the buffer can {@link #grow} to.
     *
     * @return in bytes; {@link #byteSize} where it cannot grow
     */
    public long maxByteSize() {
        return reservation.byteSize();
    }

    /**
     * Tells whether the buffer was made to {@link #grow}.
     *
     * @return true if it was allocated with a maximum, be that reached or not
     */
    public boolean isGrowable() {
        return present != null;
    }

    /**
     * Tells whether other processes may share these bytes.
     *
     * @return true if it comes from {@link #map}
     */
    public boolean isMapped() {
        return mapped;
    }

    /**
     * Grows the buffer. The new bytes are zero, and no byte moves: segments and views of before stay valid; a view that was
     * made without a length of its own covers the new bytes, too, for every thread. As in ECMAScript, of several threads
     * that grow at once each one either grows the buffer or finds that another one has grown it further already. Volatile;
     * lock-free.
     *
     * @param bytes the new size; the present one changes nothing
     * @throws IllegalArgumentException if {@code bytes} is below the present size or above {@link #maxByteSize}; nothing
     *     changed then
     * @throws UnsupportedOperationException if the buffer was not made to grow
     */
    public void grow(long bytes) {
        if (present == null) {
            throw new UnsupportedOperationException(this + " was made without a maximum to grow to");
        }
        MemorySegment old;
        do {
            old = present.get();
            if (bytes < old.byteSize()) {
                throw new IllegalArgumentException("bytes=" + bytes + " is below the present size of " + old.byteSize()
                        + ", and shared memory does not shrink");
            }
            if (bytes > maxByteSize()) {
                throw new IllegalArgumentException("bytes=" + bytes + " is above the maximum of " + maxByteSize());
            }
        } while (bytes > old.byteSize() && !present.compareAndSet(old, reservation.asSlice(0, bytes)));
    }

    /** Whether views may access the memory by its address: it is there for as long as anything reaches this. */
    boolean isDirect() {
        return collected && AddressSpace.isAccessible();
    }

    /** The memory that {@link #over} takes. */
    MemorySegment words() {
        return words;
    }

    /** Where the bytes begin in {@link #words}. */
    long wordsOffset() {
        return wordsOffset;
    }

    /** All the bytes that there can ever be, for views that follow a growth. */
    MemorySegment reservation() {
        return reservation;
    }

    @Override
    public String toString() {
        return "SharedBuffer[" + byteSize() + (isGrowable() ? " of at most " + maxByteSize() : "") + " bytes]";
    }
}
