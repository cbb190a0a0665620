package dev.handoff.channel;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/**
 * A message that took its time to be posted: it was copied, or it waited for room. To find out costs each message that is
 * copied or moved two looks at the clock, so a recording has to ask for it.
 */
@Name(MessagePostedEvent.NAME)
@Label("Message Posted")
@Description("A message that was posted; it took as long to be copied and to find room")
@Category("Handoff")
@Enabled(false)
@Threshold("1 ms")
final class MessagePostedEvent extends Event {
    static final String NAME = "dev.handoff.MessagePosted";

    @Label("Receiver")
    @Nullable String receiver;

    @Label("Queue Length")
    @Description("How many messages wait for the receiver now") long queueLength;

    /** An event that has begun, or null where nobody records it: then nothing is allocated. */
    static @Nullable MessagePostedEvent begun() {
        MessagePostedEvent event = new MessagePostedEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    static void end(@Nullable MessagePostedEvent event, Inbox<?> receiver) {
        if (event != null && event.shouldCommit()) {
            event.receiver = receiver.name;
            event.queueLength = receiver.size();
            event.commit();
        }
    }
}
