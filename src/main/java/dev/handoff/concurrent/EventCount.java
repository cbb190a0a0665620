package dev.handoff.concurrent;

import dev.handoff.memory.Int32View;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * A 32-bit word that counts events, to wait for the next one (Reed and Kanodia, "Synchronization with Eventcounts and
 * Sequencers", 1979): how everything here blocks.
 *
 * <p>
 * A waiter reads the count, then looks whether what it waits for is there, then sleeps unless the count has moved. Whoever
 * makes it be there does so first and signals then. So no event is lost between the look and the sleep; that the count
 * comes round to the same value in between (2^32 events) is taken for impossible. As the word changes with each signal, and
 * a woken waiter looks again, it works on mapped memory, whose wakes are neither exact nor in order.
 *
 * <p>
 * On mapped memory a process may die after it has made something be there and before it signals. So waiters look again
 * there every 50 ms, signal or not.
 */
final class EventCount {
    private static final long MAPPED_SLEEP_NANOS = 50_000_000;

    private final Int32View count;
    private final long longestSleep;
    private final IdleStrategy idle;

    EventCount(SharedBuffer buffer, long byteOffset) {
        this(Int32View.of(buffer, byteOffset, 1), buffer.isMapped() ? MAPPED_SLEEP_NANOS : Long.MAX_VALUE,
                IdleStrategy.adaptive());
    }

    private EventCount(Int32View count, long longestSleep, IdleStrategy idle) {
        this.count = count;
        this.longestSleep = longestSleep;
        this.idle = Objects.requireNonNull(idle);
    }

    EventCount withIdle(IdleStrategy strategy) {
        return new EventCount(count, longestSleep, strategy);
    }

    /** What is left of a time that began at a {@link System#nanoTime}; {@link Long#MAX_VALUE} is for ever. */
    static long left(long timeoutNanos, long begun) {
        return timeoutNanos == Long.MAX_VALUE
                ? timeoutNanos
                : Math.max(timeoutNanos, 0) - (System.nanoTime() - begun); // the least long would wrap around
    }

    /**
     * Waits until an attempt succeeds, asleep in between: the caller has idled before.
     *
     * @param attempt to get what the caller waits for, or to see that it is there; made again after each event
     * @param timeoutNanos how long at most; {@link Long#MAX_VALUE} is for ever
     * @return whether an attempt succeeded; if not, the time is up
     * @throws InterruptedException if the thread was interrupted before that
     */
    boolean await(BooleanSupplier attempt, long timeoutNanos) throws InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            int seen = count.get(0); // volatile: before the attempt; pairs with the addition in signal()
            if (attempt.getAsBoolean()) {
                return true;
            }
            long left = left(timeoutNanos, begun);
            if (left <= 0) {
                return false;
            }
            count.await(0, seen, Math.min(left, longestSleep), IdleStrategy.parking());
        }
    }

    /** Waits as the idle strategy likes until an attempt succeeds; returns whether one did. */
    boolean idle(BooleanSupplier attempt, long timeoutNanos) {
        return idle.idle(attempt, timeoutNanos);
    }

    /** Makes some waiters look again, those that came first where the memory knows. */
    void signal(int waiters) {
        count.getAndAdd(0, 1); // volatile: after what the event is; a waiter that does not see it has yet to look
        count.wake(0, waiters);
    }
}
