package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.ChildJvm.Mode;
import dev.handoff.testing.Threads;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What fails because the JVM has run out of something changes nothing and loses nothing. */
class ExhaustionTest {
    /** Moves one buffer about while the heap is full but for some bytes, fewer or more each time. */
    static final class FullHeap {
        private static final int ROUNDS = 150;

        private FullHeap() {
        }

        public static void main(String[] args) {
            Random random = new Random(42);
            OwnedBuffer buffer = OwnedBuffer.allocateUninitialized(1 << 20);
            buffer.segment().set(JAVA_BYTE, 4711, (byte) 42);
            for (int i = 0; i < 2_000; i++) { // all classes are there then
                buffer = step(buffer, i);
            }
            List<byte[]> ballast = new ArrayList<>(1 << 16);
            fill(ballast, 1 << 15);
            ballast.removeLast();
            int failures = 0;
            int kept = ballast.size();
            for (int round = 0; round < ROUNDS; round++) {
                fill(ballast, 512);
                fill(ballast, 16);
                for (int left = random.nextInt(40); left > 0 && ballast.size() > kept; left--) {
                    ballast.removeLast();
                }
                try {
                    buffer = step(buffer, round);
                } catch (OutOfMemoryError e) {
                    failures++;
                }
                while (ballast.size() > kept) {
                    ballast.removeLast();
                }
                buffer = whole(buffer);
            }
            ballast.clear();
            System.out.println(failures > ROUNDS / 20 ? "failed often enough" : "failed " + failures + " times");
            System.out.println(buffer.segment().get(JAVA_BYTE, 4711));
            buffer.close();
            System.gc();
            MemoryStatistics statistics = MemoryStatistics.snapshot();
            System.out.println(statistics.bytesInUse() + " " + statistics.blocksReclaimed());
        }

        private static final OwnedBuffer[] HANDLES = new OwnedBuffer[1];
        private static List<OwnedBuffer> parts = List.of();

        private static OwnedBuffer step(OwnedBuffer buffer, int kind) {
            switch (kind % 4) {
                case 0 -> {
                    parts = buffer.split(3, 1);
                    buffer = OwnedBuffer.join(parts);
                    parts = List.of();
                }
                case 1 -> buffer = buffer.transfer();
                case 2 -> {
                    Transfer move = buffer.beginTransfer();
                    move.revoke();
                    move.abort();
                }
                default -> buffer.segment();
            }
            HANDLES[0] = buffer;
            return buffer;
        }

        /** What the step left: nothing was done, or it was split and not joined. */
        private static OwnedBuffer whole(OwnedBuffer buffer) {
            if (!parts.isEmpty()) {
                buffer = OwnedBuffer.join(parts);
                parts = List.of();
            }
            return buffer.claim();
        }

    }

    private static void fill(List<byte[]> ballast, int bytes) {
        try {
            while (true) {
                ballast.add(new byte[bytes]);
            }
        } catch (OutOfMemoryError e) {
            return;
        }
    }

    /** Ends moves, by commit or abort, while not even the smallest object can be made. */
    static final class NoHeap {
        private static final int ROUNDS = 300;
        private static final Transfer[] MOVES = new Transfer[ROUNDS];
        private static final Transferable[] SUCCESSORS = new Transferable[ROUNDS];

        private NoHeap() {
        }

        public static void main(String[] args) {
            for (int i = 0; i < 10; i++) { // all classes are there then
                begin();
                end();
            }
            begin();
            List<byte[]> ballast = new ArrayList<>(1 << 16);
            fill(ballast, 1 << 15);
            fill(ballast, 512);
            fill(ballast, 1);
            Error failure = end();
            ballast.clear();
            System.out.println(failure);
            for (int i = 0; i < 3; i++) {
                System.out.println(SUCCESSORS[ROUNDS - 3 + i]);
            }
        }

        private static void begin() {
            for (int i = 0; i < ROUNDS; i++) {
                OwnedBuffer buffer = OwnedBuffer.allocate(64);
                buffer.segment();
                MOVES[i] = buffer.beginTransfer();
                SUCCESSORS[i] = MOVES[i].successor();
                if (i % 3 < 2) {
                    MOVES[i].revoke();
                }
            }
        }

