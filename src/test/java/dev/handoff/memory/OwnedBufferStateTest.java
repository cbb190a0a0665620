package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.clone.StructuredClone;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The state table of {@link OwnedBuffer}, cell by cell. */
class OwnedBufferStateTest {
    private static final int BYTES = 64;

    /** The columns of the table, and every way to get there. */
    enum Condition {
        UNCLAIMED,
        OWNED_BY_ME,
        OWNED_BY_A_PLATFORM_THREAD,
        OWNED_BY_A_VIRTUAL_THREAD,
        OWNED_BY_A_DEAD_PLATFORM_THREAD,
        OWNED_BY_A_DEAD_VIRTUAL_THREAD,
        TRANSFERRED,
        SPLIT,
        JOINED,
        FROZEN,
        SHARED,
        POSTED,
        CLOSED,
        RECEIVED_BY_NOBODY;

        boolean isFree() {
            return this == UNCLAIMED || this == OWNED_BY_A_DEAD_PLATFORM_THREAD
                    || this == OWNED_BY_A_DEAD_VIRTUAL_THREAD;
        }

        boolean isAnothers() {
            return this == OWNED_BY_A_PLATFORM_THREAD || this == OWNED_BY_A_VIRTUAL_THREAD;
        }

        boolean isGone() {
            return ordinal() >= TRANSFERRED.ordinal();
        }
    }

    /** What is to come of an operation: the state afterwards, or an exception and no change at all. */
    private record Outcome(State after, Class<? extends Exception> thrown) {
        static final Outcome OWNED = new Outcome(State.OWNED, null);
        static final Outcome GONE = new Outcome(State.GONE, null);
        /** Works, and leaves the state as it was. */
        static final Outcome SAME = new Outcome(null, null);
        static final Outcome WRONG_THREAD = new Outcome(null, WrongThreadException.class);
        static final Outcome DETACHED = new Outcome(null, DetachedException.class);
        static final Outcome REFUSED = new Outcome(null, DataCloneException.class);
    }

    /** The rows of the table that differ. */
    enum Row {
        LOOK(Outcome.SAME, Outcome.SAME, Outcome.SAME, Outcome.SAME, true),
        USE(Outcome.OWNED, Outcome.OWNED, Outcome.WRONG_THREAD, Outcome.DETACHED, true),
        MOVE(Outcome.GONE, Outcome.GONE, Outcome.WRONG_THREAD, Outcome.DETACHED, false),
        RESIZE(Outcome.OWNED, Outcome.OWNED, Outcome.WRONG_THREAD, Outcome.DETACHED, false),
        MOVE_IN_A_MESSAGE(Outcome.GONE, Outcome.GONE, Outcome.WRONG_THREAD, Outcome.REFUSED, false),
        COPY_IN_A_MESSAGE(Outcome.REFUSED, Outcome.OWNED, Outcome.WRONG_THREAD, Outcome.REFUSED, true),
        ABORT(Outcome.SAME, Outcome.SAME, Outcome.WRONG_THREAD, Outcome.DETACHED, false),
        CLOSE(Outcome.GONE, Outcome.GONE, Outcome.WRONG_THREAD, Outcome.SAME, false);

        private final Outcome free;
        private final Outcome mine;
        private final Outcome anothers;
        private final Outcome gone;
        private final boolean viewsSurvive;

        Row(Outcome free, Outcome mine, Outcome anothers, Outcome gone, boolean viewsSurvive) {
            this.free = free;
            this.mine = mine;
            this.anothers = anothers;
            this.gone = gone;
            this.viewsSurvive = viewsSurvive;
        }

        Outcome outcome(Condition condition) {
            return condition.isFree() ? free : condition.isGone() ? gone : condition.isAnothers() ? anothers : mine;
        }
    }

