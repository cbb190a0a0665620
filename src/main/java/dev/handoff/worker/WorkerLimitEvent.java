package dev.handoff.worker;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A worker has used too much of something and is being ended. */
@Name(WorkerLimitEvent.NAME)
@Label("Worker Limit")
@Description("A worker has used more than its limits allow")
@Category("Handoff")
@StackTrace(false)
final class WorkerLimitEvent extends Event {
    static final String NAME = "dev.handoff.WorkerLimit";

    @Label("Worker Id") long workerId;

    @Label("Worker Name") String workerName = "";

    @Label("Resource") String resource = "";

    @Label("Used")
    @Description("Bytes, or nanoseconds of CPU time") long used;

    @Label("Limit")
    @Description("Bytes, or nanoseconds of CPU time") long limit;
}
