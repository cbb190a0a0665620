package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.testing.NativeCall;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes in and out of a buffer: slices, copies, {@code ByteBuffer}s, and what an uninitialised one begins with. */
class OwnedBufferCopyTest {
    private static MemorySegment counted(int bytes) {
        MemorySegment segment = MemorySegment.ofArray(new byte[bytes]);
        for (int i = 0; i < bytes; i++) {
            segment.set(JAVA_BYTE, i, (byte) i);
        }
        return segment;
    }

    private static OwnedBuffer counting(int bytes) {
        return OwnedBuffer.copyOf(counted(bytes));
    }

    private static void assertSameBytes(MemorySegment expected, MemorySegment actual) {
        assertEquals(-1, expected.mismatch(actual));
    }

    @ParameterizedTest
    @CsvSource({"0, 16", "0, 0", "16, 0", "3, 5", "15, 1"})
    void aSliceShowsAPartAndCannotWriteIt(int offset, int bytes) {
        try (OwnedBuffer buffer = counting(16)) {
            MemorySegment slice = buffer.slice(offset, bytes);
            assertSameBytes(counted(16).asSlice(offset, bytes), slice);
            assertTrue(slice.isReadOnly());
            assertThrows(IllegalArgumentException.class, () -> slice.fill((byte) 1).set(JAVA_BYTE, 0, (byte) 1));
            buffer.segment().fill((byte) 9);
            assertTrue(bytes == 0 || slice.get(JAVA_BYTE, 0) == 9, "it is no copy");
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 17", "17, 0", "16, 1", "1, -1", "9223372036854775807, 1", "1, 9223372036854775807",
            "-9223372036854775808, 0"})
    void aSliceBeyondTheEndIsRefusedAndClaimsNothing(long offset, long bytes) {
        OwnedBuffer buffer = counting(16).transfer();
        var e = assertThrows(IndexOutOfBoundsException.class, () -> buffer.slice(offset, bytes));
        assertTrue(e.getMessage().contains(offset + "") && e.getMessage().contains("16"), e.getMessage());
        assertEquals(State.UNCLAIMED, buffer.state());
        buffer.close();
    }

    @Test
    void aSliceDiesWithTheOtherViewsAndIsOfNoUseToStrangers() {
        OwnedBuffer buffer = counting(16);
        MemorySegment slice = buffer.slice(4, 4);
        Threads.on(Kind.VIRTUAL, "stranger",
                () -> assertThrows(WrongThreadException.class, () -> slice.get(JAVA_BYTE, 0)));
        OwnedBuffer next = buffer.transfer();
        assertThrows(IllegalStateException.class, () -> slice.get(JAVA_BYTE, 0));
        next.close();
    }

