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
 */
final class EventCount {
    private final Int32View count;
    private final IdleStrategy idle;

    EventCount(SharedBuffer buffer, long byteOffset) {
        this(Int32View.of(buffer, byteOffset, 1), IdleStrategy.adaptive());
    }

    private EventCount(Int32View count, IdleStrategy idle) {
        this.count = count;
        this.idle = Objects.requireNonNull(idle);
    }

    EventCount withIdle(IdleStrategy strategy) {
        return new EventCount(count, strategy);
    }

    /**
     * Waits until an attempt succeeds.
     *
     * @param attempt to get what the caller waits for, or to see that it is there; made again after each event
     * @param timeoutNanos how long at most; {@link Long#MAX_VALUE} is for ever
     * @return whether an attempt succeeded; if not, the time is up
     * @throws InterruptedException if the thread was interrupted before that
     */
    boolean await(BooleanSupplier attempt, long timeoutNanos) throws InterruptedException {
        boolean forever = timeoutNanos == Long.MAX_VALUE;
        long deadline = forever ? 0 : System.nanoTime() + Math.max(timeoutNanos, 0); // the least long would wrap around
        while (true) {
            int seen = count.get(0); // volatile: before the attempt; pairs with the addition in signal()
            if (attempt.getAsBoolean()) {
                return true;
            }
            long left = forever ? Long.MAX_VALUE : deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            count.await(0, seen, left);
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
