package dev.handoff.concurrent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Threads;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRingTest {
    enum Kind {
        SPSC {
            @Override
            ByteRing create(SharedBuffer buffer, int capacity) {
                return SpscRing.create(buffer, 0, capacity);
            }

            @Override
            ByteRing attach(SharedBuffer buffer) {
                return SpscRing.attach(buffer, 0);
            }
        },
        MPSC {
            @Override
            ByteRing create(SharedBuffer buffer, int capacity) {
                return MpscRing.create(buffer, 0, capacity);
            }

            @Override
            ByteRing attach(SharedBuffer buffer) {
                return MpscRing.attach(buffer, 0);
            }
        };

        abstract ByteRing create(SharedBuffer buffer, int capacity);

        abstract ByteRing attach(SharedBuffer buffer);

        ByteRing create(int capacity) {
            return create(SharedBuffer.allocate(SpscRing.bytes(capacity)), capacity);
        }
    }

    record Message(int type, List<Byte> bytes) {
        static Message of(int type, byte[] bytes) {
            List<Byte> list = new ArrayList<>();
            for (byte b : bytes) {
                list.add(b);
            }
            return new Message(type, list);
        }
    }

    private static final Random RANDOM = new Random(7);

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static boolean offer(ByteRing ring, byte[] bytes, int type) {
        return ring.offer(MemorySegment.ofArray(bytes), 0, bytes.length, type);
    }

    private static List<Message> poll(ByteRing ring, int limit) {
        List<Message> messages = new ArrayList<>();
        int n = ring.poll(collect(messages), limit);
        assertEquals(n, messages.size());
        return messages;
    }

    private static ByteRing.Handler collect(List<Message> messages) {
        return (memory, offset, length, type) -> messages
                .add(Message.of(type, memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE)));
    }

    @ParameterizedTest
    @EnumSource
    void aMessageComesOutAsItWentInWhateverItsLengthAndType(Kind kind) {
        ByteRing ring = kind.create(256);
        int[] types = {0, 1, -1, 7, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30};
        for (int length = 0; length <= ring.maxMessageLength(); length++) {
            byte[] bytes = random(length);
            int type = types[length % types.length];
            assertTrue(offer(ring, bytes, type));
            assertEquals(List.of(Message.of(type, bytes)), poll(ring, 9));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMessageWithoutATypeIsOfType0(Kind kind) {
        ByteRing ring = kind.create(64);
        assertTrue(ring.offer(MemorySegment.ofArray(new byte[]{9, 8, 7}), 1, 2));
        ring.commit(ring.claim(0));
        assertEquals(List.of(Message.of(0, new byte[]{8, 7}), Message.of(0, new byte[0])), poll(ring, 9));
    }

    @ParameterizedTest
    @EnumSource
    void aMessageIsCopiedFromAnySegment(Kind kind) {
        ByteRing ring = kind.create(256);
        long[] longs = {1, 2, 3};
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeMemory = arena.allocate(40);
            nativeMemory.set(ValueLayout.JAVA_INT, 4, 77);
            assertTrue(ring.offer(nativeMemory, 4, 4, 1));
        }
        assertTrue(ring.offer(MemorySegment.ofArray(longs), 8, 16, 2));
        List<Long> seen = new ArrayList<>();
        assertEquals(2, ring.drain((memory, offset, length, type) -> seen.add(type == 1
                ? memory.get(ValueLayout.JAVA_INT, offset)
                : memory.get(ValueLayout.JAVA_LONG, offset) + memory.get(ValueLayout.JAVA_LONG, offset + 8))));
        assertEquals(List.of(77L, 5L), seen);
    }

    @ParameterizedTest
    @EnumSource
    void theRingIsTheQueueOfAModelThroughManyLaps(Kind kind) {
        ByteRing ring = kind.create(128);
        ArrayDeque<Message> model = new ArrayDeque<>();
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = random(RANDOM.nextInt(ring.maxMessageLength() + 1));
            int type = RANDOM.nextInt();
            switch (RANDOM.nextInt(4)) {
                case 0 -> {
                    if (offer(ring, bytes, type)) {
                        model.add(Message.of(type, bytes));
                    } else {
                        assertTrue(ring.size() > 0, "an empty ring takes every message");
                    }
                }
                case 1 -> {
                    long offset = ring.claim(bytes.length, type);
                    if (offset >= 0) {
                        assertEquals(0, offset % 8);
                        MemorySegment.copy(bytes, 0, ring.segment(), ValueLayout.JAVA_BYTE, offset, bytes.length);
                        ring.commit(offset);
                        model.add(Message.of(type, bytes));
                    } else {
                        assertEquals(-1, offset);
                    }
                }
                case 2 -> {
                    long offset = ring.claim(bytes.length, type);
                    if (offset >= 0) {
                        ring.segment().asSlice(offset, bytes.length).fill((byte) -1);
                        ring.abort(offset);
                    }
                }
                default -> {
                    int limit = RANDOM.nextInt(4);
                    List<Message> expected = new ArrayList<>();
                    while (expected.size() < limit && !model.isEmpty()) {
                        expected.add(model.remove());
                    }
                    assertEquals(expected, poll(ring, limit));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLongestMessageGetsInWhereverTheRingIsEmpty(Kind kind) {
        for (int capacity : new int[]{64, 256}) {
            for (int filler = 0; filler <= capacity / 2 - 8; filler += 8) {
                ByteRing ring = kind.create(capacity);
                for (int lap = 0; lap < 9; lap++) {
                    assertTrue(offer(ring, new byte[filler], 1));
                    assertEquals(1, poll(ring, 1).size());
                    byte[] longest = random(ring.maxMessageLength());
                    assertTrue(offer(ring, longest, 2));
                    assertEquals(List.of(Message.of(2, longest)), poll(ring, 2));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFullRingRefusesUntilThereIsRoom(Kind kind) {
        ByteRing ring = kind.create(128);
        int n = 0;
        while (offer(ring, new byte[8], n)) {
            n++;
        }
        assertEquals(kind == Kind.SPSC ? 7 : 8, n, "SPSC keeps a header free");
        assertEquals(n * 16, ring.size());
        assertEquals(-1, ring.claim(8));
        assertFalse(ring.offer(MemorySegment.ofArray(new byte[8]), 0, 8));
        assertEquals(n * 16, ring.size(), "a refusal takes nothing");
        assertEquals(0, poll(ring, 1).getFirst().type());
        assertTrue(offer(ring, new byte[8], n));
        assertFalse(offer(ring, new byte[8], n));
        List<Integer> types = poll(ring, 99).stream().map(Message::type).toList();
        assertEquals(n, types.size());
        assertEquals(n, types.getLast());
        assertEquals(0, ring.size());
    }

    @ParameterizedTest
    @EnumSource
    void aPollGoesOnAcrossTheEndOfTheMemoryButNotForEver(Kind kind) {
        ByteRing ring = kind.create(128);
        for (int i = 0; i < 5; i++) {
            assertTrue(offer(ring, new byte[8], i));
        }
        assertEquals(5, poll(ring, 5).size());
        for (int i = 0; i < 5; i++) {
            assertTrue(offer(ring, new byte[8], i)); // the last two lie at the beginning
        }
        assertEquals(5, poll(ring, 99).size());
        assertTrue(offer(ring, new byte[8], 0));
        int[] handled = {0};
        int drained = ring.drain((memory, offset, length, type) -> {
            handled[0]++;
            assertTrue(offer(ring, new byte[8], 0), "each makes room for another");
        });
        assertEquals(handled[0], drained);
        assertEquals(8, drained, "a drain ends after one capacity");
        assertEquals(1, poll(ring, 99).size());
    }

    @ParameterizedTest
    @EnumSource
    void aLongPollGivesRoomBackOnTheWay(Kind kind) {
        ByteRing ring = kind.create(1024);
        while (offer(ring, new byte[8], 1)) {
            assertTrue(ring.size() <= 1024);
        }
        List<Integer> sizes = new ArrayList<>();
        ring.drain((memory, offset, length, type) -> sizes.add(ring.size()));
        assertTrue(sizes.getLast() <= 1024 / 8, () -> "not before the end: " + sizes);
    }

    @ParameterizedTest
    @EnumSource
    void whatAHandlerThrowsEndsThePollAfterItsMessage(Kind kind) {
        ByteRing ring = kind.create(128);
        for (int i = 0; i < 5; i++) {
            assertTrue(offer(ring, new byte[8], i));
        }
        RuntimeException thrown = new RuntimeException("by the handler");
        assertSame(thrown, assertThrows(RuntimeException.class, () -> ring.drain((memory, offset, length, type) -> {
            if (type == 2) {
                throw thrown;
            }
        })));
        assertEquals(32, ring.size(), "three are handled, and their room is free");
        assertTrue(offer(ring, new byte[8], 5));
        assertEquals(List.of(3, 4, 5), poll(ring, 9).stream().map(Message::type).toList());
    }

    @ParameterizedTest
    @EnumSource
    void aLimitIsKeptAndANegativeOneRefused(Kind kind) {
        ByteRing ring = kind.create(64);
        assertTrue(offer(ring, new byte[0], 1));
        assertTrue(offer(ring, new byte[0], 2));
        assertEquals(List.of(), poll(ring, 0));
        assertEquals(1, poll(ring, 1).getFirst().type());
        var e = assertThrows(IllegalArgumentException.class, () -> poll(ring, -1));
        assertEquals("limit=-1 must not be negative", e.getMessage());
        assertThrows(NullPointerException.class, () -> ring.poll(null, 1));
        assertEquals(2, poll(ring, 1).getFirst().type());
        assertEquals(List.of(), poll(ring, 1));
    }

    @ParameterizedTest
    @EnumSource
    void aLengthThatIsNoneIsRefusedAndNothingIsTaken(Kind kind) {
        ByteRing ring = kind.create(64);
        MemorySegment source = MemorySegment.ofArray(new byte[99]);
        for (int length : new int[]{-1, 25, 56, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            String message = "length=" + length + " must be from 0 to maxMessageLength=24";
            assertEquals(message, assertThrows(IllegalArgumentException.class,
                    () -> ring.offer(source, 0, length)).getMessage());
            assertEquals(message,
                    assertThrows(IllegalArgumentException.class, () -> ring.claim(length)).getMessage());
        }
        assertEquals(0, ring.size());
    }

    @ParameterizedTest
    @EnumSource
    void aMessageThatIsNotInItsSourceIsRefusedAndNothingIsTaken(Kind kind) {
        ByteRing ring = kind.create(64);
        MemorySegment source = MemorySegment.ofArray(new byte[8]);
        for (long offset : new long[]{-1, 1, 8, Long.MAX_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> ring.offer(source, offset, 8));
        }
        assertThrows(NullPointerException.class, () -> ring.offer(null, 0, 8));
        assertEquals(0, ring.size());
        assertTrue(ring.offer(source, 0, 8, 5));
        assertEquals(1, poll(ring, 9).size());
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatTheCallerMayNotReadIsRefusedAndNothingIsInTheWay(Kind kind) {
        ByteRing ring = kind.create(64);
        MemorySegment closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = arena.allocate(8);
        }
        assertThrows(IllegalStateException.class, () -> ring.offer(closed, 0, 8));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mine = arena.allocate(8);
            assertThrows(WrongThreadException.class,
                    () -> Threads.on(Threads.Kind.PLATFORM, "stranger", () -> ring.offer(mine, 0, 8)));
        }
        assertTrue(offer(ring, new byte[8], 5));
        assertEquals(5, poll(ring, 9).getFirst().type());
    }

    @ParameterizedTest
    @EnumSource
    void aClaimIsNotSeenBeforeItsCommit(Kind kind) {
        ByteRing ring = kind.create(64);
        long offset = ring.claim(5, 3);
        assertEquals(List.of(), poll(ring, 9));
        ring.commit(offset);
        assertEquals(List.of(Message.of(3, new byte[5])), poll(ring, 9));
    }

    @ParameterizedTest
    @EnumSource
    void aClaimEndsOnce(Kind kind) {
        ByteRing ring = kind.create(64);
        for (int lap = 0; lap < 9; lap++) {
            long committed = ring.claim(5, 3);
            ring.commit(committed);
            String message = "nothing is claimed at offset=" + committed
                    + ": committed or aborted before, or never claimed";
            assertEquals(message,
                    assertThrows(IllegalStateException.class, () -> ring.commit(committed)).getMessage());
            assertThrows(IllegalStateException.class, () -> ring.abort(committed));
            long aborted = ring.claim(5, 3);
            ring.abort(aborted);
            assertThrows(IllegalStateException.class, () -> ring.commit(aborted));
            assertThrows(IllegalStateException.class, () -> ring.abort(aborted));
            assertEquals(1, poll(ring, 9).size());
        }
    }

    @ParameterizedTest
    @EnumSource
    void anOffsetThatNoClaimReturnsIsRefused(Kind kind) {
        ByteRing ring = kind.create(64);
        long first = ring.claim(0);
        ring.abort(first);
        for (long offset : new long[]{-1, 0, first - 8, first + 1, first + 4, first + 64, Long.MAX_VALUE,
                Long.MIN_VALUE}) {
            for (Runnable end : List.<Runnable>of(() -> ring.commit(offset), () -> ring.abort(offset))) {
                var e = assertThrows(IndexOutOfBoundsException.class, end::run);
                assertEquals("offset=" + offset + " is not what a claim returned", e.getMessage());
            }
        }
        for (long offset = first; offset < first + 64; offset += 8) {
            long other = offset;
            assertThrows(IllegalStateException.class, () -> ring.commit(other));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherObjectOverTheSameMemoryGoesOnWhereTheFirstEnded(Kind kind) {
        SharedBuffer buffer = SharedBuffer.wrap(MemorySegment.ofArray(new long[64]));
        ByteRing first = kind.create(buffer, 64);
        for (int lap = 0; lap < 20; lap++) {
            ByteRing producer = kind.attach(buffer);
            assertEquals(64, producer.capacity());
            assertTrue(offer(producer, new byte[9], lap));
            long claim = first.claim(3, -lap);
            kind.attach(buffer).commit(claim);
            assertEquals(List.of(lap, -lap),
                    poll(kind.attach(buffer), 9).stream().map(Message::type).toList());
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTextTellsHowFullItIs(Kind kind) {
        ByteRing ring = kind.create(64);
        assertTrue(offer(ring, new byte[1], 1));
        assertEquals((kind == Kind.SPSC ? "SpscRing" : "MpscRing") + "[16 of 64 bytes]", ring.toString());
        assertEquals(24, ring.maxMessageLength());
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerThatPollsItsOwnRingIsCaughtByAssertions(Kind kind) {
        ByteRing ring = kind.create(64);
        assertTrue(offer(ring, new byte[1], 1));
        var e = assertThrows(AssertionError.class,
                () -> ring.drain((memory, offset, length, type) -> ring.drain((m, o, l, t) -> {
                })));
        assertTrue(e.getMessage().startsWith("more than one consumer at a time"), e.getMessage());
        assertEquals(0, ring.drain((m, o, l, t) -> {
        }), "the consumer can go on");
    }

    @Test
    void twoProducersOfAnSpscRingAreCaughtByAssertions() {
        ByteRing ring = Kind.SPSC.create(1 << 20);
        byte[] bytes = new byte[4000];
        AtomicBoolean caught = new AtomicBoolean();
        Threads.race(Threads.Kind.PLATFORM, 2, 1, round -> {
        }, (racer, round) -> {
            while (!caught.get()) {
                try {
                    offer(ring, bytes, 0);
                } catch (AssertionError e) {
                    caught.set(true);
                }
            }
        });
        assertTrue(caught.get());
    }

    // ---- SPSC only

    @ParameterizedTest
    @EnumSource
    void aHeaderThatNoRecordHasIsAnErrorAndNeitherALoopNorAMessage(Kind kind) {
        long padding = 1L << 30;
        for (long bad : new long[]{padding, padding | 1, padding | 7, 1, 7, 65, 128, padding | 72, (1L << 30) - 1,
                Integer.MAX_VALUE}) {
            SharedBuffer buffer = SharedBuffer.allocate(SpscRing.bytes(64));
            ByteRing ring = kind.create(buffer, 64);
            buffer.segment().set(ValueLayout.JAVA_LONG, RingLayout.RECORDS_OFFSET, bad);
            String message = assertThrows(IllegalStateException.class,
                    () -> ring.poll((memory, offset, length, type) -> fail("is no message"), 9)).getMessage();
            assertEquals("no record can have the header 0x" + Long.toHexString(bad)
                    + " at position=0: the memory of the ring was overwritten", message);
            if (kind == Kind.SPSC && RingLayout.length(bad) < RingLayout.HEADER_BYTES) {
                assertEquals(message,
                        assertThrows(IllegalStateException.class, () -> kind.attach(buffer)).getMessage());
            }
        }
    }

    @Test
    void anAbortedClaimOfAnSpscRingLeavesNothingBehind() {
        ByteRing ring = Kind.SPSC.create(64);
        for (int i = 0; i < 99; i++) {
            long offset = ring.claim(24, 1);
            ring.segment().asSlice(offset, 24).fill((byte) -1);
            ring.abort(offset);
            assertEquals(0, ring.size());
        }
        long first = ring.claim(1);
        assertEquals(first, ring.claim(2, 7), "a claim replaces the one before");
        ring.commit(first);
        assertEquals(List.of(Message.of(7, new byte[]{-1, -1})), poll(ring, 9));
    }

    @Test
    void aClaimWhoseProducerDiedIsGoneForTheNextProducerOfAnSpscRing() {
        SharedBuffer buffer = SharedBuffer.allocate(SpscRing.bytes(64));
        SpscRing.create(buffer, 0, 64);
        for (int lap = 0; lap < 20; lap++) {
            SpscRing dead = SpscRing.attach(buffer, 0);
            dead.segment().asSlice(dead.claim(lap), lap).fill((byte) 3);
            SpscRing next = SpscRing.attach(buffer, 0);
            assertTrue(offer(next, new byte[5], lap));
            assertEquals(List.of(Message.of(lap, new byte[5])), poll(next, 9));
        }
    }

    @Test
    void aCommitThatItsProducerDidNotSurviveIsFinishedByAttaching() {
        SharedBuffer buffer = SharedBuffer.allocate(SpscRing.bytes(128));
        SpscRing dead = SpscRing.create(buffer, 0, 128);
        for (int lap = 0; lap < 20; lap++) {
            long tail = buffer.segment().get(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET);
            assertTrue(offer(dead, new byte[20], lap));
            buffer.segment().set(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET, tail); // it died before this store
            SpscRing next = SpscRing.attach(buffer, 0);
            assertTrue(offer(next, new byte[0], -1));
            assertEquals(List.of(lap, -1), poll(next, 9).stream().map(Message::type).toList());
        }
    }

    /** As after the death of a consumer that had not given anything back yet. */
    @ParameterizedTest
    @EnumSource
    void whatADeadConsumerHadReceivedButNotGivenBackIsReceivedAgain(Kind kind) {
        SharedBuffer buffer = SharedBuffer.allocate(SpscRing.bytes(1024));
        ByteRing ring = kind.create(buffer, 1024);
        for (int lap = 0; lap < 99; lap++) {
            List<Message> sent = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                byte[] bytes = random(i * 7);
                assertTrue(offer(ring, bytes, i));
                sent.add(Message.of(i, bytes));
            }
            assertThrows(IllegalCallerException.class, () -> ring.poll((memory, offset, length, type) -> {
                if (type == 2) {
                    assertEquals(sent, poll(kind.attach(buffer), 9),
                            "the next one, in the middle of the dead one's poll");
                    throw new IllegalCallerException("dead");
                }
            }, 9));
            assertEquals(List.of(), poll(ring, 9));
        }
    }

    // ---- MPSC only

    /** As after the death of a consumer that had zeroed a part of what it was giving back. */
    @ParameterizedTest
    @ValueSource(ints = {0, 8, 24, 40, 56})
    void whatADeadConsumerHadBegunToGiveBackIsGivenBackByTheNextOfAnMpscRing(int zeroed) {
        SharedBuffer buffer = SharedBuffer.allocate(MpscRing.bytes(128));
        MemorySegment memory = buffer.segment();
        MpscRing ring = MpscRing.create(buffer, 0, 128);
        for (int lap = 0; lap < 20; lap++) {
            long from = memory.get(ValueLayout.JAVA_LONG, RingLayout.HEAD_OFFSET);
            assertTrue(offer(ring, random(16), 1));
            assertTrue(offer(ring, random(24), 2));
            long to = memory.get(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET);
            memory.set(ValueLayout.JAVA_LONG, RingLayout.NEXT_HEAD_OFFSET, to);
            for (long position = from; position < from + zeroed; position += 8) {
                memory.set(ValueLayout.JAVA_LONG, RingLayout.RECORDS_OFFSET + (position & 127), 0L);
            }
            MpscRing next = MpscRing.attach(buffer, 0);
            assertFalse(next.unblock(), "nobody is in the way");
            assertTrue(offer(next, new byte[]{5}, 3));
            assertEquals(List.of(3), poll(next, 9).stream().map(Message::type).toList());
            assertEquals(0, next.size());
            for (long offset = RingLayout.RECORDS_OFFSET; offset < memory.byteSize(); offset += 8) {
                assertEquals(0, memory.get(ValueLayout.JAVA_LONG, offset));
            }
        }
    }

    @Test
    void claimsOfAnMpscRingAreReceivedInTheOrderOfTheClaims() {
        ByteRing ring = Kind.MPSC.create(128);
        for (int lap = 0; lap < 20; lap++) {
            long a = ring.claim(4, 1);
            long b = ring.claim(7, 2);
            long c = ring.claim(0, 3);
            ring.commit(c);
            assertEquals(List.of(), poll(ring, 9));
            ring.abort(b);
            assertEquals(List.of(), poll(ring, 9));
            ring.commit(a);
            assertEquals(List.of(1, 3), poll(ring, 9).stream().map(Message::type).toList());
            assertEquals(0, ring.size());
        }
    }

    @Test
    void unblockGivesUpTheFirstClaimAndNoOther() {
        MpscRing ring = (MpscRing) Kind.MPSC.create(128);
        assertFalse(ring.unblock(), "empty");
        for (int lap = 0; lap < 20; lap++) {
            long dead = ring.claim(12, 1);
            ring.segment().asSlice(dead, 12).fill((byte) 1);
            assertTrue(offer(ring, new byte[]{1, 2}, 2));
            long alsoDead = ring.claim(3, 3);
            assertEquals(List.of(), poll(ring, 9));
            assertTrue(ring.unblock());
            assertFalse(ring.unblock(), "not yet polled, but nothing is in the way");
            assertEquals(List.of(Message.of(2, new byte[]{1, 2})), poll(ring, 9));
            assertTrue(ring.unblock());
            assertThrows(IllegalStateException.class, () -> ring.commit(alsoDead));
            assertEquals(List.of(), poll(ring, 9));
            assertFalse(ring.unblock(), "empty again");
            assertEquals(0, ring.size());
        }
    }

    /** As a producer does that dies right after it has moved the tail. */
    private static void claimWithoutAMark(ByteRing ring, int bytes) {
        MemorySegment memory = ring.segment();
        memory.set(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET,
                memory.get(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET) + bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 40})
    void unblockFindsAClaimWithoutAMarkByTheOneAfterIt(int bytes) {
        MpscRing ring = (MpscRing) Kind.MPSC.create(128);
        for (int lap = 0; lap < 20; lap++) {
            int start = (int) (ring.segment().get(ValueLayout.JAVA_LONG, RingLayout.TAIL_OFFSET) & 127);
            if (start + bytes > 128) {
                assertTrue(offer(ring, new byte[128 - start - 8], 0));
                assertEquals(1, poll(ring, 9).size());
            }
            claimWithoutAMark(ring, bytes);
            assertFalse(ring.unblock(), "nobody knows how long it is");
            assertTrue(offer(ring, new byte[]{5}, 6));
            assertEquals(List.of(), poll(ring, 9));
            assertTrue(ring.unblock());
            assertEquals(List.of(Message.of(6, new byte[]{5})), poll(ring, 9));
        }
    }

    @Test
    void unblockFindsAClaimWithoutAMarkThatWraps() {
        MpscRing ring = (MpscRing) Kind.MPSC.create(128);
        assertTrue(offer(ring, new byte[50], 0)); // 64 bytes
        assertTrue(offer(ring, new byte[24], 0)); // 32 bytes
        assertEquals(2, poll(ring, 9).size());
        claimWithoutAMark(ring, 32 + 40); // padding and record
        assertTrue(offer(ring, new byte[]{5}, 6));
        assertTrue(ring.unblock(), "the padding");
        assertEquals(List.of(), poll(ring, 9));
        assertTrue(ring.unblock(), "the record");
        assertEquals(List.of(Message.of(6, new byte[]{5})), poll(ring, 9));
    }

    @Test
    void unblockTellsAMessageFromAHeader() {
        MpscRing ring = (MpscRing) Kind.MPSC.create(128);
        assertTrue(offer(ring, random(30), 1));
        assertFalse(ring.unblock(), "a message that may be read is in nobody's way");
        assertEquals(1, poll(ring, 1).size());
        assertFalse(ring.unblock());
    }

    // ---- several threads

    /** A message says who sent it and which one it is, and the rest follows from that. */
    static void write(MemorySegment memory, long offset, int length, int producer, int number) {
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, offset, number);
        for (int i = 4; i < length; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (number * 31 + i + producer));
        }
    }

    static int length(int number) {
        return 4 + number * 7 % 40;
    }

    /** Checks each message, and that those of each producer come in order and complete. */
    static final class Checker implements ByteRing.Handler {
        private final int[] next;
        int received;

        Checker(int producers) {
            next = new int[producers];
        }

        @Override
        public void onMessage(MemorySegment memory, long offset, int length, int type) {
            int number = next[type]++;
            byte[] expected = new byte[length(number)];
            write(MemorySegment.ofArray(expected), 0, expected.length, type, number);
            assertArrayEquals(expected, memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE),
                    () -> "message " + number + " of producer " + type);
            received++;
        }
    }

    /** Sends by offer, by claim and commit, and now and then claims in vain. */
    static void produce(ByteRing ring, int producer, int messages) {
        byte[] bytes = new byte[64];
        MemorySegment source = MemorySegment.ofArray(bytes);
        for (int number = 0; number < messages; number++) {
            int length = length(number);
            if (number % 3 == 0) {
                write(source, 0, length, producer, number);
                while (!ring.offer(source, 0, length, producer)) {
                    Thread.yield();
                }
            } else {
                long offset;
                while ((offset = ring.claim(length, producer)) < 0) {
                    Thread.yield();
                }
                write(ring.segment(), offset, length, producer, number);
                if (number % 7 == 1) {
                    ring.abort(offset);
                    while ((offset = ring.claim(length, producer)) < 0) {
                        Thread.yield();
                    }
                    write(ring.segment(), offset, length, producer, number);
                }
                ring.commit(offset);
            }
        }
    }

    private static void stress(ByteRing ring, int producers, int each) {
        Checker checker = new Checker(producers);
        AtomicLong running = new AtomicLong(producers);
        Threads.race(Threads.Kind.PLATFORM, producers + 1, 1, round -> {
        }, (racer, round) -> {
            if (racer < producers) {
                produce(ring, racer, each);
                running.decrementAndGet();
                return;
            }
            while (checker.received < producers * each) {
                if (ring.poll(checker, 17) == 0) {
                    assertTrue(running.get() > 0 || ring.size() > 0, "messages are missing");
                    Thread.yield();
                }
            }
        });
        int[] all = new int[producers];
        Arrays.fill(all, each);
        assertArrayEquals(all, checker.next);
        assertEquals(0, ring.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 1024, 65536})
    void messagesOfOneThreadReachAnotherInOrder(int capacity) {
        for (Kind kind : Kind.values()) {
            stress(kind.create(capacity), 1, Math.min(50_000, 50 * capacity)); // on one core each lap is a switch
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 1024, 65536})
    void messagesOfSeveralThreadsReachAnotherEachInOrder(int capacity) {
        stress(Kind.MPSC.create(capacity), 3, Math.min(20_000, 50 * capacity));
    }
}