    /** What stands in a row. */
    private record Operation(Row row, String name, Consumer<OwnedBuffer> act) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Operation> OPERATIONS = List.of(
            new Operation(Row.USE, "segment", OwnedBufferStateTest::segment),
            new Operation(Row.USE, "slice", b -> assertEquals(3, b.slice(2, 62).get(JAVA_BYTE, 0))),
            new Operation(Row.USE, "asByteBuffer", b -> assertEquals(3, b.asByteBuffer().get(2))),
            new Operation(Row.USE, "a typed view", b -> assertEquals(0x04030201, Int32View.of(b).get(0))),
            new Operation(Row.USE, "a typed view of a part",
                    b -> assertEquals(0x08070605, Int32View.of(b, 4, 1).get(0))),
            new Operation(Row.USE, "copyTo a segment", OwnedBufferStateTest::copyToSegment),
            new Operation(Row.USE, "copyTo a buffer", OwnedBufferStateTest::copyToBuffer),
            new Operation(Row.USE, "copyTo from a buffer", OwnedBufferStateTest::copyFromBuffer),
            new Operation(Row.USE, "copyFrom", b -> b.copyFrom(pattern(), 0)),
            new Operation(Row.USE, "copyOf", OwnedBufferStateTest::copyOf),
            new Operation(Row.USE, "claim", b -> assertSame(b, b.claim())),
            new Operation(Row.MOVE, "transfer", b -> assertFreshWhole(b.transfer())),
            new Operation(Row.MOVE, "a post", OwnedBufferStateTest::post),
            new Operation(Row.ABORT, "a post that is aborted", OwnedBufferStateTest::abortedPost),
            new Operation(Row.MOVE_IN_A_MESSAGE, "listed", b -> assertFreshWhole(StructuredClone.clone(b, b))),
            new Operation(Row.COPY_IN_A_MESSAGE, "not listed", b -> assertFreshWhole(StructuredClone.clone(b))),
            new Operation(Row.MOVE, "split", b -> assertParts(b.split(2, 1), 32, 32)),
            new Operation(Row.MOVE, "split on boundaries", b -> assertParts(b.split(1, 1, 64), 64)),
            new Operation(Row.MOVE, "splitAt", b -> assertParts(b.splitAt(4, 60), 4, 56, 4)),
            new Operation(Row.MOVE, "join", b -> assertFreshWhole(OwnedBuffer.join(List.of(b)))),
            new Operation(Row.RESIZE, "resize", b -> b.resize(BYTES)),
            new Operation(Row.MOVE, "freeze", b -> assertPattern(Leases.keep(b.freeze()).segment())),
            new Operation(Row.MOVE, "share", b -> assertPattern(Leases.keep(b.share()).segment())),
            new Operation(Row.CLOSE, "close", OwnedBuffer::close),
            new Operation(Row.LOOK, "byteSize", b -> assertEquals(BYTES, b.byteSize())),
            new Operation(Row.LOOK, "maxByteSize", b -> assertEquals(BYTES, b.maxByteSize())),
            new Operation(Row.LOOK, "state", b -> assertSame(b.state(), b.state())),
            new Operation(Row.LOOK, "owner", b -> assertEquals(b.state() == State.OWNED, b.owner() != null)),
            new Operation(Row.LOOK, "toString", b -> assertTrue(b.toString().startsWith("OwnedBuffer[64 bytes, "))));

    private static void segment(OwnedBuffer buffer) {
        assertEquals(BYTES, buffer.segment().byteSize());
        assertSame(buffer.segment(), buffer.segment());
        assertPattern(buffer.segment());
    }

    private static void copyToSegment(OwnedBuffer buffer) {
        MemorySegment target = MemorySegment.ofArray(new byte[BYTES + 8]);
        buffer.copyTo(target, 8);
        assertPattern(target.asSlice(8));
    }

    private static void copyToBuffer(OwnedBuffer buffer) {
        try (OwnedBuffer target = OwnedBuffer.allocate(BYTES + 8)) {
            buffer.copyTo(target, 8);
            assertPattern(target.slice(8, BYTES));
        }
    }

    private static void copyFromBuffer(OwnedBuffer buffer) {
        try (OwnedBuffer source = OwnedBuffer.copyOf(pattern())) {
            source.copyTo(buffer, 0);
        }
    }

    private static void copyOf(OwnedBuffer buffer) {
        try (OwnedBuffer copy = OwnedBuffer.copyOf(buffer)) {
            assertPattern(copy.segment());
        }
    }

    private static void post(OwnedBuffer buffer) {
        Transfer move = buffer.beginTransfer();
        move.revoke();
        OwnedBuffer next = (OwnedBuffer) move.successor();
        assertSame(next, move.successor());
        move.commit("a test");
        assertFreshWhole(next);
    }

