package dev.handoff.worker;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A request for a named lock that had to wait. */
@Name(LockWaitEvent.NAME)
@Label("Named Lock Wait")
@Description("A request for a named lock that was not granted at once")
@Category("Handoff")
final class LockWaitEvent extends Event {
    static final String NAME = "dev.handoff.LockWait";

    @Label("Lock")
    @Nullable String lock;

    @Label("Mode")
    @Nullable String mode;

    @Label("Client")
    @Description("The thread that made the request")
    @Nullable Thread client;

    @Label("Granted")
    @Description("False if the time was up, the thread was interrupted, or the request was cancelled") boolean granted;

    static LockWaitEvent begun() {
        LockWaitEvent event = new LockWaitEvent();
        event.begin();
        return event;
    }

    void end(HeldLock request, boolean wasGranted) {
        if (shouldCommit()) {
            lock = request.name();
            mode = request.mode().name();
            client = request.client();
            granted = wasGranted;
            commit();
        }
    }
}
