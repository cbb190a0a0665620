package dev.handoff.channel;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/**
 * A message that kept its handlers busy; when it was posted is not known, as a stamp would cost every message. To find out
 * costs each message that is handled two looks at the clock, so a recording has to ask for it.
 */
@Name(MessageDeliveredEvent.NAME)
@Label("Message Delivered")
@Description("A message that was given to handlers; it took as long to be handled")
@Category("Handoff")
@Enabled(false)
@StackTrace(false)
@Threshold("10 ms")
final class MessageDeliveredEvent extends Event {
    static final String NAME = "dev.handoff.MessageDelivered";

    @Label("Receiver")
    @Nullable String receiver;

    @Label("Message Class")
    @Nullable Class<?> messageClass;

    @Label("Queue Length")
    @Description("How many messages wait for the receiver now") long queueLength;

    /** An event that has begun, or null where nobody records it: then nothing is allocated. */
    static @Nullable MessageDeliveredEvent begun() {
        MessageDeliveredEvent event = new MessageDeliveredEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    static void end(@Nullable MessageDeliveredEvent event, Inbox<?> receiver, Object message) {
        if (event != null && event.shouldCommit()) {
            event.receiver = receiver.name;
            event.messageClass = message.getClass();
            event.queueLength = receiver.size();
            event.commit();
        }
    }
}
