package dev.handoff.worker;

import dev.handoff.channel.PortStatistics;
import dev.handoff.channel.Utilisation;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a worker has done and used so far, as one reading from outside found it.
 *
 * <p>
 * CPU time and allocated bytes are known of workers on platform threads, in JVMs with the module {@code jdk.management}. To
 * measure them is prepared when statistics are read for the first time; of workers that ended before they are unknown.
 *
 * @param utilisation how the worker's event loop spent its time
 * @param cpuTime for how long the worker's thread has had a processor, if that is known
 * @param allocatedBytes the bytes of all objects that the thread has allocated on the heap, if they are known
 * @param messages what went through the parent's end of the channel: sent to the worker, received from it, waiting to be
 *     taken by it, and the bytes that were transferred and cloned; empty if that end was moved away
 * @param ownedBytes the bytes of the {@link dev.handoff.memory.OwnedBuffer}s that the thread owns; 0 after its end
 */
public record WorkerStatistics(Utilisation utilisation, Optional<Duration> cpuTime, OptionalLong allocatedBytes,
        Optional<PortStatistics> messages, long ownedBytes) {
}
