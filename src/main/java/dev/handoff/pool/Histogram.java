package dev.handoff.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts times by their size, with an error of 1/32 at most: buckets of equal width between each power of two and the next,
 * as HdrHistogram has them. One thread records, in a few nanoseconds; any thread reads.
 */
final class Histogram {
    private static final int BITS = 5;
    private static final int STEPS = 1 << BITS;
    /** Two hours and a half; what is longer counts as that. */
    private static final long MOST = (1L << 43) - 1;
    static final int BUCKETS = bucket(MOST) + 1;
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts = new long[BUCKETS];

    /** By the one thread that writes; opaque, as nothing is published by it. */
    void record(long nanos) {
        int at = bucket(nanos);
        COUNT.setOpaque(counts, at, counts[at] + 1);
    }

    void addTo(long[] sums) {
        for (int i = 0; i < BUCKETS; i++) {
            sums[i] += (long) COUNT.getOpaque(counts, i);
        }
    }

    static int bucket(long nanos) {
        long n = Math.clamp(nanos, 0, MOST);
        int shift = Math.max(0, Long.SIZE - BITS - 1 - Long.numberOfLeadingZeros(n));
        return shift * STEPS + (int) (n >>> shift);
    }

    /** The longest time that is counted in a bucket. */
    static long longest(int bucket) {
        int shift = Math.max(0, bucket / STEPS - 1);
        return ((long) (bucket - shift * STEPS + 1) << shift) - 1;
    }
}
