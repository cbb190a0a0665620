package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.channel.MessageChannel;
import dev.handoff.clone.StructuredClone;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnedBufferResizeTest {
    private static void assertBytes(OwnedBuffer buffer, int... runs) {
        int at = 0;
        for (int i = 0; i < runs.length; i += 2) {
            for (int end = at + runs[i]; at < end; at++) {
                assertEquals((byte) runs[i + 1], buffer.segment().get(JAVA_BYTE, at), "at " + at);
            }
        }
        assertEquals(at, buffer.byteSize());
    }

    /** A file system that gives back what it promised, as it is seen by a JVM that maps its memory. */
    private static FileChannel fileOf(long bytes) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isRegularFile(descriptor) && Files.size(descriptor) == bytes
                        && Files.readSymbolicLink(descriptor).toString().endsWith(".memory (deleted)")) {
                    return FileChannel.open(descriptor, StandardOpenOption.WRITE);
                }
            }
        }
        throw new AssertionError("no file of " + bytes + " bytes");
    }

    @Test
    void aFaultOfTheMemoryLeavesTheSizeAsItWas() throws IOException {
        assumeTrue(MemoryBacking.current() == MemoryBacking.MAPPED_FILES, "memory of the system has no such faults");
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the files of a process can't be reached here");
        int max = 11 << 20;
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(100, max);
        AtomicBoolean enough = new AtomicBoolean();
        try (FileChannel file = fileOf(Allocator.classBytes(Allocator.sizeClass(max)))) {
            FutureTask<Void> taker = new FutureTask<>(() -> {
                while (!enough.get()) {
                    file.truncate(0); // mapping extends the file again, filling finds it gone
                }
                return null;
            });
            Thread thread = Kind.PLATFORM.unstarted("taker", taker);
            thread.start();
            try {
                Error fault = null;
                while (fault == null) {
                    buffer.resize(100);
                    try {
                        buffer.resize(max);
                    } catch (InternalError e) {
                        fault = e;
                    }
                }
            } finally {
                enough.set(true);
                Threads.join(thread);
            }
            assertEquals(FutureTask.State.SUCCESS, taker.state());
        }
        assertBytes(buffer, 100, 0);
        assertEquals(100, buffer.segment().byteSize());
        buffer.resize(max);
        assertBytes(buffer, max, 0);
        buffer.close();
    }

    private static OwnedBuffer filled(int bytes, int maxBytes, int value) {
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(bytes, maxBytes);
        buffer.segment().fill((byte) value);
        return buffer;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "1, 1", "64, 1000", "1000, 1000000"})
    void aResizableBufferBeginsWithZerosOfItsSizeAndKnowsItsMaximum(int bytes, int maxBytes) {
        OwnedBuffer dirty = OwnedBuffer.allocate(maxBytes);
        dirty.segment().fill((byte) -1);
        dirty.close();
        try (OwnedBuffer buffer = OwnedBuffer.allocateResizable(bytes, maxBytes)) {
            assertEquals(bytes, buffer.byteSize());
            assertEquals(maxBytes, buffer.maxByteSize());
            assertEquals(bytes, buffer.segment().byteSize());
            assertSame(Thread.currentThread(), buffer.owner());
            assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[bytes])));
        }
    }

    @Test
    void growthAndShrinkingRevokeTheViewsAndKeepTheHandleAndTheBytes() {
        OwnedBuffer buffer = filled(10, 100, 7);
        for (int bytes : new int[]{20, 20, 10, 100, 10}) {
            MemorySegment old = buffer.segment();
            buffer.resize(bytes);
            assertFalse(old.scope().isAlive(), "also where the size stays the same");
            assertThrows(IllegalStateException.class, () -> old.get(JAVA_BYTE, 0));
            assertNotSame(old, buffer.segment());
            assertSame(Thread.currentThread(), buffer.owner());
            assertBytes(buffer, 10, 7, bytes - 10, 0);
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.segment().get(JAVA_BYTE, bytes));
        }
        buffer.close();
    }

    @Test
    void whatIsGainedIsZeroAlsoAfterAShrinkAndOnARecycledBlock() {
        for (int round = 0; round < 3; round++) { // from the second on it has the block of the one before
            OwnedBuffer buffer = filled(100, 30_000, -1);
            buffer.resize(40);
            buffer.resize(30_000);
            assertBytes(buffer, 40, -1, 29_960, 0);
            buffer.segment().fill((byte) -2);
            buffer.resize(0);
            buffer.resize(50);
            assertBytes(buffer, 50, 0);
            buffer.resize(30_000);
            assertBytes(buffer, 30_000, 0);
            buffer.segment().fill((byte) -3);
            buffer.close();
        }
    }

    @Test
    void randomSizesKeepWhatWasThereAndGainZeros() {
        Random random = new Random(5);
        int max = 5_000;
        byte[] model = new byte[0];
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(0, max);
        for (int i = 0; i < 500; i++) {
            int bytes = random.nextInt(max + 1);
            buffer.resize(bytes);
            model = Arrays.copyOf(model, bytes);
            assertEquals(-1, MemorySegment.ofArray(model).mismatch(buffer.segment()), "in round " + i);
            random.nextBytes(model);
            buffer.copyFrom(MemorySegment.ofArray(model), 0);
            if (i % 7 == 0) {
                buffer = buffer.transfer();
            }
        }
        buffer.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 101, Long.MAX_VALUE})
    void refusesWhatIsNegativeOrAboveTheMaximumAndChangesNothing(long bytes) {
        OwnedBuffer buffer = filled(10, 100, 7);
        MemorySegment view = buffer.segment();
        var e = assertThrows(IllegalArgumentException.class, () -> buffer.resize(bytes));
        assertEquals("bytes=" + bytes + " must be from 0 to maxByteSize=100", e.getMessage());
        assertSame(view, buffer.segment());
        assertBytes(buffer, 10, 7);
        OwnedBuffer unclaimed = buffer.transfer();
        assertThrows(IllegalArgumentException.class, () -> unclaimed.resize(bytes));
        assertEquals(State.UNCLAIMED, unclaimed.state());
        unclaimed.close();
    }

    @ParameterizedTest
    @CsvSource({"-1, 5, bytes=-1 must not be negative", "5, 4, maxBytes=4 must not be below bytes=5",
            "0, -1, maxBytes=-1 must not be below bytes=0"})
    void refusesBadSizesAtAllocation(long bytes, long maxBytes, String message) {
        var e = assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.allocateResizable(bytes, maxBytes));
        assertEquals(message, e.getMessage());
    }

    @Test
    void refusesAMaximumThatNoAddressSpaceHolds() {
        long inUse = Leases.bytes();
        var e = assertThrows(OutOfMemoryError.class, () -> OwnedBuffer.allocateResizable(1, Long.MAX_VALUE));
        assertTrue(e.getMessage().contains("bytes=" + Long.MAX_VALUE), e.getMessage());
        assertEquals(inUse, Leases.bytes());
    }

    @Test
    void anyOtherBufferHasItsFirstSizeAsItsMaximum() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        buffer.segment().fill((byte) 7);
        assertEquals(100, buffer.maxByteSize());
        buffer.resize(50);
        assertEquals(100, buffer.maxByteSize());
        buffer.resize(100);
        assertBytes(buffer, 50, 7, 50, 0);
        assertThrows(IllegalArgumentException.class, () -> buffer.resize(101));
        buffer.close();
    }

    @Test
    void sizeAndMaximumTravelWithTheBuffer() throws InterruptedException {
        OwnedBuffer buffer = filled(10, 100, 7).transfer();
        assertEquals(100, buffer.maxByteSize());
        buffer.resize(20);
        MessageChannel<OwnedBuffer, OwnedBuffer> channel = MessageChannel.create("a", "b");
        channel.port1().post(buffer, buffer);
        OwnedBuffer moved = channel.port2().poll();
        assertEquals(100, moved.maxByteSize());
        assertBytes(moved, 10, 7, 10, 0);
        moved.resize(100);
        channel.port2().post(moved);
        OwnedBuffer copy = channel.port1().poll();
        assertEquals(100, copy.maxByteSize());
        assertBytes(copy, 10, 7, 90, 0);
        channel.port1().close();
        moved.close();
        copy.close();
    }

    @Test
    void aCopyKeepsTheMaximumAndWhatItGrowsByIsZero() {
        OwnedBuffer buffer = filled(10, 100, 7);
        for (OwnedBuffer copy : List.of(OwnedBuffer.copyOf(buffer), StructuredClone.clone(buffer))) {
            assertEquals(100, copy.maxByteSize());
            assertBytes(copy, 10, 7);
            copy.resize(100);
            assertBytes(copy, 10, 7, 90, 0);
            copy.close();
        }
        assertBytes(buffer, 10, 7);
        buffer.close();
    }

    @Test
    void partsDoNotGrowAndTheJoinGivesBackSizeAndMaximum() {
        OwnedBuffer buffer = filled(10, 100, 7);
        List<OwnedBuffer> parts = buffer.split(2, 1);
        OwnedBuffer first = parts.get(0);
        assertEquals(5, first.maxByteSize());
        assertThrows(IllegalArgumentException.class, () -> first.resize(6));
        first.resize(2);
        assertEquals(2, first.segment().byteSize());
        OwnedBuffer whole = OwnedBuffer.join(parts);
        assertEquals(10, whole.byteSize());
        assertEquals(100, whole.maxByteSize());
        assertBytes(whole, 10, 7);
        whole.resize(100);
        assertBytes(whole, 10, 7, 90, 0);
        whole.close();
    }

    @Test
    void aPartThatWasShrunkIsSplitByTheSizeThatItHas() {
        List<OwnedBuffer> parts = filled(10, 10, 7).split(2, 5);
        parts.get(0).resize(4);
        List<OwnedBuffer> inner = parts.get(0).split(2, 2);
        assertEquals(List.of(2L, 2L), inner.stream().map(OwnedBuffer::byteSize).toList());
        OwnedBuffer joined = OwnedBuffer.join(inner);
        assertEquals(4, joined.byteSize());
        assertEquals(5, joined.maxByteSize());
        OwnedBuffer.join(List.of(joined, parts.get(1))).close();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theNextOwnerSeesTheNewSizeWhereverItRuns(Kind kind) {
        OwnedBuffer buffer = filled(10, 1_000, 7);
        OwnedBuffer next = buffer.transfer();
        OwnedBuffer last = Threads.on(kind, "resizer", () -> {
            next.resize(500);
            return next.transfer();
        });
        assertBytes(last, 10, 7, 490, 0);
        assertEquals("OwnedBuffer[500 bytes, owned by thread 'main']".replace("main", Thread.currentThread().getName()),
                last.toString());
        last.close();
    }

    @Test
    void aHandleThatIsGoneTellsTheSizesThatItHadWhenItWent() {
        OwnedBuffer old = OwnedBuffer.allocateResizable(10, 100);
        OwnedBuffer next = old.transfer();
        next.resize(50);
        assertEquals(10, old.byteSize());
        assertEquals(100, old.maxByteSize());
        assertTrue(old.toString().contains("10 bytes"), old.toString());
        assertTrue(assertThrows(DetachedException.class, old::claim).getMessage().contains("10 bytes"));
        assertThrows(IllegalArgumentException.class, () -> old.resize(101));
        assertThrows(DetachedException.class, () -> old.resize(20));
        next.close();
    }
}