    private static void abortedPost(OwnedBuffer buffer) {
        Transfer move = buffer.beginTransfer();
        assertEquals(State.OWNED, buffer.state());
        assertSame(Thread.currentThread(), buffer.owner());
        move.revoke();
        move.abort();
        OwnedBuffer next = (OwnedBuffer) move.successor();
        assertEquals("this buffer of 64 bytes is gone: never handed over, as its message was not sent by " + me(),
                assertThrows(DetachedException.class, next::segment).getMessage());
    }

    private final List<AutoCloseable> open = new ArrayList<>();
    /** The owner, dead or alive, or who took the handle. */
    private Thread other;
    /** Where another thread lives and owns the handle. */
    private Resident resident;
    /** A view that was opened before, by whoever owned the handle then. */
    private MemorySegment oldView;

    @AfterEach
    void closeEverything() throws Exception {
        for (AutoCloseable c : open.reversed()) {
            c.close();
        }
    }

    static Stream<Arguments> cells() {
        return OPERATIONS.stream().flatMap(operation -> Stream.of(Condition.values())
                .flatMap(column -> Stream.of(Kind.values()).map(by -> Arguments.of(operation, column, by))));
    }

    @ParameterizedTest(name = "{0} of a handle that is {1}, by a thread that is {2}")
    @MethodSource("cells")
    void eachCellIsAsTheTableHasIt(Operation operation, Condition condition, Kind by) {
        Threads.on(by, "me", () -> {
            checkCell(operation, condition);
            return null;
        });
    }

    private void checkCell(Operation operation, Condition condition) {
        OwnedBuffer handle = handle(condition);
        State before = handle.state();
        Thread ownerBefore = handle.owner();
        String textBefore = handle.toString();
        assertEquals(condition.isGone() ? State.GONE : condition.isFree() ? State.UNCLAIMED : State.OWNED, before);

        Outcome expected = operation.row.outcome(condition);
        if (expected.thrown() != null) {
            Exception e = assertThrows(expected.thrown(), () -> operation.act.accept(handle));
            assertEquals(expected.thrown(), e.getClass());
            assertMessage(condition, handle, e);
        } else {
            operation.act.accept(handle);
        }

        assertEquals(expected.after() == null ? before : expected.after(), handle.state());
        if (expected.after() == null && operation.row != Row.ABORT) {
            assertEquals(textBefore, handle.toString());
        }
        switch (handle.state()) {
            case OWNED -> assertSame(condition.isAnothers() ? ownerBefore : Thread.currentThread(), handle.owner());
            case UNCLAIMED, GONE -> assertNull(handle.owner());
        }
        if (condition.isAnothers()) {
            assertThrows(WrongThreadException.class, () -> oldView.get(JAVA_BYTE, 0));
            resident.run(() -> {
                assertSame(oldView, handle.segment(), "the owner's view must survive");
                assertPattern(oldView);
            });
        } else if (condition == Condition.OWNED_BY_ME) {
            assertEquals(operation.row.viewsSurvive, oldView.scope().isAlive());
            if (!operation.row.viewsSurvive) {
                assertThrows(IllegalStateException.class, () -> oldView.get(JAVA_BYTE, 0));
            }
        }
        if (handle.state() != State.GONE && !condition.isAnothers()) {
            assertPattern(handle.segment());
            handle.close();
        } else if (condition.isAnothers()) {
            resident.run(handle::close);
        }
    }

    /** Who has it, who took it, who came: a message that can be acted on. */
    private void assertMessage(Condition condition, OwnedBuffer handle, Exception e) {
        String message = e.getMessage();
        assertTrue(message.contains("64 bytes"), message);
        if (condition.isAnothers()) {
            assertTrue(List.of(handle + " was used by " + me() + "; it is owned by thread 'other'",
                    "only its owner can have its bytes copied: " + handle).contains(message), message);
        } else if (condition.isGone()) {
            String how = switch (condition) {
                case TRANSFERRED -> "transferred";
                case SPLIT -> "split into 2 parts";
                case JOINED -> "joined with its siblings";
                case POSTED -> "handed to worker 7";
                case FROZEN -> "frozen";
                case SHARED -> "shared";
                case CLOSED -> "closed";
                default -> "never handed over, as its message was not sent";
            };
            assertTrue(message.endsWith("this buffer of 64 bytes is gone: " + how + " by thread 'other'"), message);
            assertTrue(handle.toString().endsWith(", " + how + " by thread 'other']"), handle.toString());
        } else {
            assertTrue(message.contains("claim()") && message.contains("transfer list"), message);
        }
    }

