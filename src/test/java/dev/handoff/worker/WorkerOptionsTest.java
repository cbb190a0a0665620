package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.sync.IdleStrategy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerOptionsTest {
    private static Thread threadOf(WorkerOptions<Void> options) throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        assertEquals(0, Worker.<Void, Void, Void>start(_ -> thread.complete(Thread.currentThread()), options).join());
        return thread.get();
    }

    @Test
    void theThreadIsOfTheKindThatWasAskedFor() throws Exception {
        WorkerOptions<Void> named = WorkerOptions.defaults().name("me");
        assertFalse(threadOf(named).isVirtual());
        assertTrue(threadOf(named.virtual()).isVirtual());
        assertFalse(threadOf(named.virtual().platform()).isVirtual());
        assertEquals("me", threadOf(named).getName());
        assertEquals("me", threadOf(named.virtual()).getName());
        assertEquals("mine", threadOf(named.threadFactory(task -> new Thread(task, "mine"))).getName());
        assertTrue(threadOf(named.threadFactory(Thread.ofVirtual().factory())).isVirtual());
        assertFalse(threadOf(named.threadFactory(Thread.ofVirtual().factory()).platform()).isVirtual());
    }

    @Test
    void optionsAreImmutable() {
        WorkerOptions<Void> options = WorkerOptions.defaults();
        assertNotSame(options, options.name("other"));
        assertEquals(null, options.name());
        assertFalse(options.isDaemon());
        assertTrue(options.daemon(true).name("x").virtual().isDaemon());
    }

    @Test
    void aFactoryThatMakesNoNewThreadIsRefusedAndNothingTaken() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        WorkerOptions<OwnedBuffer> options = WorkerOptions.defaults().name("w").workerData(buffer, buffer);
        assertEquals("the thread factory of worker 'w' made no thread", assertThrows(IllegalStateException.class,
                () -> Worker.<Void, Void, OwnedBuffer>start(_ -> {
                }, options.threadFactory(_ -> null))).getMessage());
        assertEquals("the thread factory of worker 'w' made a thread that was started already",
                assertThrows(IllegalStateException.class, () -> Worker.<Void, Void, OwnedBuffer>start(_ -> {
                }, options.threadFactory(_ -> Thread.currentThread()))).getMessage());
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    void limitsThatAKindOfThreadCannotHaveAreRefused() {
        WorkerOptions<Void> options = WorkerOptions.defaults();
        ResourceLimits stack = ResourceLimits.none().stack(1 << 20);
        ResourceLimits heap = ResourceLimits.none().heap(1 << 20);
        assertThrows(IllegalArgumentException.class, () -> options.virtual().limits(stack));
        assertThrows(IllegalArgumentException.class, () -> options.limits(stack).virtual());
        assertThrows(IllegalArgumentException.class, () -> options.limits(heap).virtual());
        assertThrows(IllegalArgumentException.class, () -> options.limits(stack).threadFactory(Thread::new));
        String message = assertThrows(IllegalArgumentException.class, () -> Worker.<Void, Void, Void>start(_ -> {
        }, options.name("v").limits(heap).threadFactory(Thread.ofVirtual().factory()))).getMessage();
        assertTrue(
                message.startsWith("the thread factory of worker 'v' made a virtual thread, for which there can't be "
                        + "ResourceLimits[{HEAP=1048576}]"),
                message);
        options.virtual().limits(ResourceLimits.none().offHeap(1));
    }

    @Test
    void badValuesAreRefused() {
        WorkerOptions<Void> options = WorkerOptions.defaults();
        assertEquals("a grace period can't be negative; this one is PT-1S", assertThrows(IllegalArgumentException.class,
                () -> options.gracePeriod(Duration.ofSeconds(-1))).getMessage());
        assertThrows(NullPointerException.class, () -> options.gracePeriod(null));
        assertThrows(NullPointerException.class, () -> options.name(null));
        assertThrows(NullPointerException.class, () -> options.idleStrategy(null));
        assertThrows(NullPointerException.class, () -> options.threadFactory(null));
        assertThrows(NullPointerException.class, () -> options.limits(null));
        assertThrows(NullPointerException.class, () -> options.cloners(null));
        ResourceLimits none = ResourceLimits.none();
        assertEquals("a limit of the stack must be positive; this one is -1",
                assertThrows(IllegalArgumentException.class, () -> none.stack(-1)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> none.offHeap(0));
        assertThrows(IllegalArgumentException.class, () -> none.heap(-1));
        assertThrows(IllegalArgumentException.class, () -> none.heapPerSecond(0));
        assertEquals("a limit of CPU_TIME must be positive; this one is 0",
                assertThrows(IllegalArgumentException.class, () -> none.cpuTime(Duration.ZERO)).getMessage());
    }

    @Test
    void theLoopWaitsAsItsStrategySays() throws Exception {
        AtomicInteger waits = new AtomicInteger();
        Worker<Void, Void> worker = Worker.start(scope -> scope.loop().schedule(() -> {
        }, Duration.ofMillis(1)), WorkerOptions.defaults().idleStrategy((done, nanos) -> {
            waits.incrementAndGet();
            return IdleStrategy.parking().idle(done, nanos);
        }));
        assertEquals(0, worker.join());
        assertTrue(waits.get() > 0);
    }
}
