package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.Serial;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.SimpleDateFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DecimalStyle;
import java.time.temporal.ValueRange;
import java.time.temporal.WeekFields;
import java.util.AbstractMap;
import java.util.AbstractMap.SimpleEntry;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import java.util.Deque;
import java.util.EnumMap;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Queue;
import java.util.Random;
import java.util.Scanner;
import java.util.Set;
import java.util.SimpleTimeZone;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.Stack;
import java.util.StringJoiner;
import java.util.TimeZone;
import java.util.Timer;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Vector;
import java.util.WeakHashMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicMarkableReference;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.AtomicStampedReference;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One row for each class of the JDK that a message may hold, or may not. */
class CloneOfJdkTypesTest {
    private static final Cloners STRICT = Cloners.builder().strict().build();

    private static final Comparator<Object> BACKWARDS = (a, b) -> b.toString().compareTo(a.toString());

    private static ArrayList<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    private static <C extends Collection<Object>> C filled(C collection, Object... elements) {
        Collections.addAll(collection, elements);
        return collection;
    }

    private static <M extends Map<Object, Object>> M mapped(M map, Object... keysAndValues) {
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    private static String refusal(Object value) {
        return assertThrows(DataCloneException.class, () -> StructuredClone.clone(value)).getMessage();
    }

    /** What is in there, in its order; entries one by one. */
    private static List<Object> elements(Object collection) {
        return collection instanceof Map<?, ?> map
                ? new ArrayList<>(map.entrySet())
                : Arrays.asList(((Collection<?>) collection).toArray());
    }

    enum Length implements Comparator<String> {
        LONGEST_FIRST {
            @Override
            public int compare(String a, String b) {
                return b.length() - a.length();
            }
        }
    }

    record ByColumn(int column) implements Comparator<List<Integer>> {
        @Override
        public int compare(List<Integer> a, List<Integer> b) {
            return a.get(column) - b.get(column);
        }
    }

    @Nested
    class Immutables {
        static Stream<Object> immutables() throws Exception {
            return Stream.of(MathContext.DECIMAL32, URI.create("http://h/").toURL(), InetAddress.getByName("127.0.0.1"),
                    InetAddress.getByName("::1"), new InetSocketAddress("127.0.0.1", 1), new File("f"), Path.of("p"),
                    StandardCharsets.UTF_8, Pattern.compile("a"), HexFormat.of(), Locale.ROOT, OptionalInt.of(1),
                    OptionalLong.empty(), OptionalDouble.of(2), Optional.empty(), Optional.of(1),
                    DateTimeFormatter.ISO_DATE, ZoneId.of("Europe/Paris").getRules(), DecimalStyle.STANDARD,
                    WeekFields.ISO, ValueRange.of(1, 7),
                    ZoneId.of("Europe/Paris").getRules().nextTransition(Instant.EPOCH),
                    ZoneId.of("Europe/Paris").getRules().getTransitionRules().getFirst(), Runtime.version(),
                    MethodType.methodType(int.class), Thread.currentThread().getStackTrace()[0],
                    Collections.emptySortedSet(), Collections.emptySortedMap(), Collections.emptyNavigableSet(),
                    Collections.emptyNavigableMap(), Collections.nCopies(3, "a"), Collections.nCopies(0, "a"),
                    Map.entry(1, 2), new SimpleImmutableEntry<>("a", 1), Comparator.reverseOrder(),
                    Length.LONGEST_FIRST, new ByColumn(1), Collections.reverseOrder());
        }

        @ParameterizedTest
        @MethodSource("immutables")
        void areTheirOwnCopies(Object value) {
            if (!(value instanceof Comparator<?>) || value instanceof Record || value instanceof Enum<?>) {
                assertSame(value, StructuredClone.clone(value));
                assertSame(value, STRICT.clone(new Object[]{value})[0]);
                assertFalse(StructuredClone.explain(value.getClass()).contains("refused"));
            }
        }

        static Stream<Arguments> holders() {
            return Stream.<Arguments>of(
                    Arguments.of(Optional.of(box(1)), (Function<Optional<?>, Object>) Optional::get),
                    Arguments.of(Collections.nCopies(3, box(1)), (Function<List<?>, Object>) List::getLast),
                    Arguments.of(Map.entry("k", box(1)), (Function<Map.Entry<?, ?>, Object>) Map.Entry::getValue),
                    Arguments.of(Map.entry(box(1), "v"), (Function<Map.Entry<?, ?>, Object>) Map.Entry::getKey),
                    Arguments.of(new SimpleImmutableEntry<>(null, box(1)),
                            (Function<Map.Entry<?, ?>, Object>) Map.Entry::getValue));
        }

        @ParameterizedTest
        @MethodSource("holders")
        void thatHoldSomethingMutableAreMadeAnew(Object value, Function<Object, Object> held) {
            Object[] copy = StructuredClone.clone(new Object[]{value, value, held.apply(value)});
            assertNotSame(value, copy[0]);
            assertSame(value.getClass(), copy[0].getClass());
            assertEquals(value, copy[0]);
            assertSame(copy[0], copy[1]);
            assertNotSame(held.apply(value), copy[2]);
            assertSame(held.apply(copy[0]), copy[2]);
        }

        @Test
        void ofALessExactClassAreRefused() {
            Object number = new BigInteger("1") {
                @Serial private static final long serialVersionUID = 1;
            };
            assertTrue(
                    refusal(number).contains("it extends java.math.BigInteger, and a copy of that class would lose what"
                            + " it adds: send a java.math.BigInteger"));
            assertTrue(refusal(new BigDecimal("1") {
                @Serial private static final long serialVersionUID = 1;
            }).contains("it extends java.math.BigDecimal"));
        }

        record Places(Path path, File file) {
        }

        record Times(DateTimeFormatter format, OptionalInt at, HexFormat hex, MathContext context) {
        }

        @Test
        void makeRecordsOfThemShared() {
            Times times = new Times(DateTimeFormatter.ISO_DATE, OptionalInt.of(1), HexFormat.of(),
                    MathContext.DECIMAL32);
            assertSame(times, StructuredClone.clone(times));
            assertTrue(StructuredClone.explain(Times.class).endsWith("shared by reference"));
            Places places = new Places(Path.of("a"), new File("b"));
            assertSame(places, StructuredClone.clone(places));
            assertFalse(StructuredClone.explain(Places.class).endsWith("shared by reference"),
                    "a Path may be anyone's");
        }
    }

    @Nested
    class Values {
        @SuppressWarnings("JavaUtilDate") // bad to use, but used
        static Stream<Arguments> values() throws Exception {
            Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone("Europe/Paris"), Locale.FRANCE);
            DoubleAdder doubles = new DoubleAdder();
            doubles.add(1.5);
            LongAdder longs = new LongAdder();
            longs.add(7);
            return Stream.of(row(new Date(5), Date::getTime, d -> d.setTime(6)),
                    row(calendar, c -> c, c -> c.add(Calendar.YEAR, 1)),
                    row((TimeZone) new SimpleTimeZone(1, "x"), z -> z, z -> z.setRawOffset(2)),
                    row(TimeZone.getTimeZone("Europe/Paris"), z -> z, z -> z.setID("other")),
                    row(BitSet.valueOf(new long[]{5}), b -> b, b -> b.set(9)),
                    row(new StringBuilder("a"), StringBuilder::toString, b -> b.append("b")),
                    row(new StringBuffer("a"), StringBuffer::toString, b -> b.append("b")),
                    row(new AtomicBoolean(true), AtomicBoolean::get, a -> a.set(false)),
                    row(new AtomicInteger(1), AtomicInteger::get, AtomicInteger::incrementAndGet),
                    row(new AtomicLong(1), AtomicLong::get, AtomicLong::incrementAndGet),
                    row(new AtomicIntegerArray(new int[]{1, 2}), Object::toString, a -> a.set(1, 3)),
                    row(new AtomicLongArray(new long[]{1, 2}), Object::toString, a -> a.set(1, 3)),
                    row(longs, LongAdder::sum, LongAdder::increment), row(doubles, DoubleAdder::sum, a -> a.add(1)),
                    row(new SimpleEntry<>("k", 1), e -> Map.entry(e.getKey(), e.getValue()), e -> e.setValue(2)),
                    row((Date) Class.forName("java.sql.Timestamp").getMethod("valueOf", String.class).invoke(null,
                            "2001-02-03 04:05:06.000000007"), Object::toString, d -> d.setTime(1)));
        }

        private static <T> Arguments row(T value, Function<T, Object> content, Consumer<T> change) {
            return Arguments.of(value, content, change);
        }

        @ParameterizedTest
        @MethodSource("values")
        void areCopiedOnceEachAndChangeApart(Object value, Function<Object, Object> content,
                Consumer<Object> change) {
            Object before = content.apply(StructuredClone.clone(value));
            Object[] copy = STRICT.clone(new Object[]{value, List.of(value)});
            assertNotSame(value, copy[0]);
            assertSame(value.getClass(), copy[0].getClass());
            assertSame(copy[0], ((List<?>) copy[1]).getFirst());
            assertEquals(content.apply(value), content.apply(copy[0]));
            change.accept(value);
            assertEquals(before, content.apply(copy[0]));
            assertNotEquals(before, content.apply(value));
            assertTrue(StructuredClone.explain(value.getClass()).contains("copied"));
        }

        static Stream<Arguments> references() {
            return Stream.of(row(new AtomicReference<>(), AtomicReference::get, AtomicReference::set),
                    row(new AtomicMarkableReference<>(null, true), AtomicMarkableReference::getReference,
                            (a, o) -> a.set(o, true)),
                    row(new AtomicStampedReference<>(null, 7), AtomicStampedReference::getReference,
                            (a, o) -> a.set(o, 7)),
                    row(new AtomicReferenceArray<>(2), a -> a.get(1), (a, o) -> a.set(1, o)),
                    row(new SimpleEntry<Object, Object>("k", null), SimpleEntry::getValue, SimpleEntry::setValue));
        }

        private static <T> Arguments row(T value, Function<T, Object> get, BiConsumer<T, Object> set) {
            return Arguments.of(value, get, set);
        }

        record Node(Object up) {
        }

        @ParameterizedTest
        @MethodSource("references")
        void thatReferToOthersKeepIdentityAndCycles(Object value, Function<Object, Object> get,
                BiConsumer<Object, Object> set) {
            assertNull(get.apply(StructuredClone.clone(value)));
            List<Object> around = box(value);
            set.accept(value, around);
            List<Object> copy = StructuredClone.clone(around);
            assertNotSame(value, copy.getFirst());
            assertSame(value.getClass(), copy.getFirst().getClass());
            assertSame(copy, get.apply(copy.getFirst()));
            set.accept(value, box("last"));
            assertEquals(box("last"), get.apply(StructuredClone.clone(value)));
            if (!(value instanceof Map.Entry)) {
                Node node = new Node(value);
                set.accept(value, node);
                Object back = StructuredClone.clone(value);
                assertSame(back, ((Node) get.apply(back)).up());
                Node first = StructuredClone.clone(node);
                assertSame(first, get.apply(first.up()));
                set.accept(value, value);
                Object self = StructuredClone.clone(value);
                assertSame(self, get.apply(self));
            }
            set.accept(value, new Object());
            assertTrue(refusal(value).matches("\\$(\\.get(Reference|Value)?\\(\\)|\\[1]): java.lang.Object can't .*"),
                    refusal(value));
        }

        @Test
        void keepTheirMarksAndStamps() {
            assertTrue(StructuredClone.clone(new AtomicMarkableReference<>("a", true)).isMarked());
            assertEquals(7, StructuredClone.clone(new AtomicStampedReference<>("a", 7)).getStamp());
        }
    }