    /** A handle of one part that is all of its parent, so that it can be joined. */
    private OwnedBuffer handle(Condition condition) {
        OwnedBuffer handle = OwnedBuffer.copyOf(pattern()).split(1, 1).getFirst();
        if (condition == Condition.UNCLAIMED) {
            return handle;
        }
        if (condition == Condition.OWNED_BY_ME) {
            oldView = handle.segment();
            return handle;
        }
        Kind kind = condition.name().contains("VIRTUAL") ? Kind.VIRTUAL : Kind.PLATFORM;
        resident = Threads.resident(kind, "other");
        other = resident.thread();
        OwnedBuffer result = resident.call(() -> inOther(condition, handle));
        if (condition.isAnothers()) {
            open.add(resident);
        } else {
            resident.close();
            assertTrue(!other.isAlive());
        }
        return result;
    }

    private OwnedBuffer inOther(Condition condition, OwnedBuffer handle) {
        oldView = handle.segment();
        switch (condition) {
            case TRANSFERRED -> open.add(handle.transfer());
            case SPLIT -> open.addAll(handle.split(2, 1));
            case JOINED -> open.add(OwnedBuffer.join(List.of(handle)));
            case FROZEN -> Leases.keep(handle.freeze());
            case SHARED -> Leases.keep(handle.share());
            case CLOSED -> handle.close();
            case POSTED, RECEIVED_BY_NOBODY -> {
                Transfer move = handle.beginTransfer();
                move.revoke();
                if (condition == Condition.POSTED) {
                    open.add(move.successor());
                    move.commit("worker 7");
                } else {
                    move.abort();
                    handle.close();
                    return (OwnedBuffer) move.successor();
                }
            }
            default -> {
                // stays its owner
            }
        }
        return handle;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatADeadOwnerWroteIsSeenByTheNextAndItsViewsStayItsOwn(Kind kind) {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES).transfer();
        MemorySegment view = Threads.on(kind, "gone", () -> {
            handle.segment().set(JAVA_INT, 8, 4711);
            return handle.segment();
        });
        assertEquals("OwnedBuffer[64 bytes, unclaimed, as its owner thread 'gone' has terminated]", handle.toString());
        assertEquals(4711, handle.segment().get(JAVA_INT, 8));
        assertNotSame(view, handle.segment());
        assertThrows(WrongThreadException.class, () -> view.get(JAVA_INT, 8));
        handle.close();
    }

