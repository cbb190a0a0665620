package dev.handoff.clone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Int8View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the code of a value may do to buffers while it is copied: the code of a record's accessors and constructor, of
 * hash codes, of comparisons. Whatever it does, a clone takes all that is listed or nothing.
 */
class TransferDuringCloneTest {
    private static final int BYTES = 256;

    /** What is to happen, once, when code of the value runs. */
    private static Runnable act;

    private final List<OwnedBuffer> open = new ArrayList<>();
    private OwnedBuffer mine;
    private OwnedBuffer unclaimed;
    private OwnedBuffer victim;
    private OwnedBuffer copied;

    @BeforeEach
    void buffers() {
        act = null;
        mine = buffer(1);
        unclaimed = buffer(2).transfer();
        open.add(unclaimed);
        victim = buffer(3);
        copied = buffer(4);
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

    private static void runOnce() {
        Runnable now = act;
        act = null;
        if (now != null) {
            now.run();
        }
    }

    private record ByAccessor(List<Object> list) {
        @Override
        public List<Object> list() {
            runOnce();
            return list;
        }
    }

    private record ByConstructor(List<Object> list) {
        ByConstructor {
            runOnce();
        }
    }

    private record ByHashCode(int number, List<Object> list) {
        @Override
        public boolean equals(Object o) {
            return o instanceof ByHashCode other && other.number == number;
        }

        @Override
        public int hashCode() {
            runOnce();
            return 1;
        }
    }

    private record ByEquals(int number, List<Object> list) {
        @Override
        public boolean equals(Object o) {
            runOnce();
            return o instanceof ByEquals other && other.number == number;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    private record ByComparison(int number, List<Object> list) implements Comparable<ByComparison> {
        @Override
        public int compareTo(ByComparison other) {
            runOnce();
            return Integer.compare(number, other.number);
        }
    }

    private static List<Object> box(Object... content) {
        return new ArrayList<>(List.of(content));
    }

    /** Values that run code when they are cloned. */
    static Stream<Arguments> values() {
        return Stream.<Named<Object>>of(Named.of("accessor", new ByAccessor(box(1))),
                Named.of("constructor", new ByConstructor(box(1))),
                Named.of("hash code of an element", new HashSet<>(Set.of(new ByHashCode(1, box())))),
                Named.of("hash code of a key", new HashMap<>(Map.of(new ByHashCode(1, box()), box()))),
                Named.of("hash code of an unmodifiable set's element", Set.of(new ByHashCode(1, box()), 2, 3)),
                Named.of("equals", new HashSet<>(Set.of(new ByEquals(1, box()), new ByEquals(2, box())))),
                Named.of("comparison of elements",
                        new TreeSet<>(Set.of(new ByComparison(1, box()), new ByComparison(2, box())))),
                Named.of("comparison of keys",
                        new TreeMap<>(Map.of(new ByComparison(1, box()), 1, new ByComparison(2, box()), 2))),
                Named.of("comparison in a queue",
                        new PriorityQueue<>(List.of(new ByComparison(1, box()), new ByComparison(2, box())))))
                .map(Arguments::of);
    }

    private static int fill(OwnedBuffer buffer) {
        byte first = buffer.segment().get(JAVA_BYTE, 0);
        assertEquals(first, buffer.segment().get(JAVA_BYTE, BYTES - 1));
        return first;
    }

    private void assertUntouched() {
        assertSame(Thread.currentThread(), mine.owner());
        assertEquals(1, fill(mine));
        assertEquals(State.UNCLAIMED, unclaimed.state());
        assertSame(Thread.currentThread(), copied.owner());
        assertEquals(4, fill(copied));
    }

    private Object[] message(Object value) {
        return new Object[]{copied, mine, value, unclaimed, victim};
    }

    @ParameterizedTest
    @MethodSource("values")
    void aListedBufferThatTheValuesCodeMovesAwayIsAnErrorAndTheOthersStay(Object value) {
        act = () -> open.add(victim.transfer());
        RuntimeException e = assertThrows(RuntimeException.class,
                () -> StructuredClone.clone(message(value), mine, unclaimed, victim));
        assertTrue(e instanceof DetachedException || e instanceof DataCloneException, e.toString());
        assertEquals(State.GONE, victim.state());
        assertEquals(3, fill(open.getLast()), "what the value's code did holds");
        assertUntouched();
    }

    @ParameterizedTest
    @MethodSource("values")
    void oneThatItClosesIsAnErrorToo(Object value) {
        act = victim::close;
        long inUse = Leases.bytes();
        RuntimeException e = assertThrows(RuntimeException.class,
                () -> StructuredClone.clone(message(value), mine, unclaimed, victim));
        assertTrue(e instanceof DetachedException || e instanceof DataCloneException, e.toString());
        assertEquals(inUse - BYTES, Leases.bytes(), "no copy of another is left behind");
        assertUntouched();
    }

    @ParameterizedTest
    @MethodSource("values")
    void aBufferThatIsNotListedAndGoesAwayWhenItHasBeenCopiedIsInTheCopy(Object value) {
        act = () -> open.add(copied.transfer());
        Object[] copy = StructuredClone.clone(new Object[]{copied, value}, mine);
        assertEquals(4, fill((OwnedBuffer) copy[0]));
        ((OwnedBuffer) copy[0]).close();
        assertEquals(State.GONE, mine.state());
    }

    @Test
    void oneThatIsMetAfterItHasGoneIsRefused() {
        act = () -> open.add(copied.transfer());
        Object[] message = {new ByAccessor(box()), copied};
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(message, mine));
        assertTrue(e.getMessage().startsWith("$[1]: "), e.getMessage());
        assertSame(Thread.currentThread(), mine.owner());
    }

    /** What may come out of the code of a value. */
    enum Failure {
        EXCEPTION(new UnsupportedOperationException("no")),
        ERROR(new AssertionError("no")),
        OUT_OF_MEMORY(new OutOfMemoryError("no")),
        STACK_OVERFLOW(new StackOverflowError("no"));

        private final Throwable thrown;

        Failure(Throwable thrown) {
            this.thrown = thrown;
        }

        /** Each time, as a clone may be begun anew. */
        void fail() {
            act = this::fail;
            if (thrown instanceof Error e) {
                throw e;
            }
            throw (RuntimeException) thrown;
        }
    }

    static Stream<Arguments> valuesAndFailures() {
        return values().flatMap(v -> Stream.of(Failure.values()).map(f -> Arguments.of(v.get()[0], f)));
    }

    @ParameterizedTest
    @MethodSource("valuesAndFailures")
    void whateverTheValuesCodeThrowsAllHandlesStay(Object value, Failure failure) {
        List<String> before = Stream.of(mine, unclaimed, victim, copied).map(OwnedBuffer::toString).toList();
        long inUse = Leases.bytes();
        act = failure::fail;
        Throwable e = assertThrows(Throwable.class,
                () -> StructuredClone.clone(message(value), mine, unclaimed, victim));
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        assertSame(failure.thrown, root);
        assertEquals(before, Stream.of(mine, unclaimed, victim, copied).map(OwnedBuffer::toString).toList());
        assertEquals(inUse, Leases.bytes());
        assertUntouched();
    }

    // ---- clones within clones

    @ParameterizedTest
    @MethodSource("values")
    void aCloneWithinACloneTakesWhatOnlyTheInnerOneLists(Object value) {
        List<OwnedBuffer> inner = new ArrayList<>();
        act = () -> inner.add(StructuredClone.clone(victim, victim));
        Object[] copy = StructuredClone.clone(new Object[]{mine, value}, mine);
        assertEquals(1, fill((OwnedBuffer) copy[0]));
        assertEquals(3, fill(inner.getFirst()));
        assertEquals(State.GONE, victim.state());
        ((OwnedBuffer) copy[0]).close();
        inner.getFirst().close();
    }

    @Test
    void ofTwoPreparedClonesThatListOneBufferTheFirstToRevokeGetsIt() {
        PreparedClone<List<OwnedBuffer>> one = StructuredClone.prepare(List.of(victim, mine), victim, mine);
        PreparedClone<List<OwnedBuffer>> other = StructuredClone.prepare(List.of(unclaimed, victim), unclaimed, victim);
        one.revoke();
        one.commit("the first");
        assertThrows(DetachedException.class, other::revoke);
        assertEquals(State.UNCLAIMED, unclaimed.state());
        assertEquals(3, fill(one.value().getFirst()));
        one.discard();
    }

    /** Depth and cycles are no reason to copy a buffer twice. */
    @Test
    void whatMakesACloneHardLeavesNoCopyOfABufferBehind() {
        List<Object> cycle = box(copied);
        cycle.add(cycle);
        List<Object> chain = box(copied);
        for (int i = 0; i < 100_000; i++) {
            chain = box(chain);
        }
        List<Object> deep = chain;
        for (Object[] value : List.of(new Object[]{copied, cycle, mine}, new Object[]{mine, deep, copied},
                new Object[]{cycle, deep, mine})) {
            OwnedBuffer listed = buffer(7);
            long inUse = Leases.bytes();
            Object[] copy = StructuredClone.clone(new Object[]{listed, value, new ByConstructor(box(listed))}, listed);
            assertEquals(inUse + 2 * BYTES, Leases.bytes());
            Object[] inner = (Object[]) copy[1];
            assertSame(copy[0], ((ByConstructor) copy[2]).list().getFirst());
            Stream.of(copy[0], inner[0], inner[2], inner[0] instanceof List<?> l ? l.getFirst() : copy[0])
                    .filter(OwnedBuffer.class::isInstance).forEach(b -> ((OwnedBuffer) b).close());
            assertEquals(inUse - BYTES, Leases.bytes());
        }
    }

    // ---- the list

    @Test
    void theListIsReadOnceWhateverTheValuesCodeDoesToTheArray() {
        Transferable[] list = {mine};
        act = () -> list[0] = victim;
        Object[] copy = StructuredClone.clone(new Object[]{new ByAccessor(box()), mine, victim}, list);
        assertEquals(State.GONE, mine.state());
        assertEquals(State.OWNED, victim.state());
        assertEquals(1, fill((OwnedBuffer) copy[1]));
        assertEquals(3, fill((OwnedBuffer) copy[2]));
        ((OwnedBuffer) copy[1]).close();
        ((OwnedBuffer) copy[2]).close();
    }

    @Test
    void partsOfOneBlockAreListedEachByItself() {
        List<OwnedBuffer> parts = victim.split(4, 1);
        open.addAll(parts);
        parts.get(1).claim();
        parts.get(3).claim();
        List<OwnedBuffer> copy = StructuredClone.clone(parts, parts.get(0), parts.get(2));
        assertEquals(List.of(State.GONE, State.OWNED, State.GONE, State.OWNED),
                parts.stream().map(OwnedBuffer::state).toList());
        copy.forEach(OwnedBuffer::close);
    }

    @Test
    void aBufferOfAThreadThatHasEndedMovesAsOneThatIsUnclaimed() {
        for (Kind kind : Kind.values()) {
            OwnedBuffer left = Threads.on(kind, "gone", () -> buffer(5));
            OwnedBuffer moved = StructuredClone.clone(left, left);
            assertEquals(5, fill(moved));
            assertEquals(State.GONE, left.state());
            moved.close();
        }
    }

    /** While a listed buffer is on its way nobody else can take it, and none of its successor's users can be too early. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void anUnclaimedBufferThatIsListedCanNotBeClaimedByAnotherThreadMeanwhile(Kind kind) {
        try (Resident other = Threads.resident(kind, "other")) {
            act = () -> assertThrows(WrongThreadException.class, () -> other.call(unclaimed::segment));
            Object[] copy = StructuredClone.clone(new Object[]{new ByAccessor(box()), unclaimed}, unclaimed);
            assertEquals(2, (int) other.call(() -> fill((OwnedBuffer) copy[1])));
            other.run(((OwnedBuffer) copy[1])::close);
        }
    }

    @Test
    void aListedBufferThatIsFrozenOrSharedMeanwhileIsAnError() {
        for (Function<OwnedBuffer, Object> end : List.<Function<OwnedBuffer, Object>>of(OwnedBuffer::freeze,
                OwnedBuffer::share)) {
            OwnedBuffer ending = buffer(6);
            act = () -> Leases.keep(end.apply(ending));
            assertThrows(DetachedException.class,
                    () -> StructuredClone.clone(message(new ByAccessor(box())), mine, ending, unclaimed));
            assertUntouched();
        }
    }

    @Test
    void aListedBufferThatIsResizedMeanwhileArrivesAsItIsThen() {
        OwnedBuffer resizable = OwnedBuffer.allocateResizable(8, 64);
        open.add(resizable);
        act = () -> resizable.resize(64);
        Object[] copy = StructuredClone.clone(new Object[]{new ByAccessor(box()), resizable}, resizable);
        assertEquals(64, ((OwnedBuffer) copy[1]).byteSize());
        assertEquals(64, ((OwnedBuffer) copy[1]).segment().byteSize());
        ((OwnedBuffer) copy[1]).close();
    }

    @Test
    void viewsOfWhatIsCopiedStayAliveAndThoseOfWhatMovesDie() {
        Int8View kept = Int8View.of(copied);
        Int8View lost = Int8View.of(mine);
        Object[] copy = StructuredClone.clone(new Object[]{copied, mine}, mine);
        kept.set(0, 9);
        assertThrows(IllegalStateException.class, () -> lost.get(0));
        assertEquals(4, fill((OwnedBuffer) copy[0]));
        assertNotSame(copied, copy[0]);
        ((OwnedBuffer) copy[0]).close();
        ((OwnedBuffer) copy[1]).close();
    }
}
