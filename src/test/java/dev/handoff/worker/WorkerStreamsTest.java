package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerStreamsTest {
    /** Prints through workers. */
    static final class Printing {
        private Printing() {
        }

        public static void main(String[] args) throws Exception {
            List<Worker<Void, Void>> workers = IntStream.range(0, 4).mapToObj(i -> Worker.<Void, Void>start(scope -> {
                for (int line = 0; line < 250; line++) {
                    scope.stdout().println("worker " + i + " line " + line);
                }
                scope.stdout().write('.'); // not yet handed on
                scope.stdout().close(); // closes nothing of the process
                scope.stderr().print("é" + scope.stdin().read());
            })).toList();
            for (Worker<Void, Void> worker : workers) {
                worker.join();
            }
            System.out.println("end");
        }
    }

    @Test
    void theyArePassedThroughByDefaultInOrderAndByWholeLines() {
        var run = ChildJvm.run(ChildJvm.Mode.CLASS_PATH, Printing.class,
                List.of("-Dstderr.encoding=UTF-8"), List.of());
        List<String> lines = run.out().lines().map(line -> line.replaceFirst("^\\.*", "")).toList();
        for (int i = 0; i < 4; i++) {
            String prefix = "worker " + i + " line ";
            assertEquals(IntStream.range(0, 250).mapToObj(n -> prefix + n).toList(),
                    lines.stream().filter(line -> line.startsWith(prefix)).toList());
        }
        assertEquals("end", lines.getLast());
        assertEquals(4, run.out().chars().filter(c -> c == '.').count());
        assertEquals("é-1é-1é-1é-1", run.err());
    }

    @Test
    void capturedOutputIsReadInOrderWhileAndAfterTheWorkerRuns() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(scope -> {
            scope.stdout().print("first");
            scope.stderr().print("é");
            goOn.await();
            for (int i = 0; i < 10_000; i++) {
                scope.stdout().println(i);
            }
        }, WorkerOptions.defaults().captureStdout().captureStderr());
        InputStream out = worker.stdout();
        assertEquals("first", new String(out.readNBytes(5), StandardCharsets.UTF_8));
        goOn.countDown();
        assertEquals(0, worker.join()); // nobody has read: it does not wait for that
        assertTrue(out.available() > 10_000);
        assertEquals(IntStream.range(0, 10_000).mapToObj(String::valueOf).toList(),
                new String(out.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
        assertEquals(-1, out.read());
        assertEquals("é", new String(worker.stderr().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void whatWasPrintedBeforeACrashIsNotLost() throws Exception {
        Worker<Void, Void> worker = Worker.start(scope -> {
            scope.stdout().print("last words");
            throw new Exception("crash");
        }, WorkerOptions.defaults().captureStdout());
        worker.onError(_ -> {
        });
        worker.join();
        assertEquals("last words", new String(worker.stdout().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void largeInputComesOutAsItWentIn() throws Exception {
        byte[] bytes = new byte[5 << 20];
        new Random(42).nextBytes(bytes);
        Worker<Void, Void> worker = Worker.start(scope -> {
            scope.stdin().transferTo(scope.stdout());
        }, WorkerOptions.defaults().openStdin().captureStdout());
        try (OutputStream in = worker.stdin()) {
            in.write(bytes, 0, 1);
            in.write(bytes[1]);
            in.write(bytes, 2, bytes.length - 2);
        }
        assertArrayEquals(bytes, worker.stdout().readAllBytes());
        assertEquals(0, worker.join());
        assertEquals("the stream was closed",
                assertThrows(IOException.class, () -> worker.stdin().write(1)).getMessage());
    }

    @Test
    void streamsThatAreNotTheParentsAreRefusedByName() throws Exception {
        Worker<Void, Void> worker = Worker.start(_ -> {
        });
        assertEquals("stdin of this worker is not the parent's: start it with the option openStdin",
                assertThrows(IllegalStateException.class, worker::stdin).getMessage());
        assertThrows(IllegalStateException.class, worker::stdout);
        assertThrows(IllegalStateException.class, worker::stderr);
        worker.join();
    }

    @Test
    void aReaderThatClosesDropsTheRestAndHoldsNobodyUp() throws Exception {
        Pipe pipe = new Pipe(100);
        OutputStream out = pipe.output();
        InputStream in = pipe.input();
        out.write(new byte[10]);
        assertEquals(10, in.available());
        assertEquals(0, in.read(new byte[0]));
        in.close();
        assertEquals(0, in.available());
        out.write(1);
        assertEquals(-1, in.read());
        assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[1], 1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[1], 0, 2));
    }

    @Test
    void readingEndsWhenTheThreadIsInterrupted() throws Exception {
        Pipe pipe = new Pipe(100);
        try (var reader = Threads.resident(Threads.Kind.PLATFORM, "reader")) {
            var read = reader.begin(() -> assertThrows(InterruptedIOException.class, pipe.input()::read));
            Threads.untilParked(reader.thread());
            reader.thread().interrupt();
            read.get();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, Pipe.CHUNK_BYTES, Pipe.CHUNK_BYTES + 1, 3 * Pipe.CHUNK_BYTES})
    void bytesComeOutAsTheyWentInWhateverFits(int capacity) throws Exception {
        Random random = new Random(42);
        byte[] bytes = new byte[10 * Pipe.CHUNK_BYTES + 3];
        random.nextBytes(bytes);
        Pipe pipe = new Pipe(capacity);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (var writer = Threads.resident(Threads.Kind.VIRTUAL, "writer")) {
            var written = writer.begin(() -> {
                try (OutputStream out = pipe.output()) {
                    for (int at = 0; at < bytes.length;) {
                        int n = Math.min(bytes.length - at, random.nextInt(2 * Pipe.CHUNK_BYTES));
                        out.write(bytes, at, n);
                        at += n;
                    }
                }
                return null;
            });
            Random lengths = new Random(43);
            InputStream in = pipe.input();
            for (int b = in.read(); b >= 0; b = in.read()) {
                assertTrue(in.available() <= capacity);
                read.write(b);
                read.writeBytes(in.readNBytes(lengths.nextInt(Pipe.CHUNK_BYTES)));
            }
            written.get();
        }
        assertArrayEquals(bytes, read.toByteArray());
    }

    @Test
    void aWorkerThatPrintsMoreThanFitsWaitsForItsParentAndLosesNothing() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        String text = "0123456789".repeat(1000);
        Worker<Void, Void> worker = Worker.start(scope -> {
            thread.set(Thread.currentThread());
            scope.stdout().print(text);
            scope.stderr().print(text);
        }, WorkerOptions.defaults().captureStdout().captureStderr().streamCapacity(100));
        Threads.until(() -> thread.get() != null);
        Threads.untilParked(thread.get());
        assertEquals(100, worker.stdout().available());
        assertEquals(0, worker.stderr().available());
        assertEquals(text, new String(worker.stdout().readNBytes(text.length()), StandardCharsets.UTF_8));
        worker.stderr().close(); // nobody wants it
        assertEquals(0, worker.join());
        assertEquals("streamCapacity=0 must be 1 or more", assertThrows(IllegalArgumentException.class,
                () -> WorkerOptions.defaults().streamCapacity(0)).getMessage());
    }

    @Test
    void aTerminationUnwindsWhoeverWaitsForRoom() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        AtomicReference<Thread> thread = new AtomicReference<>();
        Worker<Void, Void> worker = Worker.start(scope -> {
            thread.set(Thread.currentThread());
            try {
                while (true) {
                    scope.stdout().print("more");
                }
            } catch (WorkerTerminatedException e) {
                thrown.complete(e);
                throw e;
            } finally {
                scope.stderr().print("there is room for last words");
            }
        }, WorkerOptions.defaults().captureStdout().captureStderr().streamCapacity(100));
        Threads.until(() -> thread.get() != null);
        Threads.untilParked(thread.get());
        assertEquals(1, worker.terminate().get());
        assertEquals(worker + " was terminated", thrown.get().getMessage());
        assertEquals("more".repeat(25), new String(worker.stdout().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals("there is room for last words",
                new String(worker.stderr().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void aWorkerEndsThoughAnotherThreadOfItsWaitsForRoom() throws Exception {
        CompletableFuture<Boolean> hadTrouble = new CompletableFuture<>();
        Worker<Void, Void> worker = Worker.start(scope -> {
            Thread helper = Thread.startVirtualThread(() -> {
                scope.stdout().print("more than fits");
                hadTrouble.complete(scope.stdout().checkError());
            });
            Threads.untilParked(helper);
        }, WorkerOptions.defaults().captureStdout().streamCapacity(4));
        assertEquals(0, worker.join());
        assertTrue(hadTrouble.get());
        assertEquals("more", new String(worker.stdout().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void waitingForRoomEndsWhenTheThreadIsInterruptedOrTheReaderCloses() throws Exception {
        Pipe pipe = new Pipe(4);
        try (var writer = Threads.resident(Threads.Kind.PLATFORM, "writer")) {
            var interrupted = writer.begin(() -> {
                var e = assertThrows(InterruptedIOException.class, () -> pipe.output().write(new byte[10]));
                assertTrue(Thread.interrupted());
                return e;
            });
            Threads.untilParked(writer.thread());
            writer.thread().interrupt();
            assertEquals("interrupted while waiting for room: capacity=4", interrupted.get().getMessage());
            assertEquals(4, interrupted.get().bytesTransferred);
            var dropped = writer.begin(() -> {
                pipe.output().write(new byte[10]);
                return null;
            });
            Threads.untilParked(writer.thread());
            pipe.input().close();
            dropped.get();
        }
    }

    @Test
    void whoWritesMoreInputThanFitsWaitsUntilTheWorkerReadsOrEnds() throws Exception {
        Worker<String, String> worker = Worker.start(scope -> {
            scope.receive();
            scope.post(new String(scope.stdin().readNBytes(10), StandardCharsets.UTF_8));
            scope.receive();
        }, WorkerOptions.defaults().openStdin().streamCapacity(4));
        try (var writer = Threads.resident(Threads.Kind.PLATFORM, "writer")) {
            var written = writer.begin(() -> assertThrows(IOException.class, () -> {
                OutputStream in = worker.stdin();
                in.write("0123456789".getBytes(StandardCharsets.UTF_8));
                in.write(new byte[10]);
            }));
            Threads.untilParked(writer.thread());
            worker.post("read");
            assertEquals("0123456789", worker.receive());
            Threads.untilParked(writer.thread());
            worker.close();
            assertEquals("the stream was closed", written.get().getMessage());
        }
    }
}
