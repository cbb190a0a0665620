package dev.handoff.pool;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A pool has lost a worker. */
@Name(WorkerLostEvent.NAME)
@Label("Pool Worker Lost")
@Description("A worker of a pool ended, or was given up, without being asked to")
@Category("Handoff")
@StackTrace(false)
final class WorkerLostEvent extends Event {
    static final String NAME = "dev.handoff.PoolWorkerLost";

    @Label("Worker") String worker = "";

    @Label("Reason") String reason = "";
}
