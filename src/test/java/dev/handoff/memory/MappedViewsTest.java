package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Views of memory that processes map: the same bytes, atomics across processes, and waits through the shared futex. */
class MappedViewsTest {
    private static final int ADDITIONS = 50_000;
    private static final int BATONS = 200;

    /** The other process. Words: 0 and 1 the baton, 2 lanes, 3 a counter. */
    static final class Partner {
        public static void main(String[] arguments) throws Exception {
            SharedBuffer buffer = SharedBuffer.map(Path.of(arguments[0]), 64);
            Int32View words = Int32View.of(buffer);
            Int8View lanes = Int8View.of(buffer, 8, 4);
            for (int i = 0; i < BATONS; i++) {
                while (words.get(0) == i) {
                    words.await(0, i);
                }
                words.set(1, i + 1);
                words.wake(1, 1);
            }
            for (int i = 0; i < ADDITIONS; i++) {
                lanes.getAndAdd(1, 1);
                words.getAndAdd(3, 1);
            }
            System.out.println(words.awaitChange(0, BATONS));
        }
    }

    @Test
    void twoProcessesMeetInOneFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("file");
        SharedBuffer buffer = SharedBuffer.map(file, 64);
        Int32View words = Int32View.of(buffer);
        Int8View lanes = Int8View.of(buffer, 8, 4);
        try (Resident starter = Threads.resident(Kind.PLATFORM, "starter")) {
            FutureTask<ChildJvm.Run> partner = starter
                    .begin(() -> ChildJvm.run(ChildJvm.Mode.MODULE_PATH, Partner.class,
                            List.of("--enable-native-access=dev.handoff"), List.of(file.toString())));
            for (int i = 0; i < BATONS; i++) {
                words.set(0, i + 1);
                words.wake(0, 1);
                while (words.get(1) == i && !partner.isDone()) {
                    words.await(1, i, Duration.ofSeconds(1)); // lest it waits for one that has died
                }
            }
            for (int i = 0; i < ADDITIONS; i++) {
                lanes.getAndAdd(2, 1);
                words.getAndAdd(3, 1);
            }
            Threads.until(() -> words.get(3) == 2 * ADDITIONS || partner.isDone());
            words.setRelease(0, -5);
            ChildJvm.Run run = starter.call(partner::get);
            assertEquals("", run.err());
            assertEquals("-5", run.out());
            assertEquals(BATONS, words.get(1));
            assertEquals(2 * ADDITIONS, words.get(3), "additions of both");
            assertEquals((byte) ADDITIONS, lanes.get(1));
            assertEquals((byte) ADDITIONS, lanes.get(2));
            assertEquals(0, lanes.get(0) | lanes.get(3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoMappingsOfOneFileMeetInOneWait(Kind kind, @TempDir Path directory) throws Exception {
        Path file = directory.resolve("file");
        Int32View here = Int32View.of(SharedBuffer.map(file, 64));
        Int32View there = Int32View.of(SharedBuffer.map(file, 64), 32, 4);
        assertEquals(WaitResult.NOT_EQUAL, here.await(9, 1));
        assertEquals(WaitResult.TIMED_OUT, here.await(9, 0, 1_000_000));
        assertEquals(WaitResult.TIMED_OUT, here.await(9, 0, Duration.ofNanos(1), IdleStrategy.parking()));
        assertEquals(0, here.awaitChange(9, 0, Duration.ofMillis(3)));
        CompletableFuture<WaitResult> future = here.awaitAsync(9, 0);
        try (Resident waiter = Threads.resident(kind, "waiter")) {
            FutureTask<WaitResult> wait = waiter.begin(() -> here.await(9, 0, IdleStrategy.parking()));
            there.set(1, 6);
            there.wake(1, Integer.MAX_VALUE);
            Threads.until(wait::isDone);
            assertEquals(true, List.of(WaitResult.WOKEN, WaitResult.NOT_EQUAL).contains(wait.resultNow()),
                    "it depends on who came first");
            assertEquals(WaitResult.WOKEN, future.join());
        }
    }

    @Test
    void sixtyFourBitsCanNotBeWaitedOnBetweenProcesses(@TempDir Path directory) throws IOException {
        Int64View longs = Int64View.of(SharedBuffer.map(directory.resolve("file"), 64));
        for (org.junit.jupiter.api.function.Executable wait : List.<org.junit.jupiter.api.function.Executable>of(
                () -> longs.await(0, 0), () -> longs.await(0, 0, 1, IdleStrategy.parking()),
                () -> longs.awaitAsync(0, 0), () -> longs.wake(0, 1), () -> longs.awaitChange(0, 7),
                () -> longs.awaitChange(0, 7, IdleStrategy.parking()))) { // not even where it has changed already
            var e = assertThrows(UnsupportedOperationException.class, wait);
            assertEquals("processes can only wait on 32 bits, not on 64", e.getMessage());
        }
    }
}
