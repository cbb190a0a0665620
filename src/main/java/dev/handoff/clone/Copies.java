package dev.handoff.clone;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a graph have a copy, by identity.
 *
 * <p>
 * The first few are found by looking at them all, so that a small message takes no identity hash codes: the first one
 * asked of an object is a call into the JVM and a write to its header. From there on it is a hash table with linear
 * probing, never more than two thirds full; an original and its copy lie side by side, so that a look-up is one place in memory.
 */
final class Copies {
    private static final int FEW = 8;
    /** Big steps: each asks all originals for their hash codes again, which means to touch them all. */
    private static final int GROWTH = 4;
    /** What a guess may cost. */
    private static final int MOST_EXPECTED = 1 << 16;

    /** Originals and their copies in turn. */
    private @Nullable Object[] table = new Object[2 * FEW];
    private int size;
    private int limit = FEW;
    /** The bits of a hash code that tell a place; none while there are few. */
    private int mask;

    /**
     * Finds an object.
     *
     * @return its place, or {@code ~place} where it is to be {@link #put} unless anything else is before
     */
    int find(Object original) {
        @Nullable Object[] t = table;
        if (mask == 0) {
            int end = 2 * size;
            for (int i = 0; i < end; i += 2) {
                if (t[i] == original) {
                    return i;
                }
            }
            return ~end;
        }
        int at = 2 * (System.identityHashCode(original) & mask);
        while (true) {
            Object there = t[at];
            if (there == original) {
                return at;
            }
            if (there == null) {
                return ~at;
            }
            at = at + 2 & t.length - 1;
        }
    }

    /** The copy at a place that was found. */
    Object copy(int place) {
        return Objects.requireNonNull(table[place + 1]);
    }

    /** At a place that was not found, hence {@code ~place}. */
    void put(int notFound, Object original, Object copy) {
        int at = ~notFound;
        if (size == limit) {
            grow(GROWTH * size);
            at = ~find(original);
        }
        table[at] = original;
        table[at + 1] = copy;
        size++;
    }

    int size() {
        return size;
    }

    /** Before the first one: how many there may be. */
    void expect(int copies) {
        int expected = Math.min(copies, MOST_EXPECTED);
        if (expected > limit) {
            grow(expected);
        }
    }

    private void grow(int needed) {
        int length = 4 * FEW;
        while (length / 3 * 2 < needed) {
            length *= 2;
        }
        @Nullable Object[] old = table;
        int oldEnd = mask == 0 ? 2 * size : old.length;
        table = new Object[2 * length];
        mask = length - 1;
        limit = length / 3 * 2;
        for (int i = 0; i < oldEnd; i += 2) {
            Object original = old[i];
            if (original != null) {
                int at = ~find(original);
                table[at] = original;
                table[at + 1] = old[i + 1];
            }
        }
    }
}
