package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The user's own classes: registered, opened, or with methods of their own. */
class ClonersTest {
    private static List<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    private static DataCloneException assertRefused(String message, Cloners cloners, Object value) {
        var e = assertThrows(DataCloneException.class, () -> cloners.clone(value));
        assertEquals(message, e.getMessage());
        return e;
    }

    /** Throws anything, unchecked by the compiler. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> void sneak(Throwable e) throws T {
        throw (T) e;
    }

    /** Mutable, and of no kind that is known. */
    private static class Box {
        @Nullable Object held;

        Box(@Nullable Object held) {
            this.held = held;
        }
    }

    private static final String BOX = Box.class.getName();

    private static Cloners mutable() {
        return Cloners.builder().register(Box.class, Cloner.mutable(b -> new Object[]{b.held}, b -> new Box(null),
                (b, copies) -> b.held = copies[0])).build();
    }

    private static Cloners immutable() {
        return Cloners.builder().register(Box.class,
                Cloner.immutable(b -> new Object[]{b.held}, (b, copies) -> new Box(copies[0]))).build();
    }

    private static Cloners leaf(UnaryOperator<Box> copy) {
        return Cloners.builder().register(Box.class, Cloner.leaf(copy)).build();
    }

    @Nested
    class Registered {
        @Test
        void asSharedAreTheirOwnCopies() {
            Cloners cloners = Cloners.builder().register(Box.class, Cloner.shared()).build();
            Box box = new Box(1);
            assertSame(box, cloners.clone(box));
            assertSame(box, cloners.clone(box(box, box())).getFirst());
            var refused = assertThrows(DataCloneException.class, () -> Cloners.standard().clone(box));
            assertTrue(refused.getMessage().startsWith("$: " + BOX + " can't be cloned; "), refused.getMessage());
        }

        @Test
        void asLeavesAreCopiedOncePerObject() {
            Box box = new Box(1);
            Object[] copy = leaf(b -> new Box(b.held)).clone(new Object[]{box, box, new Box(2)});
            assertSame(copy[0], copy[1]);
            assertNotSame(box, copy[0]);
            assertEquals(2, assertInstanceOf(Box.class, copy[2]).held);
        }

        @Test
        void asMutableMayBePartOfACycle() {
            Box box = new Box(null);
            box.held = box(box, new int[]{1});
            Box copy = mutable().clone(box);
            assertNotSame(box, copy);
            List<?> held = (List<?>) copy.held;
            assertSame(copy, held.getFirst());
            assertNotSame(((List<?>) box.held).get(1), held.get(1));
            box.held = box;
            Box self = mutable().clone(box);
            assertSame(self, self.held);
        }

        @Test
        void asImmutableAreSharedWhereNothingInThemIsCopied() {
            Box flat = new Box(List.of(1));
            assertSame(flat, immutable().clone(flat));
            Box deep = new Box(box(1));
            Box copy = immutable().clone(deep);
            assertEquals(deep.held, copy.held);
            assertNotSame(deep.held, copy.held);
        }

        @Test
        void asImmutableMayBePartOfACycle() {
            List<Object> list = box();
            Box box = new Box(list);
            list.add(box);
            Box copy = immutable().clone(box);
            assertNotSame(box, copy);
            assertSame(copy, ((List<?>) copy.held).getFirst());
            List<Object> copied = immutable().clone(list);
            assertSame(copied, ((Box) copied.getFirst()).held);
        }

        private record Declared(Box box, Final last, Object any) {
        }

        private record Final(int n) {
        }

        @Test
        void classesAreClonedInThatWayAsComponentsToo() {
            Cloners cloners = Cloners.builder().register(Box.class, Cloner.leaf(b -> new Box(b.held)))
                    .register(Final.class, Cloner.leaf(f -> new Final(f.n))).build();
            Final last = new Final(1);
            Declared copy = cloners.clone(new Declared(new Box(1), last, last));
            assertNotSame(last, copy.last);
            assertSame(copy.last, copy.any);
        }