    @Test
    void aByteBufferHasAllBytesInNativeOrder() {
        try (OwnedBuffer buffer = counting(16)) {
            ByteBuffer bytes = buffer.asByteBuffer();
            assertEquals(ByteOrder.nativeOrder(), bytes.order());
            assertEquals(16, bytes.remaining());
            assertTrue(bytes.isDirect());
            assertEquals(Int32View.of(buffer).get(1), bytes.getInt(4));
            bytes.putInt(4, 42);
            assertEquals(42, Int32View.of(buffer).get(1));
            buffer.resize(8);
            assertThrows(IllegalStateException.class, () -> bytes.get(0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void allBytesAreCopiedToAnOffset(int offset) {
        try (OwnedBuffer buffer = counting(16); OwnedBuffer other = OwnedBuffer.allocate(20)) {
            MemorySegment target = MemorySegment.ofArray(new byte[20]);
            buffer.copyTo(target, offset);
            assertSameBytes(counted(16), target.asSlice(offset, 16));
            assertEquals(0, target.get(JAVA_BYTE, (offset + 19) % 20), "nothing else is written");
            buffer.copyTo(other, offset);
            assertSameBytes(target, other.segment());
            OwnedBuffer third = OwnedBuffer.allocate(20);
            third.copyFrom(buffer.segment(), offset);
            assertSameBytes(target, third.segment());
            third.close();
        }
    }

    @Test
    void aPartIsCopiedThroughASlice() {
        try (OwnedBuffer buffer = counting(16); OwnedBuffer other = OwnedBuffer.allocate(4)) {
            other.copyFrom(buffer.slice(5, 3), 1);
            assertSameBytes(MemorySegment.ofArray(new byte[]{0, 5, 6, 7}), other.segment());
        }
    }

    @Test
    void aBufferMayBeCopiedToItself() {
        try (OwnedBuffer buffer = counting(16)) {
            buffer.copyTo(buffer, 0);
            assertSameBytes(counted(16), buffer.segment());
            buffer.copyFrom(buffer.slice(0, 8), 4);
            assertSameBytes(counted(8), buffer.slice(4, 8));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 5, 20, Long.MAX_VALUE, Long.MIN_VALUE})
    void whatDoesNotFitIsRefusedAndNothingIsWrittenOrClaimed(long offset) {
        OwnedBuffer buffer = counting(16).transfer();
        OwnedBuffer target = OwnedBuffer.allocate(20).transfer();
        MemorySegment heap = MemorySegment.ofArray(new byte[20]);
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyTo(heap, offset));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyTo(target, offset));
        assertThrows(IndexOutOfBoundsException.class, () -> target.copyFrom(counted(16), offset));
        assertEquals(State.UNCLAIMED, buffer.state());
        assertEquals(State.UNCLAIMED, target.state());
        assertSameBytes(MemorySegment.ofArray(new byte[20]), heap);
        assertSameBytes(heap, target.segment());
        buffer.close();
        target.close();
    }

    @Test
    void aTargetThatCannotBeWrittenIsRefusedAndTheSourceGivenBack() {
        OwnedBuffer buffer = counting(16).transfer();
        MemorySegment readOnly = MemorySegment.ofArray(new byte[16]).asReadOnly();
        assertThrows(IllegalArgumentException.class, () -> buffer.copyTo(readOnly, 0));
        Arena arena = Arena.ofConfined();
        MemorySegment closed = arena.allocate(16);
        arena.close();
        assertThrows(IllegalStateException.class, () -> buffer.copyTo(closed, 0));
        assertThrows(IllegalStateException.class, () -> buffer.copyFrom(closed, 0));
        OwnedBuffer gone = OwnedBuffer.allocate(16);
        gone.close();
        assertThrows(DetachedException.class, () -> buffer.copyTo(gone, 0));
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            OwnedBuffer anothers = other.call(() -> OwnedBuffer.allocate(16));
            assertThrows(WrongThreadException.class, () -> buffer.copyTo(anothers, 0));
            MemorySegment view = other.call(anothers::segment);
            assertThrows(WrongThreadException.class, () -> buffer.copyTo(view, 0));
            assertThrows(WrongThreadException.class, () -> buffer.copyFrom(view, 0));
            other.run(anothers::close);
        }
        assertEquals(State.UNCLAIMED, buffer.state());
        assertThrows(NullPointerException.class, () -> buffer.copyTo((MemorySegment) null, 0));
        assertThrows(NullPointerException.class, () -> buffer.copyTo((OwnedBuffer) null, 0));
        assertThrows(NullPointerException.class, () -> buffer.copyFrom(null, 0));
        assertEquals(State.UNCLAIMED, buffer.state());
        buffer.close();
    }

    @Test
    void aCopyThatFailsForWantOfASourceTakesNoMemory() {
        OwnedBuffer gone = OwnedBuffer.allocate(16);
        gone.close();
        long inUse = Leases.bytes();
        assertThrows(DetachedException.class, () -> OwnedBuffer.copyOf(gone));
        assertThrows(NullPointerException.class, () -> OwnedBuffer.copyOf((OwnedBuffer) null));
        assertEquals(inUse, Leases.bytes());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "100, 4096", "100000, 64"})
    void anUninitialisedBufferHasItsSizeAndBoundaryAndMayHoldAnything(long bytes, long alignment) {
        try (OwnedBuffer buffer = OwnedBuffer.allocateUninitialized(bytes, alignment);
                OwnedBuffer plain = OwnedBuffer.allocateUninitialized(bytes)) {
            assertEquals(bytes, buffer.segment().byteSize());
            assertEquals(bytes, plain.maxByteSize());
            assertEquals(0, buffer.segment().address() % Math.max(64, alignment));
            assertSame(Thread.currentThread(), buffer.owner());
            buffer.segment().fill((byte) 7);
        }
    }

    @Test
    void memoryOfAnUninitialisedBufferIsZeroedForTheNextThatAsksForZeros() {
        int bytes = 56_789; // a size class that no other test uses
        for (int i = 0; i < 10; i++) {
            try (OwnedBuffer dirty = OwnedBuffer.allocateUninitialized(bytes)) {
                dirty.segment().fill((byte) -1);
            }
            try (OwnedBuffer clean = OwnedBuffer.allocate(bytes)) {
                assertSameBytes(MemorySegment.ofArray(new byte[bytes]), clean.segment());
            }
        }
    }

    @Test
    void anUninitialisedBufferOfABadSizeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.allocateUninitialized(-1));
        assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.allocateUninitialized(1, 3));
        assertThrows(OutOfMemoryError.class, () -> OwnedBuffer.allocateUninitialized(Long.MAX_VALUE));
    }

    @Test
    void anOperationThatFailsDuringANativeCallKeepsTheBufferThatItClaimed() {
        OwnedBuffer buffer = counting(16).transfer();
        MemorySegment view = buffer.segment();
        NativeCall.using(view, () -> {
            for (Runnable act : List.<Runnable>of(() -> buffer.resize(4), buffer::freeze, buffer::share,
                    () -> buffer.split(2, 8))) {
                assertThrows(IllegalStateException.class, act::run);
                assertSame(view, buffer.segment());
            }
        });
        assertFalse(buffer.state() == State.GONE);
        buffer.close();
    }
}
