package dev.handoff.memory;

import dev.handoff.internal.os.Pages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the heap. From {@value #LARGE_BYTES} bytes on it comes straight from the operating system, on huge
 * pages where they are to be had, and goes back at once; that takes a handshake with all threads, so smaller memory is
 * left to the garbage collector.
 */
final class NativeMemory implements Memory {
    static final long LARGE_BYTES = 1 << 20;

    /** Access goes by it: whoever has access reaches the anchor, so there is no lifetime to be checked once more. */
    private final long address;
    /** Without a lifetime: a view of all is made from it, which keeps it when it is dead. */
    private final MemorySegment whole;
    @SuppressWarnings("unused") // reachability is its use
    private final MemorySegment base;
    /** Null if the collector frees the memory. */
    private final @Nullable Arena arena;

    private NativeMemory(MemorySegment base, @Nullable Arena arena) {
        this.base = base;
        this.address = base.address();
        this.whole = AddressSpace.ALL.asSlice(address, base.byteSize());
        this.arena = arena;
    }

    @SuppressWarnings("MustBeClosed") // by free(), or here on failure
    static NativeMemory allocate(long bytes) {
        boolean large = bytes >= LARGE_BYTES;
        Arena arena = large ? Arena.ofShared() : Arena.ofAuto();
        Reservation reservation = new Reservation(bytes);
        try {
            MemorySegment.NULL.reinterpret(arena, reservation); // first, hence given back last: the memory is free then
            MemorySegment base = large && Pages.available()
                    ? Pages.map(bytes, arena)
                    : arena.allocate(bytes, Allocator.MIN_BYTES);
            if (base == null) {
                throw new OutOfMemoryError("the operating system refuses them");
            }
            return new NativeMemory(base, large ? arena : null);
        } catch (OutOfMemoryError e) {
            if (large) {
                arena.close();
            }
            reservation.giveBack();
            OutOfMemoryError refused = new OutOfMemoryError("there are no " + bytes + " bytes: " + e.getMessage());
            refused.initCause(e);
            throw refused;
        }
    }

    @Override
    public MemorySegment view(long offset, long length, Arena viewArena, Hold hold) {
        Objects.checkFromIndexSize(offset, length, whole.byteSize());
        MemorySegment from = offset == 0 ? whole : whole.asSlice(offset); // most have no need of one more segment
        return from.reinterpret(length, viewArena, hold);
    }

    @Override
    public long firstAligned(long alignment) {
        return -address & alignment - 1;
    }

    @Override
    public boolean isAligned(long offset, long alignment) {
        return (address + offset & alignment - 1) == 0;
    }

    @Override
    public void zero(long bytes) {
        Zeros.clear(AddressSpace.ALL, address, bytes);
    }

    @Override
    public void free() {
        if (arena != null) {
            arena.close();
        }
    }

    /** Bytes of the limit, given back once: when the memory is free, or could not be had. */
    private static final class Reservation extends AtomicLong implements Consumer<MemorySegment> {
        private static final long serialVersionUID = 1;

        Reservation(long bytes) {
            super(bytes);
            MemoryLimit.reserve(bytes);
        }

        void giveBack() {
            MemoryLimit.unreserve(getAndSet(0));
        }

        @Override
        public void accept(MemorySegment freed) {
            giveBack();
        }
    }
}
