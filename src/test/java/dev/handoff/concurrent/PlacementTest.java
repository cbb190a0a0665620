package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Threads;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where and how each thing of this package is created and found again. */
class PlacementTest {
    interface Place {
        Object at(SharedBuffer buffer, long byteOffset);
    }

    record Thing(String name, String kind, long bytes, Place create, Place attach) {
        @Override
        public String toString() {
            return name;
        }
    }

    static final List<Thing> THINGS = List.of(
            new Thing("SharedMutex", "MUTX", SharedMutex.bytes(), SharedMutex::create, SharedMutex::attach),
            new Thing("SharedSemaphore", "SEMA", SharedSemaphore.bytes(), (b, o) -> SharedSemaphore.create(b, o, 3),
                    SharedSemaphore::attach),
            new Thing("SharedLatch", "LTCH", SharedLatch.bytes(), (b, o) -> SharedLatch.create(b, o, 3),
                    SharedLatch::attach),
            new Thing("SharedBarrier", "BARR", SharedBarrier.bytes(), (b, o) -> SharedBarrier.create(b, o, 3),
                    SharedBarrier::attach),
            new Thing("SpscRing", "SPSC", SpscRing.bytes(64), (b, o) -> SpscRing.create(b, o, 64), SpscRing::attach),
            new Thing("MpscRing", "MPSC", MpscRing.bytes(64), (b, o) -> MpscRing.create(b, o, 64), MpscRing::attach));

