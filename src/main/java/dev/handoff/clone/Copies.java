package dev.handoff.clone;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a graph have a copy, by identity: each gets a number, in the order in which they are met.
 *
 * <p>
 * The first few are found by looking at them all, so that a small message takes no identity hash codes: the first one
 * asked of an object is a call into the JVM and a write to its header. From there on the numbers are in a hash table with
 * linear probing. The bits that a number leaves free there tell more of the hash code, so that an object that is new is
 * hardly ever compared with another one: it costs a look at one place in memory.
 */
final class Copies {
    /** That are found without hash codes. */
    static final int FEW = 8;
    /** Big steps: each asks all originals for their hash codes again, which means to touch them all. */
    private static final int GROWTH = 4;
    /** What a guess may cost. */
    static final int MOST_EXPECTED = 1 << 16;

    /** Originals and their copies in turn, by their numbers. */
    private @Nullable Object[] entries = new Object[2 * FEW];
    private int size;
    private int limit = FEW;
    /**
     * As many low bits as tell a place hold a number and one, the others are the hash code's; 0 where there is none. Empty
     * while there are few.
     */
    private int[] table = {};

    /**
     * Finds an object, or enters it.
     *
     * @return its number, or {@code ~number} where it is new and has no copy yet
     */
    int enter(Object original) {
        int[] t = table;
        int mask = t.length - 1;
        if (mask < 0) {
            return enterFew(original);
        }
        int hash = System.identityHashCode(original);
        int at = hash & mask;
        for (int there = t[at]; there != 0; there = t[at]) {
            if (((there ^ hash) & ~mask) == 0) {
                int number = (there & mask) - 1;
                if (entries[2 * number] == original) {
                    return number;
                }
            }
            at = at + 1 & mask;
        }
        if (size == limit) {
            grow(GROWTH * size);
            return enter(original);
        }
        int number = size++;
        t[at] = hash & ~mask | number + 1;
        entries[2 * number] = original;
        return ~number;
    }

    private int enterFew(Object original) {
        for (int number = 0; number < size; number++) {
            if (entries[2 * number] == original) {
                return number;
            }
        }
        if (size == FEW) {
            grow(GROWTH * FEW);
            return enter(original);
        }
        entries[2 * size] = original;
        return ~size++;
    }

    /** The object that has a number. */
    Object original(int number) {
        return Objects.requireNonNull(entries[2 * number]);
    }

    /** The copy of what has one. */
    Object copy(int number) {
        return Objects.requireNonNull(entries[2 * number + 1]);
    }

    void set(int number, Object copy) {
        entries[2 * number + 1] = copy;
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
        table = new int[tableLength(needed)];
        limit = limit(table.length);
        entries = Arrays.copyOf(entries, 2 * limit);
        int mask = table.length - 1;
        for (int number = 0; number < size; number++) {
            int hash = System.identityHashCode(entries[2 * number]);
            int at = hash & mask;
            while (table[at] != 0) {
                at = at + 1 & mask;
            }
            table[at] = hash & ~mask | number + 1;
        }
    }

    /** A power of two: how long a table has to be for so many. */
    static int tableLength(int needed) {
        int length = 4 * FEW;
        while (limit(length) < needed) {
            length *= 2;
        }
        return length;
    }

    /** How much may be in a table, for the probing to be short. */
    static int limit(int tableLength) {
        return tableLength / 3 * 2;
    }
}