        private static @Nullable Error end() {
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    if (i % 3 == 0) {
                        MOVES[i].commit("nobody");
                    } else {
                        MOVES[i].abort();
                    }
                }
                return null;
            } catch (Error e) {
                return e;
            }
        }
    }

    /** Asks for large memory while the heap is full but for some bytes, fewer or more each time. */
    static final class LargeInFullHeap {
        private static final int ROUNDS = 400;

        private LargeInFullHeap() {
        }

        public static void main(String[] args) {
            for (int i = 0; i < 1_000; i++) { // all classes are there then
                Memory.allocate(NativeMemory.LARGE_BYTES).free();
            }
            List<byte[]> ballast = new ArrayList<>(1 << 16);
            fill(ballast, 1 << 15);
            ballast.removeLast();
            int kept = ballast.size();
            int failures = 0;
            for (int round = 0; round < ROUNDS; round++) {
                fill(ballast, 512);
                fill(ballast, 1);
                for (int left = round % 40; left > 0 && ballast.size() > kept; left--) {
                    ballast.removeLast();
                }
                Memory memory = null;
                try {
                    memory = Memory.allocate(NativeMemory.LARGE_BYTES);
                } catch (OutOfMemoryError e) {
                    failures++;
                }
                while (ballast.size() > kept) {
                    ballast.removeLast();
                }
                if (memory != null) {
                    memory.free();
                }
            }
            ballast.clear();
            System.out.println(failures > ROUNDS / 20 && failures < ROUNDS
                    ? "failed often enough"
                    : "failed " + failures + " times");
            System.out.println(MemoryLimit.tryReserve(MemoryLimit.BYTES) ? "nothing is held" : "something is held");
        }
    }

    /** Asks for memory while no descriptor, or but a few, are to be had: a file needs two, and more to be made. */
    static final class NoDescriptors {
        private NoDescriptors() {
        }

        public static void main(String[] args) throws IOException {
            OwnedBuffer.allocate(2 << 20).close(); // all classes are there then
            refused(1L << 46);
            Pool.trim();
            List<FileChannel> all = takeAll(new ArrayList<>());
            for (int left = 0; left < 2; left++) {
                int before = all.size();
                String why = refused(2 << 20);
                takeAll(all);
                System.out.println(left + " left, " + (all.size() - before) + " given back: "
                        + why.replaceAll(", the memory.*", ""));
                all.removeLast().close();
            }
            for (FileChannel one : all) {
                one.close();
            }
            OwnedBuffer.allocate(2 << 20).close();
            Pool.trim();
            System.out.println(MemoryLimit.tryReserve(MemoryLimit.BYTES) ? "nothing is held" : "something is held");
        }

        private static List<FileChannel> takeAll(List<FileChannel> all) {
            try {
                while (true) {
                    all.add(FileChannel.open(Path.of("/dev/null")));
                }
            } catch (IOException e) {
                return all;
            }
        }

        private static String refused(long bytes) {
            try {
                OwnedBuffer.allocate(bytes).close();
                return "nothing was refused";
            } catch (OutOfMemoryError e) {
                return String.valueOf(e.getMessage());
            }
        }
    }

    @Test
    void whereNoFileCanBeOpenedTheTwinOfMappedFilesRefusesAndLosesNothing() {
        assumeTrue(Files.isReadable(Path.of("/dev/null")), "descriptors can't be used up here");
        var run = ChildJvm.run(Mode.MODULE_PATH, NoDescriptors.class,
                List.of("--illegal-native-access=deny", "-XX:-MaxFDLimit"), List.of());
        assertEquals("""
                0 left, 0 given back: there is no room for a file of 2097152 bytes
                1 left, 1 given back: there is no room for a file of 2097152 bytes
                nothing is held""", run.out(), run::err);
    }

    /** Asks for memory where no file may be longer than 1 MiB, which shows when it is written, as a full disk does. */
    static final class FullDisk {
        private FullDisk() {
        }

        public static void main(String[] args) throws IOException {
            try {
                OwnedBuffer.allocate(2 << 20).close();
                System.out.println("nothing was refused");
            } catch (OutOfMemoryError e) {
                System.out.println(e.getMessage().replaceAll(", the memory.*", ""));
            }
            OwnedBuffer.allocate(100 << 10).close();
            System.gc(); // what the thread's cache holds
            Pool.trim();
            try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
                int open = 0;
                for (Path descriptor : descriptors) {
                    if (Files.exists(descriptor) && Files.isRegularFile(descriptor)
                            && Files.readSymbolicLink(descriptor).toString().contains(".memory")
                            && Files.size(descriptor) >= 1 << 20) {
                        open++;
                    }
                }
                System.out.println(open + " open");
            }
        }
    }

    @Test
    void whereAFileCanNotBeWrittenInFullTheTwinOfMappedFilesRefusesAndLeavesNone() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the files of a process can't be listed here");
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no shell to set the limit");
        var run = ChildJvm.run(List.of("/bin/sh", "-c", "ulimit -f 2048 && exec \"$0\" \"$@\""), Mode.MODULE_PATH,
                FullDisk.class, List.of("--illegal-native-access=deny"), List.of());
        assertEquals("there is no room for a file of 2097152 bytes\n0 open", run.out(), run::err);
    }

    /** Gives memory to the pool while no thread can be started, and once more when one can. */
    static final class NoThreads {
        private NoThreads() {
        }

        public static void main(String[] args) {
            Allocator.statistics(); // the cleaner has its thread then
            Semaphore end = new Semaphore(0);
            List<Thread> threads = new ArrayList<>();
            try {
                while (threads.size() < 1_000) {
                    threads.add(Thread.ofPlatform().daemon().start(end::acquireUninterruptibly));
                }
            } catch (OutOfMemoryError e) {
                System.out.println("no more threads");
            }
            Allocator.lease(2 << 20, true).partClosed();
            print();
            end.release(threads.size());
            threads.forEach(Threads::join);
            Allocator.lease(4 << 20, true).partClosed();
            print();
        }

        private static void print() {
            System.out.println((MemoryStatistics.snapshot().bytesPooled() >> 20) + " MiB, trimmed: " + Thread
                    .getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals(Pool.TRIMMER)));
        }
    }

    @Test
    void whereNoThreadCanBeStartedBlocksArePooledAndTheNextOneStartsTheTrimmer() {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no shell to set the limit");
        var run = ChildJvm.run(List.of("/bin/sh", "-c", "ulimit -v 16000000 && exec \"$0\" \"$@\""), Mode.MODULE_PATH,
                NoThreads.class, List.of("--enable-native-access=dev.handoff", "-Xss500m", "-Xlog:disable",
                        "-D" + Pool.PERIOD_PROPERTY + "=" + (1L << 40)),
                List.of());
        assertEquals("no more threads\n2 MiB, trimmed: false\n6 MiB, trimmed: true", run.out(), run::err);
    }

    @Test
    void whereTheHeapIsFullABufferStaysWhatItIs() {
        var run = ChildJvm.run(FullHeap.class, "-Xmx10m");
        assertEquals("failed often enough\n42\n0 0", run.out(), run::err);
    }

    @Test
    void whereTheHeapIsFullAMoveThatWasRevokedEnds() {
        var run = ChildJvm.run(NoHeap.class, "-Xmx10m");
        assertEquals("""
                null
                OwnedBuffer[64 bytes, unclaimed]
                OwnedBuffer[64 bytes, never handed over, as its message was not sent by thread 'main']
                OwnedBuffer[64 bytes, never handed over, as its message was not sent by thread 'main']""", run.out(),
                run::err);
    }

    @Test
    void whereTheHeapIsFullLargeMemoryIsRefusedAndNothingIsLost() {
        var run = ChildJvm.run(LargeInFullHeap.class, "-Xmx10m", "-D" + MemoryLimit.PROPERTY + "=" + (64 << 20));
        assertEquals("failed often enough\nnothing is held", run.out(), run::err);
    }
}
