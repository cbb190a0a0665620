package dev.handoff.internal.os;

import dev.handoff.internal.ffi.HandoffH;
import dev.handoff.kernel.NativeKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory straight from the operating system: zero without having been written, backed by real memory page by page as it
 * is touched, on huge pages where the system grants them. Thread-safe; blocks for as long as the system call takes.
 */
public final class Pages {
    private Pages() {
    }

    /**
     * Whether this JVM can get pages: it has the native kernel.
     *
     * @return the answer, the same every time
     */
    public static boolean available() {
        return NativeKernel.status().isNative();
    }

    /**
     * Gets fresh pages.
     *
     * @param bytes how many bytes, 1 or more; from 2 MiB on they begin on a boundary of 2 MiB, else on one of a page
     * @return zeros, for any thread, unmapped when nothing reaches them any more; null if there is no room for them
     * @throws IllegalArgumentException if {@code bytes} is below 1
     * @throws IllegalStateException if pages are not {@link #available}
     */
    public static @Nullable MemorySegment map(long bytes) {
        return map(bytes, Arena.ofAuto());
    }

    /**
     * Gets fresh pages for as long as an arena lives.
     *
     * @param bytes how many bytes, as above
     * @param arena unmaps them at its end
     * @return zeros, for the threads that may use the arena; null if there is no room for them
     * @throws IllegalArgumentException if {@code bytes} is below 1
     * @throws IllegalStateException if pages are not {@link #available}, or the arena is closed
     */
    @SuppressWarnings("restricted") // the memory is of that size, and nobody else's
    public static @Nullable MemorySegment map(long bytes, Arena arena) {
        if (bytes < 1) {
            throw new IllegalArgumentException("bytes=" + bytes + " must be at least 1");
        }
        if (!available()) {
            throw new IllegalStateException("there are no pages without the native kernel: "
                    + NativeKernel.status().reason());
        }
        MemorySegment first = HandoffH.handoff_pages_map(bytes);
        if (first.address() == 0) {
            return null;
        }
        return first.reinterpret(bytes, arena, pages -> HandoffH.handoff_pages_unmap(pages, bytes));
    }
}
