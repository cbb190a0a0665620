package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.ChildJvm.Mode;
import dev.handoff.testing.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages from one JVM to another, through a file that both have mapped. */
class RingBetweenProcessesTest {
    private static final int MESSAGES = 100_000;
    private static final int CAPACITY = 4096;

    @TempDir private Path directory;

    private static SharedBuffer map(Path file) throws IOException {
        return SharedBuffer.map(file, SpscRing.bytes(CAPACITY));
    }

    /** Runs in the other JVM: produces into the ring that it finds. */
    static final class Producer {
        private Producer() {
        }

        public static void main(String[] args) throws IOException {
            ByteRing ring = ByteRingTest.Kind.valueOf(args[0]).attach(map(Path.of(args[1])));
            ByteRingTest.produce(ring, 0, MESSAGES);
            System.out.println(ring.capacity());
        }
    }

    @ParameterizedTest
    @EnumSource
    void messagesOfAnotherProcessComeInOrder(ByteRingTest.Kind kind) throws IOException {
        Path file = directory.resolve(kind.name());
        ByteRing ring = kind.create(map(file), CAPACITY);
        boolean alsoHere = kind == ByteRingTest.Kind.MPSC;
        int expected = alsoHere ? 2 * MESSAGES : MESSAGES;
        ByteRingTest.Checker checker = new ByteRingTest.Checker(2);
        FutureTask<ChildJvm.Run> run = new FutureTask<>(() -> ChildJvm.run(Mode.CLASS_PATH, Producer.class,
                List.of("-ea"), List.of(kind.name(), file.toString())));
        Threads.Kind.PLATFORM.unstarted("child", run).start();
        if (alsoHere) {
            Threads.Kind.PLATFORM.unstarted("producer", () -> ByteRingTest.produce(ring, 1, MESSAGES)).start();
        }
        while (checker.received < expected) {
            if (ring.poll(checker, 64) == 0) {
                if (run.isDone() && run.resultNow().exit() != 0) {
                    throw new AssertionError(run.resultNow());
                }
                Thread.yield();
            }
        }
        Threads.until(run::isDone);
        assertEquals(String.valueOf(CAPACITY), run.resultNow().out(), run.resultNow().err());
        assertEquals(0, ring.size());
    }
}
