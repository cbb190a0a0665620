package dev.handoff.memory;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who holds the memory that is in use; gathered on demand, and as exact as can be while others go on. */
final class Holders {
    private static final int NAMED = 3;

    private long inUse;
    private long pooled;
    private long unclaimed;
    private final Map<Thread, Long> owned = new HashMap<>();

    private Holders() {
        for (Chunk chunk : Chunk.all()) {
            if (!chunk.isLeased()) {
                pooled += chunk.bytes;
                continue;
            }
            inUse += chunk.bytes;
            Block block = chunk.block();
            if (block != null) {
                block.root.visit(this::holding);
            }
        }
    }

    static Holders now() {
        return new Holders();
    }

    private void holding(@Nullable Thread owner, long bytes) {
        if (owner == null) {
            unclaimed += bytes;
        } else {
            owned.merge(owner, bytes, Long::sum);
        }
    }

    long inUse() {
        return inUse;
    }

    long pooled() {
        return pooled;
    }

    /** What no thread owns, on its way from one to another. */
    long unclaimed() {
        return unclaimed;
    }

    /** What each live thread owns. */
    Map<Thread, Long> owned() {
        return Map.copyOf(owned);
    }

    /** The biggest of them, for a message. */
    static String describe() {
        Holders holders = now();
        String threads = holders.owned.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<Thread, Long> e) -> e.getValue()).reversed())
                .limit(NAMED).map(e -> ", " + OwnedBuffer.describe(e.getKey()) + " owns " + e.getValue())
                .collect(Collectors.joining());
        return holders.inUse + " are in use and " + holders.pooled + " pooled" + threads + ", " + holders.unclaimed
                + " are unclaimed";
    }
}
