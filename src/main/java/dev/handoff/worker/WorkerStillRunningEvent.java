package dev.handoff.worker;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The code of a worker ignores its termination. */
@Name(WorkerStillRunningEvent.NAME)
@Label("Worker Still Running")
@Description("The grace period after a worker's termination is over, and its code still runs")
@Category("Handoff")
@StackTrace(false)
final class WorkerStillRunningEvent extends Event {
    static final String NAME = "dev.handoff.WorkerStillRunning";

    @Label("Worker Id") long workerId;

    @Label("Worker Name") String workerName = "";

    @Label("Stack")
    @Description("Where its thread is, a line for each frame") String stack = "";
}
