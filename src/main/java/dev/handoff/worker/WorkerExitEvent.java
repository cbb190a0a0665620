package dev.handoff.worker;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A worker has ended, on its own thread; the event lasts as long as the worker ran. */
@Name(WorkerExitEvent.NAME)
@Label("Worker Exit")
@Description("A worker has ended; the duration is that of its life")
@Category("Handoff")
@StackTrace(false)
final class WorkerExitEvent extends Event {
    static final String NAME = "dev.handoff.WorkerExit";

    @Label("Worker Id") long workerId;

    @Label("Worker Name") String workerName = "";

    @Label("Exit Code") int exitCode;

    @Label("Error")
    @Description("What ended it, if that was an error")
    @Nullable String error;

    @Label("Owned Bytes")
    @Description("Of the buffers that it owned at its end, and that anybody who has a handle can claim")
    @DataAmount long ownedBytes;

    @Label("Active Time")
    @Description("How long its event loop was active")
    @Timespan(Timespan.NANOSECONDS) long activeTime;

    /** An event that has begun, or null where nobody records it. */
    static @Nullable WorkerExitEvent begun() {
        WorkerExitEvent event = new WorkerExitEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }
}
