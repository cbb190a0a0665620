package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Which block a buffer has: addresses do not tell, as a mapped one has another for each owner. */
final class Chunks {
    private Chunks() {
    }

    /** The chunk of the buffer that is allocated, while no other thread allocates, and then used. */
    static Chunk of(Supplier<OwnedBuffer> allocate, Consumer<OwnedBuffer> use) {
        Set<Chunk> before = leased();
        OwnedBuffer buffer = allocate.get();
        Set<Chunk> after = leased();
        after.removeAll(before);
        assertEquals(1, after.size());
        use.accept(buffer);
        return after.iterator().next();
    }

    private static Set<Chunk> leased() {
        Set<Chunk> leased = new HashSet<>();
        for (Chunk chunk : Chunk.all()) {
            if (chunk.isLeased()) {
                leased.add(chunk);
            }
        }
        return leased;
    }
}
