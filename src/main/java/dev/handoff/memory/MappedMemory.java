package dev.handoff.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a temporary file, for a JVM that denies native access: each view is a mapping of its own, which ends with its
 * arena, so that nothing needs to be reinterpreted. The pages of the file are the memory, and they stay where they are
 * when it changes hands.
 *
 * <p>
 * Small blocks of one size share a file, a slab. A mapping can't be undone by anybody but its owner: one that was dropped
 * stays, as address space without a use, and it may be of memory that has been leased again; but nobody reaches it.
 */
final class MappedMemory implements Memory {
    /** Larger blocks have a file each. */
    private static final long MAX_SLAB_BLOCK = 1 << 20;
    private static final long SLAB_BYTES = 256 << 10;
    private static final long MIN_SLAB_BLOCKS = 4;
    private static final long PAGE = 4096;
    /** The second nearly always succeeds; it fails if another thread maps something in between. */
    private static final int ALIGNMENT_ATTEMPTS = 100;

    private final Slab slab;
    private final long position;
    /** Of this lease; from its beginning on it only grows. */
    private long alignment = 1;
    /** Whether it was freed once, and now serves again. */
    private boolean used;

    private MappedMemory(Slab slab, long position) {
        this.slab = slab;
        this.position = position;
    }

    static MappedMemory allocate(long bytes) {
        MappedMemory spare = Slab.spare(bytes);
        if (spare == null) {
            return Slab.create(bytes);
        }
        if (spare.used) {
            try {
                spare.zero(bytes);
            } catch (OutOfMemoryError e) {
                spare.free();
                throw e;
            }
        }
        return spare;
    }

    @Override
    public MemorySegment view(long offset, long bytes, Arena arena, Hold hold) {
        try {
            MemorySegment view = map(position + offset, bytes, arena);
            Cleaner.Cleanable registration = Allocator.CLEANER.register(arena.scope(),
                    Objects.requireNonNull(hold.anchor));
            if (arena instanceof Mapping mapping) {
                mapping.registration = registration;
            }
            return view;
        } catch (IOException e) {
            throw refused("a view of " + bytes + " bytes can't be mapped", e);
        }
    }

    /**
     * A mapping whose address is as far from a multiple of the alignment as the position is. One of a page comes by itself.
     * For more, one is made that begins lower: the kernel puts it right below the last one, so that a longer one begins
     * where we want it; what it has too much lies behind the view.
     */
    private MemorySegment map(long at, long bytes, Arena arena) throws IOException {
        MemorySegment view = slab.file.map(at, bytes, arena);
        for (int i = 0; (view.address() - at & alignment - 1) != 0 && bytes > 0; i++) {
            if (i == ALIGNMENT_ATTEMPTS) {
                throw new IOException("no address was found at a multiple of " + alignment);
            }
            long inPage = at & PAGE - 1;
            long below = view.address() - inPage - roundUp(inPage + bytes, PAGE);
            long excess = below - (at - inPage) & alignment - 1;
            view = slab.file.map(at, bytes + excess, arena).asSlice(0, bytes);
        }
        return view;
    }

    @Override
    public long firstAligned(long newAlignment) {
        alignment = newAlignment;
        return -position & newAlignment - 1;
    }

    @Override
    public synchronized boolean isAligned(long offset, long newAlignment) {
        boolean aligned = (position + offset & newAlignment - 1) == 0
                && newAlignment <= Math.max(alignment, slab.blockBytes); // for more there may be no address
        if (aligned) { // the owners of two parts may both ask for more
            alignment = Math.max(alignment, newAlignment);
        }
        return aligned;
    }

    @Override
    public void zero(long bytes) {
        try {
            slab.file.zero(position, bytes);
        } catch (IOException e) {
            throw refused(bytes + " bytes can't be zeroed", e);
        }
    }

    @Override
    public void free() {
        used = true;
        slab.free(this);
    }

    private static OutOfMemoryError refused(String what, IOException why) {
        OutOfMemoryError error = new OutOfMemoryError(what + ": " + why.getMessage());
        error.initCause(why);
        return error;
    }

