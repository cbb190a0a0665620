package dev.handoff.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.kernel.NativeKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicInteger;

/** A native call that uses a segment and calls back: {@code qsort} of the C library, with a comparator in Java. */
public final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final FunctionDescriptor COMPARATOR = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);

    private NativeCall() {
    }

    /** Made when it is needed, as not every JVM allows it. */
    private static final class Qsort {
        static final MethodHandle HANDLE = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("qsort"),
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
    }

    /**
     * Runs the body while a native call holds the segment, which must have at least 8 bytes; the bytes stay. Where the
     * JVM denies native calls, the test is skipped.
     */
    public static void using(MemorySegment segment, Runnable body) {
        assumeTrue(NativeKernel.status().nativeAccess(), "native access is denied, so nothing can call qsort");
        Body target = new Body(body);
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle compare = MethodHandles.lookup().findVirtual(Body.class, "compare",
                    MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class)).bindTo(target);
            Qsort.HANDLE.invokeExact(segment, 2L, 4L, LINKER.upcallStub(compare, COMPARATOR, arena));
        } catch (Throwable e) {
            throw new AssertionError("qsort", e);
        }
        if (target.calls.get() == 0) {
            throw new AssertionError("qsort compared nothing");
        }
        switch (target.thrown) {
            case null -> {
            }
            case Error e -> throw e;
            case RuntimeException e -> throw e;
            default -> throw new AssertionError(target.thrown);
        }
    }

    /** The comparator: all elements are equal, and nothing may be thrown into C. */
    private static final class Body {
        private final Runnable body;
        private final AtomicInteger calls = new AtomicInteger();
        private Throwable thrown;

        Body(Runnable body) {
            this.body = body;
        }

        @SuppressWarnings("unused") // by name
        int compare(MemorySegment a, MemorySegment b) {
            if (calls.getAndIncrement() == 0) {
                try {
                    body.run();
                } catch (Throwable e) {
                    thrown = e;
                }
            }
            return 0;
        }
    }
}
