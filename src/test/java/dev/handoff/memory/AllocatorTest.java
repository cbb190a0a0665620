package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.internal.os.Pages;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AllocatorTest {
    private static final Path FAULTS = Path.of("/proc/thread-self/stat");

    private static LongStream sizes() {
        LongStream small = LongStream.rangeClosed(0, 100_000);
        LongStream edges = LongStream.range(6, 47).map(shift -> 1L << shift)
                .flatMap(p -> LongStream.of(p - 1, p, p + 1, p + p / 4, p + p / 4 + 1, p + p / 2, p + p / 2 + 1));
        LongStream random = new Random(3).longs(100_000, 0, 1L << 47);
        return LongStream.concat(LongStream.concat(small, edges), random).filter(bytes -> bytes <= 1L << 47);
    }

    @Test
    void aSizeClassHoldsItsSizesWithLessThanAQuarterOfSlack() {
        sizes().forEach(bytes -> {
            long block = Allocator.classBytes(Allocator.sizeClass(bytes));
            assertTrue(block >= bytes, () -> bytes + " bytes in a block of " + block);
            assertTrue(block == 64 || (block - bytes) * 4 < bytes, () -> bytes + " bytes in a block of " + block);
        });
    }

    @Test
    void aBlockIsOfTheClassThatItsOwnSizeSays() {
        int last = Allocator.sizeClass(1L << 47);
        for (int c = 0; c <= last; c++) {
            assertEquals(c, Allocator.sizeClass(Allocator.classBytes(c)), "or a block would go back to another pool");
            if (c > 0) {
                assertEquals(c, Allocator.sizeClass(Allocator.classBytes(c - 1) + 1));
                assertTrue(Allocator.classBytes(c) > Allocator.classBytes(c - 1), "classes ascend");
            }
        }
        assertEquals(1L << 47, Allocator.classBytes(last));
    }

    @Test
    void aLargerSizeNeverHasASmallerClass() {
        int[] before = {0};
        sizes().sorted().forEach(bytes -> {
            int sizeClass = Allocator.sizeClass(bytes);
            assertTrue(sizeClass >= before[0], () -> "at " + bytes);
            before[0] = sizeClass;
        });
    }

    /** Run in a JVM of its own, as the bound is read once. */
    static final class PoolOfFour {
        public static void main(String[] args) {
            OwnedBuffer[] buffers = new OwnedBuffer[4];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = OwnedBuffer.allocate(1 << 16);
            }
            for (OwnedBuffer buffer : buffers) {
                buffer.close();
                System.out.println(MemoryStatistics.snapshot().bytesPooled());
            }
            System.out.println(MemoryStatistics.snapshot().bytesInUse());
            for (int i = 0; i < 3; i++) {
                OwnedBuffer.allocate(1 << 16);
                System.out.println(MemoryStatistics.snapshot().bytesPooled());
            }
        }
    }

    @Test
    void thePoolKeepsNoMoreThanItsBound() {
        var run = ChildJvm.run(PoolOfFour.class, "-D" + Pool.MAX_BYTES_PROPERTY + "=" + 150_000);
        assertEquals("65536 131072 131072 131072 0 65536 0 0".replace(' ', '\n'), run.out());
        assertEquals(0, run.exit());
    }

    @Test
    void aBoundOfZeroPoolsNothing() {
        var run = ChildJvm.run(PoolOfFour.class, "-D" + Pool.MAX_BYTES_PROPERTY + "=0");
        assertEquals("0 0 0 0 0 0 0 0".replace(' ', '\n'), run.out());
    }

    /** Leaves much in the pool and then asks for what can't be had beside it. */
    static final class Tight {
        private Tight() {
        }

        public static void main(String[] args) {
            OwnedBuffer.allocate(40 << 20).close();
            System.out.println(MemoryStatistics.snapshot().bytesPooled() >> 20);
            OwnedBuffer.allocate(60 << 20).close();
            System.out.println(MemoryStatistics.snapshot().bytesPooled() >> 20);
        }
    }

    @Test
    void whatIsPooledDoesNotStandInTheWayOfAnAllocation() {
        var run = ChildJvm.run(Tight.class, "-D" + MemoryLimit.PROPERTY + "=" + (80 << 20),
                "-D" + Pool.MAX_BYTES_PROPERTY + "=" + (1 << 30));
        assertEquals("", run.err());
        assertEquals("40\n64", run.out());
    }

    @Test
    void aBlockOfAnyAlignmentIsPooled() {
        long bytes = Allocator.classBytes(70) - (1 << 16);
        long address;
        try (OwnedBuffer buffer = OwnedBuffer.allocate(bytes, 1 << 16)) {
            address = buffer.segment().address();
            assertEquals(0, address % (1 << 16));
            buffer.segment().fill((byte) -1);
        }
        try (OwnedBuffer again = OwnedBuffer.allocate(bytes, 1 << 16)) {
            assertEquals(0, again.segment().address() % (1 << 16));
            Leases.assertAddress(address, again.segment());
            assertEquals(-1, again.segment().mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
        }
    }

    @Test
    void nobodyReadsWhatAnotherOneWrote() {
        Random random = new Random(5);
        for (int i = 0; i < 3_000; i++) {
            int bytes = 1 + random.nextInt(1 << random.nextInt(1, 18));
            try (OwnedBuffer buffer = OwnedBuffer.allocate(bytes)) {
                MemorySegment segment = buffer.segment();
                assertEquals(-1, segment.mismatch(MemorySegment.ofArray(new byte[bytes])), () -> bytes + " bytes");
                segment.fill((byte) 0xFF);
            }
        }
    }

    @Test
    void zerosAreWrittenWhereTheyAreMeantAndNowhereElse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(10_000);
            for (int bytes = 0; bytes < 9_000; bytes += bytes < 300 || bytes % 2048 > 2046 || bytes % 2048 < 2
                    ? 1
                    : 97) {
                target.fill((byte) 1);
                Zeros.clear(target, 64, bytes);
                byte[] expected = new byte[10_000];
                Arrays.fill(expected, (byte) 1);
                Arrays.fill(expected, 64, 64 + bytes, (byte) 0);
                assertEquals(-1, target.mismatch(MemorySegment.ofArray(expected)), bytes + " bytes");
            }
        }
    }

    @Test
    void manyZerosAreWrittenWhereTheyAreMeantAndNowhereElse() {
        long bytes = Zeros.LARGE + 12_345;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(bytes);
            MemorySegment target = arena.allocate(bytes + 128);
            target.fill((byte) 1);
            Zeros.clear(target, 64, bytes);
            assertEquals(-1, target.asSlice(64, bytes).mismatch(zeros));
            assertEquals(64, target.mismatch(zeros.fill((byte) 1)));
            for (long at = 64 + bytes; at < target.byteSize(); at++) {
                assertEquals(1, target.get(JAVA_BYTE, at));
            }
        }
    }

    @Test
    void aLeaseWithoutZerosShowsWhatWasThere() {
        int bytes = (int) Allocator.classBytes(30);
        Block block = Allocator.lease(bytes, false);
        try (Arena arena = Arena.ofConfined()) {
            block.view(0, bytes, arena).fill((byte) 9);
        }
        block.partClosed();
        Block again = Allocator.lease(bytes, false);
        try (Arena arena = Arena.ofConfined()) {
            assertSame(block, again, "the last one used is the first to serve");
            assertEquals(9, again.view(0, bytes, arena).get(JAVA_BYTE, bytes - 1));
        }
        again.partClosed();
    }

    @Nested
    class InAThreadsCache {
        /** Leases so many blocks of a class and gives them back. */
        private static void use(int sizeClass, int blocks) {
            List<Block> leased = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                leased.add(Allocator.lease(Allocator.classBytes(sizeClass), true));
            }
            leased.forEach(Block::partClosed);
        }

        private static List<Block> drain(ThreadCache cache, int sizeClass) {
            List<Block> all = new ArrayList<>();
            for (Block block = cache.poll(sizeClass); block != null; block = cache.poll(sizeClass)) {
                all.add(block);
            }
            return all;
        }

        @Test
        void areOnlyAFewBlocksOfAClass() {
            Threads.on(Kind.PLATFORM, "cached", () -> {
                ThreadCache cache = ThreadCache.current(3);
                use(3, ThreadCache.MAX_BLOCKS + 5);
                List<Block> cached = drain(cache, 3);
                assertEquals(ThreadCache.MAX_BLOCKS, cached.size());
                assertEquals(cached.size(), new HashSet<>(cached).size(), "each once");
                cached.forEach(Pool::offer);
                return null;
            });
        }

        @Test
        void areOnlyAFewBytes() {
            Threads.on(Kind.PLATFORM, "cached", () -> {
                int largest = Allocator.sizeClass(ThreadCache.MAX_BYTES / 4);
                ThreadCache cache = ThreadCache.current(largest);
                use(largest, 5);
                use(3, 1);
                assertEquals(List.of(), drain(cache, 3), "it was full");
                List<Block> cached = drain(cache, largest);
                assertEquals(4, cached.size());
                use(3, 1);
                List<Block> small = drain(cache, 3);
                assertEquals(1, small.size(), "it had room again");
                cached.forEach(Pool::offer);
                small.forEach(Pool::offer);
                return null;
            });
        }

        @Test
        void isNoLargeBlock() {
            assertNull(ThreadCache.current(Allocator.sizeClass(ThreadCache.MAX_BYTES / 4) + 1));
        }

        @Test
        void isNothingOfAVirtualThread() {
            assertNull(Threads.on(Kind.VIRTUAL, "virtual", () -> ThreadCache.current(3)));
        }

        @Test
        void isNothingThatTheCollectorHasTaken() {
            Threads.on(Kind.PLATFORM, "cached", () -> {
                ThreadCache cache = ThreadCache.current(3);
                use(3, 1);
                Threads.until(() -> {
                    System.gc();
                    return cache.refersTo(null);
                });
                assertNull(cache.poll(3));
                Block block = Allocator.lease(Allocator.classBytes(3), true);
                assertFalse(cache.offer(block), "nobody would find it there");
                block.partClosed();
                assertNotSame(cache, ThreadCache.current(3));
                return null;
            });
        }

        @Test
        void isNothingOfAnotherThreadWhoseNumberSharesItsSlot() {
            try (Resident one = Threads.resident(Kind.PLATFORM, "one")) {
                ThreadCache ofOne = one.call(() -> ThreadCache.current(3));
                Object kept = ofOne.get(); // or the collector might take it
                Thread last;
                do {
                    last = Thread.ofPlatform().unstarted(() -> {
                    });
                } while ((last.threadId() + 1 - one.thread().threadId()) % ThreadCache.SLOTS != 0);
                try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
                    assumeTrue(other.thread().threadId() == last.threadId() + 1, "another thread came in between");
                    ThreadCache ofOther = other.call(() -> ThreadCache.current(3));
                    Object keptToo = ofOther.get();
                    assertNotSame(ofOne, ofOther);
                    assertSame(ofOne, one.call(() -> ThreadCache.current(3)));
                    assertSame(ofOther, other.call(() -> ThreadCache.current(3)));
                    Reference.reachabilityFence(keptToo);
                }
                Reference.reachabilityFence(kept);
            }
        }

        @Test
        void isNothingForGood() {
            int sizeClass = 29;
            Chunk chunk = Threads.on(Kind.PLATFORM, "mortal",
                    () -> Chunks.of(() -> OwnedBuffer.allocate(Allocator.classBytes(29)), OwnedBuffer::close));
            assertFalse(chunk.isLeased());
            List<Block> others = new ArrayList<>();
            Threads.until(() -> {
                System.gc();
                Block found = Pool.poll(sizeClass);
                if (found != null && found != chunk.block()) {
                    others.add(found); // of a test that ran before
                }
                return found != null && found == chunk.block();
            });
            Pool.offer(chunk.block());
            others.forEach(Pool::offer);
        }
    }

    /** Ends periods by hand; a timer that never comes in between. */
    static final class Idle {
        private Idle() {
        }

        public static void main(String[] args) {
            List<Block> blocks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                blocks.add(Allocator.lease(2 << 20, true));
            }
            blocks.forEach(Block::partClosed);
            System.out.print(MemoryStatistics.snapshot().bytesPooled() >> 20);
            Pool.endPeriod();
            System.out.print(" " + (MemoryStatistics.snapshot().bytesPooled() >> 20));
            Allocator.lease(2 << 20, true).partClosed();
            Pool.endPeriod();
            System.out.print(" " + (MemoryStatistics.snapshot().bytesPooled() >> 20));
            Pool.endPeriod();
            System.out.print(" " + (MemoryStatistics.snapshot().bytesPooled() >> 20));
        }
    }

    @Test
    void whatAClassDidNotNeedForAPeriodIsGivenUp() {
        var run = ChildJvm.run(Idle.class, "-D" + Pool.PERIOD_PROPERTY + "=" + (1L << 40));
        assertEquals("", run.err());
        assertEquals("6 6 2 0", run.out());
    }

    /** Waits until the pool is empty and its thread has ended; twice, as it has to come again. */
    static final class Timer {
        private Timer() {
        }

        public static void main(String[] args) {
            for (int i = 0; i < 2; i++) {
                Allocator.lease(2 << 20, true).partClosed();
                while (MemoryStatistics.snapshot().bytesPooled() > 0 || Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(t -> t.getName().equals(Pool.TRIMMER))) {
                    Thread.yield();
                }
                System.out.println("empty");
            }
        }
    }

    @Test
    void aTimerEmptiesAnIdlePoolAndEndsWithIt() {
        var run = ChildJvm.run(Timer.class, "-D" + Pool.PERIOD_PROPERTY + "=1");
        assertEquals("empty\nempty", run.out());
        assertEquals(0, run.exit());
    }

    @Test
    void pooledMemoryCostsNoPageFaultsTheSecondTime() throws IOException {
        assumeTrue(Files.exists(FAULTS), "page faults can't be counted here");
        assumeTrue(MemoryBacking.current() == MemoryBacking.NATIVE, "an owner that maps anew has page faults");
        long[] faults = new long[2];
        for (int i = 0; i < 2; i++) {
            try (OwnedBuffer buffer = OwnedBuffer.allocate(100 << 20)) {
                MemorySegment segment = buffer.segment();
                long before = faults();
                for (long at = 0; at < segment.byteSize(); at += 4096) {
                    segment.set(JAVA_BYTE, at, (byte) 1);
                }
                faults[i] = faults() - before;
            }
        }
        if (Pages.available()) { // else the pages were touched when they were zeroed
            assertTrue(faults[0] >= 50, () -> "no huge page is larger than 2 MiB: " + faults[0]);
        }
        assertTrue(faults[1] < 10, () -> "of this thread, for whatever reason: " + faults[1]);
    }

    /** Of the calling thread, since it began; field 10 (proc(5)), counted from behind the name, which may hold anything. */
    private static long faults() throws IOException {
        String stat = Files.readString(FAULTS);
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[10 - 3]);
    }

    @Test
    void aBlockThatCannotBeSharedIsNotPinned() {
        int sizeClass = Allocator.sizeClass(2 << 20);
        Chunk chunk = new Chunk(Memory.allocate(Allocator.classBytes(sizeClass)), sizeClass);
        Block block = new Block(chunk, Allocator.CLEANER);
        assertThrows(RuntimeException.class, () -> block.shared(0, -1));
        assertFalse(chunk.isLeased(), "the collector would have to wait for a view that there is not");
        block.free();
    }

    /** Uses memory with a class loader that may be dropped. */
    static final class Guest {
        private Guest() {
        }

        public static void main(String[] args) throws IOException {
            try (URLClassLoader application = new URLClassLoader(new URL[0])) {
                Thread.currentThread().setContextClassLoader(application);
                OwnedBuffer.allocate(1 << 20).close();
                Thread.getAllStackTraces().keySet().stream()
                        .filter(t -> t.getName().equals(Pool.TRIMMER) || t.getName().equals("handoff-cleaner"))
                        .map(t -> t.getName() + " " + (t.getContextClassLoader() == application)).sorted()
                        .forEach(System.out::println);
            }
        }
    }

    @Test
    void threadsOfTheAllocatorKeepNobodysClassLoader() {
        assertEquals("handoff-cleaner false\n" + Pool.TRIMMER + " false", ChildJvm.run(Guest.class).out());
    }
}
