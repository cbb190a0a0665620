package dev.handoff.clone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Leases;
import dev.handoff.testing.NativeCall;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Buffers in a cloned value, and the list of those that move: all or nothing. */
class TransferListTest {
    private static final int BYTES = 1 << 12;

    private final List<OwnedBuffer> open = new ArrayList<>();
    private OwnedBuffer mine;
    private OwnedBuffer unclaimed;

    @BeforeEach
    void twoBuffers() {
        mine = buffer(1);
        unclaimed = buffer(2).transfer();
        open.add(unclaimed);
    }

    private OwnedBuffer buffer(int fill) {
        OwnedBuffer buffer = OwnedBuffer.allocate(BYTES);
        buffer.segment().fill((byte) fill);
        open.add(buffer);
        return buffer;
    }

    @AfterEach
    void closeAll() {
        open.forEach(OwnedBuffer::close);
    }

    private static int fill(OwnedBuffer buffer) {
        byte first = buffer.segment().get(JAVA_BYTE, 0);
        assertEquals(first, buffer.segment().get(JAVA_BYTE, BYTES - 1));
        return first;
    }

    /** What fails must leave every handle as it was, the bytes too, and no memory behind. */
    private <E extends Exception> E assertNothingTaken(Class<E> type, Supplier<?> clone, OwnedBuffer... more) {
        List<OwnedBuffer> all = new ArrayList<>(List.of(mine, unclaimed));
        all.addAll(Arrays.asList(more));
        List<String> before = all.stream().map(OwnedBuffer::toString).toList();
        long inUse = Leases.bytes();
        E e = assertThrows(type, clone::get);
        assertSame(type, e.getClass());
        assertEquals(before, all.stream().map(OwnedBuffer::toString).toList());
        assertEquals(inUse, Leases.bytes(), "copies of an aborted clone are freed");
        assertEquals(1, fill(mine));
        return e;
    }

    @Test
    void anOwnedBufferIsCopiedAndTheCopyIsUnclaimed() {
        OwnedBuffer copy = StructuredClone.clone(mine);
        assertNotSame(mine, copy);
        assertEquals(State.UNCLAIMED, copy.state());
        mine.segment().fill((byte) 9);
        Threads.on(Kind.VIRTUAL, "receiver", () -> {
            assertEquals(1, fill(copy));
            copy.close();
            return null;
        });
        assertEquals(9, fill(mine));
    }

    @Test
    void aBufferThatOccursTwiceIsOneInTheCopy() {
        List<OwnedBuffer> copy = StructuredClone.clone(List.of(mine, unclaimed, mine, unclaimed), unclaimed);
        assertSame(copy.get(0), copy.get(2));
        assertSame(copy.get(1), copy.get(3));
        assertNotSame(mine, copy.get(0));
        assertEquals(2, fill(copy.get(1)));
        copy.get(0).close();
        copy.get(1).close();
    }

    @Test
    void whatIsListedMovesWithoutACopyAndTheOldHandleSaysWhereTo() {
        long address = mine.segment().address();
        Int32View view = Int32View.of(mine);
        Map<String, List<OwnedBuffer>> copy = StructuredClone.clone(Map.of("k", List.of(mine)), mine);
        OwnedBuffer moved = copy.get("k").getFirst();
        assertEquals(State.GONE, mine.state());
        assertThrows(IllegalStateException.class, () -> view.get(0));
        assertTrue(assertThrows(DetachedException.class, mine::segment).getMessage()
                .endsWith("handed to a clone by thread '" + Thread.currentThread().getName() + "'"));
        assertEquals(State.UNCLAIMED, moved.state());
        Leases.assertAddress(address, moved.segment());
        assertEquals(1, fill(moved));
        moved.close();
    }

    @Test
    void anUnclaimedBufferMovesWhenItIsListed() {
        OwnedBuffer moved = StructuredClone.clone(unclaimed, unclaimed);
        assertEquals(State.GONE, unclaimed.state());
        assertEquals(2, fill(moved));
        moved.close();
    }

    @Test
    void aListedBufferThatTheValueDoesNotHoldIsGoneAllTheSame() {
        assertEquals("x", StructuredClone.clone("x", mine));
        assertEquals(State.GONE, mine.state());
    }

