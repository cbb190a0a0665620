package dev.handoff.clone;

/**
 * Which objects have been met, by their identity hash codes alone: enough to know that none was met twice. That takes an
 * {@code int} for each, where {@link Copies} takes the object and its copy as well.
 *
 * <p>
 * Two objects of 2<sup>31</sup> have the same hash code: among 10,000 that happens once in 40 graphs.
 */
final class Sightings {
    /** Hash codes with the highest bit set, which is never theirs; linear probing. */
    private int[] table;
    private int size;
    private int limit;

    Sightings(int expected) {
        table = new int[Copies.tableLength(Math.min(expected, Copies.MOST_EXPECTED))];
        limit = Copies.limit(table.length);
    }

    /** Adds an object. Returns false where it may have been added before. */
    boolean add(Object object) {
        if (size == limit) {
            grow();
        }
        int[] t = table;
        int key = System.identityHashCode(object) | Integer.MIN_VALUE;
        int mask = t.length - 1;
        int at = key & mask;
        for (int there = t[at]; there != 0; there = t[at]) {
            if (there == key) {
                return false;
            }
            at = at + 1 & mask;
        }
        t[at] = key;
        size++;
        return true;
    }

    int size() {
        return size;
    }

    private void grow() {
        int[] old = table;
        table = new int[2 * old.length];
        limit = Copies.limit(table.length);
        int mask = table.length - 1;
        for (int key : old) {
            if (key != 0) {
                int at = key & mask;
                while (table[at] != 0) {
                    at = at + 1 & mask;
                }
                table[at] = key;
            }
        }
    }
}
