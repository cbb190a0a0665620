package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.Handoff;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.ChildJvm.Mode;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The library as a whole in a JVM that denies native access; the rest of the suite runs there with a flag of the build. */
class DeniedAccessTest {
    static final class Program {
        private Program() {
        }

        public static void main(String[] args) throws IOException {
            System.out.println(Handoff.capabilities().memory());
            OwnedBuffer buffer = OwnedBuffer.allocate(1000);
            MemorySegment old = buffer.segment();
            old.set(JAVA_BYTE, 501, (byte) 42);
            List<OwnedBuffer> parts = buffer.splitAt(500, 502);
            try {
                old.get(JAVA_BYTE, 0);
            } catch (IllegalStateException e) {
                System.out.println("revoked");
            }
            OwnedBuffer middle = parts.get(1);
            System.out.println(Threads.on(Kind.PLATFORM, "mortal", () -> middle.segment().get(JAVA_BYTE, 1)));
            OwnedBuffer whole = OwnedBuffer.join(parts); // though the mapping of the dead thread is still there
            System.out.println(whole.segment().get(JAVA_BYTE, 501));
            whole.close();
            try (OwnedBuffer empty = OwnedBuffer.allocate(0)) {
                System.out.println(empty.segment().byteSize());
            }
            drop();
            Threads.until(() -> {
                System.gc();
                return MemoryStatistics.snapshot().blocksReclaimed() == 3;
            });
            System.out.println(MemoryStatistics.snapshot().bytesReclaimed() >> 20);
            Pool.trim();
            System.out.println(files());
            try {
                OwnedBuffer.allocate(1L << 46);
            } catch (OutOfMemoryError e) {
                System.out.println(e.getMessage().replaceAll("file of (\\d+).*", "file of $1"));
            }
        }

        private static void drop() {
            for (int i = 0; i < 3; i++) {
                OwnedBuffer.allocate(4 << 20).segment().fill((byte) 1);
            }
        }

        /** Large files that are open (other blocks may be in small ones), and files of any JVM that keep a name. */
        private static String files() throws IOException {
            int open = 0;
            try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
                for (Path descriptor : descriptors) {
                    if (Files.exists(descriptor) && Files.isRegularFile(descriptor)
                            && Files.readSymbolicLink(descriptor).toString().contains(".memory")
                            && Files.size(descriptor) >= 4 << 20) {
                        open++;
                    }
                }
            }
            List<Path> named = new ArrayList<>();
            for (Path directory : List.of(Path.of("/dev/shm"), Path.of(System.getProperty("java.io.tmpdir")))) {
                try (DirectoryStream<Path> names = Files.newDirectoryStream(directory, "handoff-*.memory")) {
                    names.forEach(named::add);
                }
            }
            for (int i = 0; i < 1_000; i++) {
                Thread.yield();
                named.removeIf(Files::notExists); // another JVM was just about to delete it
            }
            return open + " open " + named;
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void everythingWorksNothingLeaksAndNoFileHasAName(Mode mode) {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the files of a process can't be listed here");
        var run = ChildJvm.run(mode, Program.class,
                List.of("--illegal-native-access=deny", "-D" + MemoryLimit.PROPERTY + "=" + Long.MAX_VALUE), List.of());
        assertEquals("""
                MAPPED_FILES
                revoked
                42
                42
                0
                12
                0 open []
                there is no room for a file of 70368744177664""", run.out(), run::err);
        assertEquals(0, run.exit());
    }
}