    @Nested
    class Collected {
        /** Each with one element that is copied, so that it is no special case. */
        static Stream<Object> sameClass() {
            Object[] boxes = {box(3), box(1), box(2)};
            Properties properties = new Properties();
            properties.setProperty("a", "b");
            properties.put("list", box(1));
            return Stream.of(Stream.of(box(1), null).toList(), List.of(box(1)), filled(new Stack<>(), boxes),
                    filled(new Vector<>(), boxes), filled(new CopyOnWriteArrayList<>(), boxes),
                    filled(new CopyOnWriteArraySet<>(), boxes), filled(new ArrayBlockingQueue<>(5), boxes),
                    filled(new LinkedBlockingQueue<>(), boxes), filled(new LinkedBlockingDeque<>(3), boxes),
                    filled(new PriorityBlockingQueue<>(4, BACKWARDS), boxes),
                    filled(ConcurrentHashMap.newKeySet(), box(1)), properties,
                    filled(Collections.newSetFromMap(new HashMap<>()), box(1)),
                    filled(Collections.newSetFromMap(new TreeMap<>(BACKWARDS)), box(1)),
                    filled(Collections.asLifoQueue(new ArrayDeque<>()), boxes),
                    Collections.unmodifiableCollection(box(box(1), null)),
                    Collections.unmodifiableSequencedCollection(box(box(1), null)),
                    Collections.unmodifiableList(box(box(1), null)),
                    Collections.unmodifiableList(new LinkedList<>(box(box(1), null))),
                    Collections.unmodifiableSet(new LinkedHashSet<>(box(boxes))),
                    Collections.unmodifiableSequencedSet(new LinkedHashSet<>(box(boxes))),
                    Collections.unmodifiableSortedSet(filled(new TreeSet<>(BACKWARDS), boxes)),
                    Collections.unmodifiableNavigableSet(filled(new TreeSet<>(BACKWARDS), boxes)),
                    Collections.unmodifiableMap(mapped(new LinkedHashMap<>(), "z", box(1), box(2), null)),
                    Collections.unmodifiableSequencedMap(mapped(new LinkedHashMap<>(), "z", box(1), box(2), null)),
                    Collections.unmodifiableSortedMap(mapped(new TreeMap<>(BACKWARDS), box(1), 1, box(2), 2)),
                    Collections.unmodifiableNavigableMap(mapped(new TreeMap<>(BACKWARDS), box(1), 1, box(2), 2)),
                    Collections.synchronizedCollection(box(box(1), null)),
                    Collections.synchronizedList(box(box(1), null)),
                    Collections.synchronizedList(new LinkedList<>(box(box(1), null))),
                    Collections.synchronizedSet(new LinkedHashSet<>(box(boxes))),
                    Collections.synchronizedSortedSet(filled(new TreeSet<>(BACKWARDS), boxes)),
                    Collections.synchronizedNavigableSet(filled(new TreeSet<>(BACKWARDS), boxes)),
                    Collections.synchronizedMap(mapped(new LinkedHashMap<>(), "z", box(1), box(2), null)),
                    Collections.synchronizedSortedMap(mapped(new TreeMap<>(BACKWARDS), box(1), 1, box(2), 2)),
                    Collections.synchronizedNavigableMap(mapped(new TreeMap<>(BACKWARDS), box(1), 1, box(2), 2)));
        }

