package dev.handoff.channel;

/** What {@link MessagePort#post} does where a channel has a bound and there is no room. */
public enum Overflow {
    /** It waits until there is room, or the channel is closed, or the thread is interrupted. */
    WAIT,
    /** It throws {@link PortFullException}; nothing was sent or taken. */
    FAIL,
    /**
     * It drops the message that has waited for longest, and what that carried is freed. It does so before it sends its own:
     * if the channel is closed just then, {@link PortClosedException} is thrown though a message was dropped, which
     * {@link PortStatistics#dropped} counts.
     */
    DROP_OLDEST
}
