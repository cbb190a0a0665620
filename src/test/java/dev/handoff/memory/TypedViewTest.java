package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of the six typed views but waiting, each held against a model of bits. */
class TypedViewTest {
    /** A view, and how its elements are bits of a long; the high bits of smaller ones are zero. */
    enum View {
        INT8(Int8View.class, byte.class, 8),
        INT16(Int16View.class, short.class, 16),
        INT32(Int32View.class, int.class, 32),
        INT64(Int64View.class, long.class, 64),
        FLOAT32(Float32View.class, float.class, 32),
        FLOAT64(Float64View.class, double.class, 64);

        final Class<?> type;
        final Class<?> element;
        final int bits;

        View(Class<?> type, Class<?> element, int bits) {
            this.type = type;
            this.element = element;
            this.bits = bits;
        }

        int bytes() {
            return bits / 8;
        }

        boolean floating() {
            return this == FLOAT32 || this == FLOAT64;
        }

        boolean lane() {
            return bits < 32;
        }

        long low(long value) {
            return value & -1L >>> 64 - bits;
        }

        long bitsOf(Object value) {
            return low(switch (value) {
                case Float f -> Float.floatToRawIntBits(f);
                case Double d -> Double.doubleToRawLongBits(d);
                default -> ((Number) value).longValue();
            });
        }

        Object element(long bits) {
            return switch (this) {
                case INT8 -> (byte) bits;
                case INT16 -> (short) bits;
                case INT32 -> (int) bits;
                case INT64 -> bits;
                case FLOAT32 -> Float.intBitsToFloat((int) bits);
                case FLOAT64 -> Double.longBitsToDouble(bits);
            };
        }

        /** What is written: smaller elements as ints, whose high bits must not matter. */
        Object operand(long bits, Random random) {
            return lane() ? (Object) (int) (bits | (long) random.nextInt() << this.bits) : element(bits);
        }

        Object operand(long bits) {
            return lane() ? (Object) (int) bits : element(bits);
        }

        long add(long a, long b) {
            return bitsOf(switch (this) {
                case FLOAT32 -> (Object) ((float) element(a) + (float) element(b));
                case FLOAT64 -> (double) element(a) + (double) element(b);
                default -> a + b;
            });
        }

        Object of(Object buffer) {
            return call(null, method("of", buffer.getClass()), buffer);
        }

        Object of(Object buffer, long byteOffset, long length) {
            return call(null, method("of", buffer.getClass(), long.class, long.class), buffer, byteOffset, length);
        }

        Method method(String name, Class<?>... parameters) {
            try {
                return type.getMethod(name, parameters);
            } catch (NoSuchMethodException e) {
                throw new AssertionError(e);
            }
        }

        Object call(Object view, String name, Object... arguments) {
            return call(view, Stream.of(type.getMethods())
                    .filter(m -> m.getName().equals(name) && accepts(m.getParameterTypes(), arguments)).findFirst()
                    .orElseThrow(() -> new AssertionError(type + " has no " + name + Arrays.toString(arguments))),
                    arguments);
        }

        private static boolean accepts(Class<?>[] parameters, Object[] arguments) {
            if (parameters.length != arguments.length) {
                return false;
            }
            for (int i = 0; i < parameters.length; i++) {
                Class<?> boxed = Array.get(Array.newInstance(parameters[i], 1), 0) instanceof Object zero
                        ? zero.getClass()
                        : parameters[i];
                if (!boxed.isInstance(arguments[i])) {
                    return false;
                }
            }
            return true;
        }

        static Object call(Object view, Method method, Object... arguments) {
            try {
                return method.invoke(view, arguments);
            } catch (InvocationTargetException e) {
                throw Threads.<RuntimeException>sneaky(e.getCause());
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }

        /** The methods that take one element, or two as the compare-and-set ones do, after an index. */
        List<Method> operations() {
            return Stream.of(type.getDeclaredMethods())
                    .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic())
                    .filter(m -> m.getName().matches("(get|set|compareAnd|weakCompareAnd).*"))
                    .sorted((a, b) -> a.toString().compareTo(b.toString())).toList();
        }
    }

    /** What an operation does to the bits of an element, and what it returns; null for nothing. */
    private record Effect(long now, Object result) {
    }