        @ParameterizedTest
        @MethodSource("sameClass")
        void eachKeepsItsClassItsOrderAndItsComparator(Object value) {
            List<Object> before = elements(value);
            Object[] copies = STRICT.clone(new Object[]{value, value});
            Object copy = copies[0];
            assertSame(copy, copies[1]);
            assertNotSame(value, copy);
            assertSame(value.getClass(), copy.getClass());
            assertEquals(before, elements(copy));
            assertNotSame(elements(value).getFirst(), elements(copy).getFirst());
            assertEquals(before, elements(value), "untouched");
            switch (value) {
                case SortedSet<?> s -> assertSame(s.comparator(), ((SortedSet<?>) copy).comparator());
                case SortedMap<?, ?> s -> assertSame(s.comparator(), ((SortedMap<?, ?>) copy).comparator());
                case PriorityBlockingQueue<?> q ->
                    assertSame(q.comparator(), ((PriorityBlockingQueue<?>) copy).comparator());
                default -> {
                }
            }
            assertTrue(StructuredClone.explain(value.getClass()).endsWith("copied, and what it holds"));
        }

        static Stream<Arguments> views() {
            List<Object> list = box(box(1), null, box(3));
            LinkedList<Object> linked = new LinkedList<>(list);
            Map<Object, Object> hash = mapped(new HashMap<>(), "a", box(1), "b", null);
            LinkedHashMap<Object, Object> ordered = mapped(new LinkedHashMap<>(), "z", box(1), box(2), null);
            TreeMap<Object, Object> tree = mapped(new TreeMap<>(BACKWARDS), box(1), box(1), box(2), null);
            ConcurrentSkipListMap<Object, Object> skips = mapped(new ConcurrentSkipListMap<>(), 1, box(1), 2, 2);
            Map<Object, Object> concurrent = mapped(new ConcurrentHashMap<>(), "a", box(1));
            Deque<Object> deque = filled(new ArrayDeque<>(), box(1), box(2));
            CopyOnWriteArrayList<Object> snapshots = new CopyOnWriteArrayList<>(list);
            return Stream.of(view(list.subList(0, 2), ArrayList.class), view(linked.subList(0, 2), ArrayList.class),
                    view(snapshots.subList(0, 2), ArrayList.class),
                    view(Arrays.asList(box(1), 2).subList(0, 1), ArrayList.class),
                    view(list.reversed(), ArrayList.class), view(snapshots.reversed(), ArrayList.class),
                    view(List.of(box(1), 2).reversed(), ArrayList.class), view(linked.reversed(), LinkedList.class),
                    view(deque.reversed(), ArrayDeque.class), view(hash.keySet(), LinkedHashSet.class),
                    view(hash.values(), ArrayList.class), view(hash.entrySet(), LinkedHashSet.class),
                    view(ordered.reversed(), LinkedHashMap.class),
                    view(ordered.sequencedKeySet(), LinkedHashSet.class),
                    view(ordered.sequencedValues().reversed(), ArrayList.class),
                    view(new LinkedHashSet<>(box(box(1), 2)).reversed(), LinkedHashSet.class),
                    view(Map.of("a", box(1)).values(), ArrayList.class),
                    view(Map.of("a", box(1), "b", 2).entrySet(), LinkedHashSet.class),
                    view(tree.headMap(box(1), true), TreeMap.class), view(tree.tailMap(box(2)), TreeMap.class),
                    view(tree.descendingMap(), TreeMap.class), view(tree.reversed(), TreeMap.class),
                    view(tree.navigableKeySet(), TreeSet.class), view(tree.entrySet(), LinkedHashSet.class),
                    view(tree.descendingKeySet(), TreeSet.class),
                    view(skips.subMap(1, 3), ConcurrentSkipListMap.class),
                    view(skips.descendingMap(), ConcurrentSkipListMap.class),
                    view(skips.keySet(), TreeSet.class), view(skips.values(), ArrayList.class),
                    view(concurrent.values(), ArrayList.class), view(concurrent.entrySet(), LinkedHashSet.class),
                    view(new EnumMap<>(Map.of(Length.LONGEST_FIRST, box(1))).values(), ArrayList.class),
                    view(new IdentityHashMap<>(Map.of("a", box(1))).values(), ArrayList.class),
                    view(new WeakHashMap<>(Map.of("a", box(1))).values(), ArrayList.class),
                    view(Collections.unmodifiableMap(hash).entrySet(), LinkedHashSet.class));
        }

        private static Arguments view(Object view, Class<?> made) {
            return Arguments.of(view, made);
        }

