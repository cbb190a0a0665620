package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Bytes from the main thread to a worker, which reads them and answers; the main thread waits for the answer. One trip is
 * in flight at a time. All payloads lie outside the heap, allocated and filled once, before the measurement.
 *
 * <ul>
 * <li>{@link #cloned}: {@code post(buffer)} copies the bytes; the worker reads the copy, frees it, answers with a number.
 * <li>{@link #transferred}: {@code post(buffer, buffer)} moves them; the worker reads them and moves the same buffer
 * back. The main thread reads its first byte again: so each trip opens and revokes a view on both sides.
 * <li>{@link #shared}: {@code post(shared)} passes a reference; the worker reads the bytes and answers with a number.
 * </ul>
 *
 * <p>
 * The worker takes messages with {@code receive()} in a loop, not with {@code onMessage}: the main thread, which has no
 * event loop, has to wait by {@code receive()} in any case; so both ends wait alike, and a trip crosses two queues and
 * not three. What the worker has read it leaves in a field; the answer makes it visible to the main thread.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.DIRECT_MEMORY})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
public class RoundTrip {
    /** A payload, and a worker that reads it; the ways differ in {@link #start}. */
    @State(Scope.Thread)
    public abstract static class Trip {
        /** 1 KiB, 64 KiB, 1 MiB, 16 MiB, 100 MiB. */
        @Param({"1024", "65536", "1048576", "16777216", "104857600"}) public long bytes;

        /** What the worker does with them. */
        @Param public Payload reads;

        /** What the worker read; it posts an answer afterwards. */
        long read;
        private long expected;
        private Worker<?, ?> starting;

        /** Allocates the payload, to be filled. */
        abstract MemorySegment allocate();

        abstract Worker<?, ?> start();

        @Setup
        public void setUp() {
            MemorySegment payload = allocate();
            Payload.fill(payload);
            expected = reads.read(payload);
            starting = start();
        }

        @TearDown
        public void tearDown() {
            starting.close();
            if (read != expected) {
                throw new AssertionError("the worker read " + read + ", not " + expected);
            }
        }
    }

    /** The worker gets a copy each time. */
    public static class Cloned extends Trip {
        private OwnedBuffer buffer;
        private Worker<OwnedBuffer, Long> worker;

        @Override
        MemorySegment allocate() {
            buffer = OwnedBuffer.allocate(bytes);
            return buffer.segment();
        }

        @Override
        Worker<?, ?> start() {
            worker = Worker.start(scope -> {
                while (true) {
                    OwnedBuffer copy = scope.receive();
                    read = reads.read(copy.segment());
                    copy.close(); // the next copy goes to the same memory
                    scope.post(read);
                }
            });
            return worker;
        }
    }

    /** The one buffer goes there and back. */
    public static class Transferred extends Trip {
        private OwnedBuffer buffer;
        private Worker<OwnedBuffer, OwnedBuffer> worker;

        @Override
        MemorySegment allocate() {
            buffer = OwnedBuffer.allocate(bytes);
            return buffer.segment();
        }

        @Override
        Worker<?, ?> start() {
            worker = Worker.start(scope -> {
                while (true) {
                    OwnedBuffer ours = scope.receive();
                    read = reads.read(ours.segment());
                    scope.post(ours, ours);
                }
            });
            return worker;
        }
    }

    /** Both see the same bytes. */
    public static class Shared extends Trip {
        private SharedBuffer buffer;
        private Worker<SharedBuffer, Long> worker;

        @Override
        MemorySegment allocate() {
            buffer = SharedBuffer.allocate(bytes);
            return buffer.segment();
        }

        @Override
        Worker<?, ?> start() {
            worker = Worker.start(scope -> {
                while (true) {
                    read = reads.read(scope.receive().segment());
                    scope.post(read);
                }
            });
            return worker;
        }
    }

    @Benchmark
    public Long cloned(Cloned trip) throws InterruptedException {
        trip.worker.post(trip.buffer);
        return trip.worker.receive();
    }

    @Benchmark
    public byte transferred(Transferred trip) throws InterruptedException {
        trip.worker.post(trip.buffer, trip.buffer);
        trip.buffer = trip.worker.receive();
        return trip.buffer.segment().get(JAVA_BYTE, 0);
    }

    @Benchmark
    public Long shared(Shared trip) throws InterruptedException {
        trip.worker.post(trip.buffer);
        return trip.worker.receive();
    }
}
