package dev.handoff.worker;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What platform threads have used, where the JVM has the module {@code jdk.management}, which measures it. */
final class ThreadUsage {
    /** Told for what is not known. */
    static final long UNKNOWN = -1;

    private static final String MODULE = "jdk.management";
    private static final boolean AVAILABLE = ModuleLayer.boot().findModule(MODULE).isPresent();
    /** To load the bean costs tens of milliseconds: nobody pays for what nobody asks for. */
    private static volatile boolean asked;

    private ThreadUsage() {
    }

    /** Loaded where the module is there. */
    private static final class Bean {
        static final ThreadMXBean BEAN = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        private Bean() {
        }
    }

    static boolean isAvailable() {
        return AVAILABLE;
    }

    /** Whether anything has been asked so far. */
    static boolean wasAsked() {
        return asked;
    }

    /** Throws where the resource of threads is not measured. */
    static void require(ResourceLimits.Resource resource) {
        if (!AVAILABLE) {
            throw new UnsupportedOperationException("a limit of " + resource + " needs the module " + MODULE
                    + ", which this JVM runs without: add it with --add-modules " + MODULE);
        }
        asked = true;
        boolean measured = resource == ResourceLimits.Resource.CPU_TIME
                ? Bean.BEAN.isThreadCpuTimeSupported() && Bean.BEAN.isThreadCpuTimeEnabled()
                : Bean.BEAN.isThreadAllocatedMemorySupported() && Bean.BEAN.isThreadAllocatedMemoryEnabled();
        if (!measured) {
            throw new UnsupportedOperationException("a limit of " + resource + " needs a JVM that measures it");
        }
    }

    /** The processor time of a thread in nanoseconds, or unknown, as for one that is virtual or has ended. */
    static long cpuNanos(Thread thread) {
        asked = true;
        return AVAILABLE && Bean.BEAN.isThreadCpuTimeSupported() && Bean.BEAN.isThreadCpuTimeEnabled()
                ? Bean.BEAN.getThreadCpuTime(thread.threadId())
                : UNKNOWN;
    }

    /** The bytes that a thread has allocated on the heap, or unknown, as for one that is virtual or has ended. */
    static long allocatedBytes(Thread thread) {
        asked = true;
        return AVAILABLE && Bean.BEAN.isThreadAllocatedMemorySupported() && Bean.BEAN.isThreadAllocatedMemoryEnabled()
                ? Bean.BEAN.getThreadAllocatedBytes(thread.threadId())
                : UNKNOWN;
    }
}
