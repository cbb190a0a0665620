package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.StructuredClone;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.testing.NativeCall;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnedBufferTest {
    private static int countUp(MemorySegment bytes) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            bytes.set(JAVA_BYTE, i, (byte) i);
        }
        return (int) bytes.byteSize();
    }

    private static OwnedBuffer counting(int bytes) {
        OwnedBuffer buffer = OwnedBuffer.allocate(bytes);
        countUp(buffer.segment());
        return buffer;
    }

    private static MemorySegment counted(int bytes) {
        MemorySegment expected = MemorySegment.ofArray(new byte[bytes]);
        countUp(expected);
        return expected;
    }

    private static void assertCounting(OwnedBuffer buffer) {
        assertEquals(-1, counted((int) buffer.byteSize()).mismatch(buffer.segment()));
    }

    private static long[] sizes(List<OwnedBuffer> parts) {
        return parts.stream().mapToLong(OwnedBuffer::byteSize).toArray();
    }

    private static void closeAll(List<OwnedBuffer> buffers) {
        buffers.forEach(OwnedBuffer::close);
    }

    @Nested
    class Allocation {
        @ParameterizedTest
        @ValueSource(longs = {0, 1, 63, 64, 65, 4095, 1 << 20})
        void givesZerosOfTheSizeAskedForOwnedByTheCaller(
                long bytes) {
            try (OwnedBuffer buffer = OwnedBuffer.allocate(bytes)) {
                assertEquals(bytes, buffer.byteSize());
                assertEquals(bytes, buffer.segment().byteSize());
                assertSame(Thread.currentThread(), buffer.owner());
                assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
                assertEquals(0, buffer.segment().address() % 64);
                assertFalse(buffer.segment().isReadOnly());
                assertThrows(IndexOutOfBoundsException.class, () -> buffer.segment().get(JAVA_BYTE, bytes));
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 64, 100, 5000, 1 << 20})
        void givesZerosEvenWhereTheMemoryWasUsedBefore(long bytes) {
            OwnedBuffer used = OwnedBuffer.allocate(bytes);
            long address = used.segment().address();
            used.segment().fill((byte) 0xFF);
            used.close();
            try (OwnedBuffer buffer = OwnedBuffer.allocate(bytes)) {
                Leases.assertAddress(address, buffer.segment());
                assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
            }
        }

        @Test
        void givesZerosWhereALargerBufferOfTheSameClassWasBefore() {
            int small = 65;
            int large = (int) Allocator.classBytes(Allocator.sizeClass(small));
            for (int size : new int[]{large, small, large}) {
                try (OwnedBuffer buffer = OwnedBuffer.allocate(size)) {
                    assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[size])));
                    buffer.segment().fill((byte) 0xFF);
                }
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, Integer.MIN_VALUE, Long.MIN_VALUE})
        void refusesANegativeSize(long bytes) {
            var e = assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.allocate(bytes));
            assertEquals("bytes=" + bytes + " must not be negative", e.getMessage());
        }

        @ParameterizedTest
        @ValueSource(longs = {(1L << 47) + 1, Long.MAX_VALUE - 64, Long.MAX_VALUE})
        void refusesMoreThanAnAddressSpace(
                long bytes) {
            long inUse = Leases.bytes();
            var e = assertThrows(OutOfMemoryError.class, () -> OwnedBuffer.allocate(bytes));
            assertTrue(e.getMessage().contains("bytes=" + bytes), e.getMessage());
            assertEquals(inUse, Leases.bytes());
        }

        @ParameterizedTest
        @CsvSource({"70368744177664, 1", "140737488355328, 64", "1, 4611686018427387904"})
        void refusesMoreThanThereIs(
                long bytes, long alignment) {
            long inUse = Leases.bytes();
            assertThrows(OutOfMemoryError.class, () -> OwnedBuffer.allocate(bytes, alignment));
            assertEquals(inUse, Leases.bytes());
        }

        @ParameterizedTest
        @CsvSource({"0, 1", "1, 1", "1, 2", "100, 64", "100, 128", "1, 4096", "10000, 4096",
                "3, 2097152"})
        void beginsOnTheBoundaryAskedForAndOn64(long bytes, long alignment) {
            try (OwnedBuffer buffer = OwnedBuffer.allocate(bytes, alignment)) {
                assertEquals(0, buffer.segment().address() % Math.max(64, alignment));
                assertEquals(bytes, buffer.byteSize());
                assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
                buffer.segment().fill((byte) 0xFF);
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, 3, 48, 96, Long.MIN_VALUE,
                Long.MAX_VALUE})
        void refusesAnAlignmentThatIsNoPowerOfTwo(long alignment) {
            var e = assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.allocate(64, alignment));
            assertEquals("alignment=" + alignment + " must be a power of two", e.getMessage());
        }

        @Test
        void twoBuffersAreDisjoint() {
            try (OwnedBuffer a = OwnedBuffer.allocate(100); OwnedBuffer b = OwnedBuffer.allocate(100)) {
                a.segment().fill((byte) 1);
                b.segment().fill((byte) 2);
                assertTrue(a.segment().asOverlappingSlice(b.segment()).isEmpty());
                assertEquals(1, a.segment().get(JAVA_BYTE, 99));
            }
        }
    }

    @Nested
    class CopyOf {
        static final Map<String, MemorySegment> SOURCES = Map.of("byte[]", counted(100), "empty",
                MemorySegment.ofArray(new byte[0]), "int[]", MemorySegment.ofArray(new int[]{1, 2, 3}), "native",
                Arena.ofAuto().allocate(77).fill((byte) 5), "read-only", counted(65).asReadOnly(), "slice",
                counted(65).asSlice(3, 10));

        static final List<String> NAMES = List.copyOf(SOURCES.keySet());

        @ParameterizedTest
        @FieldSource("NAMES")
        void hasTheBytesOfItsSourceAndNothingToDoWithItAfterwards(String name) {
            MemorySegment source = SOURCES.get(name);
            try (OwnedBuffer copy = OwnedBuffer.copyOf(source)) {
                assertSame(Thread.currentThread(), copy.owner());
                assertEquals(source.byteSize(), copy.byteSize());
                assertEquals(-1, source.mismatch(copy.segment()));
                copy.segment().fill((byte) 99);
                assertTrue(source.byteSize() == 0 || source.get(JAVA_BYTE, 0) != 99);
            }
        }

        @Test
        void freesWhatItTookWhenTheSourceIsClosed() {
            Arena arena = Arena.ofConfined();
            MemorySegment source = arena.allocate(77);
            arena.close();
            long inUse = Leases.bytes();
            assertThrows(IllegalStateException.class, () -> OwnedBuffer.copyOf(source));
            assertEquals(inUse, Leases.bytes());
        }

        @Test
        void freesWhatItTookWhenTheSourceIsConfinedToAnotherThread() {
            try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
                Arena arena = other.call(Arena::ofConfined);
                MemorySegment source = other.call(() -> arena.allocate(77));
                long inUse = Leases.bytes();
                assertThrows(WrongThreadException.class, () -> OwnedBuffer.copyOf(source));
                assertEquals(inUse, Leases.bytes());
                other.run(arena::close);
            }
        }

        @Test
        void refusesNull() {
            assertThrows(NullPointerException.class, () -> OwnedBuffer.copyOf((MemorySegment) null));
        }
    }

    /** Each way in which the owner can lose its views. */
    enum Departure {
        TRANSFER(OwnedBuffer::transfer),
        SPLIT(b -> b.split(2, 4)),
        SPLIT_AT(b -> b.splitAt(8)),
        JOIN(
                b -> OwnedBuffer.join(List.of(b))),
        CLOSE(OwnedBuffer::close),
        RESIZE(b -> b.resize(8)),
        FREEZE(b -> Leases.keep(b.freeze())),
        SHARE(b -> Leases.keep(b.share())),
        POST(b -> StructuredClone.clone(b, b));

        private final Consumer<OwnedBuffer> act;

        Departure(Consumer<OwnedBuffer> act) {
            this.act = act;
        }
    }

    @Nested
    class Views {
        /** Accesses through everything that can be made from a segment. */
        private List<Executable> everyAccess(OwnedBuffer buffer) {
            MemorySegment segment = buffer.segment();
            MemorySegment slice = segment.asSlice(4, 8);
            MemorySegment readOnly = segment.asReadOnly();
            ByteBuffer bytes = segment.asByteBuffer();
            ByteBuffer duplicate = bytes.duplicate();
            Int32View view = Int32View.of(buffer);
            Int32View part = Int32View.of(buffer, 4, 2);
            VarHandle handle = JAVA_INT.varHandle();
            return List.of(() -> segment.get(JAVA_BYTE, 0), () -> segment.set(JAVA_BYTE, 0, (byte) 1),
                    () -> slice.get(JAVA_INT, 0), () -> readOnly.get(JAVA_LONG, 0), () -> segment.fill((byte) 1),
                    () -> segment.copyFrom(counted(8)), () -> MemorySegment.ofArray(new byte[16]).copyFrom(segment),
                    () -> bytes.get(0), () -> bytes.put(0, (byte) 1), () -> duplicate.getInt(4), () -> view.get(0),
                    () -> view.set(0, 1), () -> view.getAndAdd(1, 1), () -> part.getPlain(0),
                    () -> handle.getVolatile(segment, 0L), () -> handle.compareAndSet(segment, 0L, 0, 1),
                    () -> segment.elements(JAVA_INT).forEach(s -> s.get(JAVA_INT, 0)));
        }

        @ParameterizedTest
        @EnumSource(Departure.class)
        void areDeadForTheOldOwnerAndWereNeverGoodForAnybodyElse(Departure departure) {
            OwnedBuffer buffer = counting(16).split(1, 1).getFirst();
            List<Executable> accesses = everyAccess(buffer);
            assertAll(accesses.stream().<Executable>map(a -> a::execute));
            for (Kind kind : Kind.values()) {
                assertStranger(kind, accesses);
            }
            departure.act.accept(buffer);
            assertAll(accesses.stream().<Executable>map(a -> () -> {
                var e = assertThrows(IllegalStateException.class, a);
                assertFalse(e instanceof DetachedException, "the JDK's own check");
            }));
            assertStranger(Kind.PLATFORM, accesses);
        }

        private void assertStranger(Kind kind, List<Executable> accesses) {
            Threads.on(kind, "stranger", () -> {
                assertAll(accesses.stream().<Executable>map(a -> () -> assertThrows(WrongThreadException.class, a)));
                return null;
            });
        }

        @Test
        void theSegmentIsTheSameObjectUntilTheViewsAreRevoked() {
            OwnedBuffer buffer = counting(16);
            MemorySegment segment = buffer.segment();
            assertSame(segment, buffer.segment());
            Transfer move = buffer.beginTransfer();
            assertSame(segment, buffer.segment());
            move.revoke();
            move.abort();
            assertFalse(segment.scope().isAlive());
            assertCounting(buffer);
            buffer.close();
        }

        @Test
        void aNewOwnerSeesTheBytesThroughAViewOfItsOwn() {
            OwnedBuffer first = counting(100);
            long address = first.segment().address();
            OwnedBuffer second = first.transfer();
            for (Kind kind : Kind.values()) {
                OwnedBuffer received = second;
                second = Threads.on(kind, "receiver", () -> {
                    Leases.assertAddress(address, received.segment());
                    assertCounting(received);
                    return received.transfer();
                });
            }
            assertCounting(second);
            second.close();
        }
    }

    @Nested
    class Split {
        @ParameterizedTest(name = "{0} bytes into {1} parts of units of {2}: {3}")
        @CsvSource({"12, 3, 4, 4 4 4", "12, 5, 1, 3 3 2 2 2", "13, 3, 4, 4 4 5", "100, 3, 10, 40 30 30",
                "103, 3, 10, 40 30 33", "7, 1, 100, 7", "0, 1, 1, 0", "0, 1, 9223372036854775807, 0",
                "5, 5, 1, 1 1 1 1 1",
                "9, 1, 9, 9", "17, 2, 8, 8 9"})
        void cutsOnUnitsAndGivesTheRemainderToTheLast(int bytes, int parts,
                long unit, String sizes) {
            List<OwnedBuffer> split = counting(bytes).split(parts, unit);
            long[] expected = Stream.of(sizes.split(" ")).mapToLong(Long::parseLong).toArray();
            assertArrayEquals(expected, sizes(split));
            MemorySegment all = counted(bytes);
            long at = 0;
            for (OwnedBuffer part : split) {
                assertEquals(State.UNCLAIMED, part.state());
                assertEquals(-1, all.asSlice(at, part.byteSize()).mismatch(part.segment()));
                at += part.byteSize();
            }
            assertEquals(bytes, at);
            assertThrows(UnsupportedOperationException.class, () -> split.add(split.getFirst()));
            closeAll(split);
        }

        @ParameterizedTest
        @CsvSource({"0, 1", "1, 0", "-1, 1", "1, -1", "-2147483648, 1", "1, -9223372036854775808", "17, 1", "2, 9",
                "2, 9223372036854775807", "2147483647, 1"})
        void refusesBadArgumentsAndChangesNothing(int parts,
                long unit) {
            OwnedBuffer buffer = counting(16);
            MemorySegment view = buffer.segment();
            var e = assertThrows(IllegalArgumentException.class, () -> buffer.split(parts, unit));
            assertTrue(e.getMessage().contains("parts=" + parts), e.getMessage());
            assertSame(view, buffer.segment());
            assertCounting(buffer);
            buffer.close();
        }

        @Test
        void ofAnUnclaimedBufferWithBadArgumentsDoesNotClaimIt() {
            OwnedBuffer buffer = counting(16).transfer();
            assertThrows(IllegalArgumentException.class, () -> buffer.split(17, 1));
            assertThrows(IllegalArgumentException.class, () -> buffer.splitAt(16));
            assertEquals(State.UNCLAIMED, buffer.state());
            buffer.close();
        }

        static Stream<Arguments> badOffsets() {
            return Stream.of(new long[]{0}, new long[]{-1}, new long[]{16}, new long[]{17}, new long[]{Long.MIN_VALUE},
                    new long[]{Long.MAX_VALUE}, new long[]{4, 4}, new long[]{8, 4}, new long[]{4, 16},
                    new long[]{4, 8, -1}, new long[]{4, Long.MAX_VALUE}).map(Arguments::of);
        }

        @ParameterizedTest
        @MethodSource("badOffsets")
        void atBadOffsetsIsRefusedAndChangesNothing(long[] offsets) {
            OwnedBuffer buffer = counting(16);
            MemorySegment view = buffer.segment();
            var e = assertThrows(IllegalArgumentException.class,
                    () -> buffer.splitAt(offsets[0], Arrays.copyOfRange(offsets, 1, offsets.length)));
            assertTrue(e.getMessage().startsWith("offset "), e.getMessage());
            assertSame(view, buffer.segment());
            buffer.close();
        }

        @Test
        void atOffsetsGivesOnePartMoreThanOffsets() {
            List<OwnedBuffer> parts = counting(16).splitAt(1, 3, 15);
            assertArrayEquals(new long[]{1, 2, 12, 1}, sizes(parts));
            assertEquals(3, parts.get(2).segment().get(JAVA_BYTE, 0));
            closeAll(parts);
        }

        @Test
        void ofAnEmptyBufferAtAnyOffsetIsRefused() {
            try (OwnedBuffer empty = OwnedBuffer.allocate(0)) {
                assertThrows(IllegalArgumentException.class, () -> empty.splitAt(0));
                assertThrows(IllegalArgumentException.class, () -> empty.split(2, 1));
            }
        }

        @Test
        void partsReachTheirOwnBytesOnly() {
            List<OwnedBuffer> parts = counting(12).split(3, 4);
            OwnedBuffer middle = parts.get(1);
            assertThrows(IndexOutOfBoundsException.class, () -> middle.segment().get(JAVA_BYTE, 4));
            assertThrows(IndexOutOfBoundsException.class, () -> middle.segment().get(JAVA_BYTE, -1));
            middle.segment().fill((byte) 0x55);
            OwnedBuffer whole = OwnedBuffer.join(parts);
            assertArrayEquals(new byte[]{0, 1, 2, 3, 0x55, 0x55, 0x55, 0x55, 8, 9, 10, 11},
                    whole.segment().toArray(JAVA_BYTE));
            whole.close();
        }

        @Test
        void aPartThatIsClosedLeavesTheOthersValidAndTheLastOneFreesTheMemory() {
            int bytes = 3 * 12_345; // a size class that no other test uses
            List<OwnedBuffer> parts = new ArrayList<>();
            Chunk chunk = Chunks.of(() -> counting(bytes), buffer -> parts.addAll(buffer.split(3, 1)));
            for (int closed = 0; closed < 3; closed++) {
                parts.get(closed).close();
                assertEquals(closed < 2, chunk.isLeased(), "freed with the last part, not before");
                try (OwnedBuffer probe = OwnedBuffer.allocate(bytes)) {
                    probe.segment().fill((byte) 0xFF);
                }
                for (OwnedBuffer rest : parts.subList(closed + 1, 3)) {
                    assertEquals((byte) (parts.indexOf(rest) * 12_345), rest.segment().get(JAVA_BYTE, 0));
                }
            }
        }

        @Test
        void bytesInUseFallOnlyWithTheLastPart() {
            OwnedBuffer buffer = OwnedBuffer.allocate(1 << 20);
            long before = Leases.bytes();
            List<OwnedBuffer> parts = buffer.split(4, 1);
            parts.subList(0, 3).forEach(OwnedBuffer::close);
            assertEquals(before, Leases.bytes());
            parts.get(3).close();
            assertEquals(before - (1 << 20), Leases.bytes());
        }
    }

    @Nested
    class Join {
        @Test
        void takesThePartsInAnyOrder() {
            Random random = new Random(1);
            OwnedBuffer whole = counting(100);
            for (int parts = 1; parts <= 10; parts++) {
                List<OwnedBuffer> split = new ArrayList<>(whole.split(parts, 1));
                Collections.shuffle(split, random);
                split.get(0).claim(); // mine and nobody's, mixed
                whole = OwnedBuffer.join(split);
                split.forEach(p -> assertEquals(State.GONE, p.state()));
                assertEquals(State.UNCLAIMED, whole.state());
                assertCounting(whole);
            }
            whole.close();
        }

        @Test
        void worksLevelByLevel() {
            List<OwnedBuffer> top = new ArrayList<>(counting(100).splitAt(10, 60));
            List<OwnedBuffer> inner = new ArrayList<>(top.get(1).split(5, 1));
            List<OwnedBuffer> leaves = new ArrayList<>(inner.get(4).splitAt(1));
            List<OwnedBuffer> tail = new ArrayList<>(top.get(2).split(2, 20));
            top.set(2, OwnedBuffer.join(tail.reversed()));
            inner.set(4, OwnedBuffer.join(leaves));
            top.set(1, OwnedBuffer.join(inner.reversed()));
            OwnedBuffer whole = OwnedBuffer.join(top.reversed());
            assertCounting(whole);
            whole.close();
        }

        @Test
        void takesPartsThatWereTransferredMeanwhile() {
            List<OwnedBuffer> parts = counting(20).split(2, 1);
            OwnedBuffer moved = Threads.on(Kind.VIRTUAL, "worker", () -> parts.get(1).transfer());
            OwnedBuffer whole = OwnedBuffer.join(List.of(parts.get(0), moved));
            assertCounting(whole);
            whole.close();
        }

        @Test
        void takesPartsWhoseOwnersHaveTerminated() {
            List<OwnedBuffer> parts = counting(20).split(2, 1);
            for (int i = 0; i < 2; i++) {
                OwnedBuffer part = parts.get(i);
                Threads.on(Kind.values()[i], "worker", () -> part.segment().fill((byte) 7));
            }
            OwnedBuffer whole = OwnedBuffer.join(parts);
            assertEquals(-1, whole.segment().mismatch(MemorySegment.ofArray(new byte[20]).fill((byte) 7)));
            whole.close();
        }

        @Test
        void canBeSplitAgainInAnotherWayAndOldPartsStayGone() {
            List<OwnedBuffer> old = counting(12).split(2, 1);
            List<OwnedBuffer> parts = OwnedBuffer.join(old).split(3, 1);
            assertRefused(IllegalArgumentException.class, "parts.size()=2, but the buffer was split into 3",
                    parts.subList(0, 2), parts);
            assertRefused(DetachedException.class, "joined with its siblings", old, parts);
            assertRefused(DetachedException.class, "joined with its siblings",
                    List.of(parts.get(0), parts.get(1), old.get(0)), parts);
            assertRefused(DetachedException.class, "joined with its siblings",
                    List.of(parts.get(0), parts.get(1), parts.get(2), old.get(1)), parts);
            assertCounting(OwnedBuffer.join(parts));
        }

        private void assertRefused(Class<? extends Exception> type, String message, List<OwnedBuffer> list,
                List<OwnedBuffer> live) {
            List<String> before = Stream.concat(list.stream(), live.stream()).map(OwnedBuffer::toString).toList();
            Exception e = assertThrows(type, () -> OwnedBuffer.join(list));
            assertEquals(type, e.getClass());
            assertTrue(e.getMessage().contains(message), e.getMessage());
            assertEquals(before, Stream.concat(list.stream(), live.stream()).map(OwnedBuffer::toString).toList());
        }

        @Test
        void refusesWhatIsNotAllOfTheParts() {
            List<OwnedBuffer> parts = counting(12).split(3, 4);
            List<OwnedBuffer> foreign = counting(12).split(3, 4);
            OwnedBuffer unsplit = counting(12);
            OwnedBuffer a = parts.get(0);
            OwnedBuffer b = parts.get(1);
            OwnedBuffer c = parts.get(2);
            b.segment();
            assertRefused(IllegalArgumentException.class, "there are no parts to join", List.of(), parts);
            assertRefused(IllegalArgumentException.class, "parts.size()=2, but the buffer was split into 3",
                    List.of(a, c), parts);
            assertRefused(IllegalArgumentException.class, "parts.size()=1", List.of(b), parts);
            assertRefused(IllegalArgumentException.class, "parts[2] occurs twice: " + b, List.of(a, b, b), parts);
            assertRefused(IllegalArgumentException.class, "parts[3] occurs twice: " + c, List.of(a, b, c, c), parts);
            assertRefused(IllegalArgumentException.class, "parts[2] is of another buffer than parts[0]",
                    List.of(a, b, foreign.get(2)), parts);
            assertRefused(IllegalArgumentException.class, "parts[3] is of another buffer than parts[0]",
                    List.of(a, b, c, foreign.get(0)), parts);
            assertRefused(IllegalArgumentException.class, "parts[2] was never split off: " + unsplit,
                    List.of(a, b, unsplit), parts);
            assertRefused(IllegalArgumentException.class, "parts[0] was never split off: " + unsplit, List.of(unsplit),
                    parts);
            assertThrows(NullPointerException.class, () -> OwnedBuffer.join(Arrays.asList(a, null, c)));
            assertThrows(NullPointerException.class, () -> OwnedBuffer.join(null));
            assertTrue(b.segment().scope().isAlive());
            OwnedBuffer.join(parts).close();
            OwnedBuffer.join(foreign).close();
            unsplit.close();
        }

        @Test
        void refusesPartsOfWhichOneIsGone() {
            for (Consumer<OwnedBuffer> end : List.<Consumer<OwnedBuffer>>of(OwnedBuffer::close,
                    OwnedBuffer::transfer, p -> p.split(2, 1))) {
                List<OwnedBuffer> parts = counting(12).split(3, 4);
                end.accept(parts.get(1));
                assertRefused(DetachedException.class, "this buffer of 4 bytes is gone", parts, parts);
                assertEquals(State.UNCLAIMED, parts.get(0).state(), "what it claimed it must give back");
                closeAll(parts);
            }
        }

        @Test
        void refusesGrandchildrenInPlaceOfTheirParent() {
            List<OwnedBuffer> parts = counting(12).split(2, 6);
            List<OwnedBuffer> inner = parts.get(1).split(2, 1);
            assertRefused(IllegalArgumentException.class, "parts[1] is of another buffer than parts[0]",
                    List.of(parts.get(0), inner.get(0), inner.get(1)), inner);
            assertCounting(OwnedBuffer.join(List.of(parts.get(0), OwnedBuffer.join(inner))));
        }

        @ParameterizedTest
        @EnumSource(Kind.class)
        void refusesPartsOfWhichAnotherThreadOwnsOneAndGivesTheOthersBack(Kind kind) {
            List<OwnedBuffer> parts = counting(12).split(3, 4);
            MemorySegment mine = parts.get(0).segment();
            try (Resident other = Threads.resident(kind, "other")) {
                other.run(() -> parts.get(2).segment().set(JAVA_BYTE, 0, (byte) 77));
                assertRefused(WrongThreadException.class, "it is owned by thread 'other'", parts, parts);
                assertSame(mine, parts.get(0).segment());
                assertEquals(State.UNCLAIMED, parts.get(1).state());
                assertSame(other.thread(), parts.get(2).owner());
            }
            OwnedBuffer whole = OwnedBuffer.join(parts);
            assertEquals(77, whole.segment().get(JAVA_BYTE, 8));
            whole.close();
        }

        /** If all threads do so, they contend for the first part only, and one of them gets it and all the others. */
        @Test
        void claimsInTheOrderOfTheBytesWhateverThatOfTheList() {
            List<OwnedBuffer> parts = counting(12).split(2, 6);
            Threads.on(Kind.PLATFORM, "dead", parts.get(1)::claim);
            try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
                other.run(parts.get(0)::claim);
                assertThrows(WrongThreadException.class, () -> OwnedBuffer.join(parts.reversed()));
                assertEquals("OwnedBuffer[6 bytes, unclaimed, as its owner thread 'dead' has terminated]",
                        parts.get(1).toString(), "it was not even claimed");
            }
            OwnedBuffer.join(parts).close();
        }

        @Test
        void doesNotMindWhatBecomesOfTheListWhileItWorks() {
            List<OwnedBuffer> parts = new ArrayList<>(counting(12).split(3, 4));
            OwnedBuffer whole = OwnedBuffer.join(parts);
            parts.clear();
            assertCounting(whole);
            whole.close();
        }
    }

    @Nested
    class DuringANativeCall {
        static final Map<String, Consumer<OwnedBuffer>> REVOKING = Map.of("transfer", OwnedBuffer::transfer, "split",
                b -> b.split(2, 1), "splitAt", b -> b.splitAt(4), "join", b -> OwnedBuffer.join(List.of(b)), "close",
                OwnedBuffer::close, "a clone that moves it", b -> StructuredClone.clone(b, b), "resize",
                b -> b.resize(4),
                "freeze", OwnedBuffer::freeze, "share", OwnedBuffer::share, "revoke", b -> {
                    Transfer move = b.beginTransfer();
                    try {
                        move.revoke();
                    } finally {
                        move.abort();
                    }
                });
        static final List<String> NAMES = List.copyOf(REVOKING.keySet());

        @ParameterizedTest
        @FieldSource("NAMES")
        void nothingCanTakeTheBufferAwayAndNothingChanges(String name) {
            OwnedBuffer buffer = counting(8).split(1, 1).getFirst();
            MemorySegment view = buffer.segment();
            NativeCall.using(view, () -> {
                var e = assertThrows(IllegalStateException.class, () -> REVOKING.get(name).accept(buffer));
                assertFalse(e instanceof DetachedException, e.toString());
                assertSame(Thread.currentThread(), buffer.owner());
                assertSame(view, buffer.segment());
            });
            assertCounting(buffer);
            assertEquals(State.UNCLAIMED, buffer.transfer().state(), "after the call it works");
        }

        @Test
        void aSliceInUseIsEnoughToHoldIt() {
            OwnedBuffer buffer = counting(16);
            NativeCall.using(buffer.segment().asSlice(8),
                    () -> assertThrows(IllegalStateException.class, buffer::transfer));
            assertCounting(buffer);
            buffer.close();
        }

        @Test
        void aCloneThatMovesTwoMovesNoneWhenTheSecondIsInUse() {
            OwnedBuffer free = counting(8);
            OwnedBuffer unclaimed = counting(8).transfer();
            OwnedBuffer used = counting(8);
            OwnedBuffer copied = counting(1 << 16);
            long inUse = Leases.bytes();
            NativeCall.using(used.segment(), () -> {
                var e = assertThrows(IllegalStateException.class, () -> StructuredClone
                        .clone(List.of(free, unclaimed, used, copied), free, unclaimed, used));
                assertFalse(e instanceof DetachedException, e.toString());
            });
            assertEquals(inUse, Leases.bytes(), "the copy of an aborted clone is freed");
            assertSame(Thread.currentThread(), free.owner());
            assertSame(Thread.currentThread(), used.owner());
            assertEquals(State.UNCLAIMED, unclaimed.state());
            for (OwnedBuffer b : List.of(free, unclaimed, used, copied)) {
                assertCounting(b);
                b.close();
            }
        }

        @Test
        void aJoinLeavesAllPartsWithTheirOwnersWhenOneIsInUse() {
            List<OwnedBuffer> parts = counting(24).split(3, 8);
            parts.get(0).claim().segment();
            NativeCall.using(parts.get(2).segment(),
                    () -> assertThrows(IllegalStateException.class, () -> OwnedBuffer.join(parts)));
            assertEquals(List.of(State.OWNED, State.UNCLAIMED, State.OWNED),
                    parts.stream().map(OwnedBuffer::state).toList());
            assertEquals(0, parts.get(0).segment().get(JAVA_BYTE, 0), "what was revoked opens again");
            OwnedBuffer whole = OwnedBuffer.join(parts);
            assertCounting(whole);
            whole.close();
        }
    }

    @Nested
    class Races {
        /** A handle, and what it has to tell forever. */
        private record Sized(OwnedBuffer handle, int bytes) {
        }

        @Test
        void aHandleNeverTellsTheSizeOfALaterLeaseOfItsBlock() {
            AtomicReference<Sized> current = new AtomicReference<>(new Sized(OwnedBuffer.allocate(8), 8));
            Threads.race(Kind.PLATFORM, 2, 200, round -> {
            }, (racer, round) -> {
                for (int i = 0; i < 1_000; i++) {
                    if (racer == 0) {
                        int bytes = i % 2 == 0 ? 33 : 55; // of one size class
                        OwnedBuffer handle = OwnedBuffer.allocateResizable(bytes, bytes + 1);
                        current.setRelease(new Sized(handle, bytes));
                        handle.close();
                    } else {
                        Sized sized = current.getAcquire();
                        assertEquals(sized.bytes, sized.handle.byteSize());
                        assertTrue(sized.handle.maxByteSize() <= sized.bytes + 1);
                    }
                }
            });
        }

        private static final int ROUNDS = 2_000;

        private OwnedBuffer handle;
        private List<OwnedBuffer> parts;

        @ParameterizedTest
        @EnumSource(Kind.class)
        void ofThreadsThatClaimAtOnceExactlyOneWins(Kind kind) {
            AtomicInteger winners = new AtomicInteger();
            AtomicInteger losers = new AtomicInteger();
            Threads.race(kind, 3, ROUNDS, round -> {
                assertEquals(round, winners.get());
                assertEquals(2 * round, losers.get());
                handle = OwnedBuffer.allocate(8).transfer();
            }, (racer, round) -> {
                try {
                    assertSame(handle, handle.claim());
                    assertSame(Thread.currentThread(), handle.owner());
                    handle.segment().set(JAVA_INT, 0, racer);
                    winners.incrementAndGet();
                } catch (WrongThreadException e) {
                    assertTrue(e.getMessage().contains("it is owned by thread 'racer-"), e.getMessage());
                    losers.incrementAndGet();
                }
            });
        }

        @Test
        void ofThreadsThatTransferAtOnceExactlyOneGetsTheNewHandle() {
            AtomicReferenceArray<OwnedBuffer> got = new AtomicReferenceArray<>(3);
            Threads.race(Kind.PLATFORM, 3, ROUNDS, round -> {
                if (round > 0) {
                    List<OwnedBuffer> successors = IntStream.range(0, 3).mapToObj(got::get)
                            .filter(b -> b != null).toList();
                    assertEquals(1, successors.size());
                    assertEquals(State.GONE, handle.state());
                    assertEquals(round - 1, successors.getFirst().segment().get(JAVA_INT, 0));
                    successors.getFirst().close();
                }
                OwnedBuffer next = OwnedBuffer.allocate(8);
                next.segment().set(JAVA_INT, 0, round);
                handle = next.transfer();
            }, (racer, round) -> {
                got.set(racer, null);
                try {
                    got.set(racer, handle.transfer());
                } catch (WrongThreadException | DetachedException e) {
                    // another one was faster: it has the buffer at this moment, or has moved it already
                }
            });
        }

        @Test
        void ofThreadsThatCloseAtOnceExactlyOneFrees() {
            int bytes = 23_456; // a size class that no other test uses
            Threads.race(Kind.PLATFORM, 3, ROUNDS, round -> {
                if (round > 0) {
                    assertEquals(State.GONE, handle.state());
                    OwnedBuffer one = OwnedBuffer.allocate(bytes);
                    OwnedBuffer two = OwnedBuffer.allocate(bytes);
                    assertNotEquals(one.segment().address(), two.segment().address(), "freed twice");
                    one.close();
                    two.close();
                }
                handle = OwnedBuffer.allocate(bytes).transfer();
            }, (racer, round) -> {
                try {
                    handle.close();
                } catch (WrongThreadException e) {
                    // another one is just closing it
                }
            });
        }

        @Test
        void ofThreadsThatCloseAllPartsAtOnceTheLastFreesOnce() {
            int bytes = 34_567; // a size class that no other test uses
            Threads.race(Kind.PLATFORM, 3, ROUNDS, round -> {
                if (round > 0) {
                    OwnedBuffer one = OwnedBuffer.allocate(bytes);
                    OwnedBuffer two = OwnedBuffer.allocate(bytes);
                    assertNotEquals(one.segment().address(), two.segment().address(), "freed twice");
                    assertEquals(-1, one.segment().mismatch(two.segment()), "both are zeroed");
                    one.close();
                    two.close();
                }
                parts = OwnedBuffer.allocate(bytes).split(3, 1);
            }, (racer, round) -> {
                parts.get(racer).segment().fill((byte) -1);
                parts.get(racer).close();
            });
        }

        @Test
        void ofAJoinAndAClaimExactlyOneWinsAndTheOtherChangesNothing() {
            OwnedBuffer[] joined = new OwnedBuffer[1];
            boolean[] claimed = new boolean[1];
            int[] wins = new int[2];
            Threads.race(Kind.PLATFORM, 2, ROUNDS, round -> {
                if (round > 0) {
                    assertNotEquals(joined[0] != null, claimed[0], "one and only one");
                    wins[claimed[0] ? 1 : 0]++;
                    if (joined[0] == null) {
                        assertEquals(State.UNCLAIMED, parts.get(0).state(), "a join that fails gives back");
                        parts.get(0).close();
                    } else {
                        joined[0].close();
                    }
                }
                joined[0] = null;
                claimed[0] = false;
                parts = OwnedBuffer.allocate(16).split(2, 8);
            }, (racer, round) -> {
                try {
                    if (racer == 0) {
                        joined[0] = OwnedBuffer.join(parts);
                    } else {
                        parts.get(1).claim();
                        claimed[0] = true;
                        parts.get(1).segment().set(JAVA_INT, 0, 1);
                    }
                } catch (WrongThreadException | DetachedException e) {
                    // the other one was faster
                }
            });
            assertEquals(ROUNDS, wins[0] + wins[1]);
        }

        @Test
        void ofThreadsThatJoinTheSamePartsAtOnceExactlyOneWins() {
            AtomicReferenceArray<OwnedBuffer> joined = new AtomicReferenceArray<>(3);
            Threads.race(Kind.PLATFORM, 3, ROUNDS, round -> {
                if (round > 0) {
                    List<OwnedBuffer> whole = IntStream.range(0, 3).mapToObj(i -> joined.getAndSet(i, null))
                            .filter(b -> b != null).toList();
                    assertEquals(1, whole.size(), "in round " + round);
                    parts.forEach(p -> assertEquals(State.GONE, p.state()));
                    whole.getFirst().close();
                }
                parts = OwnedBuffer.allocate(24).split(3, 8);
            }, (racer, round) -> {
                List<OwnedBuffer> mine = new ArrayList<>(parts);
                Collections.rotate(mine, racer);
                try {
                    joined.set(racer, OwnedBuffer.join(mine));
                } catch (WrongThreadException | DetachedException e) {
                    // another one holds the first part, or has joined them all
                }
            });
        }

        @Test
        void ofThreadsThatTakeOverFromADeadOwnerExactlyOneWins() {
            AtomicInteger winners = new AtomicInteger();
            Threads.race(Kind.PLATFORM, 2, 500, round -> {
                assertEquals(round, winners.get());
                handle = OwnedBuffer.allocate(8).transfer();
                Threads.on(Kind.VIRTUAL, "dead", () -> handle.segment().fill((byte) round));
            }, (racer, round) -> {
                try {
                    assertEquals((byte) round, handle.segment().get(JAVA_BYTE, 3));
                    winners.incrementAndGet();
                } catch (WrongThreadException e) {
                    // the other one was faster
                }
            });
        }

        @Test
        void aHandleThatComesByADataRaceBringsItsBytes() {
            int count = 100_000;
            AtomicReferenceArray<OwnedBuffer> box = new AtomicReferenceArray<>(1 << 8);
            try (Resident producer = Threads.resident(Kind.PLATFORM, "producer")) {
                var production = producer.begin(() -> {
                    for (int i = 1; i <= count; i++) {
                        int slot = i & box.length() - 1;
                        while (box.getPlain(slot) != null) {
                            Thread.onSpinWait();
                            VarHandle.acquireFence(); // only that the loop reads again
                        }
                        OwnedBuffer buffer = OwnedBuffer.allocate(16);
                        buffer.segment().fill((byte) i);
                        box.setPlain(slot, i % 3 == 0 ? buffer.split(1, 1).getFirst() : buffer.transfer()); // no order
                    }
                    return null;
                });
                MemorySegment expected = MemorySegment.ofArray(new byte[16]);
                for (int i = 1; i <= count; i++) {
                    int slot = i & box.length() - 1;
                    OwnedBuffer buffer;
                    while ((buffer = box.getOpaque(slot)) == null) {
                        Thread.onSpinWait();
                    }
                    box.setOpaque(slot, null);
                    assertEquals(16, buffer.byteSize());
                    assertEquals(-1, buffer.segment().mismatch(expected.fill((byte) i)));
                    buffer.close();
                }
                Threads.until(production::isDone);
                assertEquals(null, production.resultNow());
            }
        }

        @Test
        void aBufferSeesTheWorkOfEveryStageThatItWentThrough() {
            List<Resident> stages = IntStream.range(0, 4)
                    .mapToObj(i -> Threads.resident(Kind.values()[i % 2], "stage-" + i)).toList();
            OwnedBuffer baton = OwnedBuffer.allocate(8).transfer();
            for (int i = 0; i < 400; i++) {
                OwnedBuffer in = baton;
                baton = stages.get(i % 4).call(() -> {
                    in.segment().set(JAVA_INT_UNALIGNED, 3, in.segment().get(JAVA_INT_UNALIGNED, 3) + 1);
                    return in.transfer();
                });
                assertThrows(DetachedException.class, in::segment);
            }
            assertEquals(400, baton.segment().get(JAVA_INT_UNALIGNED, 3));
            baton.close();
            stages.forEach(Resident::close);
        }
    }

    @Test
    void operationsOnGoneHandlesNameTheThreadThatTookThem() {
        Function<OwnedBuffer, String> message = b -> assertThrows(DetachedException.class, b::claim).getMessage();
        OwnedBuffer first = OwnedBuffer.allocate(4);
        OwnedBuffer second = first.transfer();
        Threads.on(Kind.VIRTUAL, "thief", second::transfer).close();
        assertTrue(message.apply(first).endsWith("transferred by thread '" + Thread.currentThread().getName() + "'"));
        assertTrue(message.apply(second).endsWith("transferred by thread 'thief'"));
    }
}
