package dev.handoff.memory;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Buffers that were dropped without {@code close} and reclaimed by the collector, by the class that had allocated them.
 * Each class is reported once: by a line of the {@link System.Logger} named {@value #LOGGER} when the first of its buffers
 * is found, and with its count by one {@link BufferDroppedEvent} for each chunk of a JFR recording.
 *
 * <p>
 * To look for the class takes about a microsecond, so it is done for the first lease of every block that is new, or that
 * the collector has just brought back, and for each {@value #SAMPLED}th lease after that: who drops buffers time and again
 * needs new ones time and again. With {@code -Ddev.handoff.trace=allocation} it is done for all.
 */
final class DroppedBuffers {
    static final String LOGGER = "dev.handoff.memory";
    static final String UNKNOWN = "unknown, run with -Ddev.handoff.trace=allocation";
    static final int SAMPLED = 1024;

    private static final int MASK = System.getProperty("dev.handoff.trace", "").contains("allocation")
            ? 0
            : SAMPLED - 1;
    private static final StackWalker WALKER = StackWalker.getInstance();
    private static final Map<String, Count> BY_SITE = new ConcurrentHashMap<>();
    private static final AtomicBoolean EMITTING = new AtomicBoolean();
    private static final LongAdder REPORTS = new LongAdder();
    private static final LongAdder BLOCKS = new LongAdder();
    private static final LongAdder BYTES = new LongAdder();

    private record Count(LongAdder blocks, LongAdder bytes) {
        Count() {
            this(new LongAdder(), new LongAdder());
        }
    }

    private DroppedBuffers() {
    }

    /** Whether to look for the allocating class, by how many leases the block has had before. */
    static boolean isTraced(int leases) {
        return (leases & MASK) == 0;
    }

    /** The class whose method called {@code OwnedBuffer.allocate} or one of its kind. */
    static @Nullable String site() {
        return WALKER.walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                .filter(DroppedBuffers::isCaller).findFirst().orElse(null));
    }

    private static boolean isCaller(String name) {
        return !name.equals(DroppedBuffers.class.getName()) && !name.equals(Block.class.getName())
                && !name.equals(Allocator.class.getName()) && !name.equals(OwnedBuffer.class.getName());
    }

    static long blocks() {
        return BLOCKS.sum();
    }

    static long bytes() {
        return BYTES.sum();
    }

    /** How many reports have been made. */
    static long reports() {
        return REPORTS.sum();
    }

    /**
     * Counts a block that the collector has found. Only the one thread of the cleaner calls this.
     *
     * @return whether it is the first of its class
     */
    static boolean count(@Nullable String site, long bytes) {
        boolean first = !BY_SITE.containsKey(key(site));
        Count count = BY_SITE.computeIfAbsent(key(site), k -> new Count());
        count.blocks.increment();
        count.bytes.add(bytes);
        BLOCKS.increment();
        BYTES.add(bytes);
        return first;
    }

    /** Reports the first block of a class, on a thread of its own: a logger may take its time, and memory is waited for. */
    static void report(@Nullable String site, long bytes) {
        Thread.ofVirtual().name("handoff-report").inheritInheritableThreadLocals(false)
                .start(() -> reportNow(site, bytes));
    }

    private static void reportNow(@Nullable String site, long bytes) {
        if (EMITTING.compareAndSet(false, true)) {
            FlightRecorder.addPeriodicEvent(BufferDroppedEvent.class, DroppedBuffers::emit);
        }
        System.getLogger(LOGGER).log(Level.WARNING, "A buffer of " + bytes
                + " bytes was dropped without close and reclaimed by the garbage collector; allocated by: " + key(site)
                + ". More of this class are only counted, see the JFR event " + BufferDroppedEvent.NAME + ".");
        REPORTS.increment();
    }

    private static String key(@Nullable String site) {
        return site == null ? UNKNOWN : site;
    }

    private static void emit() {
        BY_SITE.forEach((site, count) -> {
            BufferDroppedEvent event = new BufferDroppedEvent();
            event.allocationSite = site;
            event.buffers = count.blocks.sum();
            event.bytes = count.bytes.sum();
            event.commit();
        });
    }
}