    @Test
    void moveAllMovesEveryBufferThatTheValueReaches() {
        PreparedClone<List<Object>> clone = StructuredClone.prepareMove(List.of(mine, List.of(unclaimed), mine));
        assertEquals(State.OWNED, mine.state());
        clone.revoke();
        clone.commit("worker 'w'");
        assertEquals(State.GONE, mine.state());
        assertEquals(State.GONE, unclaimed.state());
        assertTrue(mine.toString().contains("handed to worker 'w'"), mine.toString());
        assertSame(clone.value().get(0), clone.value().get(2));
        clone.discard();
        assertEquals(State.GONE, ((OwnedBuffer) clone.value().get(0)).state());
    }

    @Test
    void aCloneThatNobodyReceivesFreesWhatItCarries() {
        long inUse = Leases.bytes();
        OwnedBuffer copied = buffer(3);
        PreparedClone<List<OwnedBuffer>> clone = StructuredClone.prepare(List.of(mine, unclaimed, copied), mine,
                unclaimed);
        clone.revoke();
        clone.commit("nobody");
        clone.discard();
        copied.close();
        assertEquals(inUse - 2 * BYTES, Leases.bytes());
    }

    @Test
    void anAbortedCloneGivesEverythingBack() {
        assertNothingTaken(IllegalStateException.class, () -> {
            PreparedClone<List<OwnedBuffer>> clone = StructuredClone.prepare(List.of(mine, unclaimed), mine, unclaimed);
            clone.abort();
            throw new IllegalStateException();
        });
        assertEquals(2, fill(unclaimed));
    }

    @Test
    void sharedBuffersAreNotMovedButShared() {
        SharedBuffer shared = SharedBuffer.allocate(8);
        List<Object> copy = StructuredClone.clone(List.of(shared, mine), mine);
        assertSame(shared, copy.getFirst());
        ((OwnedBuffer) copy.get(1)).close();
    }

    @Test
    void anUnclaimedBufferThatIsNotListedIsRefusedAndBothWaysOutAreNamed() {
        var e = assertNothingTaken(DataCloneException.class, () -> StructuredClone.clone(List.of(mine, unclaimed)));
        assertEquals(
                "$[1]: OwnedBuffer[4096 bytes, unclaimed] belongs to nobody, so its bytes can't be read; claim() it"
                        + " to have them copied, or put it in the transfer list to move it",
                e.getMessage());
    }

