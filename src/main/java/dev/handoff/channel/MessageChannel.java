package dev.handoff.channel;

import dev.handoff.clone.Cloners;

/**
 * Two ports that are connected: what one posts, the other receives. Modelled on the web's {@code MessageChannel}.
 *
 * @param port1 posts {@code A} and receives {@code B}
 * @param port2 posts {@code B} and receives {@code A}
 * @param <A> the type of the messages from port 1 to port 2
 * @param <B> the type of the messages from port 2 to port 1
 */
public record MessageChannel<A, B>(MessagePort<A, B> port1, MessagePort<B, A> port2) {
    /**
     * Creates a channel with two open ports.
     *
     * @param <A> the type of the messages from port 1 to port 2
     * @param <B> the type of the messages from port 2 to port 1
     * @return the channel
     */
    public static <A, B> MessageChannel<A, B> create() {
        return create("port 1", "port 2");
    }

    /**
     * Creates a channel with two open ports that have names of their own in messages.
     *
     * @param name1 what port 1 is called
     * @param name2 what port 2 is called
     * @param <A> the type of the messages from port 1 to port 2
     * @param <B> the type of the messages from port 2 to port 1
     * @return the channel
     */
    public static <A, B> MessageChannel<A, B> create(String name1, String name2) {
        return create(name1, name2, Cloners.standard());
    }

    /**
     * Creates a channel with two open ports whose messages are cloned as the cloners say.
     *
     * @param name1 what port 1 is called
     * @param name2 what port 2 is called
     * @param cloners how messages are cloned, in both directions
     * @param <A> the type of the messages from port 1 to port 2
     * @param <B> the type of the messages from port 2 to port 1
     * @return the channel
     */
    public static <A, B> MessageChannel<A, B> create(String name1, String name2, Cloners cloners) {
        return create(ChannelOptions.defaults().names(name1, name2).cloners(cloners));
    }

    /**
     * Creates a channel with two open ports.
     *
     * @param options its names, bounds and so on
     * @param <A> the type of the messages from port 1 to port 2
     * @param <B> the type of the messages from port 2 to port 1
     * @return the channel
     */
    public static <A, B> MessageChannel<A, B> create(ChannelOptions options) {
        return MessagePort.channel(options);
    }
}
