package dev.handoff.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** One class that drops buffers, with its count since the JVM began. */
@Name(BufferDroppedEvent.NAME)
@Label("Buffers Dropped")
@Description("Owned buffers that were dropped without close and reclaimed by the garbage collector")
@Category("Handoff")
@Period("endChunk")
@StackTrace(false)
final class BufferDroppedEvent extends Event {
    static final String NAME = "dev.handoff.BuffersDropped";

    @Label("Allocation Site")
    @Description("The class that allocated them")
    @Nullable String allocationSite;

    @Label("Buffers") long buffers;

    @Label("Bytes")
    @DataAmount long bytes;
}
