package dev.handoff.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;
import org.jspecify.annotations.Nullable;

/**
 * A buffer has moved. There may be millions in a second: a recording has to ask for them, and has a sample then unless it asks
 * for all. To choose costs each transfer some 35 ns.
 */
@Name(TransferEvent.NAME)
@Label("Buffer Transfer")
@Description("A buffer was given up by its owner, for whoever claims it next")
@Category("Handoff")
@Enabled(false)
@Throttle("100/s")
final class TransferEvent extends Event {
    static final String NAME = "dev.handoff.Transfer";

    @Label("Bytes")
    @DataAmount long bytes;

    @Label("Receiver")
    @Description("Whom it was sent to; none where its new handle was taken by OwnedBuffer.transfer")
    @Nullable String receiver;

    /** Where nobody records it nothing is allocated. Never throws: the buffer has moved. */
    static void emit(long bytes, @Nullable String receiver) {
        try {
            TransferEvent event = new TransferEvent();
            if (event.isEnabled()) {
                event.bytes = bytes;
                event.receiver = receiver;
                event.commit();
            }
        } catch (OutOfMemoryError e) {
            // a move needs no heap at its end, and so nobody hears of this one
        }
    }
}
