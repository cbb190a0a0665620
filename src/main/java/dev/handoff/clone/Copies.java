package dev.handoff.clone;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a graph have been met, by identity, and what became of them; each has a number, in the order of their
 * first visits.
 *
 * <p>
 * The first few are found by looking at them all, so that a small message takes no identity hash codes: the first one
 * asked of an object is a call into the JVM and a write to its header. From there on an index of numbers is probed
 * linearly; objects and copies themselves lie in the order of the visits, close to each other.
 */
final class Copies {
    private static final int FEW = 8;

    /** Originals and their copies in turn. */
    private @Nullable Object[] entries = new Object[2 * FEW];
    private int size;
    /** Numbers, plus 1, at the places that hash codes tell; empty while there are few. */
    private int[] index = {};

    /**
     * Finds an object, or gives it a number.
     *
     * @return its new number, or {@code ~number} if it has been met before
     */
    int enter(Object original) {
        if (index.length == 0) {
            for (int i = 0; i < size; i++) {
                if (entries[2 * i] == original) {
                    return ~i;
                }
            }
            if (size < FEW) {
                entries[2 * size] = original;
                return size++;
            }
            reindex(8 * FEW);
        }
        int mask = index.length - 1;
        int at = System.identityHashCode(original) & mask;
        for (int number = index[at]; number != 0; number = index[at]) {
            if (entries[2 * number - 2] == original) {
                return ~(number - 1);
            }
            at = at + 1 & mask;
        }
        index[at] = size + 1;
        if (2 * size == entries.length) {
            entries = Arrays.copyOf(entries, 2 * entries.length);
        }
        entries[2 * size] = original;
        if (2 * ++size > mask) { // at most half full
            reindex(2 * index.length);
        }
        return size - 1;
    }

    @Nullable
    Object copy(int number) {
        return entries[2 * number + 1];
    }

    void copied(int number, Object copy) {
        entries[2 * number + 1] = copy;
    }

    /** That so many more are to come, at most: one growth instead of many. */
    void expect(int more) {
        long needed = Math.min((long) size + more, 1 << 26);
        if (2 * needed > entries.length) {
            entries = Arrays.copyOf(entries, Math.max((int) (2 * needed), 2 * entries.length));
        }
        if (needed > FEW && 2 * needed > index.length) {
            reindex(Integer.highestOneBit((int) (2 * needed)) << 1);
        }
    }

    private void reindex(int length) {
        index = new int[length];
        int mask = length - 1;
        for (int i = 0; i < size; i++) {
            int at = System.identityHashCode(entries[2 * i]) & mask;
            while (index[at] != 0) {
                at = at + 1 & mask;
            }
            index[at] = i + 1;
        }
    }
}
