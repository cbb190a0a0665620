package dev.handoff.channel;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A thread has parked until there was a message, or for an event loop a task. */
@Name(ReceiveWaitEvent.NAME)
@Label("Receive Wait")
@Description("A thread that was parked until a message came, or, on an event loop, anything to do")
@Category("Handoff")
@Threshold("20 ms")
final class ReceiveWaitEvent extends Event {
    static final String NAME = "dev.handoff.ReceiveWait";

    @Label("Receiver")
    @Description("The port or the broadcast channel; none where an event loop waits")
    @Nullable String receiver;

    /** An event that has begun, or null where nobody records it: then nothing is allocated. */
    static @Nullable ReceiveWaitEvent begun() {
        ReceiveWaitEvent event = new ReceiveWaitEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    static void end(@Nullable ReceiveWaitEvent event, @Nullable Object receiver) {
        if (event != null && event.shouldCommit()) {
            event.receiver = receiver == null ? null : receiver.toString();
            event.commit();
        }
    }
}