        @Test
        void subclassesAreNotMeant() {
            Box sub = new Box(1) {
            };
            assertThrows(DataCloneException.class, () -> mutable().clone(sub));
        }

        @ParameterizedTest
        @ValueSource(classes = {int.class, int[].class, Object[].class, List.class, Thread.State.class,
                OwnedBuffer.class, Number.class})
        void classesMustBeAbleToHaveACloner(Class<?> type) {
            Cloners.Builder builder = Cloners.builder();
            var e = assertThrows(IllegalArgumentException.class, () -> builder.register(type, Cloner.shared()));
            assertEquals(type.getTypeName() + " can't have a cloner of its own: it is abstract, primitive, an array, an"
                    + " enum or a transferable", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> builder.open(MethodHandles.lookup(), type));
        }

        @ParameterizedTest
        @ValueSource(classes = {String.class, Integer.class, Long.class, Double.class})
        void classesOfWhichNoPlanIsAskedAreRefused(Class<?> type) {
            Cloners.Builder builder = Cloners.builder();
            var e = assertThrows(IllegalArgumentException.class, () -> builder.register(type, Cloner.shared()));
            assertEquals(type.getName() + " can't have a cloner of its own: a " + type.getSimpleName()
                    + " is always its own copy, as nobody can change it", e.getMessage());
        }

        private record Counted(Short n) {
        }

        @Test
        void otherImmutablesAreCopiedByTheirClonerWhereverTheyAre() {
            Cloners cloners = Cloners.builder().register(Short.class, Cloner.leaf(n -> (short) (n + 1))).build();
            Short n = 300;
            Short next = 301;
            assertEquals(next, cloners.clone(n));
            assertEquals(box("a", next), cloners.clone(box("a", n)));
            assertArrayEquals(new Short[]{next}, cloners.clone(new Short[]{n}));
            assertEquals(Map.of("a", next), cloners.clone(new HashMap<>(Map.of("a", n))));
            assertEquals(Map.of(next, "a"), cloners.clone(new HashMap<>(Map.of(n, "a"))));
            assertEquals(new Counted(next), cloners.clone(new Counted(n)));
        }

        @Test
        void classesAreRegisteredOnce() {
            Cloners.Builder builder = Cloners.builder().register(Box.class, Cloner.shared());
            var e = assertThrows(IllegalArgumentException.class,
                    () -> builder.register(Box.class, Cloner.leaf(b -> b)));
            assertEquals(BOX + " was registered or opened before", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> builder.open(MethodHandles.lookup(), Box.class));
            Cloners.Builder other = Cloners.builder();
            assertEquals(Opened.class.getName() + " is to be opened twice", assertThrows(IllegalArgumentException.class,
                    () -> other.open(MethodHandles.lookup(), Opened.class, Opened.class)).getMessage());
            other.open(MethodHandles.lookup(), Opened.class); // nothing was opened by the attempt
        }

        @Test
        @SuppressWarnings("NullAway") // on purpose
        void nullIsNamed() {
            Cloners.Builder b = Cloners.builder();
            assertEquals("type", assertThrows(NullPointerException.class,
                    () -> b.register(null, Cloner.shared())).getMessage());
            assertEquals("cloner", assertThrows(NullPointerException.class,
                    () -> b.register(Box.class, null)).getMessage());
            assertEquals("lookup", assertThrows(NullPointerException.class, () -> b.open(null)).getMessage());
            assertThrows(NullPointerException.class, () -> b.open(MethodHandles.lookup(), (Class<?>) null));
            assertEquals("lookup", assertThrows(NullPointerException.class, () -> Cloners.open(null)).getMessage());
            assertThrows(NullPointerException.class, () -> Cloner.leaf(null));
        }

        @Test
        void aSetOfClonersDoesNotChangeWithItsBuilder() {
            Cloners.Builder builder = Cloners.builder();
            Cloners before = builder.build();
            Cloners after = builder.register(Box.class, Cloner.shared()).build();
            Box box = new Box(1);
            assertSame(box, after.clone(box));
            assertThrows(DataCloneException.class, () -> before.clone(box));
        }
    }