    private static Effect effect(View view, Method method, long old, long a, long b) {
        String name = method.getName();
        Object element = view.element(old);
        if (name.startsWith("getAnd")) {
            String operation = name.substring("getAnd".length()).replaceAll("(Acquire|Release)$", "");
            LongBinaryOperator operator = switch (operation) {
                case "Set" -> (x, y) -> y;
                case "Add" -> view::add;
                case "BitwiseAnd" -> (x, y) -> x & y;
                case "BitwiseOr" -> (x, y) -> x | y;
                case "BitwiseXor" -> (x, y) -> x ^ y;
                default -> throw new AssertionError(name);
            };
            return new Effect(view.low(operator.applyAsLong(old, a)), element);
        }
        return switch (name) {
            case "get", "getPlain", "getOpaque", "getAcquire" -> new Effect(old, element);
            case "getUnsigned", "getUnsignedPlain", "getUnsignedOpaque", "getUnsignedAcquire" -> new Effect(old,
                    view.lane() ? (Object) (int) old : old);
            case "getPlainBigEndian" -> new Effect(old, view.element(reversed(view, old)));
            case "setPlainBigEndian" -> new Effect(reversed(view, a), null);
            case "set", "setPlain", "setOpaque", "setRelease" -> new Effect(a, null);
            case "setClamped", "setClampedPlain" -> new Effect(
                    method.getParameterTypes()[1] == int.class ? Math.clamp((byte) a, 0, 255) : a, null);
            case "compareAndSet", "weakCompareAndSet", "weakCompareAndSetPlain", "weakCompareAndSetAcquire",
                    "weakCompareAndSetRelease" ->
                new Effect(old == a ? b : old, old == a);
            case "compareAndExchange", "compareAndExchangeAcquire", "compareAndExchangeRelease" -> new Effect(
                    old == a ? b : old, element);
            default -> throw new AssertionError("the model does not know " + name);
        };
    }