    @Test
    void aBufferThatIsGoneIsRefusedInTheValueAndInTheList() {
        OwnedBuffer gone = buffer(3);
        gone.close();
        String why = "this buffer of 4096 bytes is gone: closed by thread '" + Thread.currentThread().getName() + "'";
        var e = assertNothingTaken(DataCloneException.class,
                () -> StructuredClone.clone(List.of(mine, unclaimed, gone), unclaimed), gone);
        assertEquals("$[2]: " + why, e.getMessage());
        assertInstanceOf(DetachedException.class, e.getCause());
        e = assertNothingTaken(DataCloneException.class, () -> StructuredClone.clone(1, mine, unclaimed, gone), gone);
        assertEquals("transferables[2] can't be moved: " + why, e.getMessage());
        assertInstanceOf(DetachedException.class, e.getCause());
        e = assertNothingTaken(DataCloneException.class,
                () -> StructuredClone.prepareMove(List.of(mine, unclaimed, gone)), gone);
        assertEquals("$[2]: " + why, e.getMessage());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBufferOfAnotherThreadIsRefusedInTheValueAndInTheList(Kind kind) {
        OwnedBuffer anothers = buffer(3).transfer();
        try (Resident other = Threads.resident(kind, "other")) {
            other.call(anothers::segment);
            for (Supplier<Object> clone : List.<Supplier<Object>>of(
                    () -> StructuredClone.clone(List.of(mine, unclaimed, anothers), unclaimed),
                    () -> StructuredClone.clone(1, mine, unclaimed, anothers),
                    () -> StructuredClone.prepareMove(List.of(mine, unclaimed, anothers)))) {
                var e = assertNothingTaken(WrongThreadException.class, clone, anothers);
                assertTrue(e.getMessage().contains("owned by thread 'other'"), e.getMessage());
            }
            assertEquals(3, (int) other.call(() -> fill(anothers)));
            other.run(anothers::close);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBufferWhoseOwnerDiesWhileItIsBeingClonedIsNotClaimed(Kind kind) {
        for (int round = 0; round < 3_000; round++) {
            OwnedBuffer anothers = OwnedBuffer.allocate(8).transfer();
            CountDownLatch claimed = new CountDownLatch(1);
            Thread owner = kind.unstarted("mortal", () -> {
                anothers.claim();
                claimed.countDown();
            });
            owner.start();
            Threads.uninterruptibly(claimed);
            RuntimeException refused;
            do {
                refused = assertThrows(RuntimeException.class, () -> StructuredClone.clone(anothers));
            } while (refused instanceof WrongThreadException);
            assertInstanceOf(DataCloneException.class, refused);
            assertEquals(State.UNCLAIMED, anothers.state());
            anothers.close();
        }
    }

    @Test
    void aBufferThatIsListedTwiceIsRefusedByItsPlace() {
        var e = assertNothingTaken(DataCloneException.class,
                () -> StructuredClone.clone(List.of(mine), mine, unclaimed, mine));
        assertTrue(e.getMessage().startsWith("transferables[2] is listed twice: OwnedBuffer[4096 bytes, owned by"),
                e.getMessage());
        e = assertNothingTaken(DataCloneException.class, () -> StructuredClone.clone(1, unclaimed, unclaimed));
        assertTrue(e.getMessage().startsWith("transferables[1] is listed twice: "), e.getMessage());
    }

    @Test
    void nullInTheListIsRefused() {
        assertNothingTaken(NullPointerException.class, () -> StructuredClone.clone(1, mine, null));
        assertNothingTaken(NullPointerException.class, () -> StructuredClone.clone(1, (Transferable[]) null));
    }

    @Test
    void whatCanNotBeClonedBesideThemLeavesAllBuffersWhereTheyAre() {
        OwnedBuffer copied = buffer(3);
        var e = assertNothingTaken(DataCloneException.class,
                () -> StructuredClone.clone(List.of(mine, unclaimed, copied, new Object()), mine, unclaimed), copied);
        assertTrue(e.getMessage().startsWith("$[3]: java.lang.Object can't be cloned"), e.getMessage());
        assertEquals(2, fill(unclaimed));
        assertEquals(3, fill(copied));
    }

    /** Does something with a buffer while its message is being copied. */
    record Meddler(Runnable act) {
        @Override
        public Runnable act() {
            act.run();
            return null;
        }
    }

    /** What an accessor may do to a listed buffer in the midst of the copy, and what it finds there afterwards. */
    enum Meddling {
        TRANSFER,
        CLOSE,
        SPLIT,
        CLONE;

        void act(OwnedBuffer buffer, List<OwnedBuffer> taken) {
            switch (this) {
                case TRANSFER -> taken.add(buffer.transfer());
                case CLOSE -> buffer.close();
                case SPLIT -> taken.addAll(buffer.split(2, 1));
                case CLONE -> taken.add(StructuredClone.clone(buffer, buffer));
                default -> throw new AssertionError();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Meddling.class)
    void aBufferThatAnAccessorTakesAwayMeanwhileIsAnErrorAndTheOthersStay(
            Meddling meddling) {
        OwnedBuffer victim = buffer(3);
        OwnedBuffer copied = buffer(4);
        Meddler meddler = new Meddler(() -> meddling.act(victim, open));
        var e = assertThrows(DetachedException.class, () -> StructuredClone
                .clone(List.of(copied, mine, victim, unclaimed, meddler), mine, victim, unclaimed));
        assertTrue(e.getMessage().startsWith("it was moved while its message was being copied: OwnedBuffer["),
                e.getMessage());
        assertSame(Thread.currentThread(), mine.owner());
        assertEquals(1, fill(mine));
        assertEquals(State.UNCLAIMED, unclaimed.state());
        assertEquals(2, fill(unclaimed));
        assertEquals(State.GONE, victim.state());
        assertEquals(4, fill(copied));
        if (meddling == Meddling.TRANSFER) {
            assertEquals(3, fill(open.getLast()), "the accessor's own move holds");
        }
    }

    @Test
    void aListedBufferCanBeReadByAnAccessorUntilItIsRevoked() {
        int[] seen = new int[1];
        OwnedBuffer moved = (OwnedBuffer) StructuredClone
                .clone(new Object[]{new Meddler(() -> seen[0] = fill(unclaimed)), unclaimed}, unclaimed)[1];
        assertEquals(2, seen[0]);
        assertEquals(2, fill(moved));
        moved.close();
    }

    @Test
    void aCloneFailsWholeWhenANativeCallUsesOneOfTheListed() {
        NativeCall.using(mine.segment(), () -> {
            assertNothingTaken(IllegalStateException.class,
                    () -> StructuredClone.clone(List.of(unclaimed, mine), unclaimed, mine));
            assertNothingTaken(IllegalStateException.class,
                    () -> StructuredClone.clone(List.of(unclaimed, mine), mine, unclaimed));
        });
        assertEquals(2, fill(unclaimed));
    }

    /** A transferable of the user's own, to see the order of the phases. */
    private static final class Recorder implements Transferable, Transfer {
        private final List<String> log;
        private final String name;
        private final String failing;

        Recorder(List<String> log, String name, String failing) {
            this.log = log;
            this.name = name;
            this.failing = failing;
        }

        private void log(String what) {
            log.add(what + " " + name);
            if (what.equals(failing)) {
                throw new UnsupportedOperationException(what);
            }
        }

        @Override
        public Transfer beginTransfer() {
            log("begin");
            return this;
        }

        @Override
        public void close() {
            log("close");
        }

        @Override
        public Transferable successor() {
            return new Recorder(log, name + "'", "");
        }

        @Override
        public void revoke() {
            log("revoke");
        }

        @Override
        public void commit(String receiver) {
            log("commit");
        }

        @Override
        public void abort() {
            log("abort");
        }

        @Override
        public String toString() {
            return "Recorder " + name;
        }
    }

    @Test
    void allBeginThenAllRevokeThenAllCommit() {
        List<String> log = new ArrayList<>();
        Recorder a = new Recorder(log, "a", "");
        Recorder b = new Recorder(log, "b", "");
        Object[] copy = StructuredClone.clone(new Object[]{b, a}, a, b);
        assertEquals(List.of("begin a", "begin b", "revoke a", "revoke b", "commit a", "commit b"), log);
        assertEquals("Recorder b'", copy[0].toString());
    }

    @Test
    void whereOneFailsToBeginOrToRevokeAllThatBeganAbort() {
        List<String> log = new ArrayList<>();
        Recorder a = new Recorder(log, "a", "");
        Recorder b = new Recorder(log, "b", "revoke");
        assertNothingTaken(UnsupportedOperationException.class, () -> StructuredClone.clone(1, a, mine, b, unclaimed));
        assertEquals(List.of("begin a", "begin b", "revoke a", "revoke b", "abort a", "abort b"), log);
        log.clear();
        Recorder c = new Recorder(log, "c", "begin");
        assertNothingTaken(UnsupportedOperationException.class, () -> StructuredClone.clone(1, mine, a, c, unclaimed));
        assertEquals(List.of("begin a", "begin c", "abort a"), log);
    }

    @Test
    void aTransferableOfAnotherKindCanOnlyBeMoved() {
        List<String> log = new ArrayList<>();
        Recorder a = new Recorder(log, "a", "");
        var e = assertNothingTaken(DataCloneException.class, () -> StructuredClone.clone(List.of(a)));
        assertEquals("$[0]: Recorder a can only be moved; put it in the transfer list", e.getMessage());
        assertTrue(log.isEmpty());
        assertFalse(StructuredClone.prepareMove(List.of(a)).value().contains(a));
    }

    private record Curious(OwnedBuffer buffer) {
        Curious {
            buffer.segment();
        }
    }

    @Test
    void aConstructorThatTouchesACopiedBufferIsRefusedRatherThanMadeItsOwner() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        Curious curious = new Curious(buffer);
        long inUse = Leases.bytes();
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(curious));
        assertTrue(e.getMessage().contains("can't be used before its move is complete"), e.getMessage());
        assertEquals(inUse, Leases.bytes());
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    void aNullInTheListIsNamed() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        var e = assertThrows(NullPointerException.class, () -> StructuredClone.clone("x", buffer, null));
        assertEquals("transferables[1]", e.getMessage());
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }
}
