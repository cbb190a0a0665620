package dev.handoff.worker;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A worker was started; the event's thread is the one that did it. */
@Name(WorkerStartEvent.NAME)
@Label("Worker Start")
@Description("A worker was started")
@Category("Handoff")
final class WorkerStartEvent extends Event {
    static final String NAME = "dev.handoff.WorkerStart";

    @Label("Worker Id") long workerId;

    @Label("Worker Name") String workerName = "";

    @Label("Parent Id")
    @Description("The number of the worker that started it, or 0") long parentId;

    @Label("Virtual")
    @Description("Whether it runs on a virtual thread") boolean virtual;
}
