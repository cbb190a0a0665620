package dev.handoff.channel;

import java.time.Duration;

/**
 * How an event loop has spent its time since it began to run. Time in which its thread was ready to run and got no core
 * counts as the part in which it began.
 *
 * @param active how long it ran handlers and other tasks
 * @param idle how long it waited for something to do, spinning or parked
 */
public record Utilisation(Duration active, Duration idle) {
    /**
     * The part of the time in which the loop was active.
     *
     * @return from 0 to 1; 0 where no time has passed
     */
    public double ratio() {
        double total = seconds(active.plus(idle));
        return total == 0 ? 0 : seconds(active) / total;
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }

    /**
     * What has come to it since an earlier reading.
     *
     * @param earlier a reading of the same loop
     * @return the difference
     */
    public Utilisation since(Utilisation earlier) {
        return new Utilisation(active.minus(earlier.active), idle.minus(earlier.idle));
    }
}
