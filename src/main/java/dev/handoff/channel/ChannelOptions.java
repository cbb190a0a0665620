package dev.handoff.channel;

import dev.handoff.clone.Cloners;
import dev.handoff.sync.IdleStrategy;
import java.util.Objects;
import java.util.function.Supplier;

/** How a channel is made. Immutable; each method returns a changed copy. */
public final class ChannelOptions {
    private static final ChannelOptions DEFAULTS = new ChannelOptions("port 1", "port 2", Mailbox.UNBOUNDED,
            Overflow.WAIT, IdleStrategy::adaptive, Cloners.standard());

    private final String name1;
    private final String name2;
    private final int capacity;
    private final Overflow overflow;
    private final Supplier<IdleStrategy> idleStrategy;
    private final Cloners cloners;

    private ChannelOptions(String name1, String name2, int capacity, Overflow overflow,
            Supplier<IdleStrategy> idleStrategy, Cloners cloners) {
        this.name1 = name1;
        this.name2 = name2;
        this.capacity = capacity;
        this.overflow = overflow;
        this.idleStrategy = idleStrategy;
        this.cloners = cloners;
    }

    /**
     * The options to start from: no bound, receivers that wait with an {@linkplain IdleStrategy#adaptive adaptive}
     * strategy each, the standard cloners.
     *
     * @return the options
     */
    public static ChannelOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Names the ports, for messages.
     *
     * @param name1 what port 1 is called
     * @param name2 what port 2 is called
     * @return the changed options
     */
    public ChannelOptions names(String name1, String name2) {
        return new ChannelOptions(Objects.requireNonNull(name1, "name1"), Objects.requireNonNull(name2, "name2"),
                capacity, overflow, idleStrategy, cloners);
    }

    /**
     * Bounds both directions: a slow receiver never makes a fast sender run out of memory.
     *
     * @param capacity how many messages may wait in each direction, 1 or more
     * @return the changed options
     * @throws IllegalArgumentException if the capacity is not positive
     */
    public ChannelOptions capacity(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity=" + capacity + " must be 1 or more");
        }
        return new ChannelOptions(name1, name2, capacity, overflow, idleStrategy, cloners);
    }

    /**
     * Says what {@link MessagePort#post} does where there is no room: it waits, unless told otherwise here.
     *
     * @param overflow what to do
     * @return the changed options
     */
    public ChannelOptions overflow(Overflow overflow) {
        return new ChannelOptions(name1, name2, capacity, Objects.requireNonNull(overflow, "overflow"), idleStrategy,
                cloners);
    }

    /**
     * Says how the receiver of each direction waits.
     *
     * @param idleStrategy gives each direction its own, as a strategy may learn
     * @return the changed options
     */
    public ChannelOptions idleStrategy(Supplier<IdleStrategy> idleStrategy) {
        return new ChannelOptions(name1, name2, capacity, overflow,
                Objects.requireNonNull(idleStrategy, "idleStrategy"), cloners);
    }

    /**
     * Says how messages are cloned, in both directions.
     *
     * @param cloners how
     * @return the changed options
     */
    public ChannelOptions cloners(Cloners cloners) {
        return new ChannelOptions(name1, name2, capacity, overflow, idleStrategy,
                Objects.requireNonNull(cloners, "cloners"));
    }

    String name1() {
        return name1;
    }

    String name2() {
        return name2;
    }

    int capacity() {
        return capacity;
    }

    Overflow overflow() {
        return overflow;
    }

    /** A new one for each direction. */
    IdleStrategy newIdleStrategy() {
        return Objects.requireNonNull(idleStrategy.get(), "the supplier of idle strategies gave null");
    }

    Cloners cloners() {
        return cloners;
    }
}
