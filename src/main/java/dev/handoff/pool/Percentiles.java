package dev.handoff.pool;

import java.time.Duration;

/**
 * How long things took: the times of many tasks, as they were when somebody asked. Times are known to 1/32, up to two hours.
 * Where tasks run for less than 10 microseconds, one of eight is measured, after the first 4,096 of them: a look at the clock
 * costs as much as a trivial task.
 *
 * <p>
 * The pool counts times itself, in a few nanoseconds each and 10 KB a worker and kind; HdrHistogram would do the same with
 * more digits, and be the one thing that this library needs beside the JDK.
 */
public final class Percentiles {
    private final long[] counts;
    private final long total;

    Percentiles(long[] counts) {
        this.counts = counts;
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        total = sum;
    }

    /**
     * How many times were counted.
     *
     * @return the number
     */
    public long count() {
        return total;
    }

    /**
     * What a part of all times did not exceed.
     *
     * @param percent the part: 50 for the median, 99.99 for what one of 10,000 exceeds, 100 for the longest
     * @return the time; zero where nothing was counted
     * @throws IllegalArgumentException if it is below 0 or above 100
     */
    public Duration at(double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("percent=" + percent + " must be from 0 to 100");
        }
        long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Duration.ofNanos(Histogram.longest(i));
            }
        }
        return Duration.ZERO;
    }

    /**
     * The median.
     *
     * @return the time that half of all did not exceed
     */
    public Duration p50() {
        return at(50);
    }

    /**
     * The 99th percentile.
     *
     * @return the time that 99 of 100 did not exceed
     */
    public Duration p99() {
        return at(99);
    }

    /**
     * The 99.9th percentile.
     *
     * @return the time that 999 of 1,000 did not exceed
     */
    public Duration p999() {
        return at(99.9);
    }

    /**
     * The 99.99th percentile.
     *
     * @return the time that 9,999 of 10,000 did not exceed
     */
    public Duration p9999() {
        return at(99.99);
    }

    /**
     * The longest time.
     *
     * @return the time
     */
    public Duration max() {
        return at(100);
    }

    @Override
    public String toString() {
        return "Percentiles[count=" + total + ", p50=" + p50() + ", p99=" + p99() + ", p99.9=" + p999() + ", p99.99="
                + p9999() + ", max=" + max() + "]";
    }
}
