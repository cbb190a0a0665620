package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can be seen of pools from outside. */
@Timeout(60)
class PoolObservationTest {
    private static final PoolOptions ONE = PoolOptions.defaults().workers(1).name("seen");

    @Test
    void aRecordingTellsOfTasksAndLostWorkers(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("pool.jfr");
        try (Recording recording = new Recording(Configuration.create(Path.of("docs", "handoff.jfc")))) {
            recording.start();
            try (var pool = WorkerPool.<Boolean, Boolean>of((dies, context) -> {
                if (dies) {
                    context.worker().exit(1);
                }
                long end = System.nanoTime() + 2_000_000; // longer than what is not worth an event
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                return dies;
            }, ONE)) {
                pool.submit(false, TaskOptions.defaults().name("mine")).get();
                assertThrows(ExecutionException.class, pool.submit(true)::get);
            }
            recording.stop();
            recording.dump(file);
        }
        Map<String, List<RecordedEvent>> events = RecordingFile.readAllEvents(file).stream()
                .collect(Collectors.groupingBy(e -> e.getEventType().getName()));
        RecordedEvent task = events.get(TaskEvent.NAME).stream().filter(e -> e.getString("task").equals("task 'mine'"))
                .findFirst().orElseThrow();
        assertEquals(1, task.getInt("attempt"));
        assertTrue(task.getDuration().compareTo(Duration.ofMillis(2)) >= 0);
        assertTrue(task.getLong("waited") > 0);
        RecordedEvent lost = events.get(WorkerLostEvent.NAME).stream()
                .filter(e -> e.getString("worker").equals("worker 'seen-0'")).findFirst().orElseThrow();
        assertEquals("it ended in the middle of a task", lost.getString("reason"));
    }

    @Test
    void bucketsKnowTimesToAThirtySecond() {
        for (long nanos : new long[]{0, 1, 31, 32, 63, 64, 65, 100, 1000, 12_345, 1_000_000_007, 1L << 42}) {
            long longest = Histogram.longest(Histogram.bucket(nanos));
            assertTrue(longest >= nanos && longest <= nanos + nanos / 32, nanos + " is counted as " + longest);
        }
        for (int bucket = 0; bucket < Histogram.BUCKETS; bucket++) {
            assertEquals(bucket, Histogram.bucket(Histogram.longest(bucket)));
            assertEquals(Math.min(bucket + 1, Histogram.BUCKETS - 1), Histogram.bucket(Histogram.longest(bucket) + 1));
        }
        assertEquals(0, Histogram.bucket(-5));
        assertEquals(Histogram.BUCKETS - 1, Histogram.bucket(Long.MAX_VALUE));
    }

    @Test
    void percentilesAreTheTimesThatPartsDidNotExceed() {
        Histogram histogram = new Histogram();
        for (int i = 1; i <= 10_000; i++) {
            histogram.record(i);
        }
        long[] counts = new long[Histogram.BUCKETS];
        histogram.addTo(counts);
        Percentiles times = new Percentiles(counts);
        assertEquals(10_000, times.count());
        assertNear(5000, times.p50());
        assertNear(9900, times.p99());
        assertNear(9990, times.p999());
        assertNear(9999, times.p9999());
        assertNear(10_000, times.max());
        assertEquals(Duration.ofNanos(1), times.at(0));
        assertTrue(times.toString().startsWith("Percentiles[count=10000, p50=PT0.00000"), times::toString);
        assertEquals("percent=101.0 must be from 0 to 100",
                assertThrows(IllegalArgumentException.class, () -> times.at(101)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> times.at(Double.NaN));
        assertEquals(Duration.ZERO, new Percentiles(new long[Histogram.BUCKETS]).p50());
    }

    private static void assertNear(long nanos, Duration found) {
        assertTrue(found.toNanos() >= nanos && found.toNanos() <= nanos + nanos / 32, found::toString);
    }

    @Test
    void shortTasksAreMeasuredBySamples() throws Exception {
        try (var pool = WorkerPool.<Integer, Integer>of((n, _) -> n, ONE)) {
            for (int i = 0; i < 20_000; i++) {
                pool.submit(i).get();
            }
            Threads.until(() -> pool.statistics().completed() == 20_000);
            long measured = pool.statistics().runs().count();
            assertTrue(measured >= 4096 + (20_000 - 4096) / 8 && measured < 20_000, () -> measured + " were measured");
            assertEquals(measured, pool.statistics().waits().count());
            assertTrue(pool.statistics().utilisation() <= 1);
        }
    }

    /** What Runner does relies on: a stage that is complete makes another one complete, which is new to it. */
    @Test
    void aFutureThatIsCompletedQuietlyRunsNothingThatDependsOnIt() {
        CompletableFuture<Integer> future = new CompletableFuture<>();
        AtomicInteger ran = new AtomicInteger();
        var _ = future.thenRun(ran::incrementAndGet);
        var _ = CompletableFuture.allOf(future).thenRun(ran::incrementAndGet);
        class Quietly extends CompletableFuture<Integer> {
            Quietly() {
                super.complete(0);
            }

            @Override
            @SuppressWarnings("unchecked")
            public <U> CompletableFuture<U> newIncompleteFuture() {
                return (CompletableFuture<U>) future;
            }
        }
        assertEquals(future, new Quietly().thenApply(_ -> 5));
        assertEquals(5, future.join());
        assertEquals(0, ran.get());
        assertTrue(future.getNumberOfDependents() >= 2);
        future.complete(6);
        assertEquals(2, ran.get());
        assertEquals(5, future.join());
    }
}