    @Nested
    class WhatAClonerMayNotDo {
        @Test
        void isToMakeNull() {
            assertRefused("$[0]: the cloner of " + BOX + " made null; a copy has the class of its original",
                    leaf(b -> null), box(new Box(1)));
        }

        @Test
        void isToMakeAnotherClass() {
            assertRefused("$: the cloner of " + BOX + " made a " + Sub.class.getName()
                    + "; a copy has the class of its original", leaf(b -> new Sub()), new Box(1));
        }

        @Test
        void isToMakeTheOriginal() {
            String message = "$: the cloner of " + BOX + " made no new object; what nobody can change is for"
                    + " Cloner.shared()";
            assertRefused(message, leaf(b -> b), new Box(1));
            assertRefused(message, Cloners.builder().register(Box.class, Cloner.mutable(b -> new Object[0], b -> b,
                    (b, copies) -> {
                    })).build(), new Box(1));
            assertRefused(message, Cloners.builder().register(Box.class, Cloner.immutable(b -> new Object[]{b.held},
                    (b, copies) -> b)).build(), new Box(box()));
        }

        @Test
        @SuppressWarnings("NullAway") // on purpose
        void isToTellNullAsTheContents() {
            String message = "$: the cloner of " + BOX + " told null as the contents";
            assertRefused(message, Cloners.builder().register(Box.class, Cloner.immutable(b -> null,
                    (b, copies) -> b)).build(), new Box(1));
            assertRefused(message, Cloners.builder().register(Box.class, Cloner.mutable(b -> null, b -> new Box(1),
                    (b, copies) -> {
                    })).build(), new Box(1));
        }

        @Test
        void isToChangeTheOriginalThroughTheContentsOrTheCopies() {
            Object[] own = {box(1), box(2)};
            List<Object> first = box(own[0]);
            Box box = new Box(own);
            Cloners cloners = Cloners.builder().register(Box.class, Cloner.mutable(b -> (Object[]) b.held,
                    b -> new Box(null), (b, copies) -> {
                        b.held = copies.clone();
                        Arrays.fill(copies, "changed");
                    })).build();
            for (Object value : List.of(box, box(box, cycle()))) {
                Object copy = cloners.clone(value);
                Box copied = (Box) (copy instanceof List<?> list ? list.getFirst() : copy);
                assertSame(first.getFirst(), own[0]);
                assertArrayEquals(own, (Object[]) copied.held);
                assertNotSame(own[0], ((Object[]) copied.held)[0]);
            }
        }

        private static Object cycle() {
            List<Object> list = box();
            list.add(list);
            return list;
        }
    }

    private static final class Sub extends Box {
        Sub() {
            super(null);
        }
    }

    // ---- what the user's code throws

    private static @Nullable Throwable thrown;

    private static void throwIt() {
        Throwable e = thrown;
        if (e != null) {
            ClonersTest.<RuntimeException>sneak(e);
        }
    }

    private record Constructed(List<Object> held) {
        Constructed {
            throwIt();
        }
    }

    private record Read(List<Object> held) {
        @Override
        public List<Object> held() {
            throwIt();
            return held;
        }
    }

    private record Hashed(List<Object> held) {
        @Override
        public int hashCode() {
            throwIt();
            return 1;
        }
    }

    private static class Opened {
        @Nullable Object held;

        Opened() {
            throwIt();
        }
    }

    private static final Cloners THROWING = Cloners.builder().open(MethodHandles.lookup(), Opened.class)
            .register(Box.class, Cloner.mutable(b -> {
                throwIt();
                return new Object[]{b.held};
            }, b -> new Box(null), (b, copies) -> b.held = copies[0]))
            .register(Sub.class, Cloner.leaf(s -> {
                throwIt();
                return new Sub();
            })).build();