    private static long roundUp(long n, long unit) {
        return n + unit - 1 & -unit;
    }

    /**
     * The arena of one view. Whoever keeps a segment of it after its close keeps no memory: the anchor is let go at once,
     * and by the collector only where the arena is dropped open.
     */
    static final class Mapping implements Arena {
        private final Arena arena = Arena.ofConfined();
        private Cleaner.@Nullable Cleanable registration;

        @Override
        public MemorySegment allocate(long bytes, long byteAlignment) {
            return arena.allocate(bytes, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
            if (registration != null) {
                registration.clean(); // only deregisters
            }
        }
    }

    /** A file of one or more blocks of one size. */
    private static final class Slab {
        /** The slabs that have spare blocks, by the size of these. Guarded by itself, as their spare blocks are. */
        private static final Map<Long, Deque<Slab>> WITH_SPARE = new HashMap<>();

        private final UnlinkedFile file;
        private final long blockBytes;
        private final long fileBytes;
        /** With room for all, so that giving back needs no memory. */
        private final Deque<MappedMemory> spare;

        private Slab(UnlinkedFile file, long blockBytes, long fileBytes) {
            this.file = file;
            this.blockBytes = blockBytes;
            this.fileBytes = fileBytes;
            this.spare = new ArrayDeque<>((int) (fileBytes / blockBytes));
        }

        static @Nullable MappedMemory spare(long bytes) {
            synchronized (WITH_SPARE) {
                long blockBytes = roundUp(bytes, Allocator.MIN_BYTES);
                Deque<Slab> slabs = WITH_SPARE.get(blockBytes);
                if (slabs == null) {
                    return null;
                }
                Deque<MappedMemory> blocks = slabs.getFirst().spare;
                MappedMemory block = blocks.removeFirst();
                if (blocks.isEmpty()) {
                    slabs.removeFirst();
                    if (slabs.isEmpty()) {
                        WITH_SPARE.remove(blockBytes);
                    }
                }
                return block;
            }
        }

        static MappedMemory create(long bytes) {
            long blockBytes = roundUp(bytes, Allocator.MIN_BYTES);
            long fileBytes = blockBytes > MAX_SLAB_BLOCK
                    ? blockBytes
                    : Math.max(MIN_SLAB_BLOCKS, SLAB_BYTES / blockBytes) * blockBytes;
            if (fileBytes > blockBytes && !MemoryLimit.tryReserve(fileBytes)) {
                fileBytes = blockBytes; // a block alone may still fit
            }
            if (fileBytes == blockBytes) {
                MemoryLimit.reserve(fileBytes);
            }
            UnlinkedFile file;
            try {
                file = UnlinkedFile.create(fileBytes);
            } catch (IOException e) {
                MemoryLimit.unreserve(fileBytes);
                throw refused("there is no room for a file of " + fileBytes + " bytes, the memory of a buffer where "
                        + "native access is denied", e);
            }
            try {
                Slab slab = new Slab(file, blockBytes, fileBytes);
                MappedMemory first = new MappedMemory(slab, 0);
                for (long at = blockBytes; at < fileBytes; at += blockBytes) {
                    slab.spare.add(new MappedMemory(slab, at));
                }
                if (!slab.spare.isEmpty()) {
                    synchronized (WITH_SPARE) {
                        slab.offer();
                    }
                }
                return first;
            } catch (Error e) { // no heap
                file.close();
                MemoryLimit.unreserve(fileBytes);
                throw e;
            }
        }

        void free(MappedMemory block) {
            synchronized (WITH_SPARE) {
                spare.addFirst(block);
                if (spare.size() * blockBytes < fileBytes) {
                    if (spare.size() == 1) {
                        offer();
                    }
                    return;
                }
                WITH_SPARE.computeIfPresent(blockBytes, (size, slabs) -> {
                    slabs.remove(this);
                    return slabs.isEmpty() ? null : slabs;
                });
            }
            try {
                file.close();
            } finally {
                MemoryLimit.unreserve(fileBytes);
            }
        }

        private void offer() {
            WITH_SPARE.computeIfAbsent(blockBytes, size -> new ArrayDeque<>()).addFirst(this);
        }
    }
}
