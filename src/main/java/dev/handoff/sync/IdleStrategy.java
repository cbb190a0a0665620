package dev.handoff.sync;

import java.util.function.BooleanSupplier;

/**
 * What a thread does while it waits and before it parks. Waking a parked thread costs 25-60 us on a virtual machine, where
 * it crosses cores; finding it spinning costs 0.1 us, and a core for as long as it takes.
 *
 * <table>
 * <caption>The strategies of the library</caption>
 * <tr><th>strategy</th><th>while it waits</th><th>for</th></tr>
 * <tr><td>{@link #busySpin}</td><td>spins; never parks</td><td>a thread with a core of its own</td></tr>
 * <tr><td>{@link #yielding}</td><td>gives its core to others again and again; never parks</td><td>more threads than
 * cores, answers within microseconds</td></tr>
 * <tr><td>{@link #parking}</td><td>parks at once</td><td>answers that take milliseconds</td></tr>
 * <tr><td>{@link #adaptive}</td><td>spins for as long as has lately been worth it, then parks</td><td>the default</td></tr>
 * </table>
 *
 * <p>
 * A virtual thread that spun would keep its carrier from the thread that it waits for. So there {@code busySpin} yields
 * as {@code yielding} does, and {@code adaptive} parks at once, which is cheap.
 *
 * <p>
 * Users may write their own, and one instance may serve any number of threads at once, so it has to be thread-safe. The
 * strategies of the library are; they return as soon as the condition holds and allocate nothing.
 */
@FunctionalInterface
public interface IdleStrategy {
    /**
     * Waits as this strategy likes, as long as a condition does not hold. The condition is asked at least once, first of
     * all.
     *
     * @param done the condition: cheap, asked again and again by the calling thread; what it reads it reads with acquire
     *     or volatile semantics, if what came before shall be seen
     * @param maxNanos how long the caller can wait at most; at or below zero the condition is asked once;
     *     {@link Long#MAX_VALUE} is for ever
     * @return true once the condition holds; false where the thread should park now, and where the time is up or the
     *     thread was interrupted, whose flag stays set: the caller finds out which
     */
    boolean idle(BooleanSupplier done, long maxNanos);

    /**
     * Spins until the end, on a core of its own: the lowest latency there is. It does not park before the time is up or the
     * thread is interrupted.
     *
     * @return the strategy, which has no state
     */
    static IdleStrategy busySpin() {
        return FixedIdleStrategy.BUSY_SPIN;
    }

    /**
     * Yields until the end: other threads of the same core run in between. It does not park before the time is up or the
     * thread is interrupted.
     *
     * @return the strategy, which has no state
     */
    static IdleStrategy yielding() {
        return FixedIdleStrategy.YIELDING;
    }

    /**
     * Asks once, then lets the thread park.
     *
     * @return the strategy, which has no state
     */
    static IdleStrategy parking() {
        return FixedIdleStrategy.PARKING;
    }

    /**
     * Spins for as long as recent waits have shown to be worth it, 150 us at most; then lets the thread park. Where nothing
     * ever comes that soon it burns next to nothing: it spins in one of 32 waits, to see whether that is still so. With
     * one processor it never spins.
     *
     * @return a new strategy, which learns from the waits that it is used for: those of threads that wait for the same
     *     kind of thing should share one
     */
    static IdleStrategy adaptive() {
        return new AdaptiveIdleStrategy();
    }
}