        @ParameterizedTest
        @MethodSource("views")
        void viewsBecomeTheNearestCollectionThatStandsForItself(Object view, Class<?> made) {
            Object copy = StructuredClone.clone(view);
            assertSame(made, copy.getClass());
            assertEquals(elements(view), elements(copy), "in the same order");
            String explanation = StructuredClone.explain(view.getClass());
            assertTrue(explanation.endsWith("copied as a " + made.getName() + ", and what it holds"), explanation);
        }

        @ParameterizedTest
        @MethodSource("views")
        void viewsAreRefusedByStrictCloners(Object view, Class<?> made) {
            var e = assertThrows(DataCloneException.class, () -> STRICT.clone(box(view)));
            assertTrue(e.getMessage().startsWith("$[0]: " + view.getClass().getName()
                    + " can't be cloned by strict cloners; it is a view of another collection, and its copy would be a"
                    + " collection of its own: send one"), e.getMessage());
            assertTrue(STRICT.explain(view.getClass()).contains("refused: "));
        }

        @Test
        void anEntryOfAMapBecomesOneThatStandsForItself() {
            Map<Object, Object> map = mapped(new HashMap<>(), "k", box(1));
            Map.Entry<Object, Object> entry = map.entrySet().iterator().next();
            Map.Entry<Object, Object> copy = StructuredClone.clone(entry);
            assertSame(SimpleEntry.class, copy.getClass());
            assertEquals(entry, copy);
            copy.setValue(2);
            assertEquals(box(1), map.get("k"));
            assertThrows(DataCloneException.class, () -> STRICT.clone(entry));
        }

        @Test
        void theKeysOfAConcurrentMapBecomeASetOfTheirOwn() {
            ConcurrentHashMap<Object, Object> map = mapped(new ConcurrentHashMap<>(), "a", 1, "b", 2);
            ConcurrentHashMap.KeySetView<Object, Object> copy = StructuredClone.clone(map.keySet());
            assertEquals(map.keySet(), copy);
            copy.add("c");
            assertFalse(map.containsKey("c"));
            assertTrue(assertThrows(DataCloneException.class, () -> STRICT.clone(map.keySet())).getMessage()
                    .contains("strict"));
        }

        @Test
        void setsThatCompareByIdentityGoOnDoingSo() {
            Set<Object> set = Collections.newSetFromMap(new IdentityHashMap<>());
            List<Object> one = box(1);
            set.add(one);
            set.add(box(1));
            IdentityHashMap<Object, Object> map = mapped(new IdentityHashMap<>(), one, 1, box(1), 2);
            for (Set<Object> each : List.of(set, map.keySet())) {
                Set<Object> copy = StructuredClone.clone(each);
                assertSame(set.getClass(), copy.getClass());
                assertEquals(2, copy.size());
                assertFalse(copy.contains(box(1)));
                assertTrue(copy.contains(copy.iterator().next()));
            }
            set.clear();
            Set<Object> empty = StructuredClone.clone(set);
            empty.add(box());
            assertFalse(empty.contains(box()));
            Set<Object> byContent = StructuredClone.clone(Collections.newSetFromMap(new HashMap<>()));
            byContent.add(box());
            assertTrue(byContent.contains(box()));
        }

        @Test
        void anIdentitySetMayLeadToItself() {
            Set<Object> set = Collections.newSetFromMap(new IdentityHashMap<>());
            List<Object> list = box(set);
            set.add(list);
            List<Object> copy = StructuredClone.clone(list);
            Set<?> inner = (Set<?>) copy.getFirst();
            assertSame(copy, inner.iterator().next());
            assertTrue(inner.contains(copy));
        }

        @Test
        void unmodifiableListsKeepTheirAnswerToNull() {
            assertFalse(StructuredClone.clone(Stream.of(box(), 2, 3).toList()).contains(null));
            List<Object> copy = StructuredClone.clone(List.of(box(), 2, 3));
            assertThrows(NullPointerException.class, () -> copy.contains(null));
            assertTrue(StructuredClone.clone(Stream.of(box(), null).toList()).contains(null));
        }

        @Test
        void aPartOfAnUnmodifiableListIsSharedOrBecomesOneOfItsOwn() {
            List<Object> part = List.<Object>of(1, 2, 3, 4).subList(1, 3);
            assertSame(part, STRICT.clone(part));
            List<Object> held = List.<Object>of(1, box(2), 3, 4).subList(1, 3);
            List<Object> copy = StructuredClone.clone(held);
            assertEquals(held, copy);
            assertThrows(UnsupportedOperationException.class, copy::removeFirst);
            assertTrue(
                    assertThrows(DataCloneException.class, () -> STRICT.clone(held)).getMessage().contains("strict"));
        }

        @Test
        void aLinkedHashMapOfImmutablesKeepsItsOrderAndChangesApart() {
            Map<Object, Object> map = mapped(new LinkedHashMap<>(16, 0.75f, true), "a", 1, "b", 2);
            Map<Object, Object> copy = StructuredClone.clone(map);
            map.put("c", 3);
            assertEquals(1, copy.get("a"));
            assertEquals(List.of("b", "a"), List.copyOf(copy.keySet()));
            Map<Object, Object> mixed = mapped(new LinkedHashMap<>(), "a", 1, "b", box(2));
            assertNotSame(mixed.get("b"), StructuredClone.clone(mixed).get("b"));
        }

        @Test
        void aLifoQueueGoesOnAddingAtItsHead() {
            Queue<Object> queue = filled(Collections.asLifoQueue(new ArrayDeque<>()), 1, 2);
            Queue<Object> copy = StructuredClone.clone(queue);
            copy.add(3);
            assertEquals(List.of(3, 2, 1), elements(copy));
            assertEquals(List.of(2, 1), elements(queue));
        }

        @Test
        void thatGrowsWhileItsCapacityIsReadStaysUnbounded() {
            assertEquals(Integer.MAX_VALUE, JdkCollections.capacity(new LinkedBlockingQueue<>(List.of(1, 2)) {
                @Serial private static final long serialVersionUID = 1;

                @Override
                public int remainingCapacity() {
                    return super.remainingCapacity() + size(); // as it was before
                }
            }));
        }

        @Test
        void boundedQueuesKeepTheirBounds() {
            for (Queue<Object> queue : List.<Queue<Object>>of(new ArrayBlockingQueue<>(2),
                    new LinkedBlockingQueue<>(2), new LinkedBlockingDeque<>(2))) {
                queue.add(box(1));
                Queue<Object> copy = StructuredClone.clone(queue);
                assertTrue(copy.offer(2));
                assertFalse(copy.offer(3));
            }
        }

