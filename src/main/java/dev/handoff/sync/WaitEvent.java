package dev.handoff.sync;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A thread that slept until a word in memory changed or it was woken. */
@Name(WaitEvent.NAME)
@Label("Wait")
@Description("A thread that slept on a word of shared memory, after it had spun in vain")
@Category("Handoff")
@Threshold("20 ms")
final class WaitEvent extends Event {
    static final String NAME = "dev.handoff.Wait";

    @Label("Address")
    @Description("Of the word; relative to the array that it lies in, where it lies on the heap")
    @MemoryAddress long address;

    @Label("Result")
    @Description("How the wait ended; none where it was interrupted")
    @Nullable String result;

    /** An event that has begun, or null where nobody records it: then nothing is allocated. */
    static @Nullable WaitEvent begun() {
        WaitEvent event = new WaitEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    static void end(@Nullable WaitEvent event, long address, @Nullable WaitResult result) {
        if (event != null && event.shouldCommit()) {
            event.address = address;
            event.result = result == null ? null : result.name();
            event.commit();
        }
    }
}
