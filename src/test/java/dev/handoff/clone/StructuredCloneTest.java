package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.io.ByteArrayInputStream;
import java.io.Serial;
import java.lang.classfile.attribute.InnerClassInfo;
import java.lang.constant.ConstantDescs;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.Socket;
import java.net.URI;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.chrono.IsoChronology;
import java.time.chrono.JapaneseDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StructuredCloneTest {
    /** Something mutable that compares by its content. */
    private static ArrayList<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    private static DataCloneException assertRefused(String message, Object value) {
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(value));
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
        return e;
    }

    private static <T> T assertCopied(T value) {
        T copy = StructuredClone.clone(value);
        assertNotSame(value, copy);
        assertSame(value.getClass(), copy.getClass());
        assertEquals(value, copy);
        return copy;
    }

    enum Suit {
        HEARTS,
        SPADES {
            @Override
            public String toString() {
                return "with a body";
            }
        }
    }

    record Point(int x, int y) {
    }

    record Line(Point from, Point to, String label, Suit suit, LocalDate day, Long id) {
    }

    private record Holder<T>(T held) {
    }

    @Nested
    class SharedByReference {
        static Stream<Object> immutables() {
            return Stream.of("text", 'c', true, (byte) 1, (short) 2, 3_000, 4_000_000_000L, 5.5f, 6.6, BigInteger.TEN,
                    new BigDecimal("1.25"), Suit.HEARTS, Suit.SPADES, TimeUnit.DAYS, String.class, int.class,
                    UUID.randomUUID(), URI.create("a:b"), Pattern.compile("a+"), Locale.FRANCE,
                    Currency.getInstance("EUR"), Instant.now(), LocalDate.now(), LocalTime.now(), LocalDateTime.now(),
                    OffsetDateTime.now(), OffsetTime.now(), ZonedDateTime.now(), ZoneId.of("Europe/Paris"),
                    ZoneOffset.ofHours(3), Duration.ofDays(2), Period.ofMonths(1), Year.of(2000),
                    YearMonth.of(2000, 1), MonthDay.of(2, 29), DayOfWeek.MONDAY, JapaneseDate.now(),
                    IsoChronology.INSTANCE, new Point(1, 2),
                    new Line(new Point(1, 2), new Point(3, 4), "l", Suit.SPADES, LocalDate.EPOCH, 7L),
                    SharedBuffer.allocate(8), Leases.keep(OwnedBuffer.allocate(8).freeze()), Collections.emptyList(),
                    Collections.emptyMap(),
                    Collections.emptySet(), List.of(), List.of(1), List.of(1, 2, 3), List.of("a").subList(0, 1),
                    Set.of(), Set.of(1), Set.of(1, 2, 3), Map.of(), Map.of(1, 2), Map.of(1, 2, 3, 4),
                    Collections.singletonList(1), Collections.singleton(1), Collections.singletonMap(1, 2),
                    List.of(new Point(1, 2), Map.of("a", List.of("b"))), Stream.of(1, null).toList(),
                    List.of(1, 2, 3, 4).subList(1, 3), Comparator.naturalOrder());
        }

        @ParameterizedTest
        @MethodSource("immutables")
        void whatNobodyCanChangeIsItsOwnCopy(Object value) {
            assertSame(value, StructuredClone.clone(value));
            assertSame(value, StructuredClone.clone(new Object[]{value})[0]);
        }

        @Test
        void nullIsItsOwnCopy() {
            assertNull(StructuredClone.clone(null));
            assertArrayEquals(new Object[]{null}, StructuredClone.clone(new Object[1]));
        }

        static Stream<Object> holdingSomethingMutable() {
            return Stream.of(List.of(box()), List.of(1, box(2), 3), Set.of(box(1)), Set.of(1, 2, box(3)),
                    Map.of("k", box(1)), Map.of(box(1), 2), Map.of(1, box(), 2, box(1), 3, 4),
                    Collections.singletonList(box()), Collections.singleton(box()),
                    Collections.singletonMap(1, box()), List.of(1, box(), 3, 4).subList(1, 3),
                    new Holder<>(box(1)), new Holder<>(List.of(box())), Stream.of(box(), null).toList(),
                    Stream.of(1, 2, box()).toList());
        }

        @ParameterizedTest
        @MethodSource("holdingSomethingMutable")
        void whatHoldsSomethingMutableIsCopiedAndStaysWhatItIs(Object value) {
            Object copy = StructuredClone.clone(value);
            assertNotSame(value, copy);
            assertEquals(value, copy);
            boolean subList = value.getClass().getSimpleName().equals("SubList"); // has no way to be made
            assertTrue(subList || value.getClass() == copy.getClass(),
                    () -> value.getClass() + " → " + copy.getClass());
            if (copy instanceof Collection<?> c) {
                assertThrows(UnsupportedOperationException.class, c::clear);
            }
        }
    }

    @Nested
    class OfArrays {
        static Stream<Object> primitives() {
            return Stream.of(new boolean[]{true, false}, new byte[]{1, -1}, new short[]{1, -1}, new char[]{'a', 0},
                    new int[]{1, -1}, new long[]{1, -1}, new float[]{1, Float.NaN}, new double[]{1, -0.0}, new int[0]);
        }

        @ParameterizedTest
        @MethodSource("primitives")
        void ofPrimitivesAreCopied(Object array) {
            Object copy = StructuredClone.clone(array);
            assertNotSame(array, copy);
            assertSame(array.getClass(), copy.getClass());
            assertTrue(Arrays.deepEquals(new Object[]{array}, new Object[]{copy}));
            if (Array.getLength(array) > 0) {
                Array.set(array, 0, Array.get(array, 1));
                assertFalse(Arrays.deepEquals(new Object[]{array}, new Object[]{copy}));
            }
        }

        static Stream<Arguments> objects() {
            return Stream.<Object>of(new String[]{"a", null}, new Integer[]{1, 2}, new Suit[]{Suit.SPADES, null},
                    new Point[]{new Point(1, 2)}, new Object[]{1, "a", null, box(1)}, new List<?>[]{box(1), List.of()},
                    new int[][]{{1}, null, {2, 3}}, new String[][][]{{{"a"}, {}}, {}}, new Number[]{1, 2.0},
                    new Object[0], new Object[]{new int[]{1}, new Object[]{"x"}}, new Comparable<?>[]{1, "a"},
                    new Holder<?>[]{new Holder<>(box()), null}).map(Arguments::of);
        }

        @ParameterizedTest
        @MethodSource("objects")
        void ofObjectsAreCopiedDeeplyAndKeepTheirType(Object[] array) {
            Object[] copy = StructuredClone.clone(array);
            assertNotSame(array, copy);
            assertSame(array.getClass(), copy.getClass());
            assertTrue(Arrays.deepEquals(array, copy));
            for (int i = 0; i < array.length; i++) {
                if (array[i] != null && (array[i].getClass().isArray() || array[i] instanceof ArrayList)) {
                    assertNotSame(array[i], copy[i]);
                }
            }
        }
    }

    /** No state, so that a sorted collection that uses it can be cloned. */
    private static final Comparator<Object> BACKWARDS = (a, b) -> -a.toString().compareTo(b.toString());

    @SuppressWarnings({"unchecked",
            "rawtypes"}) private static final Comparator<Object> NATURAL = (Comparator) Comparator.naturalOrder();

    private static <T extends Collection<Object>> T filled(T c, Object... elements) {
        c.addAll(Arrays.asList(elements));
        return c;
    }

    private static <T extends Map<Object, Object>> T mapped(T m, Object... keysAndValues) {
        for (int i = 0; i < keysAndValues.length; i += 2) {
            m.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return m;
    }

    @Nested
    class OfCollections {
        static Stream<Collection<Object>> collections() {
            Object[] boxes = {box(3), box(1), box(2)};
            return Stream.of(filled(new ArrayList<>(), box(1), null, box(1)),
                    filled(new LinkedList<>(), box(1), null, 3), filled(new Vector<>(), box(1), null),
                    filled(new CopyOnWriteArrayList<>(), box(1), null), filled(new ArrayDeque<>(), boxes),
                    filled(new HashSet<>(), box(1), null, box(2)), filled(new LinkedHashSet<>(), box(3), null, box(1)),
                    filled(new TreeSet<>(), 3, 1, 2), filled(new TreeSet<>(BACKWARDS), boxes),
                    filled(new TreeSet<>(Collections.reverseOrder()), 1, 2, 3),
                    filled(new TreeSet<>(NATURAL), 3, 1, 2),
                    filled(new ConcurrentSkipListSet<>(BACKWARDS), boxes), filled(new ConcurrentSkipListSet<>(), 2, 1),
                    filled(new PriorityQueue<>(), 5, 3, 4, 1, 2), filled(new PriorityQueue<>(BACKWARDS), boxes),
                    filled(new ConcurrentLinkedQueue<>(), boxes), filled(new ConcurrentLinkedDeque<>(), boxes),
                    new ArrayList<>(), new PriorityQueue<>(), new TreeSet<>(BACKWARDS), new ArrayDeque<>(),
                    Arrays.asList(box(1), null, 3), Collections.unmodifiableList(box(box(1), null)),
                    Collections.unmodifiableList(filled(new LinkedList<>(), box(1))),
                    Collections.unmodifiableSet(filled(new LinkedHashSet<>(), box(3), box(1), null)),
                    Collections.unmodifiableCollection(filled(new ArrayDeque<>(), boxes)));
        }

        @ParameterizedTest
        @MethodSource("collections")
        void eachStaysWhatItIsInTheSameOrderWithCopiesOfItsElements(
                Collection<Object> value) {
            Collection<Object> copy = StructuredClone.clone(value);
            assertNotSame(value, copy);
            assertSame(value.getClass(), copy.getClass());
            assertEquals(List.copyOf(Arrays.asList(value.toArray()).stream().map(Optional::ofNullable).toList()),
                    Arrays.asList(copy.toArray()).stream().map(Optional::ofNullable).toList());
            Object[] before = value.toArray();
            Object[] after = copy.toArray();
            for (int i = 0; i < before.length; i++) {
                assertEquals(before[i] instanceof ArrayList, before[i] != after[i]);
                assertTrue(copy.contains(after[i]), "found by its new hash");
            }
            switch (value) {
                case SortedSet<?> s -> assertSame(s.comparator(), ((SortedSet<?>) copy).comparator());
                case PriorityQueue<?> q -> {
                    assertSame(q.comparator(), ((PriorityQueue<?>) copy).comparator());
                    assertEquals(drained(new PriorityQueue<>(q)), drained((Queue<?>) copy));
                }
                default -> {
                }
            }
        }

        private List<Object> drained(Queue<?> queue) {
            List<Object> all = new ArrayList<>();
            while (!queue.isEmpty()) {
                all.add(queue.remove());
            }
            return all;
        }

        static Stream<Map<Object, Object>> maps() {
            return Stream.of(mapped(new HashMap<>(), "a", box(1), null, null, box(2), 3),
                    mapped(new LinkedHashMap<>(), "z", box(1), "a", null, null, 3),
                    mapped(new TreeMap<>(), "z", box(1), "a", null),
                    mapped(new TreeMap<>(BACKWARDS), box(1), box(2), box(2), null),
                    mapped(new ConcurrentHashMap<>(), "a", box(1), box(2), 3),
                    mapped(new ConcurrentSkipListMap<>(BACKWARDS), "a", box(1), "b", box()),
                    mapped(new ConcurrentSkipListMap<>(), "a", box(1)), mapped(new Hashtable<>(), "a", box(1)),
                    new HashMap<>(), new TreeMap<>(BACKWARDS), new Hashtable<>(),
                    Collections.unmodifiableMap(mapped(new LinkedHashMap<>(), "z", box(1), "a", null)));
        }

        @ParameterizedTest
        @MethodSource("maps")
        void eachMapStaysWhatItIsInTheSameOrderWithCopiesOfKeysAndValues(
                Map<Object, Object> value) {
            Map<Object, Object> copy = assertCopied(value);
            assertEquals(value.toString(), copy.toString(), "the same order");
            var before = value.entrySet().iterator();
            for (var after : copy.entrySet()) {
                var entry = before.next();
                assertEquals(entry.getKey() instanceof ArrayList, entry.getKey() != after.getKey());
                assertEquals(entry.getValue() instanceof ArrayList, entry.getValue() != after.getValue());
                assertSame(after.getValue(), copy.get(after.getKey()), "found by its new hash");
            }
            if (value instanceof SortedMap<?, ?> sorted) {
                assertSame(sorted.comparator(), ((SortedMap<?, ?>) copy).comparator());
            }
        }

        @Test
        void anIdentityMapKeepsEqualKeysApart() {
            Map<Object, Object> map = new IdentityHashMap<>();
            List<Object> one = box(1);
            map.put(one, "first");
            map.put(box(1), "second");
            map.put(null, one);
            Map<Object, Object> copy = StructuredClone.clone(map);
            assertInstanceOf(IdentityHashMap.class, copy);
            assertEquals(3, copy.size());
            assertEquals("first", copy.get(copy.get(null)), "the value is the key's copy");
            assertNotSame(one, copy.get(null));
        }

        @Test
        void enumCollectionsKeepTheirType() {
            EnumSet<Suit> none = EnumSet.noneOf(Suit.class);
            EnumSet<Suit> copy = assertCopied(none);
            copy.add(Suit.SPADES);
            assertTrue(none.isEmpty());
            assertCopied(EnumSet.allOf(TimeUnit.class));
            EnumMap<Suit, Object> map = new EnumMap<>(Suit.class);
            map.put(Suit.SPADES, box(1));
            assertNotSame(map.get(Suit.SPADES), assertCopied(map).get(Suit.SPADES));
            map.clear();
            assertCopied(map).put(Suit.HEARTS, 1);
        }

        @Test
        void aLinkedHashMapKeepsItsAccessOrder() {
            Map<Object, Object> map = mapped(new LinkedHashMap<>(16, 0.75f, true), "a", box(1), "b", 2, "c", 3);
            map.get("a");
            Map<Object, Object> copy = StructuredClone.clone(map);
            assertEquals(List.of("b", "c", "a"), List.copyOf(map.keySet()), "the clone must not touch the original");
            assertEquals(List.of("b", "c", "a"), List.copyOf(copy.keySet()));
            copy.get("b");
            assertEquals(List.of("c", "a", "b"), List.copyOf(copy.keySet()));
        }

        @Test
        void aCopyDoesNotChangeWithItsOriginal() {
            List<Object> inner = box(1);
            List<Object> value = box(inner, mapped(new HashMap<>(), "k", inner));
            List<Object> copy = StructuredClone.clone(value);
            inner.add(2);
            value.add(3);
            assertEquals(List.of(List.of(1), Map.of("k", List.of(1))), copy);
        }

        @Test
        void anUnmodifiableViewDoesNotChangeWithTheCollectionUnderTheOriginal() {
            List<Object> under = box("a");
            Object view = Collections.unmodifiableList(under);
            Object copy = StructuredClone.clone(view);
            under.add("b");
            assertEquals(List.of("a"), copy);
        }

        @Test
        void aListOverAnArrayStaysOneOfFixedSizeThatCanBeSet() {
            List<Object> copy = StructuredClone.clone(Arrays.asList(1, 2));
            copy.set(0, 9);
            assertEquals(List.of(9, 2), copy);
            assertThrows(UnsupportedOperationException.class, () -> copy.add(3));
        }

        @Test
        void keysWhoseHashComesFromWhatIsClonedAreFound() {
            List<Object> shared = box("deep");
            Set<Object> inner = filled(new HashSet<>(), box(shared), box(2));
            Map<Object, Object> map = mapped(new HashMap<>(), inner, shared, new Holder<>(shared), inner);
            Map<Object, Object> copy = StructuredClone.clone(map);
            assertEquals(map, copy);
            assertEquals(box("deep"), copy.get(Set.of(box(box("deep")), box(2))));
            Set<?> key = (Set<?>) copy.get(new Holder<>(box("deep")));
            assertTrue(key.contains(box(box("deep"))));
            assertSame(key, copy.keySet().stream().filter(k -> k instanceof Set).findFirst().orElseThrow());
        }
    }

    record Open(List<Object> list, int[] ints, int number) {
    }

    /** Copies on the way in, checks, and refuses. */
    record Validated(String name, List<Object> items) {
        static final AtomicInteger BUILT = new AtomicInteger();
        static boolean refuse;

        Validated {
            BUILT.incrementAndGet();
            if (refuse) {
                throw new IllegalStateException("not today");
            }
            items = new ArrayList<>(items);
        }
    }

    /** Tells less than it knows. */
    private record Masked(List<Object> items) {
        @Override
        public List<Object> items() {
            return new ArrayList<>(items.subList(0, 1));
        }
    }

    record Failing(List<Object> items) {
        @Override
        public List<Object> items() {
            throw new IllegalStateException("not readable");
        }
    }

    record Empty() {
    }

    record Linked(Object value, Linked next) {
    }

    @Nested
    class Records {
        private record Nested<T extends Comparable<T>>(T key, Holder<List<Object>> holder, Object[] rest) {
        }

        @Test
        void areBuiltByTheirConstructorsFromCopies() {
            Open open = new Open(box(1), new int[]{1, 2}, 3);
            Open copy = StructuredClone.clone(open);
            assertNotSame(open, copy);
            assertEquals(open.list(), copy.list());
            assertNotSame(open.list(), copy.list());
            assertArrayEquals(open.ints(), copy.ints());
            assertNotSame(open.ints(), copy.ints());
            assertEquals(3, copy.number());
            assertSame(Empty.class, StructuredClone.clone(box(new Empty())).getFirst().getClass());
        }

        @Test
        void mayBePrivateNestedAndGeneric() {
            Nested<String> nested = new Nested<>("k", new Holder<>(box(1)), new Object[]{box(2), null});
            Nested<String> copy = StructuredClone.clone(nested);
            assertEquals(nested.holder(), copy.holder());
            assertArrayEquals(nested.rest(), copy.rest());
            assertNotSame(nested.rest()[0], copy.rest()[0]);
            Object local = localRecord(box(5));
            assertEquals(local, assertCopied(local));
        }

        private Object localRecord(Object content) {
            record Local(Object content) {
            }
            return new Local(content);
        }

        @Test
        void areSharedWhereNothingInThemCanChange() {
            Holder<Object> held = new Holder<>(new Holder<>(List.of(new Point(1, 2))));
            assertSame(held, StructuredClone.clone(held));
            assertCopied(new Holder<>(new Holder<>(List.of(box(1)))));
            Point point = new Point(1, 2);
            assertSame(point, StructuredClone.clone(point));
            Linked deep = new Linked(1, new Linked(box(1), null));
            assertEquals(deep, assertCopied(deep));
        }

        record Guarded(List<String> list) {
            @Override
            public List<String> list() {
                return List.copyOf(list);
            }

            void add(String s) {
                list.add(s);
            }
        }

        @Test
        void areNotSharedWhereAnAccessorHidesWhatCanChange() {
            Guarded original = new Guarded(new ArrayList<>(List.of("a")));
            Guarded copy = StructuredClone.clone(original);
            original.add("b");
            assertEquals(List.of("a"), copy.list());
        }

        @Test
        void gettingNothingFromTheirAccessorsButWhatTheseGive() {
            Masked copy = StructuredClone.clone(new Masked(box("seen", "hidden")));
            assertEquals(List.of("seen"), copy.items);
        }

        @Test
        void runTheirCompactConstructors() {
            Validated value = new Validated("n", box(1, 2));
            int built = Validated.BUILT.get();
            Validated copy = assertCopied(value);
            assertEquals(built + 1, Validated.BUILT.get());
            assertNotSame(value.items(), copy.items());
        }

        @Test
        void thatRefuseTheirCopyAreToldWithPathAndCause() {
            Object value = box(0, mapped(new HashMap<>(), "k", new Validated("n", box())));
            Validated.refuse = true;
            try {
                var e = assertRefused("$[1][\"k\"]: a record's constructor threw java.lang.IllegalStateException: "
                        + "not today", value);
                assertEquals("not today", e.getCause().getMessage());
            } finally {
                Validated.refuse = false;
            }
        }

        @Test
        void thatRefuseToBeReadAreToldWithPathAndCause() {
            var e = assertRefused("$[1].held: " + Failing.class.getName() + "'s accessor threw java.lang.IllegalState",
                    box(0, new Holder<>(new Failing(box()))));
            assertEquals("not readable", e.getCause().getMessage());
        }

        @Test
        void ofAPackageThatIsNotOpenAreRefusedWithWhatWouldOpenIt() {
            Object hidden = InnerClassInfo.of(ConstantDescs.CD_String, Optional.empty(), Optional.empty(), 0);
            assertTrue(hidden.getClass().isRecord());
            var e = assertRefused("$[0]: the record " + hidden.getClass().getName()
                    + " can't be cloned, as its module does not open its package; add \"opens "
                    + hidden.getClass().getPackageName() + " to dev.handoff\"", List.of(hidden));
            assertInstanceOf(IllegalAccessException.class, e.getCause());
        }
    }

    @Nested
    class IdentityAndCycles {
        @Test
        void whatIsOneObjectInTheValueIsOneInTheCopy() {
            int[] array = {1};
            List<Object> list = box(1);
            Holder<Object> record = new Holder<>(list);
            List<Object> fixed = List.of(list);
            Object[] all = {array, list, record, fixed, array, list, record, fixed, mapped(new HashMap<>(), 1, array),
                    new Object[]{fixed}};
            Object[] copy = StructuredClone.clone(all);
            for (int i = 0; i < 4; i++) {
                assertNotSame(all[i], copy[i]);
                assertSame(copy[i], copy[i + 4]);
            }
            assertSame(copy[1], ((Holder<?>) copy[2]).held());
            assertSame(copy[1], ((List<?>) copy[3]).getFirst());
            assertSame(copy[0], ((Map<?, ?>) copy[8]).get(1));
            assertSame(copy[3], ((Object[]) copy[9])[0]);
        }

        @Test
        void equalObjectsStayTwo() {
            List<Object> copy = StructuredClone.clone(box(box(1), box(1), new Point(1, 2), new Point(1, 2)));
            assertNotSame(copy.get(0), copy.get(1));
            assertNotSame(copy.get(2), copy.get(3));
        }

        @Test
        void aListMayHoldItself() {
            List<Object> list = box(1);
            list.add(list);
            List<Object> copy = StructuredClone.clone(list);
            assertNotSame(list, copy);
            assertSame(copy, copy.get(1));
            assertEquals(2, copy.size());
        }

        @Test
        void anArrayMayHoldItself() {
            Object[] array = new Object[2];
            array[1] = new Object[]{array};
            Object[] copy = StructuredClone.clone(array);
            assertSame(copy, ((Object[]) copy[1])[0]);
            assertNotSame(array, copy);
        }

        @Test
        void aMapMayHoldItselfAsAValue() {
            Map<Object, Object> map = mapped(new HashMap<>(), "a", 1);
            map.put("self", map);
            Map<Object, Object> copy = StructuredClone.clone(map);
            assertSame(copy, copy.get("self"));
            assertEquals(Set.of("a", "self"), copy.keySet());
        }

        @Test
        void aRecordMayBeInACycleThroughAListAMapOrAnArray() {
            List<Object> list = box(1);
            Map<Object, Object> map = new LinkedHashMap<>();
            Object[] array = new Object[1];
            Linked record = new Linked(list, new Linked(map, new Linked(array, null)));
            list.add(record);
            map.put("r", record);
            array[0] = List.of(record);
            for (Object start : new Object[]{record, list, map, array, record.next(), array[0]}) {
                Object[] copy = StructuredClone.clone(new Object[]{start, record});
                Linked r = (Linked) copy[1];
                assertNotSame(record, r);
                assertSame(r, ((List<?>) r.value()).get(1));
                assertSame(r, ((Map<?, ?>) r.next().value()).get("r"));
                assertSame(r, ((List<?>) ((Object[]) r.next().next().value())[0]).getFirst());
                assertEquals(2, ((List<?>) r.value()).size());
            }
        }

        @Test
        void aSetWhoseElementsHaveEndlessHashCodesByNowIsRefused() {
            List<Object> owner = box();
            Set<Object> set = new HashSet<>();
            List<Object> list = box("x");
            set.add(list);
            owner.add(set);
            list.add(owner);
            assertRefused("$: a collection is in a cycle with its own keys, whose hash codes never end", owner);
            assertRefused("$[0][1]: a collection is in a cycle with its own keys", box(box("y", owner)));
        }

        @Test
        void aCycleOfUnmodifiableViewsOnlyIsRefused() {
            List<Object> under = box();
            List<Object> view = Collections.unmodifiableList(under);
            under.add(view);
            assertRefused("$: a cycle runs through unmodifiable views only", view);
            assertRefused("$[0]: a cycle runs through unmodifiable views only", box(view));
            assertRefused("$[0]: a cycle runs through unmodifiable views only", under);
        }
    }

    @Nested
    class Depth {
        private static final int LEVELS = 1_000_000;

        private <T> T onASmallStack(Supplier<T> body) {
            FutureTask<T> task = new FutureTask<>(body::get);
            Thread thread = new Thread(null, task, "small", 256 << 10);
            thread.start();
            Threads.join(thread);
            return task.resultNow();
        }

        static Stream<Arguments> wraps() {
            return Stream.<UnaryOperator<Object>>of(StructuredCloneTest::box,
                    inner -> new Object[]{inner}, Holder::new, List::of, inner -> mapped(new HashMap<>(2), "k", inner),
                    inner -> Collections.unmodifiableList(box(inner))).map(Arguments::of);
        }

        @ParameterizedTest
        @MethodSource("wraps")
        void aMillionLevelsClone(UnaryOperator<Object> wrap) {
            Object value = new int[]{42};
            for (int i = 0; i < LEVELS; i++) {
                value = wrap.apply(value);
            }
            Object root = value;
            Object copy = onASmallStack(() -> StructuredClone.clone(root));
            int depth = 0;
            for (; !(copy instanceof int[]); depth++) {
                assertNotSame(value, copy);
                value = unwrap(value);
                copy = unwrap(copy);
            }
            assertEquals(LEVELS, depth);
            assertArrayEquals(new int[]{42}, (int[]) copy);
        }

        private Object unwrap(Object o) {
            return switch (o) {
                case List<?> l -> l.get(0);
                case Object[] a -> a[0];
                case Holder<?> h -> h.held();
                case Map<?, ?> m -> m.get("k");
                default -> throw new AssertionError(o.getClass());
            };
        }

        @Test
        void aRingOfAMillionListsClones() {
            List<Object> first = box();
            List<Object> last = first;
            for (int i = 1; i < LEVELS; i++) {
                List<Object> next = box();
                last.add(next);
                last = next;
            }
            last.add(first);
            List<Object> copy = onASmallStack(() -> StructuredClone.clone(first));
            List<?> at = copy;
            for (int i = 0; i < LEVELS; i++) {
                assertEquals(1, at.size());
                at = (List<?>) at.getFirst();
            }
            assertSame(copy, at);
        }

        @Test
        void aMillionLinkedRecordsClone() {
            Linked chain = null;
            for (int i = 0; i < LEVELS; i++) {
                chain = new Linked(i == 0 ? box("end") : i, chain);
            }
            Linked value = chain;
            Linked copy = onASmallStack(() -> StructuredClone.clone(value));
            int length = 0;
            Linked at = copy;
            for (; at.next() != null; at = at.next()) {
                length++;
            }
            assertEquals(LEVELS - 1, length);
            assertEquals(List.of("end"), at.value());
        }
    }

    static class Connection {
        final Socket socket = new Socket();
    }

    record Order(int id, Object connection) {
    }

    record Basket(List<Object> orders) {
    }

    class Inner {
    }

    static final class Grown extends ArrayList<Object> {
        @Serial private static final long serialVersionUID = 1;
    }

    @Nested
    class Refusals {
        @Test
        void tellThePathToTheCulprit() {
            Object socket = new Socket();
            assertRefused("$.orders[3].connection: java.net.Socket can't be cloned",
                    new Basket(box(1, 2, 3, new Order(1, socket))));
            assertRefused("$: java.net.Socket can't", socket);
            assertRefused("$[0][1]: java.net.Socket can't", new Object[][]{{null, socket}});
            assertRefused("$[\"a\"][2][0]: java.net.Socket can't", Map.of("a", List.of(1, 2, List.of(socket))));
            assertRefused("$[17]: java.net.Socket can't", mapped(new TreeMap<>(), 1, 1, 17, socket));
            assertRefused("$.key(0): java.net.Socket can't", mapped(new HashMap<>(), socket, 1));
            assertRefused("$.held.key(1).id[0]: java.net.Socket can't", new Holder<>(
                    mapped(new LinkedHashMap<>(), 1, 1, new Keyed(box(socket)), 2)));
            assertRefused("$[1][0]: java.net.Socket can't", box(Set.of(), filled(new LinkedHashSet<>(), socket)));
        }

        record Keyed(Object id) {
        }

        static Stream<Arguments> culprits() {
            AtomicInteger captured = new AtomicInteger();
            Runnable lambda = captured::incrementAndGet;
            Object anonymous = new Object() {
                @Override
                public String toString() {
                    return "anonymous";
                }
            };
            return Stream.of(new Thread(() -> {
            }), Thread.currentThread(), lambda, anonymous, new StructuredCloneTest().new Inner(), Stream.of(1),
                    new ByteArrayInputStream(new byte[1]), new Connection(), new Grown(), new Object(),
                    new IllegalStateException("x"), IntStream.range(0, 1).boxed().iterator(),
                    Thread.currentThread().getContextClassLoader(), new LinkedHashMap<>() {
                        @Serial private static final long serialVersionUID = 1;
                    }).map(Arguments::of);
        }

        @ParameterizedTest
        @MethodSource("culprits")
        void whatCanNotBeClonedFaithfullyIsRefusedByItsClass(Object culprit) {
            assertRefused("$: " + culprit.getClass().getName() + " can't be cloned; ", culprit);
            var e = assertRefused("$[1].held: " + culprit.getClass().getName() + " can't be cloned; ",
                    new Object[]{1, new Holder<>(culprit)});
            assertNull(e.getCause());
        }

        static Stream<Object> sorted() {
            int[] state = {1};
            Comparator<Object> stateful = (a, b) -> state[0];
            return Stream.of(new TreeSet<>(stateful), new TreeMap<>(stateful), new ConcurrentSkipListSet<>(stateful),
                    new ConcurrentSkipListMap<>(stateful), new PriorityQueue<>(stateful),
                    new TreeSet<>(Comparator.comparing(Object::toString)));
        }

        @ParameterizedTest
        @MethodSource("sorted")
        void aSortedCollectionWhoseComparatorHoldsStateIsRefused(Object sorted) {
            var e = assertRefused("$[0]: a sorted collection can't be cloned, as its comparator ", List.of(sorted));
            assertTrue(e.getMessage().contains(" holds state; use one without"), e.getMessage());
        }

        @Test
        void areIllegalArguments() {
            assertInstanceOf(IllegalArgumentException.class, assertRefused("$", new Object()));
        }
    }

    /** Runs code in the midst of a clone: whenever it is read. */
    record Trap(Runnable sprung, List<Object> list) {
        @Override
        public Runnable sprung() {
            sprung.run();
            return null;
        }
    }

    @Nested
    class ChangesMeanwhile {
        @Test
        void endInACopyOfOldAndNewThatIsWhole() {
            List<Object> list = box();
            Set<Object> set = new HashSet<>();
            Map<Object, Object> map = new HashMap<>();
            Runnable change = () -> {
                list.add("late");
                set.add("late");
                map.put("late", "late");
            };
            List<Object> value = box(list, set, new Trap(change, list), map, list, set);
            List<Object> copy = StructuredClone.clone(value);
            // copied before the change; or after it, where the copy was begun anew as something came up twice
            assertTrue(Set.of(List.of(), List.of("late")).contains(copy.get(0)), () -> "list: " + copy.get(0));
            assertTrue(Set.of(Set.of(), Set.of("late")).contains(copy.get(1)), () -> "set: " + copy.get(1));
            assertEquals(Map.of("late", "late"), copy.get(3), "copied after it");
            assertSame(copy.get(0), copy.get(4));
        }

        @Test
        void byTheElementsOfACollectionLeaveItWhole() {
            List<Object> list = box();
            Map<Object, Object> map = new LinkedHashMap<>();
            list.add(new Trap(list::clear, box()));
            list.add("second");
            map.put("trap", new Trap(map::clear, box()));
            map.put("second", 2);
            assertEquals(List.of(), StructuredClone.clone(list), "found out, and begun anew");
            assertEquals(Map.of(), StructuredClone.clone(map));
        }

        @Test
        void byAnotherThreadEndInARefusalWithItsCauseOrInAWholeCopy() {
            Map<Object, Object> map = new HashMap<>();
            IntStream.range(0, 64).forEach(i -> map.put(i, i));
            try (var other = Threads.resident(Threads.Kind.PLATFORM, "changer")) {
                var changes = other.begin(() -> {
                    for (int i = 0; i < 100_000; i++) {
                        map.put(i % 64, -i);
                    }
                    return null;
                });
                while (!changes.isDone()) {
                    try {
                        Map<Object, Object> copy = StructuredClone.clone(map);
                        assertEquals(64, copy.size());
                        copy.forEach((k, v) -> assertTrue(v.equals(k) || (int) v <= 0));
                    } catch (DataCloneException e) {
                        assertInstanceOf(RuntimeException.class, e.getCause(), "says it itself");
                    }
                }
            }
        }
    }
}