    @ParameterizedTest
    @FieldSource("THINGS")
    void itTakesTheBytesThatItSaysAndNoMore(Thing thing) {
        SharedBuffer exact = SharedBuffer.allocate(thing.bytes());
        assertEquals(thing.create().at(exact, 0).toString(), thing.attach().at(exact, 0).toString());
        SharedBuffer larger = SharedBuffer.allocate(thing.bytes() + 16);
        larger.segment().fill((byte) -1);
        larger.segment().asSlice(8, thing.bytes()).fill((byte) 0);
        assertEquals(thing.create().at(larger, 8).toString(), thing.attach().at(larger, 8).toString());
        assertEquals(-1, larger.segment().get(ValueLayout.JAVA_LONG, 0));
        assertEquals(-1, larger.segment().get(ValueLayout.JAVA_LONG, thing.bytes() + 8));
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void whatWasInTheRestOfTheMemoryDoesNotMatter(Thing thing) {
        SharedBuffer fresh = SharedBuffer.allocate(thing.bytes());
        SharedBuffer used = SharedBuffer.allocate(thing.bytes());
        used.segment().asSlice(8).fill((byte) 0x55);
        thing.create().at(fresh, 0);
        thing.create().at(used, 0);
        assertEquals(-1, fresh.segment().mismatch(used.segment()));
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void aPlaceOutsideOfTheBufferIsRefused(Thing thing) {
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes() + 64);
        for (long offset : new long[]{-8, 72, thing.bytes() + 64, thing.bytes() + 72, Long.MAX_VALUE - 7,
                Long.MIN_VALUE}) {
            var e = assertThrows(IndexOutOfBoundsException.class, () -> thing.create().at(buffer, offset));
            assertEquals("a " + thing + " of " + thing.bytes() + " bytes at byteOffset=" + offset
                    + " reaches beyond the buffer's " + buffer.byteSize() + " bytes", e.getMessage());
        }
        for (long offset : new long[]{-8, thing.bytes() + 64, Long.MAX_VALUE - 7, Long.MIN_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> thing.attach().at(buffer, offset));
        }
        assertEquals(0, buffer.segment().get(ValueLayout.JAVA_LONG, 72));
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void memoryTooShortForWhatIsThereIsRefused(Thing thing) {
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes());
        thing.create().at(buffer, 0);
        SharedBuffer cut = SharedBuffer.wrap(buffer.segment().asSlice(0, thing.bytes() - 8));
        assertThrows(IndexOutOfBoundsException.class, () -> thing.attach().at(cut, 0));
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void aMisalignedPlaceIsRefused(Thing thing) {
        SharedBuffer bytes = SharedBuffer.wrap(MemorySegment.ofArray(new byte[(int) thing.bytes() + 8]));
        SharedBuffer ints = SharedBuffer.wrap(MemorySegment.ofArray(new int[(int) thing.bytes()]));
        SharedBuffer odd = SharedBuffer.wrap(Arena.ofAuto().allocate(thing.bytes() + 8, 8).asSlice(4));
        for (SharedBuffer buffer : List.of(bytes, ints, odd)) {
            for (Place place : List.of(thing.create(), thing.attach())) {
                var e = assertThrows(IllegalArgumentException.class, () -> place.at(buffer, 0));
                assertEquals("byteOffset=0 is not aligned to 8 bytes in this buffer, as atomic access needs it",
                        e.getMessage());
            }
        }
        SharedBuffer aligned = SharedBuffer.allocate(thing.bytes() + 8);
        for (long offset : new long[]{1, 2, 4}) {
            assertThrows(IllegalArgumentException.class, () -> thing.create().at(aligned, offset));
        }
        thing.create().at(odd, 4);
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void whereSomethingIsNothingIsCreated(Thing thing) {
        for (Thing there : THINGS) {
            SharedBuffer buffer = SharedBuffer.allocate(Math.max(thing.bytes(), there.bytes()));
            there.create().at(buffer, 0);
            byte[] before = buffer.segment().toArray(ValueLayout.JAVA_BYTE);
            var e = assertThrows(IllegalStateException.class, () -> thing.create().at(buffer, 0));
            assertEquals("a " + thing + " needs zeroed memory, but at byteOffset=0 there is " + there.kind()
                    + " in version 1", e.getMessage());
            assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(before)));
        }
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void whereItIsNotItIsNotFound(Thing thing) {
        for (Thing there : THINGS) {
            if (there != thing) {
                SharedBuffer buffer = SharedBuffer.allocate(Math.max(thing.bytes(), there.bytes()));
                there.create().at(buffer, 0);
                var e = assertThrows(IllegalStateException.class, () -> thing.attach().at(buffer, 0));
                assertEquals("no " + thing + " at byteOffset=0, but " + there.kind() + " in version 1",
                        e.getMessage());
            }
        }
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes() + 64);
        assertEquals("no " + thing + " at byteOffset=64, but nothing yet",
                assertThrows(IllegalStateException.class, () -> thing.attach().at(buffer, 64)).getMessage());
        buffer.segment().set(ValueLayout.JAVA_LONG, 0, 0xabcL);
        assertEquals("no " + thing + " at byteOffset=0, but 0xabc",
                assertThrows(IllegalStateException.class, () -> thing.attach().at(buffer, 0)).getMessage());
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void whatIsStillBeingCreatedIsNeitherFoundNorCreated(Thing thing) {
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes());
        Preamble.create(buffer, 0, Preamble.BYTES, "half");
        for (Place place : List.of(thing.create(), thing.attach())) {
            var e = assertThrows(IllegalStateException.class, () -> place.at(buffer, 0));
            assertTrue(e.getMessage().endsWith("one that is still being created, or whose creator has died: whoever is"
                    + " certain of that zeroes these 8 bytes and creates it anew"), e.getMessage());
        }
        buffer.segment().set(ValueLayout.JAVA_LONG, 0, 0L);
        assertEquals(thing.create().at(buffer, 0).toString(), thing.attach().at(buffer, 0).toString());
    }

    @ParameterizedTest
    @CsvSource({"SharedBarrier, parties", "SpscRing, capacity", "MpscRing, capacity"})
    void aParameterThatCannotBeIsNotTakenForOne(String name, String parameter) {
        Thing thing = THINGS.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes());
        thing.create().at(buffer, 0);
        for (long none : new long[]{0, -1, Long.MIN_VALUE, 1L << 31, (1L << 32) + 64}) {
            buffer.segment().set(ValueLayout.JAVA_LONG, Preamble.PARAMETER_OFFSET, none);
            var e = assertThrows(IllegalStateException.class, () -> thing.attach().at(buffer, 0));
            assertEquals("no " + thing + " at byteOffset=0 can have " + parameter + "=" + none
                    + ": its memory was overwritten", e.getMessage());
        }
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void anotherVersionIsNotFound(Thing thing) {
        SharedBuffer buffer = SharedBuffer.allocate(thing.bytes());
        thing.create().at(buffer, 0);
        long identity = buffer.segment().get(ValueLayout.JAVA_LONG, 0);
        buffer.segment().set(ValueLayout.JAVA_LONG, 0, identity + (1L << 32));
        var e = assertThrows(IllegalStateException.class, () -> thing.attach().at(buffer, 0));
        assertEquals("no " + thing + " at byteOffset=0, but " + thing.kind() + " in version 2", e.getMessage());
    }

    @ParameterizedTest
    @FieldSource("THINGS")
    void ofManyCreatorsOneSucceedsAndWhoAttachesFindsItWhole(Thing thing) {
        String expected = thing.create().at(SharedBuffer.allocate(thing.bytes()), 0).toString();
        AtomicReference<SharedBuffer> buffer = new AtomicReference<>();
        AtomicInteger created = new AtomicInteger(1);
        Threads.race(Threads.Kind.PLATFORM, 3, 500, round -> {
            assertEquals(1, created.getAndSet(0));
            buffer.set(SharedBuffer.wrap(MemorySegment.ofArray(new long[(int) thing.bytes() / 8])));
        }, (racer, round) -> {
            if (racer < 2) {
                try {
                    thing.create().at(buffer.get(), 0);
                    created.incrementAndGet();
                } catch (IllegalStateException e) {
                    assertTrue(e.getMessage().contains("needs zeroed memory"), e.getMessage());
                }
                return;
            }
            Object found = null;
            while (found == null) {
                try {
                    found = thing.attach().at(buffer.get(), 0);
                } catch (IllegalStateException e) {
                    Thread.onSpinWait();
                }
            }
            assertEquals(expected, found.toString());
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -64, 0, 1, 32, 63, 65, 96, (1L << 30) + 1, 1L << 31, 1L << 32, 1L << 62})
    void aCapacityThatIsNoneIsRefused(long capacity) {
        SharedBuffer buffer = SharedBuffer.allocate(1024);
        String message = "capacity=" + capacity + " must be a power of two from 64 to 1073741824";
        for (Runnable use : List.<Runnable>of(() -> SpscRing.bytes(capacity), () -> MpscRing.bytes(capacity),
                () -> SpscRing.create(buffer, 0, capacity), () -> MpscRing.create(buffer, 0, capacity))) {
            assertEquals(message, assertThrows(IllegalArgumentException.class, use::run).getMessage());
        }
        assertEquals(0, buffer.segment().get(ValueLayout.JAVA_LONG, 0), "nothing was begun");
    }

    @Test
    void parametersThatAreNoneAreRefusedBeforeAnythingIsWritten() {
        SharedBuffer buffer = SharedBuffer.allocate(128);
        assertEquals("permits=-1 must not be negative", assertThrows(IllegalArgumentException.class,
                () -> SharedSemaphore.create(buffer, 0, -1)).getMessage());
        assertEquals("count=-1 must not be negative", assertThrows(IllegalArgumentException.class,
                () -> SharedLatch.create(buffer, 0, -1)).getMessage());
        for (int parties : new int[]{0, -1, Integer.MIN_VALUE}) {
            assertEquals("parties=" + parties + " must be 1 or more", assertThrows(IllegalArgumentException.class,
                    () -> SharedBarrier.create(buffer, 0, parties)).getMessage());
        }
        assertEquals(0, buffer.segment().get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void hotWordsOfARingAre128BytesApart() {
        assertTrue(RingLayout.TAIL_OFFSET - Preamble.BYTES >= 64);
        assertEquals(128, RingLayout.HEAD_OFFSET - RingLayout.TAIL_OFFSET);
        assertEquals(128, RingLayout.RECORDS_OFFSET - RingLayout.HEAD_OFFSET);
        assertTrue(RingLayout.HEAD_CACHE_OFFSET - RingLayout.TAIL_OFFSET < 64, "with the tail");
        assertTrue(RingLayout.NEXT_HEAD_OFFSET >= 64 && RingLayout.NEXT_HEAD_OFFSET < RingLayout.TAIL_OFFSET,
                "on a line that nobody reads who waits for the head");
    }
}