        @Test
        void propertiesKeepTheirDefaults() {
            Properties above = new Properties();
            above.setProperty("size", "1");
            above.setProperty("colour", "red");
            Properties properties = new Properties(above);
            properties.setProperty("size", "2");
            Properties copy = StructuredClone.clone(properties);
            assertSame(Properties.class, copy.getClass());
            assertEquals("2", copy.getProperty("size"));
            assertEquals("red", copy.getProperty("colour"));
            assertEquals(1, copy.size());
            above.setProperty("colour", "blue");
            assertEquals("red", copy.getProperty("colour"));
        }

        @Test
        void synchronizedOnesChangeApart() {
            List<Object> list = Collections.synchronizedList(box(1));
            List<Object> copy = StructuredClone.clone(list);
            list.add(2);
            copy.add(3);
            assertEquals(List.of(1, 3), copy);
        }

        static Stream<Arguments> selfish() {
            return Stream.<Arguments>of(
                    self(filled(new Stack<>()), (Collection<Object> c) -> c.add(c), c -> c.iterator().next()),
                    self(filled(new LinkedBlockingQueue<>()), (Collection<Object> c) -> c.add(c),
                            c -> c.iterator().next()),
                    self(filled(new ArrayDeque<>()), (Collection<Object> c) -> c.add(c), c -> c.iterator().next()),
                    self(filled(Collections.asLifoQueue(new ArrayDeque<>())), (Collection<Object> c) -> c.add(c),
                            c -> c.iterator().next()),
                    self(Collections.synchronizedList(box()), (Collection<Object> c) -> c.add(c),
                            c -> c.iterator().next()),
                    self(Collections.synchronizedCollection(box()), (Collection<Object> c) -> c.add(c),
                            c -> c.iterator().next()),
                    self(Collections.synchronizedMap(new HashMap<>()), (Map<Object, Object> m) -> m.put("k", m),
                            m -> m.get("k")),
                    self(new Properties(), (Map<Object, Object> m) -> m.put("k", m), m -> m.get("k")),
                    self(new ConcurrentHashMap<>(), (Map<Object, Object> m) -> m.put("k", m), m -> m.get("k")),
                    self(new ConcurrentSkipListMap<>(), (Map<Object, Object> m) -> m.put("k", m), m -> m.get("k")),
                    self(new TreeMap<>(), (Map<Object, Object> m) -> m.put("k", m), m -> m.get("k")));
        }

        private static <T> Arguments self(T value, Consumer<T> addToItself, Function<T, Object> get) {
            return Arguments.of(value, addToItself, get);
        }

        @ParameterizedTest
        @MethodSource("selfish")
        void mayHoldThemselves(Object value, Consumer<Object> addToItself, Function<Object, Object> get) {
            addToItself.accept(value);
            Object copy = StructuredClone.clone(value);
            assertNotSame(value, copy);
            assertSame(copy, get.apply(copy));
        }

        @Test
        void aViewMayLeadToItself() {
            Map<Object, Object> map = new HashMap<>();
            Collection<Object> values = map.values();
            map.put("k", values);
            Collection<Object> copy = StructuredClone.clone(values);
            assertSame(copy, copy.iterator().next());
            assertSame(ArrayList.class, copy.getClass());
        }

        @Test
        void enumKeysTellTheirNamesInAPathAndOtherKeysTheirPlaces() {
            assertTrue(refusal(mapped(new HashMap<>(), Length.LONGEST_FIRST, new Object()))
                    .startsWith("$[LONGEST_FIRST]: java.lang.Object"));
            assertTrue(refusal(mapped(new HashMap<>(), box(1), new Object()))
                    .startsWith("$.value(0): java.lang.Object"));
            assertTrue(refusal(Optional.of(new Object())).startsWith("$.get(): java.lang.Object"));
            assertTrue(refusal(Map.entry(new Object(), 1)).startsWith("$.getKey(): java.lang.Object"));
        }
    }

    @Nested
    class Sorted {
        static Stream<Comparator<?>> stateless() {
            return Stream.of(null, Comparator.naturalOrder(), Comparator.reverseOrder(), Collections.reverseOrder(),
                    String.CASE_INSENSITIVE_ORDER, Collections.reverseOrder(String.CASE_INSENSITIVE_ORDER),
                    BACKWARDS.reversed(), Length.LONGEST_FIRST, Length.LONGEST_FIRST.reversed());
        }

        @ParameterizedTest
        @MethodSource("stateless")
        void keepAComparatorThatNobodyCanChange(Comparator<Object> comparator) {
            for (Collection<Object> value : List.<Collection<Object>>of(new TreeSet<>(comparator),
                    new ConcurrentSkipListSet<>(comparator), new PriorityQueue<>(comparator),
                    new PriorityBlockingQueue<>(3, comparator))) {
                filled(value, "a", "ccc", "bb");
                assertEquals(elements(value), elements(StructuredClone.clone(value)));
            }
            NavigableMap<Object, Object> map = mapped(new TreeMap<>(comparator), "a", 1, "bb", 2);
            assertSame(comparator, StructuredClone.clone(map).comparator());
            assertSame(comparator, StructuredClone.clone(new ConcurrentSkipListMap<>(map)).comparator());
        }

        /** It has a field, which says nothing of what is in there. */
        static final class ByKey implements Comparator<Object> {
            private final Function<Object, String> key;

            ByKey(Function<Object, String> key) {
                this.key = key;
            }

            @Override
            public int compare(Object a, Object b) {
                return key.apply(a).compareTo(key.apply(b));
            }
        }

        @Test
        void takeARecordOfImmutablesAndWhatIsRegistered() {
            TreeSet<List<Integer>> byColumn = new TreeSet<>(new ByColumn(1));
            byColumn.add(List.of(1, 2));
            assertSame(byColumn.comparator(), StructuredClone.clone(byColumn).comparator());
            TreeSet<Object> byKey = new TreeSet<>(new ByKey(Object::toString));
            byKey.add("a");
            assertTrue(refusal(byKey).contains("register Cloner.shared() for its class"));
            Cloners registered = Cloners.builder().register(ByKey.class, Cloner.shared()).build();
            assertSame(byKey.comparator(), registered.clone(byKey).comparator());
        }

