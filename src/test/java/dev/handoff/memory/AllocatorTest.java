package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Leases;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AllocatorTest {
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
            assertEquals(-1, again.segment().mismatch(java.lang.foreign.MemorySegment.ofArray(new byte[(int) bytes])));
        }
    }
}
