package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class Int32ViewTest {
    /** An access mode: what it does to a view, and what it is to do: old, a, b → new value, result. */
    record Mode(String name, Call call, Model model) {
        @Override
        public String toString() {
            return name;
        }

        boolean isWeak() {
            return name.startsWith("weak");
        }
    }

    @FunctionalInterface
    private interface Call {
        Object on(Int32View view, long index, int a, int b);
    }

    @FunctionalInterface
    private interface Model {
        Effect of(int old, int a, int b);
    }

    private record Effect(int now, Object result) {
    }

    static final List<Mode> MODES = modes();

    private static List<Mode> modes() {
        List<Mode> modes = new ArrayList<>();
        Model read = (old, a, b) -> new Effect(old, old);
        modes.add(new Mode("get", (v, i, a, b) -> v.get(i), read));
        modes.add(new Mode("getPlain", (v, i, a, b) -> v.getPlain(i), read));
        modes.add(new Mode("getOpaque", (v, i, a, b) -> v.getOpaque(i), read));
        modes.add(new Mode("getAcquire", (v, i, a, b) -> v.getAcquire(i), read));
        Model write = (old, a, b) -> new Effect(a, null);
        modes.add(write("set", Int32View::set, write));
        modes.add(write("setPlain", Int32View::setPlain, write));
        modes.add(write("setOpaque", Int32View::setOpaque, write));
        modes.add(write("setRelease", Int32View::setRelease, write));
        Model cas = (old, a, b) -> new Effect(old == a ? b : old, old == a);
        modes.add(new Mode("compareAndSet", Int32View::compareAndSet, cas));
        modes.add(new Mode("weakCompareAndSet", Int32View::weakCompareAndSet, cas));
        modes.add(new Mode("weakCompareAndSetPlain", Int32View::weakCompareAndSetPlain, cas));
        modes.add(new Mode("weakCompareAndSetAcquire", Int32View::weakCompareAndSetAcquire, cas));
        modes.add(new Mode("weakCompareAndSetRelease", Int32View::weakCompareAndSetRelease, cas));
        Model cae = (old, a, b) -> new Effect(old == a ? b : old, old);
        modes.add(new Mode("compareAndExchange", Int32View::compareAndExchange, cae));
        modes.add(new Mode("compareAndExchangeAcquire", Int32View::compareAndExchangeAcquire, cae));
        modes.add(new Mode("compareAndExchangeRelease", Int32View::compareAndExchangeRelease, cae));
        Model set = (old, a, b) -> new Effect(a, old);
        modes.add(update("getAndSet", Int32View::getAndSet, set));
        modes.add(update("getAndSetAcquire", Int32View::getAndSetAcquire, set));
        modes.add(update("getAndSetRelease", Int32View::getAndSetRelease, set));
        Model add = (old, a, b) -> new Effect(old + a, old);
        modes.add(update("getAndAdd", Int32View::getAndAdd, add));
        modes.add(update("getAndAddAcquire", Int32View::getAndAddAcquire, add));
        modes.add(update("getAndAddRelease", Int32View::getAndAddRelease, add));
        Model and = (old, a, b) -> new Effect(old & a, old);
        modes.add(update("getAndBitwiseAnd", Int32View::getAndBitwiseAnd, and));
        modes.add(update("getAndBitwiseAndAcquire", Int32View::getAndBitwiseAndAcquire, and));
        modes.add(update("getAndBitwiseAndRelease", Int32View::getAndBitwiseAndRelease, and));
        Model or = (old, a, b) -> new Effect(old | a, old);
        modes.add(update("getAndBitwiseOr", Int32View::getAndBitwiseOr, or));
        modes.add(update("getAndBitwiseOrAcquire", Int32View::getAndBitwiseOrAcquire, or));
        modes.add(update("getAndBitwiseOrRelease", Int32View::getAndBitwiseOrRelease, or));
        Model xor = (old, a, b) -> new Effect(old ^ a, old);
        modes.add(update("getAndBitwiseXor", Int32View::getAndBitwiseXor, xor));
        modes.add(update("getAndBitwiseXorAcquire", Int32View::getAndBitwiseXorAcquire, xor));
        modes.add(update("getAndBitwiseXorRelease", Int32View::getAndBitwiseXorRelease, xor));
        return List.copyOf(modes);
    }

    @FunctionalInterface
    private interface Write {
        void on(Int32View view, long index, int value);
    }

    @FunctionalInterface
    private interface Update {
        int on(Int32View view, long index, int value);
    }

    private static Mode write(String name, Write write, Model model) {
        return new Mode(name, (v, i, a, b) -> {
            write.on(v, i, a);
            return null;
        }, model);
    }

    private static Mode update(String name, Update update, Model model) {
        return new Mode(name, (v, i, a, b) -> update.on(v, i, a), model);
    }

    /** Memory of every kind that a view can be of. */
    enum Memory {
        SHARED,
        OWNED,
        INTS,
        LONGS;

        Int32View view(int length) {
            return switch (this) {
                case SHARED -> Int32View.of(SharedBuffer.allocate(4L * length));
                case OWNED -> Int32View.of(OwnedBuffer.allocate(4L * length));
                case INTS -> Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new int[length])));
                case LONGS -> Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new long[length / 2])));
            };
        }
    }

    @Test
    void theTableOfModesKnowsEveryAccessMethod() {
        Set<String> others = Set.of("of", "length", "await", "wake", "toString");
        Set<String> methods = Stream.of(Int32View.class.getDeclaredMethods())
                .filter(m -> Modifier.isPublic(m.getModifiers())).map(Method::getName).filter(n -> !others.contains(n))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(methods, MODES.stream().map(Mode::name).collect(Collectors.toCollection(TreeSet::new)));
    }

    @ParameterizedTest
    @EnumSource(Memory.class)
    void everyModeDoesAndReturnsWhatTheModelSays(Memory memory) {
        int length = 16;
        Int32View view = memory.view(length);
        int[] model = new int[length];
        int[] interesting = {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x55555555};
        Random random = new Random(42);
        for (int n = 0; n < 50_000; n++) {
            Mode mode = MODES.get(random.nextInt(MODES.size()));
            int index = random.nextInt(length);
            int a = random.nextInt(3) > 0 ? interesting[random.nextInt(interesting.length)] : random.nextInt();
            if (random.nextBoolean()) {
                a = model[index];
            }
            int b = random.nextInt();
            Effect effect = mode.model().of(model[index], a, b);
            Object result = mode.call().on(view, index, a, b);
            while (mode.isWeak() && effect.result().equals(true) && result.equals(false)) {
                result = mode.call().on(view, index, a, b); // it may fail for no reason
            }
            assertEquals(effect.result(), result, mode.name());
            model[index] = effect.now();
            for (int i = 0; i < length; i++) {
                assertEquals(model[i], view.getPlain(i), mode.name());
            }
        }
    }

    @Test
    void twoViewsOfOneBufferMeet() {
        SharedBuffer buffer = SharedBuffer.allocate(64);
        Int32View whole = Int32View.of(buffer);
        Int32View part = Int32View.of(buffer, 8, 4);
        whole.set(2, 5);
        assertEquals(5, part.getAndAdd(0, 2));
        assertEquals(7, whole.get(2));
        part.set(3, 9);
        assertEquals(9, whole.get(5));
        assertEquals(4, part.length());
        assertEquals(16, whole.length());
    }

    @Test
    void elementsAreInNativeByteOrder() {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        Int32View.of(buffer).set(1, 0x01020304);
        assertEquals(0x01020304, buffer.segment().get(ValueLayout.JAVA_INT, 4));
    }

    @ParameterizedTest
    @FieldSource("MODES")
    void everyModeRefusesAnIndexOutOfBoundsAndNamesIt(Mode mode) {
        Int32View view = Int32View.of(SharedBuffer.allocate(64), 16, 4);
        for (long index : new long[]{-1, 4, 5, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 62, (1L << 62) + 1, 1L << 32}) {
            var e = assertThrows(IndexOutOfBoundsException.class, () -> mode.call().on(view, index, 1, 2));
            assertTrue(e.getMessage().contains(String.valueOf(index)) && e.getMessage().contains("length 4"),
                    e.getMessage());
        }
    }

    @Test
    void waitingAndWakingRefuseAnIndexOutOfBounds() {
        Int32View view = Int32View.of(SharedBuffer.allocate(16));
        for (long index : new long[]{-1, 4, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> view.await(index, 0, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> view.wake(index, 1));
        }
        assertThrows(IndexOutOfBoundsException.class, () -> Int32View.of(OwnedBuffer.allocate(4)).wake(1, 1));
    }

    @ParameterizedTest
    @CsvSource({"0, 16", "64, 0", "4, 15", "60, 1", "0, 0"})
    void aViewIsOfAnyAlignedPart(long offset, long length) {
        try (OwnedBuffer owned = OwnedBuffer.allocate(64)) {
            for (Int32View view : List.of(Int32View.of(SharedBuffer.allocate(64), offset, length),
                    Int32View.of(owned, offset, length))) {
                assertEquals(length, view.length());
                for (long i = 0; i < length; i++) {
                    view.set(i, 1);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "-4, 1", "0, -1", "0, 17", "4, 16", "64, 1", "65, 0", "68, 0", "9223372036854775807, 0",
            "0, 9223372036854775807", "4, 4611686018427387904", "0, 4611686018427387904", "-9223372036854775808, 0",
            "0, -9223372036854775808", "9223372036854775804, 2"})
    void aViewBeyondItsBufferIsRefusedWithOffsetAndLength(
            long offset, long length) {
        try (OwnedBuffer owned = OwnedBuffer.allocate(64)) {
            SharedBuffer shared = SharedBuffer.allocate(64);
            String message = "byteOffset=" + offset + " and length=" + length + " reach beyond the buffer's 64 bytes";
            assertEquals(message, assertThrows(IndexOutOfBoundsException.class,
                    () -> Int32View.of(shared, offset, length)).getMessage());
            assertEquals(message, assertThrows(IndexOutOfBoundsException.class,
                    () -> Int32View.of(owned, offset, length)).getMessage());
        }
    }

    static Stream<Arguments> misaligned() {
        return Stream.of(Arguments.of(SharedBuffer.allocate(64), 1), Arguments.of(SharedBuffer.allocate(64), 2),
                Arguments.of(SharedBuffer.allocate(64), 63),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(new byte[64])), 0),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(new byte[64])), 4),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(new short[32])), 0),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(new long[8])), 2),
                Arguments.of(SharedBuffer.wrap(Arena.ofAuto().allocate(65, 8).asSlice(1)), 0));
    }

    @ParameterizedTest
    @MethodSource("misaligned")
    void aViewOfMisalignedMemoryIsRefused(SharedBuffer buffer, long offset) {
        for (long length : new long[]{0, (buffer.byteSize() - offset) / 4}) {
            var e = assertThrows(IllegalArgumentException.class, () -> Int32View.of(buffer, offset, length));
            assertTrue(e.getMessage().startsWith("byteOffset=" + offset + " is not aligned to 4 bytes"),
                    e.getMessage());
        }
    }

    @Test
    void aMisalignedSliceCanBeViewedFromWhereItIsAligned() {
        SharedBuffer buffer = SharedBuffer.wrap(Arena.ofAuto().allocate(65, 8).asSlice(1));
        Int32View view = Int32View.of(buffer, 3, 2);
        view.set(1, 3);
        assertEquals(3, view.get(1));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "3, 0", "4, 1", "7, 1", "67, 16"})
    void aWholeViewLeavesOutTheLastBytesThatMakeNoElement(
            long bytes, long length) {
        assertEquals(length, Int32View.of(SharedBuffer.allocate(bytes)).length());
        try (OwnedBuffer owned = OwnedBuffer.allocate(bytes)) {
            assertEquals(length, Int32View.of(owned).length());
        }
    }

    @Test
    void itsTextTellsWhatItIs() {
        assertEquals("Int32View[2 elements of a shared buffer]", Int32View.of(SharedBuffer.allocate(8)).toString());
        assertEquals("Int32View[1 elements of an owned buffer]",
                Int32View.of(OwnedBuffer.allocate(8), 4, 1).toString());
    }

    static final Map<String, Update> ADDITIONS = Map.of("getAndAdd", Int32View::getAndAdd, "getAndAddAcquire",
            Int32View::getAndAddAcquire, "getAndAddRelease", Int32View::getAndAddRelease, "compareAndSet",
            (v, i, n) -> {
                int old;
                do {
                    old = v.get(i);
                } while (!v.compareAndSet(i, old, old + n));
                return old;
            }, "compareAndExchange", (v, i, n) -> {
                int old = v.get(i);
                int seen;
                while ((seen = v.compareAndExchange(i, old, old + n)) != old) {
                    old = seen;
                }
                return old;
            }, "weakCompareAndSet", (v, i, n) -> {
                int old;
                do {
                    old = v.get(i);
                } while (!v.weakCompareAndSetPlain(i, old, old + n));
                return old;
            });
    static final List<String> ADDITION_NAMES = List.copyOf(ADDITIONS.keySet());

    @ParameterizedTest
    @FieldSource("ADDITION_NAMES")
    void additionsOfSeveralThreadsSumUp(String name) {
        Int32View view = Int32View.of(SharedBuffer.allocate(64));
        int each = 20_000;
        Threads.race(Kind.PLATFORM, 4, 1, round -> {
        }, (racer, round) -> {
            for (int i = 0; i < each; i++) {
                ADDITIONS.get(name).on(view, 3, racer + 1);
            }
        });
        assertEquals(each * (1 + 2 + 3 + 4), view.get(3));
        assertEquals(0, view.get(2) | view.get(4));
    }

    @Test
    void bitOperationsOfSeveralThreadsLoseNothing() {
        Int32View view = Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new int[3])));
        view.set(1, -1);
        Threads.race(Kind.PLATFORM, 4, 500, round -> {
            assertEquals(round == 0 ? 0 : -1, view.getAndSet(0, 0));
            assertEquals(round == 0 ? -1 : 0, view.getAndSet(1, -1));
            assertEquals(round == 0 ? 0 : -1, view.getAndSet(2, 0));
        }, (racer, round) -> {
            for (int bit = racer; bit < 32; bit += 4) {
                view.getAndBitwiseOr(0, 1 << bit);
                view.getAndBitwiseAnd(1, ~(1 << bit));
                view.getAndBitwiseXor(2, 1 << bit);
            }
        });
    }

    // ---- waiting: what the view adds to the parking lot

    @Test
    void aViewOfAnOwnedBufferCanNotBeWaitedOnAndWakesNobody() {
        try (OwnedBuffer buffer = OwnedBuffer.allocate(8)) {
            Int32View view = Int32View.of(buffer);
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 0));
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 1, 0));
            assertThrows(UnsupportedOperationException.class, () -> view.await(0, 0, Duration.ofNanos(1)));
            assertEquals(0, view.wake(0, Integer.MAX_VALUE));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE})
    void aValueThatDiffersIsToldFirstWhateverTheTime(
            long nanos) throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7, nanos));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7, Duration.ofNanos(nanos)));
        assertEquals(WaitResult.NOT_EQUAL, view.await(1, 7));
    }

    @Test
    void aTimeAtOrBelowZeroIsUpAtOnce() throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        for (long nanos : new long[]{0, -1, Long.MIN_VALUE}) {
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, nanos));
        }
        for (Duration time : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, time));
        }
        assertThrows(NullPointerException.class, () -> view.await(0, 0, null));
    }

    @Test
    void aWaitIsNotOverBeforeItsTime() throws InterruptedException {
        Int32View view = Int32View.of(SharedBuffer.allocate(8));
        for (Duration time : List.of(Duration.ofNanos(1), Duration.ofMillis(2), Duration.ofMillis(20))) {
            long start = System.nanoTime();
            assertEquals(WaitResult.TIMED_OUT, view.await(0, 0, time));
            assertTrue(System.nanoTime() - start >= time.toNanos());
        }
    }

    /** A wait of a thread that is queued when this returns, where nobody else is. */
    private static FutureTask<WaitResult> queued(Resident waiter, Int32View view, long index, Duration time,
            SharedBuffer buffer, long byteOffset) {
        FutureTask<WaitResult> wait = waiter.begin(() -> view.await(index, 0, time));
        Object block = buffer.segment().heapBase().orElse(null);
        Threads.until(() -> ParkingLot.waiting(block, buffer.segment().address() + byteOffset) == 1 || wait.isDone());
        return wait;
    }

    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    /** Memory, and a second buffer or view of it with another offset, in which element 5 is element 1. */
    static Stream<Arguments> aliases() {
        SharedBuffer allocated = SharedBuffer.allocate(64);
        SharedBuffer ints = SharedBuffer.wrap(MemorySegment.ofArray(new int[16]));
        SharedBuffer longs = SharedBuffer.wrap(MemorySegment.ofArray(new long[8]));
        MemorySegment segment = Arena.ofAuto().allocate(64, 8);
        int[] array = new int[16];
        return Stream.of(Arguments.of(allocated, Int32View.of(allocated, 16, 2)),
                Arguments.of(ints, Int32View.of(ints, 16, 2)), Arguments.of(longs, Int32View.of(longs, 16, 2)),
                Arguments.of(SharedBuffer.wrap(segment),
                        Int32View.of(SharedBuffer.wrap(segment.asSlice(12)), 4, 2)),
                Arguments.of(SharedBuffer.wrap(MemorySegment.ofArray(array)),
                        Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(array).asSlice(8)), 8, 2)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void twoViewsOfOneElementMeetWhateverTheirOffsets(SharedBuffer buffer, Int32View second) {
        Int32View first = Int32View.of(buffer);
        for (Kind kind : Kind.values()) {
            try (Resident waiter = Threads.resident(kind, "waiter")) {
                FutureTask<WaitResult> wait = queued(waiter, first, 5, FOREVER, buffer, 20);
                for (int other = 0; other < 16; other++) {
                    assertTrue(other == 5 || first.wake(other, 9) == 0, "another element");
                }
                assertFalse(wait.isDone());
                assertEquals(1, second.wake(1, 9));
                assertEquals(0, second.wake(1, 9));
                Threads.until(wait::isDone);
                assertEquals(WaitResult.WOKEN, wait.resultNow());
            }
        }
    }

    @Test
    void elementsOfDifferentArraysWithTheSameOffsetDoNotMeet() {
        SharedBuffer here = SharedBuffer.wrap(MemorySegment.ofArray(new int[4]));
        Int32View view = Int32View.of(here);
        Int32View elsewhere = Int32View.of(SharedBuffer.wrap(MemorySegment.ofArray(new int[4])));
        try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            FutureTask<WaitResult> wait = queued(waiter, view, 2, Duration.ofDays(1), here, 8);
            assertEquals(0, elsewhere.wake(2, 9));
            assertEquals(1, view.wake(2, 9));
            Threads.until(wait::isDone);
            assertEquals(WaitResult.WOKEN, wait.resultNow());
        }
    }

    @Test
    void aWaitForLongerThanALongOfNanosecondsIsForEver() {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        Int32View view = Int32View.of(buffer);
        for (Duration time : List.of(FOREVER, Duration.ofNanos(Long.MAX_VALUE - 1))) {
            try (Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
                FutureTask<WaitResult> wait = queued(waiter, view, 0, time, buffer, 0);
                assertEquals(1, view.wake(0, 1));
                Threads.until(wait::isDone);
                assertEquals(WaitResult.WOKEN, wait.resultNow());
            }
        }
    }

    @Test
    void waitingOnMemoryWhoseArenaIsClosedFailsAndLeavesNoTrace() throws InterruptedException {
        Arena arena = Arena.ofShared();
        MemorySegment segment = arena.allocate(64, 8);
        Int32View view = Int32View.of(SharedBuffer.wrap(segment));
        arena.close();
        assertThrows(IllegalStateException.class, () -> view.await(0, 0));
        assertEquals(0, ParkingLot.waiting(null, segment.address()));
        assertEquals(0, ParkingLot.wake(null, segment.address(), 1), "the stripe is free again");
        assertEquals(WaitResult.TIMED_OUT,
                ParkingLot.await(null, segment.address(), () -> true, 1));
    }
}
