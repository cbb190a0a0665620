package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/** The reports; each program runs in a JVM of its own, as it makes one report for each class that drops buffers. */
class DroppedBuffersTest {
    /** One that forgets. */
    static final class Careless {
        private Careless() {
        }

        static void allocate() {
            OwnedBuffer.allocate(3000);
        }
    }

    /** Another one. */
    static final class Sloppy {
        private Sloppy() {
        }

        static void allocate() {
            OwnedBuffer.copyOf(java.lang.foreign.MemorySegment.ofArray(new byte[5000]));
        }
    }

    static final class Program {
        private Program() {
        }

        public static void main(String[] args) throws IOException {
            try (Recording recording = new Recording()) {
                recording.enable(BufferDroppedEvent.NAME);
                recording.start();
                for (int i = 0; i < 5; i++) {
                    Careless.allocate();
                }
                Sloppy.allocate();
                collectUntil(6, 2);
                Path file = Files.createTempFile("dropped", ".jfr");
                recording.stop();
                recording.dump(file);
                for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
                    System.out.println(event.getString("allocationSite") + " " + event.getLong("buffers") + " "
                            + event.getLong("bytes"));
                }
                Files.delete(file);
            }
        }
    }

    private static void collectUntil(long blocksReclaimed, long reports) {
        Threads.until(() -> {
            System.gc();
            return MemoryStatistics.snapshot().blocksReclaimed() == blocksReclaimed
                    && DroppedBuffers.reports() == reports;
        });
    }

    private static long occurrences(String text, String word) {
        return text.lines().filter(line -> line.contains(word)).count();
    }

    @Test
    void eachClassThatDropsBuffersIsReportedOnceWithItsCount() {
        var run = ChildJvm.run(Program.class, "-Ddev.handoff.trace=allocation");
        String err = run.err();
        assertEquals(1, occurrences(err, "allocated by: " + Careless.class.getName() + "."), err);
        assertEquals(1, occurrences(err, "allocated by: " + Sloppy.class.getName() + "."), err);
        List<String> events = run.out().lines().sorted().toList();
        assertEquals(List.of(Careless.class.getName() + " 5 15360", Sloppy.class.getName() + " 1 5120"), events);
    }

    /** Drops what was leased often without being looked at. */
    static final class Unseen {
        private Unseen() {
        }

        public static void main(String[] args) {
            OwnedBuffer.allocate(2 << 20).close();
            OwnedBuffer.allocate(2 << 20);
            collectUntil(1, 1);
            OwnedBuffer.allocate(2 << 20);
            collectUntil(2, 2);
        }
    }

    @Test
    void aClassThatWasNotLookedUpIsFoundWhenItDropsAgain() {
        String err = ChildJvm.run(Unseen.class).err();
        assertEquals(1, occurrences(err, "allocated by: " + DroppedBuffers.UNKNOWN), err);
        assertEquals(1, occurrences(err, "allocated by: " + Unseen.class.getName()), err);
    }

    @Test
    void theClassIsLookedUpForANewBlockAndNowAndThen() {
        assertTrue(DroppedBuffers.isTraced(0));
        assertTrue(DroppedBuffers.isTraced(DroppedBuffers.SAMPLED));
        assertEquals(List.of(false, false), List.of(DroppedBuffers.isTraced(1), DroppedBuffers.isTraced(1023)));
        assertEquals(DroppedBuffersTest.class.getName(), DroppedBuffers.site());
    }
}