    static Stream<Arguments> throwing() {
        return Stream
                .<Object>of(new Constructed(box(1)), new Read(box(1)), new HashMap<>(Map.of(new Hashed(box(1)), 1)),
                        new Opened(), new Box(1), new Sub())
                .flatMap(value -> Stream.of(new IllegalStateException("x"), new IOException("x"),
                        new AssertionError("x"), new StackOverflowError("x"))
                        .map(e -> Arguments.of(Named.of(value.getClass().getSimpleName(), value), e)));
    }

    @ParameterizedTest
    @MethodSource("throwing")
    void whateverTheUsersCodeThrowsIsTheCauseAndNothingIsTaken(Object value, Throwable e) {
        OwnedBuffer listed = OwnedBuffer.allocate(64);
        OwnedBuffer copied = OwnedBuffer.allocate(64);
        long leased = Leases.bytes();
        thrown = e;
        try {
            var refused = assertThrows(DataCloneException.class,
                    () -> THROWING.clone(new Object[]{listed, copied, value}, listed));
            assertSame(e, refused.getCause());
            assertTrue(refused.getMessage().startsWith("$[2]: "), refused.getMessage());
            assertTrue(refused.getMessage().contains(" threw " + e) || e instanceof StackOverflowError,
                    refused.getMessage());
        } finally {
            thrown = null;
        }
        assertEquals(leased, Leases.bytes());
        assertEquals(OwnedBuffer.State.OWNED, listed.state());
        deliverAndDiscard(THROWING.prepare(new Object[]{value, listed}, listed));
        copied.close();
    }

    private static void deliverAndDiscard(PreparedClone<?> clone) {
        clone.revoke();
        clone.commit("a test");
        clone.discard();
    }