        static Stream<Object> stateful() {
            int[] state = {1};
            Comparator<Object> stateful = (a, b) -> state[0];
            return Stream.of(new TreeSet<>(stateful), new TreeSet<>(stateful).descendingSet(),
                    new TreeMap<>(stateful).descendingMap(), new ConcurrentSkipListMap<>(stateful),
                    new PriorityBlockingQueue<>(1, stateful), new TreeSet<>(Comparator.comparing(Object::toString)),
                    new TreeSet<>(Comparator.nullsFirst(BACKWARDS)), new TreeMap<>(stateful).keySet(),
                    Collections.unmodifiableSortedSet(new TreeSet<>(stateful)),
                    Collections.synchronizedSortedMap(new TreeMap<>(stateful)));
        }

        @ParameterizedTest
        @MethodSource("stateful")
        void refuseAComparatorThatHoldsState(Object value) {
            String message = refusal(List.of(value));
            assertTrue(message.startsWith("$[0]: a sorted collection can't be cloned, as its comparator ")
                    && message.contains(" holds state; use one without"), message);
        }
    }

    @Nested
    class Bytes {
        static Stream<Buffer> buffers() {
            ByteBuffer heap = ByteBuffer.wrap(new byte[32]).slice(3, 24).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 24; i++) {
                heap.put(i, (byte) (i + 1));
            }
            ByteBuffer direct = ByteBuffer.allocateDirect(24).put(heap.duplicate()).clear()
                    .order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer big = direct.duplicate();
            return Stream.of(heap, direct, big, heap.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN),
                    direct.asReadOnlyBuffer(), direct.slice(3, 5), ByteBuffer.allocate(0), CharBuffer.wrap("text"),
                    CharBuffer.wrap(new StringBuilder("a text"), 2, 5), CharBuffer.wrap("text").subSequence(1, 3))
                    .flatMap(b -> b instanceof ByteBuffer bytes
                            ? Stream.of(bytes, bytes.asCharBuffer(), bytes.asShortBuffer(), bytes.asIntBuffer(),
                                    bytes.asLongBuffer(), bytes.asFloatBuffer(), bytes.asDoubleBuffer())
                            : Stream.of(b, CharBuffer.wrap(new char[]{'a', 'b'}),
                                    CharBuffer.wrap(new char[]{'a', 'b', 'c'}).asReadOnlyBuffer().position(1),
                                    ShortBuffer.wrap(new short[]{1, 2}), ShortBuffer.allocate(2).asReadOnlyBuffer(),
                                    IntBuffer.wrap(new int[]{1, 2}, 1, 1), IntBuffer.allocate(2).asReadOnlyBuffer(),
                                    LongBuffer.wrap(new long[]{1, 2}), LongBuffer.allocate(2).asReadOnlyBuffer(),
                                    FloatBuffer.wrap(new float[]{1, 2}), FloatBuffer.allocate(2).asReadOnlyBuffer(),
                                    DoubleBuffer.wrap(new double[]{1, 2}), DoubleBuffer.allocate(2).asReadOnlyBuffer()))
                    .map(b -> b.limit() > 3 ? b.limit(b.limit() - 1).position(1) : b);
        }

        @ParameterizedTest
        @MethodSource("buffers")
        void ofEveryKindAreCopiedWithPositionLimitAndOrder(Buffer buffer) {
            Buffer copy = StructuredClone.clone(buffer);
            assertNotSame(buffer, copy);
            assertSame(buffer.getClass(), copy.getClass());
            assertEquals(buffer, copy, "what remains");
            assertEquals(buffer.toString(), copy.toString(), "position, limit, capacity");
            assertEquals(buffer.duplicate().clear(), copy.duplicate().clear(), "all");
            assertEquals(order(buffer), order(copy));
            assertEquals(buffer.isReadOnly(), copy.isReadOnly());
            assertEquals(buffer.isDirect(), copy.isDirect());
            if (buffer.hasArray()) {
                assertNotSame(buffer.array(), copy.array());
                assertEquals(buffer.arrayOffset(), copy.arrayOffset());
            }
        }

        private Object order(Buffer buffer) {
            return switch (buffer) {
                case ByteBuffer b -> b.order();
                case CharBuffer b -> b.order();
                case ShortBuffer b -> b.order();
                case IntBuffer b -> b.order();
                case LongBuffer b -> b.order();
                case FloatBuffer b -> b.order();
                case DoubleBuffer b -> b.order();
            };
        }

        @Test
        void twoViewsOfOneArrayStayThat() {
            byte[] array = {1, 2, 3, 4};
            Object[] copy = StructuredClone.clone(new Object[]{ByteBuffer.wrap(array), ByteBuffer.wrap(array, 2, 2),
                    array, MemorySegment.ofArray(array).asSlice(1)});
            ((ByteBuffer) copy[0]).put(3, (byte) 9);
            assertEquals(9, ((ByteBuffer) copy[1]).get(3));
            assertEquals(9, ((byte[]) copy[2])[3]);
            assertEquals(9, ((MemorySegment) copy[3]).get(ValueLayout.JAVA_BYTE, 2));
            assertEquals(4, array[3]);
        }

        @Test
        void aDirectCopyChangesApart() {
            ByteBuffer direct = ByteBuffer.allocateDirect(4).put(0, (byte) 1);
            ByteBuffer copy = StructuredClone.clone(direct);
            direct.put(0, (byte) 2);
            assertEquals(1, copy.get(0));
        }

        static Stream<MemorySegment> segments() {
            return Stream.of(MemorySegment.ofArray(new byte[]{1, 2, 3}), MemorySegment.ofArray(new char[]{1, 2, 3}),
                    MemorySegment.ofArray(new short[]{1, 2, 3}), MemorySegment.ofArray(new int[]{1, 2, 3}),
                    MemorySegment.ofArray(new long[]{1, 2, 3}), MemorySegment.ofArray(new float[]{1, 2, 3}),
                    MemorySegment.ofArray(new double[]{1, 2, 3}))
                    .flatMap(s -> Stream.of(s, s.asSlice(1), s.asReadOnly(), s.asSlice(1, 1).asReadOnly()));
        }

        @ParameterizedTest
        @MethodSource("segments")
        void aSegmentOfTheHeapIsCopied(MemorySegment segment) {
            MemorySegment copy = StructuredClone.clone(segment);
            assertSame(segment.getClass(), copy.getClass());
            assertEquals(-1, segment.mismatch(copy));
            assertEquals(segment.byteSize(), copy.byteSize());
            assertEquals(segment.isReadOnly(), copy.isReadOnly());
            assertNotEquals(segment, copy, "not the same memory");
            assertEquals(segment.heapBase().map(Object::getClass), copy.heapBase().map(Object::getClass));
        }

        @Test
        void aNativeSegmentIsRefusedWithTheWayOut() {
            try (Arena arena = Arena.ofConfined()) {
                assertTrue(
                        refusal(box(arena.allocate(8))).endsWith("memory outside of the heap belongs to its arena: copy"
                                + " it to a buffer, by OwnedBuffer.copyOf(segment), and send that"));
                assertTrue(refusal(arena).contains("belongs to its arena"));
            }
        }

        @Test
        void memoryThatIsGoneIsToldWithThePath() {
            ByteBuffer buffer;
            try (Arena arena = Arena.ofConfined()) {
                buffer = arena.allocate(8).asByteBuffer();
                assertEquals(buffer, StructuredClone.clone(buffer));
            }
            var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(box(buffer)));
            assertTrue(e.getMessage().startsWith("$[0]: a " + buffer.getClass().getName() + " can't be copied"),
                    e.getMessage());
            assertSame(IllegalStateException.class, e.getCause().getClass());
        }

        @Test
        void theBytesOfABufferThatAnotherThreadOwnsAreRefused() throws InterruptedException {
            ByteBuffer view = Leases.keep(OwnedBuffer.allocate(8)).asByteBuffer();
            assertEquals(view, StructuredClone.clone(view));
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread.ofPlatform().start(() -> {
                try {
                    StructuredClone.clone(box(view));
                } catch (Throwable e) {
                    thrown.set(e);
                }
            }).join();
            assertSame(WrongThreadException.class, thrown.get().getClass());
        }
    }

    class Inner {
    }

    static class Plain {
    }

    @Nested
    class Refused {
        static Stream<Arguments> refused() throws Exception {
            Runnable lambda = () -> {
            };
            Runnable captures = new AtomicInteger()::incrementAndGet;
            class Local {
            }
            return Stream.<Arguments>of(row("an exception in a message: send its class", new Exception("x")),
                    row("an exception in a message", new Error()), row("a thread is no data", new Thread()),
                    row("a thread's own values", ThreadLocal.withInitial(() -> 1)),
                    row("a class loader or a module", ClassLoader.getSystemClassLoader()),
                    row("a class loader or a module", Object.class.getModule()),
                    row("a lock works among threads", new ReentrantLock()),
                    row("a lock works among threads", new ReentrantLock().newCondition()),
                    row("a lock works among threads", new StampedLock()),
                    row("a lock works among threads", new Semaphore(1)),
                    row("it hands elements from thread to thread", new SynchronousQueue<>()),
                    row("it hands elements from thread to thread", new DelayQueue<>()),
                    row("it hands elements from thread to thread", new LinkedTransferQueue<>()),
                    row("what is still to come", new CompletableFuture<>()),
                    row("an executor is no data", ForkJoinPool.commonPool()),
                    row("an executor is no data", Timer.class),
                    row("a copy would give the same numbers again", new Random(1)),
                    row("a copy would give the same numbers again", new SecureRandom()),
                    row("a copy would give the same numbers again", new SplittableRandom(1)),
                    row("a stream can be read once", Stream.of(1)),
                    row("a position in a collection", List.of(1).iterator()),
                    row("a position in a collection", new Scanner("a")),
                    row("a position in a collection", new Vector<>().elements()),
                    row("a position in a collection", List.of(1).spliterator()),
                    row("a reference that the garbage collector", new WeakReference<>("a")),
                    row("a reference that the garbage collector", Cleaner.class),
                    row("nothing but the copy itself would hold on to its keys", new WeakHashMap<>()),
                    row("its function can't be seen", new LongAccumulator(Long::max, 0)),
                    row("its separator can't be seen", new StringJoiner(",")),
                    row("what is open to a file", new ByteArrayInputStream(new byte[1])),
                    row("what is open to a file", ServerSocket.class),
                    row("a lambda or a method reference is code", lambda),
                    row("a lambda or a method reference is code", captures),
                    row("a proxy is what its handler makes of it", Proxy.newProxyInstance(
                            CloneOfJdkTypesTest.class.getClassLoader(), new Class<?>[]{Runnable.class},
                            (p, m, a) -> null)),
                    row("the type that it checks for can't be seen", Collections.checkedList(box(), Object.class)),
                    row("the type that it checks for can't be seen", Collections.checkedMap(new HashMap<>(),
                            Object.class, Object.class)),
                    row("a plain Object is nothing but itself", new Object()),
                    row("it extends java.util.HashMap", new HashMap<>() {
                        @Serial private static final long serialVersionUID = 1;
                    }),
                    row("it extends java.util.concurrent.atomic.AtomicInteger", new AtomicInteger() {
                        @Serial private static final long serialVersionUID = 1;
                    }),
                    row("it is not static, and would take along", new CloneOfJdkTypesTest().new Inner()),
                    row("it is not static, and would take along", new Local()),
                    row("make it a record, let it implement StructuredCloneable, register a Cloner for it, or open it,"
                            + " by Cloners.builder().open(MethodHandles.lookup(), Plain.class)", new Plain()),
                    row("make it a record, or register a Cloner for it", new SimpleDateFormat("yyyy",
                            Locale.ROOT)));
        }

        private static Arguments row(String advice, Object value) {
            return Arguments.of(advice, value);
        }

        @ParameterizedTest
        @MethodSource("refused")
        void withAdviceByWhatItIs(String advice, Object value) {
            Class<?> type = value instanceof Class<?> c ? c : value.getClass();
            assertTrue(StructuredClone.explain(type).startsWith(
                    type.getTypeName() + ": refused: " + type.getName() + " can't be cloned; " + advice),
                    StructuredClone.explain(type));
            if (value != type) {
                assertTrue(
                        refusal(box(1, value)).startsWith("$[1]: " + type.getName() + " can't be cloned; " + advice));
            }
        }

        @Test
        void notByAnAbstractClassWhichTellsNothing() {
            for (Class<?> type : List.of(List.class, Number.class, Calendar.class, Runnable.class, Buffer.class)) {
                assertEquals(type.getName() + ": as the class of the value says", StructuredClone.explain(type));
            }
        }
    }

    @Nested
    class OfWhatFailsInTheMidst {
        /** Compares and hashes as it is told to. */
        record Key(int id, Object weight) implements Comparable<Key> {
            static boolean fails;

            @Override
            public int compareTo(Key other) {
                if (fails) {
                    throw new IllegalStateException("not comparable today");
                }
                return id - other.id;
            }
        }

        @Test
        void isToldWithPathAndCause() {
            TreeSet<Object> set = filled(new TreeSet<>(), new Key(1, box()), new Key(2, box()));
            Key.fails = true;
            try {
                var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(box(set)));
                assertTrue(e.getMessage().startsWith("$[0]: a java.util.TreeSet can't be copied, as that threw"
                        + " java.lang.IllegalStateException: not comparable today"), e.getMessage());
                assertSame(IllegalStateException.class, e.getCause().getClass());
            } finally {
                Key.fails = false;
            }
            assertEquals(2, StructuredClone.clone(set).size());
        }

        /** Grows as long as it is read. */
        private static final class Endless extends AbstractMap<Object, Object> {
            @Override
            public Set<Entry<Object, Object>> entrySet() {
                return new AbstractSet<>() {
                    @Override
                    public Iterator<Entry<Object, Object>> iterator() {
                        return Stream.iterate(1, i -> i + 1).<Entry<Object, Object>>map(i -> Map.entry(i, i))
                                .iterator();
                    }

                    @Override
                    public int size() {
                        return 1;
                    }
                };
            }
        }

        @Test
        void neverGoesOnForEver() {
            var e = assertThrows(DataCloneException.class,
                    () -> StructuredClone.clone(box(Collections.unmodifiableMap(new Endless()))));
            assertTrue(e.getMessage().contains("the map grows while it is read"), e.getMessage());
            assertTrue(e.getMessage().startsWith("$[0]: a java.util.Collections$UnmodifiableMap can't be copied"));
        }
    }

    @Nested
    class OfKeysThatHashByIdentity {
        private static final Cloners OPEN = Cloners.builder().open(MethodHandles.lookup(), Plain.class).build();

        static Stream<Object> hashed() {
            Plain a = new Plain();
            Plain b = new Plain();
            return Stream.of(filled(new HashSet<>(), a, b), filled(new LinkedHashSet<>(), a, b), Set.of(a),
                    Set.of(a, b, 1),
                    filled(ConcurrentHashMap.newKeySet(), a, b), filled(new CopyOnWriteArraySet<>(), a, b),
                    filled(Collections.newSetFromMap(new HashMap<>()), a, b),
                    Collections.unmodifiableSet(filled(new HashSet<>(), a, b)),
                    Collections.synchronizedSet(filled(new HashSet<>(), a, b)), mapped(new HashMap<>(), a, b),
                    mapped(new LinkedHashMap<>(), a, b), mapped(new IdentityHashMap<>(), a, b),
                    mapped(new ConcurrentHashMap<>(), a, b), mapped(new Hashtable<>(), a, b), Map.of(a, b),
                    Map.of(a, b, 1, 2), Collections.synchronizedMap(mapped(new HashMap<>(), a, b)),
                    mapped(new HashMap<>(), a, b).keySet(), mapped(new HashMap<>(), Map.entry(a, b), b),
                    mapped(new HashMap<>(), Optional.of(a), b), mapped(new HashMap<>(), Set.of(a), b));
        }

        @ParameterizedTest
        @MethodSource("hashed")
        void theirCopiesAreFound(Object value) {
            Object copy = OPEN.clone(value);
            Set<?> keys = copy instanceof Map<?, ?> map ? map.keySet() : (Set<?>) copy;
            Set<?> before = value instanceof Map<?, ?> map ? map.keySet() : (Set<?>) value;
            assertEquals(before.size(), keys.size());
            for (Object key : keys) {
                assertTrue(keys.contains(key));
                assertTrue(key instanceof Integer || !before.contains(key), "a copy");
            }
        }
    }

    @Nested
    class ChangedByAnotherThread {
        static Stream<Arguments> growing() {
            return Stream.<Object>of(new ArrayList<>(), new LinkedList<>(), new Vector<>(),
                    new CopyOnWriteArrayList<>(),
                    new ArrayDeque<>(), new LinkedBlockingQueue<>(), new PriorityQueue<>(BACKWARDS),
                    new PriorityBlockingQueue<>(1, BACKWARDS), new HashSet<>(), new LinkedHashSet<>(),
                    new TreeSet<>(BACKWARDS), new ConcurrentSkipListSet<>(BACKWARDS), ConcurrentHashMap.newKeySet(),
                    Collections.newSetFromMap(new IdentityHashMap<>()), Collections.synchronizedSet(new HashSet<>()),
                    new HashMap<>(), new LinkedHashMap<>(16, 0.75f, true), new TreeMap<>(BACKWARDS), new Hashtable<>(),
                    new IdentityHashMap<>(), new ConcurrentHashMap<>(), new ConcurrentSkipListMap<>(BACKWARDS),
                    Collections.synchronizedMap(new TreeMap<>(BACKWARDS)), new Properties()).map(Arguments::of);
        }

        /** It grows and shrinks, through every size at which a table or an array is replaced. */
        @SuppressWarnings("unchecked")
        private static void change(Object value, int i) {
            Object key = i % 100;
            Object content = i < 10_000 ? key : box(i);
            boolean grows = i / 100 % 2 == 0;
            switch (value) {
                case Map<?, ?> m when grows -> ((Map<Object, Object>) m).put(key, content);
                case Map<?, ?> m -> m.remove(key);
                case Collection<?> c when grows -> ((Collection<Object>) c).add(key);
                case Collection<?> c -> c.remove(key);
                default -> throw new AssertionError(value);
            }
        }

        @ParameterizedTest
        @MethodSource("growing")
        void isRefusedOrEndsInACopyThatIsWhole(Object value) {
            try (var other = Threads.resident(Threads.Kind.PLATFORM, "changer")) {
                var changes = other.begin(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        change(value, i);
                    }
                    return null;
                });
                while (!changes.isDone()) {
                    try {
                        assertWhole(value, StructuredClone.clone(value));
                        assertWhole(value, StructuredClone.clone(box(value)).getFirst());
                    } catch (DataCloneException e) {
                        assertTrue(e.getMessage().startsWith("$"), e.getMessage());
                        assertTrue(e.getCause() != null || e.getMessage().contains("equal by now"), e.getMessage());
                    }
                }
                changes.resultNow();
                assertWhole(value, StructuredClone.clone(value));
            }
        }

        private static void assertWhole(Object value, Object copy) {
            assertSame(value.getClass(), copy.getClass());
            int count = 0;
            for (Object element : elements(copy)) {
                count++;
                if (element instanceof Map.Entry<?, ?> entry && !(copy instanceof IdentityHashMap)) {
                    assertSame(entry.getValue(), ((Map<?, ?>) copy).get(entry.getKey()));
                }
            }
            assertEquals(copy instanceof Map<?, ?> m ? m.size() : ((Collection<?>) copy).size(), count);
        }
    }
}