    @Test
    void whereNoViewCanBeOpenedTheClaimIsGivenBack() {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES).transfer();
        Region region = handle.region;
        handle.region = region.part(0, Long.MAX_VALUE, 1); // more than can be viewed, or mapped
        assertThrows(Throwable.class, handle::segment);
        assertEquals(State.UNCLAIMED, handle.state());
        handle.region = region;
        assertEquals(BYTES, handle.segment().byteSize());
        handle.close();
    }

    @Test
    void aVirtualThreadWithoutANameIsToldByItsNumber() {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES).transfer();
        try (Resident nameless = Threads.resident(Kind.VIRTUAL, "")) {
            nameless.call(handle::claim);
            String who = "virtual thread #" + nameless.thread().threadId();
            assertEquals("OwnedBuffer[64 bytes, owned by " + who + "]", handle.toString());
            assertTrue(assertThrows(WrongThreadException.class, handle::segment).getMessage()
                    .endsWith("it is owned by " + who));
            nameless.run(handle::close);
        }
    }

    @Test
    void aHandleThatIsBeingMovedIsOfNoUseBeforeTheCommit() {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES);
        Transfer move = handle.beginTransfer();
        OwnedBuffer next = (OwnedBuffer) move.successor();
        String what = "OwnedBuffer[64 bytes, being moved by " + me() + "]";
        assertEquals(what, next.toString());
        assertNull(next.owner());
        assertAll(USES.stream().map(use -> () -> {
            var e = assertThrows(IllegalStateException.class, () -> use.accept(next));
            assertEquals(what + " can't be used before its move is complete", e.getMessage());
        }));
        move.revoke();
        move.commit("a test");
        next.close();
    }

    private static final List<Consumer<OwnedBuffer>> USES = List.of(OwnedBuffer::segment, OwnedBuffer::claim,
            OwnedBuffer::transfer, OwnedBuffer::beginTransfer, OwnedBuffer::close, b -> b.split(1, 1),
            b -> b.splitAt(4), b -> b.resize(1), OwnedBuffer::freeze, OwnedBuffer::share, Int32View::of);

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aHandleThatIsBeingMovedIsItsMoversForEveryOtherThread(Kind kind) {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES);
        Transfer move = handle.beginTransfer();
        OwnedBuffer next = (OwnedBuffer) move.successor();
        move.revoke();
        String mover = me();
        Threads.on(kind, "stranger", () -> {
            assertAll(Stream.of(handle, next).flatMap(b -> USES.stream().map(use -> () -> {
                var e = assertThrows(WrongThreadException.class, () -> use.accept(b));
                assertTrue(e.getMessage().endsWith("it is owned by " + mover), e::getMessage);
            })));
            assertAll(Stream.<Executable>of(move::revoke, () -> move.commit("a stranger"), move::abort)
                    .map(act -> () -> assertThrows(WrongThreadException.class, act)));
            return null;
        });
        move.abort();
        handle.close();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aHandleWhoseMoverDiesInTheMiddleCountsAsUnclaimedAndItsSuccessorIsLost(Kind kind) {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES).transfer();
        OwnedBuffer next = Threads.on(kind, "mover", () -> {
            handle.segment().set(JAVA_INT, 8, 4711);
            Transfer move = handle.beginTransfer();
            move.revoke();
            return (OwnedBuffer) move.successor();
        });
        assertEquals("OwnedBuffer[64 bytes, unclaimed, as its mover thread 'mover' has terminated]",
                handle.toString());
        assertEquals(State.UNCLAIMED, handle.state());
        assertEquals(4711, handle.segment().get(JAVA_INT, 8));
        assertAll(USES.stream().filter(use -> use != USES.get(4)).map(use -> () -> {
            var e = assertThrows(DetachedException.class, () -> use.accept(next));
            assertEquals("OwnedBuffer[64 bytes, being moved by thread 'mover'] will never be of use, as its mover has "
                    + "terminated", e.getMessage());
        }));
        next.close();
        assertEquals(4711, handle.segment().get(JAVA_INT, 8), "it closed nothing");
        handle.close();
    }

    @Test
    void closingTwiceFreesOnce() {
        OwnedBuffer handle = OwnedBuffer.allocate(BYTES);
        handle.close();
        handle.close();
        try (OwnedBuffer first = OwnedBuffer.allocate(BYTES); OwnedBuffer second = OwnedBuffer.allocate(BYTES)) {
            assertNotEquals(first.segment().address(), second.segment().address());
        }
    }

    private static MemorySegment pattern() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (i + 1);
        }
        return MemorySegment.ofArray(bytes);
    }

    private static void assertPattern(MemorySegment bytes) {
        assertEquals(-1, pattern().mismatch(bytes), "the bytes must be kept");
    }

    private static void assertFreshWhole(OwnedBuffer next) {
        assertParts(List.of(next), BYTES);
    }

    /** New handles, unclaimed, that hold the old bytes one after another. */
    private static void assertParts(List<OwnedBuffer> parts, long... sizes) {
        assertEquals(sizes.length, parts.size());
        long at = 0;
        for (int i = 0; i < sizes.length; i++) {
            OwnedBuffer part = parts.get(i);
            assertEquals(State.UNCLAIMED, part.state());
            assertEquals("OwnedBuffer[" + sizes[i] + " bytes, unclaimed]", part.toString());
            assertEquals(sizes[i], part.byteSize());
            assertEquals(-1, pattern().asSlice(at, sizes[i]).mismatch(part.segment()));
            at += sizes[i];
            part.close();
        }
    }

    private static String me() {
        return "thread '" + Thread.currentThread().getName() + "'";
    }
}
