package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.MessageChannel;
import dev.handoff.clone.DataCloneException;
import dev.handoff.clone.StructuredClone;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code freeze} and {@code share}: the two ways in which a buffer ceases to have owners. */
class OwnedBufferFreezeTest {
    /** Both ways, as they have most in common. */
    enum Way {
        FREEZE("frozen", b -> b.freeze(), o -> ((FrozenBuffer) o).segment()),
        SHARE("shared", b -> b.share(), o -> ((SharedBuffer) o).segment());

        private final String how;
        private final Function<OwnedBuffer, Object> act;
        private final Function<Object, MemorySegment> bytes;

        Way(String how, Function<OwnedBuffer, Object> act, Function<Object, MemorySegment> bytes) {
            this.how = how;
            this.act = act;
            this.bytes = bytes;
        }

        MemorySegment on(OwnedBuffer buffer) {
            return bytes.apply(Leases.keep(act.apply(buffer)));
        }
    }

    private static OwnedBuffer filled(int bytes, int value) {
        OwnedBuffer buffer = OwnedBuffer.allocate(bytes);
        buffer.segment().fill((byte) value);
        return buffer;
    }

    private static void assertAll(int value, MemorySegment bytes) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            assertEquals((byte) value, bytes.get(JAVA_BYTE, i), "at " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void allThreadsSeeTheBytesAndNoMemoryIsTakenForThem(Way way) {
        OwnedBuffer buffer = filled(1_000, 7);
        long inUse = Leases.bytes();
        MemorySegment bytes = way.on(buffer);
        assertEquals(inUse, Leases.bytes(), "a copy was made");
        assertEquals(1_000, bytes.byteSize());
        assertAll(7, bytes);
        for (Kind kind : Kind.values()) {
            Threads.on(kind, "reader", () -> {
                assertAll(7, bytes);
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void theHandleIsGoneAndSaysWhy(Way way) {
        OwnedBuffer buffer = filled(8, 7);
        way.on(buffer);
        assertEquals(State.GONE, buffer.state());
        assertEquals("this buffer of 8 bytes is gone: " + way.how + " by thread '" + Thread.currentThread().getName()
                + "'", assertThrows(DetachedException.class, buffer::segment).getMessage());
        buffer.close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anEmptyBufferWillDo(Way way) {
        assertEquals(0, way.on(OwnedBuffer.allocate(0)).byteSize());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aResizableBufferIsTakenWithTheSizeThatItHas(Way way) {
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(10, 100);
        buffer.resize(20);
        assertEquals(20, way.on(buffer).byteSize());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aPartForbidsTheJoinAndLeavesItsSiblingsToTheirOwners(Way way) {
        List<OwnedBuffer> parts = filled(12, 7).split(3, 4);
        MemorySegment bytes = way.on(parts.get(1));
        assertEquals(4, bytes.byteSize());
        List<OwnedBuffer> rest = List.of(parts.get(0), parts.get(2));
        assertEquals("parts.size()=2, but the buffer was split into 3; all of them are needed",
                assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.join(rest)).getMessage());
        assertTrue(assertThrows(DetachedException.class, () -> OwnedBuffer.join(parts)).getMessage()
                .contains(way.how + " by"));
        rest.forEach(part -> {
            assertEquals(State.UNCLAIMED, part.state());
            part.segment().fill((byte) 9);
            part.close();
        });
        assertAll(7, bytes);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aGrandchildForbidsTheJoinOnEveryLevel(Way way) {
        List<OwnedBuffer> parts = filled(12, 7).split(2, 6);
        List<OwnedBuffer> inner = parts.get(1).split(2, 3);
        way.on(inner.get(0));
        assertThrows(IllegalArgumentException.class, () -> OwnedBuffer.join(List.of(inner.get(1))));
        assertThrows(DetachedException.class, () -> OwnedBuffer.join(parts));
        inner.get(1).close();
        parts.get(0).close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void theMemoryIsNeverGivenToAnybodyElseThoughAllOtherPartsAreClosed(Way way) {
        int bytes = 45_678; // a size class that no other test uses
        List<OwnedBuffer> parts = filled(bytes, 7).split(3, 1);
        MemorySegment kept = way.on(parts.get(1));
        parts.get(0).close();
        parts.get(2).close();
        List<OwnedBuffer> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            others.add(filled(bytes, -1));
        }
        assertAll(7, kept);
        others.forEach(OwnedBuffer::close);
    }

    @Test
    void frozenBytesCanBeWrittenByNoMeans() {
        FrozenBuffer frozen = Leases.keep(filled(16, 7).freeze());
        MemorySegment bytes = frozen.segment();
        assertSame(bytes, frozen.segment());
        assertTrue(bytes.isReadOnly());
        assertThrows(IllegalArgumentException.class, () -> bytes.set(JAVA_BYTE, 0, (byte) 1));
        assertThrows(IllegalArgumentException.class, () -> bytes.asSlice(4).fill((byte) 1));
        assertThrows(IllegalArgumentException.class, () -> bytes.copyFrom(MemorySegment.ofArray(new byte[16])));
        assertThrows(ReadOnlyBufferException.class, () -> bytes.asByteBuffer().put(0, (byte) 1));
        assertThrows(IllegalArgumentException.class, () -> JAVA_INT.varHandle().getAndAdd(bytes, 0L, 1));
        assertAll(7, bytes);
        assertEquals(16, frozen.byteSize());
        assertEquals("FrozenBuffer[16 bytes]", frozen.toString());
    }

    @Test
    void sharedBytesCanBeWrittenByAll() {
        SharedBuffer shared = Leases.keep(filled(16, 7).share());
        Int32View view = Int32View.of(shared);
        Threads.on(Kind.VIRTUAL, "writer", () -> view.getAndAdd(1, 1));
        assertEquals(0x07070708, view.get(1));
        assertEquals(16, shared.byteSize());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 13})
    void aPartThatIsSharedHasItsOwnBytesWhereverItBegins(int from) {
        List<OwnedBuffer> parts = filled(16, 7).splitAt(from, 14);
        SharedBuffer shared = Leases.keep(parts.get(1).share());
        MemorySegment bytes = shared.segment();
        assertEquals(0, shared.words().address() % 4, "where atomic access to a byte begins");
        assertEquals(from % 4, bytes.address() - shared.words().address());
        assertEquals(16 - from / 4 * 4, shared.words().byteSize());
        assertEquals(14 - from, bytes.byteSize());
        bytes.fill((byte) 9);
        assertAll(7, parts.get(0).segment());
        assertAll(7, parts.get(2).segment());
        assertAll(9, bytes);
        parts.get(0).close();
        parts.get(2).close();
    }

    private static void collectUntilInUse(long bytes) {
        for (int i = 0; i < 1_000 && Leases.bytes() > bytes; i++) {
            System.gc();
            Thread.yield();
        }
        assertTrue(Leases.bytes() <= bytes, "1,000 collections did not bring it about");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void theMemoryIsFreedWhenNothingReachesItAnyMoreAndNotBefore(Way way) {
        long before = Leases.bytes();
        int bytes = 7 << 20;
        Object pinned = way.act.apply(filled(bytes, 7));
        MemorySegment slice = way.bytes.apply(pinned).asSlice(4_096, 100);
        pinned = null;
        for (int i = 0; i < 5; i++) {
            System.gc();
        }
        assertTrue(Leases.bytes() >= before + bytes, "freed under a slice");
        assertAll(7, slice);
        slice = null;
        collectUntilInUse(before);
    }

    @Test
    void aFrozenPartKeepsAllOfItsBlockAndItsEndFreesIt() {
        long before = Leases.bytes();
        List<OwnedBuffer> parts = filled(7 << 20, 7).split(2, 1);
        FrozenBuffer frozen = parts.get(0).freeze();
        parts.get(1).close();
        parts = null;
        for (int i = 0; i < 5; i++) {
            System.gc();
        }
        assertAll(7, frozen.segment().asSlice(1 << 20, 100));
        frozen = null;
        collectUntilInUse(before);
    }

    @Test
    void frozenBuffersTravelByReference() throws InterruptedException {
        FrozenBuffer frozen = Leases.keep(filled(16, 7).freeze());
        assertSame(frozen, StructuredClone.clone(frozen));
        record Message(FrozenBuffer bytes, List<Object> more) {
        }
        MessageChannel<Message, Object> channel = MessageChannel.create("a", "b");
        channel.port1().post(new Message(frozen, new ArrayList<>(List.of(frozen))));
        Message received = channel.port2().poll();
        assertSame(frozen, received.bytes());
        assertSame(frozen, received.more().getFirst());
        channel.port1().close();
    }

    @Test
    void aHandleThatWasFrozenCannotBeSent() {
        OwnedBuffer buffer = filled(16, 7);
        Leases.keep(buffer.freeze());
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(buffer, buffer));
        assertTrue(e.getMessage().contains("frozen by thread"), e.getMessage());
    }

    @Test
    void aReaderThatGotAFrozenBufferByADataRaceSeesAllOfIt() {
        int rounds = 3_000;
        class Box {
            FrozenBuffer plain;
        }
        Box box = new Box();
        Threads.race(Kind.PLATFORM, 2, rounds, round -> box.plain = null, (racer, round) -> {
            if (racer == 0) {
                box.plain = Leases.keep(filled(64, round).freeze());
            } else {
                FrozenBuffer frozen = box.plain;
                if (frozen != null) {
                    assertAll(round, frozen.segment());
                }
            }
        });
    }
}