    static Stream<Arguments> dying() {
        return throwing().map(a -> a.get()[0]).distinct().map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("dying")
    void anErrorOfTheJvmPassesThrough(Object value) {
        Error e = new OutOfMemoryError("x");
        OwnedBuffer copied = OwnedBuffer.allocate(64);
        long leased = Leases.bytes();
        thrown = e;
        try {
            assertSame(e, assertThrows(OutOfMemoryError.class,
                    () -> THROWING.clone(new Object[]{copied, value})));
        } finally {
            thrown = null;
        }
        assertEquals(leased, Leases.bytes());
        copied.close();
    }

    // ---- opened classes

    private static class Base {
        private boolean z;
        private byte b;
        private char c;
        private short s;
        private int n;
    }

    private static final class Wide<T> extends Base {
        private long j;
        private float f;
        private double d;
        private volatile @Nullable T any;
        private transient int @Nullable [] array;
        private @Nullable Wide<T> next;
        @SuppressWarnings({"HidingField", "UnusedVariable"}) private int n;
    }

    private static Cloners open(Class<?>... types) {
        return Cloners.builder().open(MethodHandles.lookup(), types).build();
    }

    private static final class A {
        @Nullable B b;
    }

    private static final class B {
        @Nullable A a;
    }

    @SuppressWarnings("UnusedVariable")
    private static final class Fixed {
        private final int[] array = {1};
    }

    private static final class WithoutConstructor {
        WithoutConstructor(int n) {
            assertEquals(0, n);
        }
    }

    @SuppressWarnings("serial")
    private static final class List2 extends ArrayList<Object> {
    }

    private static final class Node {
        @Nullable Object next;
    }

    @Nested
    class OpenedClasses {
        @Test
        void areCopiedFieldByFieldWithThoseOfTheirSuperclasses() {
            Wide<Object> wide = new Wide<>();
            Base base = wide;
            base.z = true;
            base.b = 1;
            base.c = 'c';
            base.s = 2;
            base.n = 3;
            wide.j = 4L << 40;
            wide.f = Float.NaN;
            wide.d = -0.0;
            wide.any = box(wide);
            wide.array = new int[]{5};
            wide.next = wide;
            wide.n = 6;
            for (int depth : new int[]{0, 60}) {
                Object value = wide;
                for (int i = 0; i < depth; i++) {
                    value = new Object[]{value};
                }
                Object clone = open(Wide.class).clone(value);
                for (int i = 0; i < depth; i++) {
                    clone = ((Object[]) clone)[0];
                }
                Wide<?> copy = (Wide<?>) clone;
                assertNotSame(wide, copy);
                Base copied = copy;
                assertTrue(copied.z);
                assertEquals("1c23", copied.b + "" + copied.c + copied.s + copied.n);
                assertEquals(4L << 40, copy.j);
                assertEquals(Float.NaN, copy.f);
                assertEquals(-0.0, copy.d);
                assertSame(copy, ((List<?>) copy.any).getFirst());
                assertNotSame(wide.array, copy.array);
                assertArrayEquals(wide.array, copy.array);
                assertSame(copy, copy.next);
                assertEquals(6, copy.n);
            }
            assertNull(open(Wide.class).clone(new Wide<>()).any);
        }

        @Test
        void mayHoldTheirOwnKindAndEachOther() {
            A a = new A();
            a.b = new B();
            a.b.a = a;
            A copy = open(A.class, B.class).clone(a);
            assertNotSame(a, copy);
            assertSame(copy, copy.b.a);
        }

        /** In a cycle with a record, a field is set once the record is there. */
        @Test
        void mayBeInACycleWithRecords() {
            Node node = new Node();
            node.next = new Held(node);
            Node copy = open(Node.class).clone(node);
            assertSame(copy, ((Held) copy.next).node());
        }

        private record Held(Node node) {
        }

        private static Stream<Arguments> refused() {
            return Stream.of(Arguments.of(Fixed.class, "its field array is final; let it implement StructuredCloneable,"
                    + " or register a Cloner for it"),
                    Arguments.of(WithoutConstructor.class, "it has no constructor without arguments; let it implement"
                            + " StructuredCloneable, or register a Cloner for it"),
                    Arguments.of(List2.class, "the lookup " + OpenedClasses.class.getName() + " does not see inside "
                            + ArrayList.class.getName()));
        }

        @ParameterizedTest
        @MethodSource("refused")
        void mustBeSuchThatTheyCanBe(Class<?> type, String reason) {
            Cloners.Builder builder = Cloners.builder();
            var e = assertThrows(IllegalArgumentException.class,
                    () -> builder.open(MethodHandles.lookup(), Node.class, type));
            assertEquals(type.getName() + " can't be opened, as " + reason, e.getMessage());
            assertThrows(DataCloneException.class, () -> builder.build().clone(new Node()), "nothing was opened");
        }

        @Test
        void mustBeSeenByTheLookup() {
            var e = assertThrows(IllegalArgumentException.class,
                    () -> Cloners.builder().open(MethodHandles.publicLookup(), Node.class));
            assertTrue(e.getMessage().endsWith("does not see inside " + Node.class.getName()), e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> open(Held.class));
            assertThrows(IllegalArgumentException.class, () -> open(Object.class));
        }

        @Test
        void areNotTheSubclassesOfThem() {
            assertThrows(DataCloneException.class, () -> open(Base.class).clone(new Wide<>()));
            assertNotSame(null, open(Base.class).clone(new Base()));
        }

        @Test
        void aModuleIsOpenedByAFullLookupOnly() {
            var e = assertThrows(IllegalArgumentException.class, () -> Cloners.open(MethodHandles.publicLookup()));
            assertTrue(e.getMessage().endsWith("pass MethodHandles.lookup() as it is"), e.getMessage());
            assertThrows(IllegalArgumentException.class,
                    () -> Cloners.open(MethodHandles.lookup().dropLookupMode(MethodHandles.Lookup.PRIVATE)));
        }
    }

    // ---- StructuredCloneable

    private static class Link implements StructuredCloneable {
        @Nullable Object next;

        @Override
        public @Nullable Object[] cloneContents() {
            return new Object[]{next};
        }

        @Override
        public Link cloneEmpty() {
            return new Link();
        }

        @Override
        public void cloneFill(@Nullable Object[] copies) {
            next = copies[0];
        }
    }

    /** Hashes what it holds, as it is filled. */
    private static final class Keys implements StructuredCloneable {
        final Map<@Nullable Object, Integer> keys = new HashMap<>();

        @Override
        public @Nullable Object[] cloneContents() {
            return keys.keySet().toArray();
        }

        @Override
        public Keys cloneEmpty() {
            return new Keys();
        }

        @Override
        public void cloneFill(@Nullable Object[] copies) {
            keys.clear();
            for (Object copy : copies) {
                keys.put(copy, 1);
            }
        }
    }

    @Nested
    class ClassesThatCloneThemselves {
        @Test
        void keepIdentityAndCycles() {
            Link link = new Link();
            link.next = box(link, link, new int[1]);
            Link copy = StructuredClone.clone(link);
            List<?> held = (List<?>) copy.next;
            assertNotSame(link, copy);
            assertSame(copy, held.get(0));
            assertSame(copy, held.get(1));
        }

        @Test
        void mustOverrideInTheirSubclasses() {
            Link sub = new Link() {
            };
            assertRefused("$: the cloner of " + sub.getClass().getName() + " made a " + Link.class.getName()
                    + "; a copy has the class of its original", Cloners.standard(), sub);
        }

        /** However deep they are: what is put off must not be seen before it is filled. */
        @Test
        void areFilledWithWholeCopiesOutsideOfCycles() {
            for (int depth = 0; depth < 120; depth++) {
                Keys keys = new Keys();
                keys.keys.put(box(1, box(2)), 1);
                Object value = keys;
                for (int i = 0; i < depth; i++) {
                    value = box(value);
                }
                Object copy = StructuredClone.clone(value);
                for (int i = 0; i < depth; i++) {
                    copy = ((List<?>) copy).getFirst();
                }
                assertTrue(((Keys) copy).keys.containsKey(box(1, box(2))), "at depth " + depth);
            }
        }
    }

    // ---- depth

    static Stream<Arguments> deep() {
        Cloners opened = open(Node.class);
        return Stream.of(Arguments.of(Cloners.standard(), deep(1_000_000, next -> {
            Link link = new Link();
            link.next = next;
            return link;
        })), Arguments.of(opened, deep(1_000_000, next -> {
            Node node = new Node();
            node.next = next;
            return node;
        })), Arguments.of(immutable(), deep(1_000_000, Box::new)), Arguments.of(mutable(), deep(1_000_000, Box::new)));
    }

    private static Named<Object> deep(int depth, UnaryOperator<Object> wrap) {
        Object value = new int[]{1};
        for (int i = 0; i < depth; i++) {
            value = wrap.apply(value);
        }
        return Named.of(value.getClass().getSimpleName(), value);
    }

    @ParameterizedTest
    @MethodSource("deep")
    void aMillionLevelsCloneOnASmallStack(Cloners cloners, Object value) throws Exception {
        FutureTask<Object> task = new FutureTask<>(() -> cloners.clone(value));
        Thread thread = new Thread(null, task, "small", 256 << 10);
        thread.start();
        Threads.join(thread);
        assertNotSame(value, task.get());
        assertSame(value.getClass(), task.get().getClass());
    }

    // ---- explain

    private record Explained(int n, int[] array, Object any, Inner inner) {
        private record Inner(long[] array) {
        }
    }

    @Test
    void aPlanIsExplained() {
        Map<Class<?>, String> expected = Map.of(String.class, "java.lang.String: shared by reference", int[].class,
                "int[]: copied in one piece", ArrayList.class, "java.util.ArrayList: copied, and what it holds",
                List.class, "java.util.List: as the class of the value says", Node.class,
                Node.class.getName() + ": opened; made by its constructor, and filled\n  next, java.lang.Object: as the"
                        + " class of the value says",
                Explained.class, Explained.class.getName() + ": a record, copied\n  n, int: a value\n"
                        + "  array, int[]: copied in one piece\n  any, java.lang.Object: as the class of the value says\n"
                        + "  inner, " + Explained.Inner.class.getName() + ": a record, copied\n"
                        + "    array, long[]: copied in one piece");
        Cloners cloners = open(Node.class);
        expected.forEach((type, text) -> assertEquals(text, cloners.explain(type)));
        assertTrue(StructuredClone.explain(Thread.class).startsWith("java.lang.Thread: refused: "));
        assertTrue(StructuredClone.explain(OwnedBuffer.class).contains("moved if it is in the transfer list"));
        assertSame(Cloners.STANDARD, Cloners.standard());
    }

    private record Pair(int[] left, int[] right) {
    }

    private record Pairs(Pair left, Pair right) {
    }

    private record Tree(Pairs left, Pairs right, Pair more) {
    }

    /** Or a record of records of records would take a text for each way through them. */
    @Test
    void thePartsOfAClassAreExplainedOnce() {
        String pair = Pair.class.getName();
        String pairs = Pairs.class.getName();
        assertEquals(Tree.class.getName() + """
                : a record, copied
                  left, %2$s: a record, copied
                    left, %1$s: a record, copied
                      left, int[]: copied in one piece
                      right, int[]: copied in one piece
                    right, %1$s: a record, copied, see above
                  right, %2$s: a record, copied, see above
                  more, %1$s: a record, copied, see above""".formatted(pair, pairs),
                StructuredClone.explain(Tree.class));
    }

    // ---- keys

    /** Shared by all, and changed by somebody. */
    private static final class Name {
        String name;

        Name(String name) {
            this.name = name;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Name n && n.name.equals(name);
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    @Test
    void noMapLosesKeysThatAreEqualByNow() {
        Cloners cloners = Cloners.builder().register(Name.class, Cloner.shared()).build();
        for (Map<Name, @Nullable Object> map : List.of(new HashMap<Name, @Nullable Object>(),
                new LinkedHashMap<Name, @Nullable Object>())) {
            Name b = new Name("b");
            map.put(new Name("a"), null);
            map.put(b, null);
            assertEquals(map, cloners.clone(map));
            b.name = "a";
            assertRefused("$: some of what it holds is equal by now (2 of 4 are left), so a copy would lose it",
                    cloners,
                    map);
        }
    }

    // ---- paths

    /** A number that is none of the JDK's. */
    private static final class Dozen extends Number {
        private static final long serialVersionUID = 1;

        @Override
        public int intValue() {
            return 12;
        }

        @Override
        public long longValue() {
            return 12;
        }

        @Override
        public float floatValue() {
            return 12;
        }

        @Override
        public double doubleValue() {
            return 12;
        }

        @Override
        public String toString() {
            throw new IllegalStateException("not to be shown");
        }
    }

    @Test
    void aPathAsksNoKeyOfAUserForItsText() {
        Cloners cloners = Cloners.builder().register(Dozen.class, Cloner.shared()).build();
        Map<Object, Object> map = new HashMap<>(Map.of(new Dozen(), Thread.currentThread()));
        var e = assertThrows(DataCloneException.class, () -> cloners.clone(map));
        assertTrue(String.valueOf(e.getMessage()).startsWith("$.value(0): java.lang.Thread can't be cloned; "),
                e.getMessage());
    }

    // ---- transfer lists

    /** What holds nothing to copy takes no shortcut past the list. */
    @Test
    void aFlatValueDoesNotKeepTheListFromMoving() {
        for (Object value : List.of(1, new int[1], box(1), new Object[]{1})) {
            OwnedBuffer buffer = OwnedBuffer.allocate(64);
            deliverAndDiscard(Cloners.standard().prepare(value, buffer));
            assertEquals(OwnedBuffer.State.GONE, buffer.state());
        }
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        PreparedClone<@Nullable Object> aborted = Cloners.standard().prepare(null, buffer);
        aborted.abort();
        assertEquals(OwnedBuffer.State.OWNED, buffer.state());
        buffer.close();
    }
}
