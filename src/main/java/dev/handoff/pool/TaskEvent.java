package dev.handoff.pool;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A worker of a pool has done a task, on its own thread; the event lasts as long as that. */
@Name(TaskEvent.NAME)
@Label("Pool Task")
@Description("A worker of a pool has done a task")
@Category("Handoff")
@StackTrace(false)
final class TaskEvent extends Event {
    static final String NAME = "dev.handoff.PoolTask";

    @Label("Task") String task = "";

    @Label("Attempt") int attempt;

    @Label("Wait")
    @Description("How long it waited in the queue; 0 where that was not measured")
    @Timespan(Timespan.NANOSECONDS) long waited;

    /** An event that has begun, or null where nobody records it. */
    static @Nullable TaskEvent begun() {
        TaskEvent event = new TaskEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    void tell(Task<?> done, long waitedNanos) {
        end();
        if (shouldCommit()) {
            task = done.name();
            attempt = done.attempt();
            waited = Math.max(0, waitedNanos);
            commit();
        }
    }
}
