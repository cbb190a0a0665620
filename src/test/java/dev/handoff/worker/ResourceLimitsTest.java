package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.ChildJvm;
import dev.handoff.worker.ResourceLimits.Resource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ResourceLimitsTest {
    private static volatile Object sink = "";

    /** Runs a worker to its end, which its limits cause, beside one that goes on. */
    private static ResourceLimitException overrun(WorkerBody<Void, Void, Void> body, WorkerOptions<Void> options)
            throws Exception {
        Worker<Integer, Integer> sibling = Worker.start(scope -> scope.onMessage(scope::post), WorkerOptions.defaults()
                .limits(ResourceLimits.none().stack(1 << 20).offHeap(1 << 30).heap(1L << 40).heapPerSecond(1L << 40)
                        .cpuTime(Duration.ofDays(1))));
        Worker<Void, Void> worker = Worker.start(body, options.name("greedy"));
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        assertEquals(1, worker.exited().get());
        sibling.post(1);
        assertEquals(1, sibling.receive());
        sibling.shutdown();
        assertEquals(0, sibling.join());
        ResourceLimitException e = assertInstanceOf(ResourceLimitException.class, error.get());
        assertTrue(e.used() > e.limit(), e::getMessage);
        assertTrue(e.getMessage().startsWith("worker 'greedy' has used " + e.used()), e::getMessage);
        assertTrue(e.getMessage().endsWith("; its limit is " + e.limit()), e::getMessage);
        return e;
    }

    private static void spin(WorkerScope<Void, Void, Void> scope) {
        while (true) {
            scope.checkTerminated();
        }
    }

    private static void allocate(WorkerScope<Void, Void, Void> scope) {
        while (true) {
            sink = new byte[1 << 10];
            scope.checkTerminated();
        }
    }

    private static WorkerOptions<Void> limited(ResourceLimits limits) {
        return WorkerOptions.defaults().limits(limits);
    }

    @Test
    void offHeapBytesThatAreOwned() throws Exception {
        for (WorkerOptions<Void> options : List.of(WorkerOptions.defaults(), WorkerOptions.defaults().virtual())) {
            ResourceLimitException e = overrun(scope -> {
                try (OwnedBuffer _ = OwnedBuffer.allocate(1 << 20)) {
                    scope.receive();
                }
            }, options.limits(ResourceLimits.none().offHeap((1 << 20) - 1)));
            assertEquals(Resource.OFF_HEAP, e.resource());
            assertEquals(1 << 20, e.used());
        }
    }

    @Test
    void heapBytesAllocatedInAll() throws Exception {
        ResourceLimitException e = overrun(ResourceLimitsTest::allocate, limited(ResourceLimits.none().heap(1 << 20)));
        assertEquals(Resource.HEAP, e.resource());
        assertEquals(1 << 20, e.limit());
        assertTrue(e.getStackTrace().length > 0, "where the worker was");
    }

    @Test
    void heapBytesAllocatedWithinASecond() throws Exception {
        assertEquals(Resource.HEAP_RATE,
                overrun(ResourceLimitsTest::allocate, limited(ResourceLimits.none().heapPerSecond(1 << 20)))
                        .resource());
    }

    @Test
    void processorTime() throws Exception {
        ResourceLimitException e = overrun(ResourceLimitsTest::spin,
                limited(ResourceLimits.none().cpuTime(Duration.ofMillis(20))));
        assertEquals(Resource.CPU_TIME, e.resource());
        assertEquals(20_000_000, e.limit());
    }

    private static int depth(int n) {
        try {
            return depth(n + 1);
        } catch (StackOverflowError e) {
            return n;
        }
    }

    private static int depth(long stackBytes) throws InterruptedException {
        Worker<Void, Integer> worker = Worker.start(scope -> scope.post(depth(0)),
                limited(ResourceLimits.none().stack(stackBytes)));
        return worker.receive();
    }

    @Test
    void theStack() throws Exception {
        depth(1 << 20); // compiled by now, if it ever is
        int small = depth(1 << 20);
        int large = depth(64 << 20);
        assertTrue(large > 4 * small, () -> small + " and " + large);
        Worker<Void, Void> worker = Worker.start(_ -> overflow(0), limited(ResourceLimits.none().stack(1 << 20)));
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        worker.onError(error::complete);
        assertEquals(1, worker.exited().get(), "endless recursion ends the worker only");
        assertInstanceOf(StackOverflowError.class, error.get());
    }

    @SuppressWarnings("InfiniteRecursion")
    private static int overflow(int n) {
        return overflow(n + 1) + 1;
    }

    /** Run without the module that measures. */
    static final class WithoutManagement {
        private WithoutManagement() {
        }

        public static void main(String[] args) throws Exception {
            try {
                ResourceLimits.none().cpuTime(Duration.ofSeconds(1));
            } catch (UnsupportedOperationException e) {
                System.out.println(e.getMessage());
            }
            Worker<Void, Void> worker = Worker.start(WorkerScope::receive,
                    limited(ResourceLimits.none().stack(1 << 20).offHeap(1 << 20)));
            WorkerStatistics statistics = worker.statistics();
            System.out.println(statistics.cpuTime() + " " + statistics.allocatedBytes());
            worker.close();
        }
    }

    @Test
    void withoutTheModuleThatMeasuresThreadsSuchALimitIsRefusedAndTheRestGoesOn() {
        var run = ChildJvm.run(WithoutManagement.class, "--limit-modules=dev.handoff,jdk.jfr");
        assertEquals(List.of("a limit of CPU_TIME needs the module jdk.management, which this JVM runs without: add it "
                + "with --add-modules jdk.management", "Optional.empty OptionalLong.empty"), run.out().lines().toList(),
                run.err());
    }
}