    private static long reversed(View view, long bits) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? bits : Long.reverseBytes(bits) >>> 64 - view.bits;
    }

    /** The arguments that stand for bits a and b; clamped writes get numbers that mean the same. */
    private static Object[] arguments(View view, Method method, long index, long a, long b, Random random) {
        if (method.getName().startsWith("setClamped")) {
            return new Object[]{index,
                    method.getParameterTypes()[1] == int.class ? (Object) (int) (byte) a : (double) a};
        }
        Object[] all = {index, view.operand(a, random), view.operand(b, random)};
        return Arrays.copyOf(all, method.getParameterCount());
    }

    private static boolean writes(Method method) {
        return !method.getName().matches("get(Unsigned)?(Plain|Opaque|Acquire)?(BigEndian)?");
    }

    private static boolean isReadModifyWrite(Method method) {
        return method.getName().matches("(weakC|c)ompareAnd.*|getAnd.*");
    }

    /** 96 bytes, and a view of 64 of them from byte 16 on. */
    private record Place(String name, MemorySegment bytes, Object buffer, long byteOffset) {
        Place(String name, SharedBuffer buffer) {
            this(name, buffer.segment(), buffer, 16);
        }

        Object view(View view) {
            return view.of(buffer, byteOffset, 64 / view.bytes());
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Memory of every kind that views of every kind can be of. */
    private static List<Place> places() {
        OwnedBuffer owned = OwnedBuffer.allocate(96);
        SharedBuffer grown = SharedBuffer.allocate(10, 96);
        grown.grow(96);
        MemorySegment parent = Arena.ofAuto().allocate(128, 8);
        MemorySegment odd = Arena.ofAuto().allocate(128, 8);
        MemorySegment wrapped = Arena.ofAuto().allocate(128, 8);
        return List.of(new Place("shared", SharedBuffer.allocate(96)), new Place("owned", owned.segment(), owned, 16),
                new Place("grown", grown), new Place("long[]", SharedBuffer.wrap(MemorySegment.ofArray(new long[12]))),
                new Place("double[]", SharedBuffer.wrap(MemorySegment.ofArray(new double[12]))),
                new Place("slice", SharedBuffer.wrap(parent.asSlice(8, 96))),
                new Place("odd part", odd.asSlice(16, 96), SharedBuffer.over(odd, 19, 93), 13),
                new Place("wrapped odd slice", wrapped.asSlice(16, 96), SharedBuffer.wrap(wrapped.asSlice(19)), 13));
    }

    static Stream<Arguments> viewsOfPlaces() {
        return Stream.of(View.values()).flatMap(v -> places().stream().map(p -> Arguments.of(v, p)));
    }

    @ParameterizedTest
    @MethodSource("viewsOfPlaces")
    void everyOperationDoesAndReturnsWhatTheModelSaysAndNothingElse(View view, Place place) {
        Random random = new Random(42);
        List<Method> operations = view.operations();
        Object elements = place.view(view);
        byte[] model = new byte[96];
        random.nextBytes(model);
        place.bytes().copyFrom(MemorySegment.ofArray(model));
        MemorySegment modelled = MemorySegment.ofArray(model);
        long[] interesting = {0, 1, -1, 1L << view.bits - 1, ~(1L << view.bits - 1), 0x5555555555555555L};
        int length = 64 / view.bytes();
        for (int n = 0; n < 10_000; n++) {
            Method operation = operations.get(n % operations.size());
            int index = random.nextInt(length);
            long at = 16 + (long) index * view.bytes();
            long old = read(view, modelled, at);
            long a = view.low(switch (random.nextInt(3)) {
                case 0 -> old;
                case 1 -> interesting[random.nextInt(interesting.length)];
                default -> random.nextLong();
            });
            if (view.floating() && operation.getName().contains("Add")) {
                old = view.bitsOf(view.element(old)) & ~exponent(view) | exponent(view) >>> 1 & exponent(view);
                a = old; // no NaN, whose payload after an addition is the machine's choice
                write(view, modelled, at, old);
                write(view, place.bytes(), at, old);
            }
            long b = view.low(random.nextLong());
            Effect effect = effect(view, operation, old, a, b);
            Object[] arguments = arguments(view, operation, index, a, b, random);
            Object result = View.call(elements, operation, arguments);
            while (Boolean.TRUE.equals(effect.result()) && operation.getName().startsWith("weak")
                    && Boolean.FALSE.equals(result)) {
                result = View.call(elements, operation, arguments); // it may fail for no reason
            }
            if (effect.result() instanceof Number expected && view.element.isInstance(expected)) {
                assertEquals(view.bitsOf(expected), view.bitsOf(result), operation.toString());
            } else if (effect.result() instanceof Number expected && !operation.getName().contains("Unsigned")) {
                assertEquals(view.bitsOf(expected), view.bitsOf(result), operation.toString());
            } else {
                assertEquals(effect.result(), result, operation.toString());
            }
            write(view, modelled, at, effect.now());
            assertEquals(-1, modelled.mismatch(place.bytes()), operation.toString());
        }
    }

    private static long exponent(View view) {
        return view == View.FLOAT32 ? 0x7f80_0000L : 0x7ff0_0000_0000_0000L;
    }

    private static long read(View view, MemorySegment memory, long at) {
        return switch (view.bits) {
            case 8 -> memory.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
            case 16 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffffL;
            case 32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffff_ffffL;
            default -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        };
    }

    private static void write(View view, MemorySegment memory, long at, long bits) {
        switch (view.bits) {
            case 8 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) bits);
            case 16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) bits);
            case 32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) bits);
            default -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, bits);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allViewsHaveTheSameMethodsButWhatTheirElementsDoNotHave(View view) {
        Collection<String> names = view.operations().stream().map(Method::getName).distinct().toList();
        assertEquals(4 + 4 + 1 + 4 + 3 + (view.floating() ? 2 : 5) * 3 + (view.bits == 8 ? 2 : 2)
                + (view.floating() || view.bits == 64 ? 0 : 4), names.size(), names.toString());
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationRefusesAnIndexOutOfBoundsAndNamesItAndTheLength(View view) {
        SharedBuffer growing = SharedBuffer.allocate(4L * view.bytes(), 100);
        for (Object elements : List.of(view.of(SharedBuffer.allocate(64), 16, 4), view.of(growing),
                view.of(OwnedBuffer.allocate(4L * view.bytes())))) {
            for (Method operation : view.operations()) {
                for (long index : new long[]{-1, 4, 5, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 61, (1L << 61) + 1,
                        1L << 62, 1L << 63 - Integer.numberOfTrailingZeros(view.bytes()), 1L << 32}) {
                    var e = assertThrows(IndexOutOfBoundsException.class, () -> View.call(elements, operation,
                            arguments(view, operation, index, 1, 2, new Random(1))), operation.toString());
                    assertTrue(e.getMessage().contains(String.valueOf(index)) && e.getMessage().contains("length 4"),
                            e.getMessage());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void bulkOperationsRefuseWhatIsNotInsideAndChangeNothing(View view) {
        SharedBuffer buffer = SharedBuffer.allocate(64);
        Object elements = view.of(buffer, 16, 4);
        Object target = view.of(SharedBuffer.allocate(64), 0, 4);
        Object array = Array.newInstance(view.element, 4);
        for (long[] range : new long[][]{{-1, 1}, {0, 5}, {4, 1}, {5, 0}, {0, -1}, {1, 4}, {Long.MIN_VALUE, 1},
                {Long.MAX_VALUE, 1}, {1, Long.MAX_VALUE}, {1L << 62, 1}, {0, 1L << 62}, {0, Long.MIN_VALUE}}) {
            long index = range[0];
            long count = range[1];
            assertThrows(IndexOutOfBoundsException.class,
                    () -> view.call(elements, "fill", index, count, view.operand(1)));
            assertThrows(IndexOutOfBoundsException.class,
                    () -> view.call(elements, "copyTo", index, target, 0L, count));
            assertThrows(IndexOutOfBoundsException.class,
                    () -> view.call(elements, "copyTo", 0L, target, index, count));
            if (count == (int) count) {
                for (String name : List.of("copyTo", "copyFrom")) {
                    assertThrows(IndexOutOfBoundsException.class,
                            () -> view.call(elements, name, index, array, 0, (int) count));
                    if (index == (int) index) {
                        assertThrows(IndexOutOfBoundsException.class,
                                () -> view.call(elements, name, 0L, array, (int) index, (int) count));
                    }
                }
            }
        }
        assertEquals(-1, buffer.segment().mismatch(MemorySegment.ofArray(new byte[64])));
    }

    @ParameterizedTest
    @MethodSource("viewsOfPlaces")
    void bulkOperationsMoveJustWhatTheyAreTold(View view, Place place) {
        Random random = new Random(3);
        Object elements = place.view(view);
        int length = 64 / view.bytes();
        byte[] model = new byte[96];
        random.nextBytes(model);
        place.bytes().copyFrom(MemorySegment.ofArray(model));
        Object array = Array.newInstance(view.element, length + 3);
        view.call(elements, "copyTo", 1L, array, 2, length - 1);
        for (int i = 0; i < length + 3; i++) {
            long expected = i >= 2 && i <= length
                    ? read(view, MemorySegment.ofArray(model), 16 + (i - 1L) * view.bytes())
                    : 0;
            assertEquals(expected, view.bitsOf(Array.get(array, i)));
        }
        view.call(elements, "copyFrom", 0L, array, 2, length - 1); // all of it moved by one
        System.arraycopy(model, 16 + view.bytes(), model, 16, 64 - view.bytes());
        assertArrayEquals(model, place.bytes().toArray(JAVA_BYTE));
        view.call(elements, "copyTo", 0L, elements, 2L, (long) length - 2); // overlapping
        System.arraycopy(model, 16, model, 16 + 2 * view.bytes(), 64 - 2 * view.bytes());
        assertArrayEquals(model, place.bytes().toArray(JAVA_BYTE));
        long value = view.low(0x0123456789abcdefL);
        view.call(elements, "fill", 1L, length - 2L, view.operand(value));
        for (int i = 1; i < length - 1; i++) {
            write(view, MemorySegment.ofArray(model), 16 + (long) i * view.bytes(), value);
        }
        assertArrayEquals(model, place.bytes().toArray(JAVA_BYTE));
        view.call(elements, "fill", view.operand(0));
        Arrays.fill(model, 16, 80, (byte) 0);
        assertArrayEquals(model, place.bytes().toArray(JAVA_BYTE));
    }

    @ParameterizedTest
    @EnumSource
    void elementsAreCopiedBetweenMemoryOfAnyKind(View view) {
        for (Place from : places()) {
            for (Place to : places()) {
                byte[] bytes = new byte[96];
                new Random(5).nextBytes(bytes);
                from.bytes().copyFrom(MemorySegment.ofArray(bytes));
                view.call(from.view(view), "copyTo", 0L, to.view(view), 0L, 64L / view.bytes());
                assertEquals(-1, from.bytes().asSlice(16, 64).mismatch(to.bytes().asSlice(16, 64)));
                assertEquals(-1, to.bytes().asSlice(0, 16).mismatch(MemorySegment.ofArray(new byte[16])));
                assertEquals(-1, to.bytes().asSlice(80).mismatch(MemorySegment.ofArray(new byte[16])));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrozenBufferIsReadAndNeverWritten(View view) {
        OwnedBuffer owned = OwnedBuffer.allocate(64);
        byte[] bytes = new byte[64];
        new Random(7).nextBytes(bytes);
        owned.segment().copyFrom(MemorySegment.ofArray(bytes));
        FrozenBuffer frozen = owned.freeze();
        int length = 64 / view.bytes();
        for (Object elements : List.of(view.of(frozen), view.of(frozen, 0, length))) {
            assertEquals(view.type.getSimpleName() + "[" + length + " elements of a frozen buffer]",
                    elements.toString());
            for (Method operation : view.operations()) {
                long old = read(view, MemorySegment.ofArray(bytes), 64 - view.bytes());
                Object[] arguments = arguments(view, operation, length - 1, old, 1, new Random(1));
                if (writes(operation)) {
                    var e = assertThrows(RuntimeException.class, () -> View.call(elements, operation, arguments),
                            operation.toString());
                    assertTrue(e.getMessage().contains("read-only"), e.getMessage());
                } else {
                    Object result = Threads.on(Kind.VIRTUAL, "reader", () -> View.call(elements, operation, arguments));
                    assertEquals(effect(view, operation, old, 0, 0).result(), result, operation.toString());
                }
            }
            assertThrows(RuntimeException.class, () -> view.call(elements, "fill", view.operand(1)));
            Object array = Array.newInstance(view.element, length);
            assertThrows(RuntimeException.class, () -> view.call(elements, "copyFrom", 0L, array, 0, length));
            Object copy = view.of(SharedBuffer.allocate(64));
            view.call(elements, "copyTo", 0L, copy, 0L, (long) length);
            assertThrows(RuntimeException.class, () -> view.call(copy, "copyTo", 0L, elements, 0L, (long) length));
        }
        assertEquals(-1, frozen.segment().mismatch(MemorySegment.ofArray(bytes)));
    }

    @ParameterizedTest
    @EnumSource
    void aViewOfAnOwnedBufferDiesWithItsTenure(View view) {
        try (OwnedBuffer first = OwnedBuffer.allocate(64)) {
            Object elements = view.of(first);
            assertThrows(WrongThreadException.class, () -> Threads.on(Kind.PLATFORM, "stranger",
                    () -> view.call(elements, "get", 0L)));
            try (OwnedBuffer second = first.transfer()) {
                for (Method operation : view.operations()) {
                    assertThrows(IllegalStateException.class, () -> View.call(elements, operation,
                            arguments(view, operation, 0, 1, 2, new Random(1))), operation.toString());
                }
                assertThrows(DetachedException.class, () -> view.of(first));
                assertThrows(DetachedException.class, () -> view.of(first, 0, 1));
                assertEquals(64L / view.bytes(), view.call(view.of(second), "length"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aViewOfWrappedMemoryDiesWithItsArena(View view) {
        Arena arena = Arena.ofShared();
        Object elements = view.of(SharedBuffer.wrap(arena.allocate(64, 8)));
        view.call(elements, "set", 0L, view.operand(1));
        arena.close();
        for (Method operation : view.operations()) {
            assertThrows(IllegalStateException.class, () -> View.call(elements, operation,
                    arguments(view, operation, 0, 1, 2, new Random(1))), operation.toString());
        }
    }

    // ---- access by address

    @ParameterizedTest
    @EnumSource
    void onlyMemoryThatTheCollectorEndsIsAccessedByItsAddress(View view, @TempDir Path directory) throws IOException {
        boolean granted = MemoryBacking.current() == MemoryBacking.NATIVE;
        for (SharedBuffer buffer : List.of(SharedBuffer.allocate(64), SharedBuffer.allocate(64, 128),
                SharedBuffer.map(directory.resolve("mapped"), 64), OwnedBuffer.allocate(64).share())) {
            assertEquals(granted, isDirect(view.of(buffer)));
            assertEquals(granted, isDirect(view.of(buffer, 8, 8 / view.bytes())));
        }
        for (Object buffer : List.of(SharedBuffer.wrap(Arena.ofAuto().allocate(64, 8)),
                SharedBuffer.wrap(MemorySegment.ofArray(new long[8])), OwnedBuffer.allocate(64),
                OwnedBuffer.allocate(64).freeze())) {
            assertFalse(isDirect(view.of(buffer)));
            assertFalse(isDirect(view.of(buffer, 8, 8 / view.bytes())));
        }
    }

    private static boolean isDirect(Object view) {
        return ((dev.handoff.memory.View) view).isDirect(0);
    }

    @Test
    void aLoopOverAViewKeepsTheMemory() {
        Int32View view = Int32View.of(SharedBuffer.allocate(1 << 16));
        var memory = new WeakReference<>(view.segment.scope());
        for (int i = 0; i < view.length(); i++) {
            view.set(i, i);
        }
        AtomicInteger collections = new AtomicInteger();
        Thread collector = Thread.ofPlatform().start(() -> {
            while (collections.get() < 5) {
                System.gc();
                collections.incrementAndGet();
            }
        });
        assertEquals(0, strangeElements(view, collections));
        assertFalse(memory.refersTo(null), "the view has been used until now");
        assertEquals(1, view.getAndAdd(1, 1));
        Threads.join(collector);
    }

    /** In a method of its own, so that it is compiled while it runs. */
    private static int strangeElements(Int32View view, AtomicInteger collections) {
        int strange = 0;
        while (collections.get() < 5) {
            for (int i = 0; i < 1 << 14; i++) {
                strange += view.get(i) == i && view.compareAndSet(i, i, i) ? 0 : 1;
            }
        }
        return strange;
    }

    // ---- which part of the memory

    @ParameterizedTest
    @EnumSource
    void aViewBeyondItsBufferIsRefusedWithOffsetAndLength(View view) {
        long fits = 64 / view.bytes();
        try (OwnedBuffer owned = OwnedBuffer.allocate(64)) {
            for (long[] part : new long[][]{{-1, 1}, {-8, 1}, {0, -1}, {0, fits + 1}, {8, fits}, {64, 1}, {65, 0},
                    {72, 0},
                    {Long.MAX_VALUE, 0}, {0, Long.MAX_VALUE}, {8, 1L << 61}, {0, 1L << 62}, {Long.MIN_VALUE, 0},
                    {0, Long.MIN_VALUE}, {Long.MAX_VALUE - 7, 2}}) {
                String message = "byteOffset=" + part[0] + " and length=" + part[1]
                        + " reach beyond the buffer's 64 bytes";
                for (Object buffer : List.of(SharedBuffer.allocate(64), SharedBuffer.allocate(64, 80), owned,
                        OwnedBuffer.allocate(64).freeze())) {
                    assertEquals(message, assertThrows(IndexOutOfBoundsException.class,
                            () -> view.of(buffer, part[0], part[1])).getMessage());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aViewOfAnyAlignedPartWorksAndAMisalignedOneIsRefused(View view) {
        SharedBuffer buffer = SharedBuffer.allocate(64);
        for (long offset = 0; offset <= 64; offset++) {
            for (long length : new long[]{0, (64 - offset) / view.bytes()}) {
                long byteOffset = offset;
                if (offset % view.bytes() == 0) {
                    Object elements = view.of(buffer, offset, length);
                    assertEquals(length, view.call(elements, "length"));
                    view.call(elements, "fill", view.operand(1));
                } else {
                    var e = assertThrows(IllegalArgumentException.class, () -> view.of(buffer, byteOffset, length));
                    assertEquals("byteOffset=" + offset + " is not aligned to " + view.bytes()
                            + " bytes in this buffer, as atomic access needs it", e.getMessage());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"INT8,byte", "INT16,short", "INT32,int", "FLOAT32,int", "INT64,long", "FLOAT64,long"})
    void arraysOfSmallerElementsAreRefusedAsNothingSaysThatTheyAreAligned(View view, String smallest) {
        List<String> types = List.of("byte", "short", "int", "long");
        List<MemorySegment> arrays = List.of(MemorySegment.ofArray(new byte[64]), MemorySegment.ofArray(new short[32]),
                MemorySegment.ofArray(new int[16]), MemorySegment.ofArray(new long[8]));
        for (int i = 0; i < 4; i++) {
            SharedBuffer buffer = SharedBuffer.wrap(arrays.get(i));
            if (i < types.indexOf(smallest)) {
                assertThrows(IllegalArgumentException.class, () -> view.of(buffer));
                assertThrows(IllegalArgumentException.class, () -> view.of(buffer, 8, 1));
            } else {
                Object elements = view.of(buffer);
                view.call(elements, "set", 3L, view.operand(1));
                assertEquals(view.element(1), view.call(elements, "get", 3L));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWholeViewLeavesOutTheLastBytesThatMakeNoElement(View view) {
        for (long bytes = 0; bytes < 20; bytes++) {
            for (Object buffer : List.of(SharedBuffer.allocate(bytes), SharedBuffer.allocate(bytes, 40),
                    OwnedBuffer.allocate(bytes), OwnedBuffer.allocate(bytes).freeze())) {
                assertEquals(bytes / view.bytes(), view.call(view.of(buffer), "length"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void itsTextTellsWhatItIs(View view) {
        String name = view.type.getSimpleName();
        assertEquals(name + "[2 elements of a shared buffer]",
                view.of(SharedBuffer.allocate(2L * view.bytes())).toString());
        assertEquals(name + "[1 elements of an owned buffer]", view.of(OwnedBuffer.allocate(16), 8, 1).toString());
    }

    // ---- growth

    @ParameterizedTest
    @EnumSource
    void growthIsSeenByViewsOfTheWholeAndByEveryThread(View view) {
        SharedBuffer buffer = SharedBuffer.allocate(8, 800);
        Object whole = view.of(buffer);
        Object fixed = view.of(buffer, 0, 8 / view.bytes());
        long length = 8 / view.bytes();
        assertThrows(IndexOutOfBoundsException.class, () -> view.call(whole, "get", length));
        for (long bytes : new long[]{16, 24, 800}) {
            Threads.on(Kind.PLATFORM, "grower", () -> {
                buffer.grow(bytes);
                return null;
            });
            long last = bytes / view.bytes() - 1;
            assertEquals(view.element(0), view.call(whole, "getAndSet", last, view.operand(1)));
            assertEquals(last + 1, view.call(whole, "length"));
            assertEquals(last + 1, view.call(view.of(buffer), "length"));
            var e = assertThrows(IndexOutOfBoundsException.class, () -> view.call(whole, "get", last + 1));
            assertTrue(e.getMessage().contains("length " + (last + 1)), e.getMessage());
            assertEquals(length, view.call(fixed, "length"));
            assertThrows(IndexOutOfBoundsException.class, () -> view.call(fixed, "get", length));
        }
    }

    @ParameterizedTest
    @EnumSource
    void bulkOperationsReachWhatABufferGrewBy(View view) {
        SharedBuffer buffer = SharedBuffer.allocate(0, 64);
        Object whole = view.of(buffer);
        buffer.grow(64);
        view.call(whole, "fill", view.operand(1));
        assertEquals(view.element(1), view.call(whole, "get", 64L / view.bytes() - 1));
        SharedBuffer other = SharedBuffer.allocate(0, 64);
        Object copy = view.of(other);
        other.grow(32);
        assertThrows(IndexOutOfBoundsException.class,
                () -> view.call(whole, "copyTo", 0L, copy, 0L, 64L / view.bytes()));
        other.grow(64);
        view.call(whole, "copyTo", 0L, copy, 0L, 64L / view.bytes());
        assertEquals(-1, buffer.segment().mismatch(other.segment()));
    }

    // ---- several threads

    @ParameterizedTest
    @EnumSource
    void additionsOfSeveralThreadsSumUpBesideOthersThatWriteTheNeighbours(View view) {
        Object elements = view.of(SharedBuffer.allocate(64));
        List<Method> additions = view.operations().stream().filter(m -> m.getName().startsWith("getAndAdd")).toList();
        int each = 3_000;
        Threads.race(Kind.PLATFORM, 4, additions.size() + 1, round -> {
            if (round > 0) {
                assertEquals(view.bitsOf(view.call(elements, "getAndSet", 1L, view.operand(0))), view.bitsOf(
                        view.floating() ? view.element(number(view, 6 * each)) : 6 * each));
                assertEquals(view.element(number(view, each - 1)), view.call(elements, "get", 0L));
                assertEquals(view.element(number(view, each - 1)), view.call(elements, "get", 2L));
            }
        }, (racer, round) -> {
            for (int i = 0; i < each; i++) {
                if (racer == 3) { // a plain write must never be undone by the operation on its neighbour
                    for (long neighbour = 0; neighbour <= 2; neighbour += 2) {
                        view.call(elements, "setRelease", neighbour, view.operand(number(view, i)));
                        assertEquals(view.element(number(view, i)), view.call(elements, "getAcquire", neighbour));
                    }
                } else {
                    View.call(elements, additions.get(Math.min(round, additions.size() - 1)), 1L,
                            view.operand(number(view, racer + 1)));
                }
            }
        });
    }

    private static long number(View view, long value) {
        return switch (view) {
            case FLOAT32 -> Float.floatToRawIntBits(value);
            case FLOAT64 -> Double.doubleToRawLongBits(value);
            default -> view.low(value);
        };
    }

    @ParameterizedTest
    @EnumSource
    void ofThreadsThatCompareAndSetOneWinsWhateverTheNeighboursDo(View view) {
        Object elements = view.of(SharedBuffer.allocate(64));
        List<Method> modes = view.operations().stream()
                .filter(m -> m.getName().matches("compareAnd(Set|Exchange.*)")).toList();
        int[] wins = new int[4];
        Threads.race(Kind.PLATFORM, 4, 1 + 500 * modes.size(), round -> {
            if (round > 0) {
                assertEquals(1, Arrays.stream(wins).sum(), "round " + round);
                Arrays.fill(wins, 0);
                view.call(elements, "fill", view.operand(0));
            }
        }, (racer, round) -> {
            view.call(elements, "set", racer == 0 ? 2L : 3L, view.operand(number(view, racer)));
            Object result = View.call(elements, modes.get(round % modes.size()), 1L, view.operand(0),
                    view.operand(number(view, racer + 1)));
            wins[racer] = result.equals(true) || result.equals(view.element(0)) ? 1 : 0;
        });
    }

    // ---- 8 and 16 bits

    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT16"})
    void readModifyWriteWithoutAWholeWordIsRefusedAndTheRestWorks(View view) {
        MemorySegment parent = Arena.ofAuto().allocate(16, 8);
        int step = view.bytes();
        for (int from = 0; from < 8; from += step) {
            for (int to = from; to <= 16; to += step) {
                Object elements = view.of(SharedBuffer.wrap(parent.asSlice(from, to - from)));
                for (int at = from; at < to; at += step) {
                    boolean whole = (at & -4) >= from && (at & -4) + 4 <= to;
                    long index = (at - from) / step;
                    for (Method operation : view.operations()) {
                        Object[] arguments = arguments(view, operation, index, 1, 2, new Random(1));
                        if (whole || !isReadModifyWrite(operation)) {
                            View.call(elements, operation, arguments);
                        } else {
                            var e = assertThrows(UnsupportedOperationException.class,
                                    () -> View.call(elements, operation, arguments));
                            assertTrue(e.getMessage().contains("around byte " + (at - from) + " of the view"),
                                    e.getMessage());
                        }
                    }
                }
            }
        }
    }

    @Test
    void readModifyWriteOfArraysOfSmallElementsIsRefusedAndTheRestWorks() {
        for (MemorySegment array : List.of(MemorySegment.ofArray(new byte[16]), MemorySegment.ofArray(new short[8]),
                MemorySegment.ofArray(new char[8]))) {
            for (View view : array.maxByteAlignment() == 1 ? List.of(View.INT8) : List.of(View.INT8, View.INT16)) {
                Object elements = view.of(SharedBuffer.wrap(array));
                for (Method operation : view.operations()) {
                    Object[] arguments = arguments(view, operation, 1, 1, 2, new Random(1));
                    if (isReadModifyWrite(operation)) {
                        assertThrows(UnsupportedOperationException.class,
                                () -> View.call(elements, operation, arguments));
                    } else {
                        View.call(elements, operation, arguments);
                    }
                }
            }
        }
    }

    @Test
    void readModifyWriteOfPartsOfOneOwnedWordDoNotDisturbEachOther() {
        List<OwnedBuffer> parts = OwnedBuffer.allocate(4).split(4, 1);
        Threads.race(Kind.PLATFORM, 4, 1, round -> {
        }, (racer, round) -> {
            Int8View view = Int8View.of(parts.get(racer));
            for (int i = 0; i < 20_000; i++) {
                assertEquals((byte) i, view.getAndAdd(0, 1));
            }
        });
        assertTrue(parts.stream().allMatch(p -> p.state() == OwnedBuffer.State.UNCLAIMED), "their owners are dead");
    }

    @ParameterizedTest
    @CsvSource({"-2147483648,0", "-1,0", "0,0", "1,1", "127,127", "128,128", "255,255", "256,255", "2147483647,255"})
    void clampedWritesOfIntegersStopAtTheEnds(int value, int stored) {
        Int8View view = Int8View.of(SharedBuffer.allocate(3));
        view.setClamped(1, value);
        assertEquals(stored, view.getUnsigned(1));
        view.setClampedPlain(0, value);
        assertEquals(stored, view.getUnsignedPlain(0));
        assertEquals(0, view.get(2));
    }

    @ParameterizedTest
    @CsvSource({"NaN,0", "-Infinity,0", "-0.0,0", "-0.6,0", "0.5,0", "0.50001,1", "1.5,2", "2.5,2", "253.5,254",
            "254.5,254",
            "254.50001,255", "255.5,255", "300,255", "Infinity,255", "1e300,255"})
    void clampedWritesOfFractionsRoundHalvesToTheEvenNeighbour(double value, int stored) {
        Int8View view = Int8View.of(SharedBuffer.allocate(3));
        view.setClamped(1, value);
        assertEquals(stored, view.getUnsigned(1));
        view.setClampedPlain(0, value);
        assertEquals(stored, view.getUnsignedPlain(0));
        assertEquals(0, view.get(2));
    }

    // ---- the rest

    @Test
    void floatingPointIsComparedByItsBits() {
        Float32View floats = Float32View.of(SharedBuffer.allocate(4));
        assertFalse(floats.compareAndSet(0, -0.0f, 1));
        float nan = Float.intBitsToFloat(0x7fc0_1234);
        floats.set(0, nan);
        assertFalse(floats.compareAndSet(0, Float.NaN, 1));
        assertTrue(floats.compareAndSet(0, nan, -0.0f));
        assertFalse(floats.compareAndSet(0, 0.0f, 1));
        Float64View doubles = Float64View.of(SharedBuffer.allocate(8));
        assertFalse(doubles.compareAndSet(0, -0.0, 1));
        double other = Double.longBitsToDouble(0x7ff8_0000_0000_1234L);
        doubles.set(0, other);
        assertFalse(doubles.compareAndSet(0, Double.NaN, 1));
        assertTrue(doubles.compareAndSet(0, other, -0.0));
        assertFalse(doubles.compareAndSet(0, 0.0, 1));
    }

    @Test
    void addingToNotANumberEnds() {
        Float32View floats = Float32View.of(SharedBuffer.allocate(4));
        floats.set(0, Float.intBitsToFloat(0x7fa0_0001)); // a signalling one
        assertTrue(Float.isNaN(floats.getAndAdd(0, 1)));
        assertTrue(Float.isNaN(floats.get(0)));
        Float64View doubles = Float64View.of(SharedBuffer.allocate(8));
        doubles.set(0, Double.longBitsToDouble(0x7ff4_0000_0000_0001L));
        assertTrue(Double.isNaN(doubles.getAndAdd(0, 1)));
        assertTrue(Double.isNaN(doubles.get(0)));
    }

    @Test
    void bigEndianIsTheOrderOfTheNetwork() {
        SharedBuffer buffer = SharedBuffer.allocate(8);
        ByteBuffer bytes = buffer.segment().asByteBuffer();
        Int32View.of(buffer).setPlainBigEndian(1, 0x01020304);
        assertEquals(0x01020304, bytes.getInt(4));
        bytes.putDouble(0, Math.PI);
        assertEquals(Math.PI, Float64View.of(buffer).getPlainBigEndian(0));
        bytes.putShort(2, (short) -2);
        assertEquals(-2, Int16View.of(buffer).getPlainBigEndian(1));
    }

    @ParameterizedTest
    @EnumSource
    void viewsOfDifferentKindsSeeTheSameBytes(View view) {
        SharedBuffer buffer = SharedBuffer.allocate(16);
        Object elements = view.of(buffer, 8, 1);
        view.call(elements, "set", 0L, view.operand(view.low(0x1122334455667788L)));
        assertEquals(view.low(0x1122334455667788L), read(view, buffer.segment(), 8));
    }
}
