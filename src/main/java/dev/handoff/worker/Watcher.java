package dev.handoff.worker;

import dev.handoff.memory.MemoryStatistics;
import dev.handoff.worker.ResourceLimits.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Looks at limited workers again and again, on a platform thread that is there as long as there are any. */
final class Watcher {
    static final int MILLIS = 10;

    private static final List<Watch> WATCHES = new ArrayList<>();
    private static boolean running;

    private Watcher() {
    }

    /** Begins to watch a worker that has limits of that kind. */
    static synchronized void add(Watch watch) {
        if (!running) {
            Thread.ofPlatform().name("handoff-watcher").daemon().inheritInheritableThreadLocals(false)
                    .start(Watcher::watch);
            running = true;
        }
        WATCHES.add(watch);
    }

    static synchronized void remove(Watch watch) {
        WATCHES.remove(watch);
    }

    private static synchronized List<Watch> watches() {
        running = !WATCHES.isEmpty();
        return List.copyOf(WATCHES);
    }

    private static void watch() {
        List<Watch> all = watches();
        while (!all.isEmpty()) {
            Map<Thread, Long> owned = all.stream().anyMatch(w -> w.limits.containsKey(Resource.OFF_HEAP))
                    ? MemoryStatistics.bytesOwned()
                    : Map.of();
            long now = System.nanoTime();
            for (Watch watch : all) {
                ResourceLimitException overrun = watch.look(owned, now);
                if (overrun != null) {
                    remove(watch);
                    watch.worker.overrun(overrun);
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(MILLIS));
            all = watches();
        }
    }

    /** One worker, as its watcher sees it. */
    static final class Watch {
        private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

        private final Worker<?, ?> worker;
        private final Thread thread;
        private final Map<Resource, Long> limits;
        private long secondBegan = System.nanoTime();
        private long allocatedBefore;

        Watch(Worker<?, ?> worker, Thread thread, ResourceLimits limits) {
            this.worker = worker;
            this.thread = thread;
            this.limits = limits.watched();
        }

        private @Nullable ResourceLimitException look(Map<Thread, Long> owned, long now) {
            for (Map.Entry<Resource, Long> limit : limits.entrySet()) {
                long used = switch (limit.getKey()) {
                    case OFF_HEAP -> owned.getOrDefault(thread, 0L);
                    case HEAP -> ThreadUsage.allocatedBytes(thread);
                    case HEAP_RATE -> allocatedInThisSecond(now);
                    case CPU_TIME -> ThreadUsage.cpuNanos(thread);
                };
                if (used > limit.getValue()) {
                    return new ResourceLimitException(worker.toString(), limit.getKey(), used, limit.getValue(),
                            thread.getStackTrace());
                }
            }
            return null;
        }

        private long allocatedInThisSecond(long now) {
            long allocated = ThreadUsage.allocatedBytes(thread);
            long inSecond = allocated - allocatedBefore;
            if (now - secondBegan >= SECOND) {
                secondBegan = now;
                allocatedBefore = allocated;
            }
            return inSecond;
        }
    }
}
