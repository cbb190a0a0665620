package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.PortStatistics;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can be seen of workers from outside. */
@Timeout(60)
class WorkerObservationTest {
    private static volatile Object sink = "";

    @Test
    void statisticsAreReadWhileTheWorkerSpins() throws Exception {
        AtomicBoolean spin = new AtomicBoolean(true);
        CountDownLatch spinning = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(scope -> {
            OwnedBuffer buffer = OwnedBuffer.allocate(2 << 20);
            spinning.countDown();
            while (spin.get()) {
                sink = new byte[64];
            }
            buffer.close();
        });
        spinning.await();
        WorkerStatistics first = worker.statistics();
        assertEquals(2 << 20, first.ownedBytes());
        Threads.until(() -> {
            WorkerStatistics now = worker.statistics();
            return now.cpuTime().orElseThrow().compareTo(first.cpuTime().orElseThrow()) > 0
                    && now.allocatedBytes().orElseThrow() > first.allocatedBytes().orElseThrow()
                    && now.utilisation().active().compareTo(first.utilisation().active()) > 0;
        });
        WorkerStatistics second = worker.statistics();
        spin.set(false);
        worker.join();
        WorkerStatistics last = worker.statistics();
        assertEquals(last, worker.statistics(), "what it had used in all is still known");
        assertTrue(last.cpuTime().orElseThrow().compareTo(second.cpuTime().orElseThrow()) >= 0);
        assertTrue(last.allocatedBytes().orElseThrow() >= second.allocatedBytes().orElseThrow());
        assertEquals(0, last.ownedBytes());
    }

    @Test
    void statisticsTellWhatWentThroughItsPort() throws Exception {
        AtomicBoolean spin = new AtomicBoolean(true);
        Worker<Object, Object> worker = Worker.start(scope -> {
            scope.transfer(scope.receive());
            scope.post(new byte[30]);
            while (spin.get()) {
                Thread.onSpinWait();
            }
            scope.receive(); // waits to be terminated
        });
        worker.transfer(OwnedBuffer.allocate(1000));
        worker.post(new long[8]);
        ((OwnedBuffer) worker.receive()).close();
        worker.receive();
        assertEquals(new PortStatistics(2, 2, 1, 0, 0, 1000, 1000, 64, 30),
                worker.statistics().messages().orElseThrow());
        spin.set(false);
        MessageChannel<MessagePort<Object, Object>, Void> channel = MessageChannel.create();
        channel.port1().post(worker.port(), worker.port());
        assertTrue(worker.statistics().messages().isEmpty(), "the port is somebody else's");
        worker.close();
    }

    @Test
    void whatIsNotMeasuredForVirtualThreadsIsUnknown() throws Exception {
        Worker<Void, Void> worker = Worker.start(WorkerScope::receive, WorkerOptions.defaults().virtual());
        WorkerStatistics statistics = worker.statistics();
        assertTrue(statistics.cpuTime().isEmpty() && statistics.allocatedBytes().isEmpty());
        worker.close();
    }

    @Test
    void aRecordingTellsOfStartExitLimitsAndStubbornBodies(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("workers.jfr");
        long parentId;
        try (Recording recording = new Recording(Configuration.create(Path.of("docs", "handoff.jfc")))) {
            recording.start();
            Worker<Void, Long> parent = Worker.start(scope -> {
                scope.post(scope.id());
                Worker.<Void, Void, Void>start(_ -> {
                }, WorkerOptions.defaults().name("jfr-child").virtual());
            }, WorkerOptions.defaults().name("jfr-parent"));
            parentId = parent.receive();
            parent.exited().get();

            CountDownLatch goOn = new CountDownLatch(1);
            Worker<Void, Void> greedy = Worker.start(_ -> {
                OwnedBuffer buffer = OwnedBuffer.allocate(1 << 20);
                Threads.uninterruptibly(goOn);
                buffer.close();
            }, WorkerOptions.defaults().name("jfr-greedy").limits(ResourceLimits.none().offHeap(1000))
                    .gracePeriod(Duration.ofMillis(1)));
            greedy.onError(_ -> {
            });
            Threads.until(() -> !greedy.port().isOpen()); // the watcher has ended it
            assertThrows(ExecutionException.class, () -> greedy.terminate().get());
            goOn.countDown();
            greedy.exited().get();
            recording.stop();
            recording.dump(file);
        }
        assertTrue(Files.size(file) > 0);
        Map<String, List<RecordedEvent>> events = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("dev.handoff.Worker")
                        && e.getString("workerName").startsWith("jfr-"))
                .collect(Collectors.groupingBy(e -> e.getEventType().getName()));

        Function<RecordedEvent, String> name = e -> e.getString("workerName");
        Map<String, RecordedEvent> starts = events.get(WorkerStartEvent.NAME).stream()
                .collect(Collectors.toMap(name, e -> e));
        assertEquals(parentId, starts.get("jfr-child").getLong("parentId"));
        assertEquals(0, starts.get("jfr-parent").getLong("parentId"));
        assertEquals(parentId, starts.get("jfr-parent").getLong("workerId"));
        assertTrue(starts.get("jfr-child").getBoolean("virtual"));

        Map<String, RecordedEvent> exits = events.get(WorkerExitEvent.NAME).stream()
                .collect(Collectors.toMap(name, e -> e));
        assertEquals(0, exits.get("jfr-parent").getInt("exitCode"));
        assertTrue(exits.get("jfr-parent").getLong("activeTime") > 0);
        assertEquals(1, exits.get("jfr-greedy").getInt("exitCode"));
        assertTrue(exits.get("jfr-greedy").getString("error").startsWith(ResourceLimitException.class.getName()));

        RecordedEvent limit = events.get(WorkerLimitEvent.NAME).getFirst();
        assertEquals("OFF_HEAP", limit.getString("resource"));
        assertEquals(1 << 20, limit.getLong("used"));
        assertEquals(1000, limit.getLong("limit"));
        String stack = events.get(WorkerStillRunningEvent.NAME).getFirst().getString("stack");
        assertTrue(stack.contains("uninterruptibly"), stack);
    }
}
