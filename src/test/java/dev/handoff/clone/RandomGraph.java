package dev.handoff.clone;

import dev.handoff.clone.GraphComparison.Label;
import dev.handoff.clone.UserObjects.Bean;
import dev.handoff.clone.UserObjects.Box;
import dev.handoff.clone.UserObjects.Cell;
import dev.handoff.clone.UserObjects.Counter;
import dev.handoff.clone.UserObjects.Tuple;
import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZonedDateTime;
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
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A random graph of everything that can be cloned; the same one for the same seed.
 *
 * <p>
 * Objects are made one after another from those before, so that many are held more than once; then some of the mutable
 * ones get more contents, from all of the graph, which closes cycles. What is a key or an element of a hash table has a
 * hash code that none of this changes: of a label, of identities, or of what is never changed once it is made.
 */
final class RandomGraph {
    /** An enum whose constants are of classes of their own. */
    enum Operator {
        PLUS {
            @Override
            int apply(int a, int b) {
                return a + b;
            }
        },
        MINUS {
            @Override
            int apply(int a, int b) {
                return a - b;
            }
        },
        TIMES {
            @Override
            int apply(int a, int b) {
                return a * b;
            }
        };

        abstract int apply(int a, int b);
    }

    /** Is what its label says, whatever else it holds: so it can be a key in a cycle, and be sorted. */
    record Labelled(Label label, Object payload) implements Comparable<Labelled> {
        @Override
        public boolean equals(Object o) {
            return o instanceof Labelled other && other.label.equals(label);
        }

        @Override
        public int hashCode() {
            return label.id();
        }

        @Override
        public int compareTo(Labelled other) {
            return Integer.compare(label.id(), other.label.id());
        }
    }

    /** Is what it refers to: its hash code depends on the identity of what is cloned. */
    record Reference(Label label, Object referent) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Reference other && other.referent == referent;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(referent);
        }
    }

    /** Equal by its components, as records are. */
    private record Composite<T>(Label label, T content) {
    }

    sealed interface Shape permits Circle, Polygon, Group {
    }

    record Circle(double x, double y, float radius) implements Shape {
    }

    record Polygon(int[] xs, int[] ys, boolean closed) implements Shape {
    }

    record Group(String name, List<Object> shapes, Object[] rest) implements Shape {
    }

    record Holder<T>(T held) {
    }

    private record Nested<T, U extends Collection<T>>(Holder<T> holder, U collection, Nested<T, U> next) {
    }

    record Primitives(byte b, short s, char c, int i, long l, float f, double d, boolean z, Object o) {
    }

    record Nothing() {
    }

    private enum Descending implements Comparator<Object> {
        ORDER;

        @Override
        @SuppressWarnings("unchecked")
        public int compare(Object a, Object b) {
            return ((Comparable<Object>) b).compareTo(a);
        }
    }

    private static final Comparator<Object> WITHOUT_STATE = (a, b) -> Descending.ORDER.compare(b, a);

    private static final List<SharedBuffer> SHARED = List.of(SharedBuffer.allocate(8), SharedBuffer.allocate(8, 16));
    private static final List<FrozenBuffer> FROZEN = List.of(OwnedBuffer.allocate(8).freeze(),
            OwnedBuffer.allocate(0).freeze());

    private final SplittableRandom random;
    private final List<Object> made = new ArrayList<>();
    private final List<Object> keys = new ArrayList<>();
    private final List<Runnable> more = new ArrayList<>();
    private final Map<OwnedBuffer, byte[]> buffers = new IdentityHashMap<>();
    private final boolean withBuffers;
    private final Object root;
    private int labels;

    RandomGraph(long seed) {
        random = new SplittableRandom(seed);
        withBuffers = one(16);
        int size = random.nextInt(1 << random.nextInt(1, 9));
        for (int i = 0; i <= size; i++) {
            made.add(make());
        }
        if (one(250)) {
            made.add(deep(random.nextInt(100, 5_000)));
        }
        if (one(50)) {
            made.add(wide(random.nextInt(1, 500)));
        }
        int extras = more.size();
        for (int i = 0; i < extras; i++) {
            if (one(2)) {
                more.get(random.nextInt(extras)).run();
            }
        }
        root = switch (random.nextInt(4)) {
            case 0 -> made.getLast();
            case 1 -> made.toArray();
            case 2 -> new ArrayList<>(made);
            default -> new ArrayList<>(made.subList(made.size() / 2, made.size())).reversed().toArray();
        };
    }

    Object root() {
        return root;
    }

    /** The owned buffers in it, and what is in them. */
    Map<OwnedBuffer, byte[]> buffers() {
        return buffers;
    }

    private boolean one(int in) {
        return random.nextInt(in) == 0;
    }

    // ---- what is held

    /** Anything, null too. */
    private Object any() {
        return one(16) ? null : nonNull();
    }

    private Object nonNull() {
        if (made.isEmpty() || one(4)) {
            return value();
        }
        int size = made.size();
        return made.get(one(2) ? random.nextInt(size) : random.nextInt(Math.max(0, size - 6), size));
    }

    private Object[] several(int most, boolean nulls) {
        Object[] several = new Object[random.nextInt(most + 1)];
        Arrays.setAll(several, i -> nulls ? any() : nonNull());
        return several;
    }

    /** What nobody can change. */
    private Object value() {
        int n = random.nextInt();
        return switch (random.nextInt(30)) {
            case 0 -> n;
            case 1 -> n & 127;
            case 2 -> (long) n << 20;
            case 3 -> (short) n;
            case 4 -> (byte) n;
            case 5 -> (char) n;
            case 6 -> one(2);
            case 7 -> one(3) ? Double.NaN : one(3) ? -0.0 : random.nextDouble();
            case 8 -> one(3) ? Float.NEGATIVE_INFINITY : (float) n;
            case 9 -> BigInteger.valueOf(n).pow(5);
            case 10 -> new BigDecimal(BigInteger.valueOf(n), 7);
            case 11 -> LocalDate.ofEpochDay(n & 0xffff);
            case 12 -> Instant.ofEpochSecond(n);
            case 13 -> Duration.ofMillis(n);
            case 14 -> ZonedDateTime.ofInstant(Instant.ofEpochSecond(n), ZoneId.of("Europe/Vienna"));
            case 15 -> DayOfWeek.of(1 + (n & 3));
            case 16 -> Operator.values()[Math.floorMod(n, 3)];
            case 17 -> new UUID(n, 7);
            case 18 -> URI.create("urn:n:" + n);
            case 19 -> PATTERN;
            case 20 -> Locale.ROOT;
            case 21 -> Currency.getInstance("JPY");
            case 22 -> Period.ofDays(n);
            case 23 -> n < 0 ? int.class : Operator.PLUS.getClass();
            case 24 -> SHARED.get(n & 1);
            case 25 -> FROZEN.get(n & 1);
            case 26 -> "";
            default -> "s" + n;
        };
    }

    private static final Pattern PATTERN = Pattern.compile("a+", Pattern.CASE_INSENSITIVE);

    private Label label() {
        return new Label(labels++);
    }

    /** A key, or an element of a set: no other has its label. */
    private Object key() {
        if (!keys.isEmpty() && one(5)) {
            return keys.get(random.nextInt(keys.size()));
        }
        Object key = switch (random.nextInt(5)) {
            case 0, 1 -> uniqueValue();
            case 2 -> label();
            default -> structuredKey();
        };
        keys.add(key);
        if (one(4)) {
            made.add(key);
        }
        return key;
    }

    private Object uniqueValue() {
        int n = labels++;
        return switch (random.nextInt(5)) {
            case 0 -> n;
            case 1 -> "k" + n;
            case 2 -> LocalDate.ofEpochDay(n);
            case 3 -> new UUID(0, n);
            default -> (long) n;
        };
    }

    private Object structuredKey() {
        Label label = label();
        return switch (random.nextInt(12)) {
            case 0 -> new Labelled(label, any());
            case 1 -> new Reference(label, nonNull());
            case 2 -> new Object[]{label, any()};
            case 3 -> new Composite<>(label, stable());
            case 4 -> new ArrayList<>(Arrays.asList(label, stable(), null));
            case 5 -> List.of(label, stable());
            case 6 -> Stream.of(label, stable(), null).toList();
            case 7 -> Arrays.asList(stable(), label);
            case 8 -> Set.of(label, stable());
            case 9 -> new HashSet<>(List.of(label, stable()));
            case 10 -> new HashMap<>(Map.of(label, stable()));
            default -> Collections.singletonMap(label, stable());
        };
    }

    /** What has a hash code that stays, though it may lead into a cycle. */
    private Object stable() {
        return switch (random.nextInt(4)) {
            case 0 -> uniqueValue();
            case 1 -> new Labelled(label(), any());
            case 2 -> new Reference(label(), nonNull());
            default -> new Object[]{label(), any()};
        };
    }

    // ---- what holds

    private Object make() {
        if (withBuffers && one(8)) {
            return buffer();
        }
        return switch (random.nextInt(9)) {
            case 0 -> array();
            case 1, 2 -> record();
            case 3 -> list();
            case 4 -> set();
            case 5 -> map();
            case 6 -> queue();
            case 7 -> userObject();
            default -> unmodifiable();
        };
    }

    private OwnedBuffer buffer() {
        byte[] bytes = new byte[random.nextInt(64)];
        random.nextBytes(bytes);
        OwnedBuffer buffer = one(3)
                ? OwnedBuffer.allocateResizable(bytes.length, 128)
                : OwnedBuffer.allocate(bytes.length);
        buffer.copyFrom(MemorySegment.ofArray(bytes), 0);
        buffers.put(buffer, bytes);
        return buffer;
    }

    private Object array() {
        int length = random.nextInt(6);
        return switch (random.nextInt(19)) {
            case 0 -> {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                yield bytes;
            }
            case 1 -> random.ints(length).toArray();
            case 2 -> random.longs(length).toArray();
            case 3 -> random.doubles(length).toArray();
            case 4 -> new boolean[length];
            case 5 -> "chars".substring(0, length % 5).toCharArray();
            case 6 -> new short[]{(short) length};
            case 7 -> new float[]{length, Float.NaN};
            case 8 -> random.ints(length).mapToObj(i -> "s" + i).toArray(String[]::new);
            case 9 -> random.ints(length).boxed().toArray(Integer[]::new);
            case 10 -> new int[length][2];
            case 11 -> new Operator[]{Operator.PLUS, null};
            case 12 -> random.longs(length).mapToObj(i -> new Labelled(label(), any())).toArray(Labelled[]::new);
            case 13 -> new Object[][]{several(3, true), several(3, true), null};
            case 14 -> new Comparable<?>[]{"a", length, new Labelled(label(), any())};
            case 15 -> new Label[]{label(), null};
            case 16 -> new List<?>[]{fill(new ArrayList<>(), true), List.of(), null};
            default -> open(several(6, true));
        };
    }

    private Object[] open(Object[] array) {
        if (array.length > 0) {
            more.add(() -> array[random.nextInt(array.length)] = any());
        }
        return array;
    }

    private Object record() {
        record Local(Object content, int number) {
        }
        int n = random.nextInt();
        return switch (random.nextInt(12)) {
            case 0 -> new Local(any(), n);
            case 1 -> new Labelled(label(), any());
            case 2 -> new Reference(label(), any());
            case 3 -> new Composite<>(label(), any());
            case 4 -> new Circle(n, -0.0, Float.NaN);
            case 5 -> new Polygon(new int[]{n}, one(2) ? new int[]{n} : null, one(2));
            case 6 -> new Group("g" + n, fill(new ArrayList<>(), true), several(3, true));
            case 7 -> new Nested<>(new Holder<>(any()), fill(new LinkedList<>(), true),
                    new Nested<>(null, fill(new ArrayList<>(), true), null));
            case 8 -> new Primitives((byte) n, (short) n, (char) n, n, n * 7L, Float.intBitsToFloat(n), n / 3.0, n < 0,
                    any());
            case 9 -> new Nothing();
            default -> new Holder<>(any());
        };
    }

    private <C extends Collection<Object>> C fill(C collection, boolean nulls) {
        Collections.addAll(collection, several(6, nulls));
        more.add(() -> collection.add(nulls ? any() : nonNull()));
        return collection;
    }

    private Object list() {
        return switch (random.nextInt(5)) {
            case 0 -> fill(new LinkedList<>(), true);
            case 1 -> fill(new Vector<>(), true);
            case 2 -> fill(new CopyOnWriteArrayList<>(), true);
            case 3 -> Arrays.asList(open(several(6, true)));
            default -> fill(new ArrayList<>(), true);
        };
    }

    private <C extends Collection<Object>> C fillWithKeys(C collection) {
        for (int i = random.nextInt(6); i > 0; i--) {
            collection.add(key());
        }
        more.add(() -> collection.add(key()));
        return collection;
    }

    private Object sortable(boolean labelled) {
        return labelled ? new Labelled(label(), any()) : (Object) random.nextInt();
    }

    private <C extends Collection<Object>> C fillInOrder(C collection) {
        boolean labelled = one(2);
        for (int i = random.nextInt(6); i > 0; i--) {
            collection.add(sortable(labelled));
        }
        more.add(() -> collection.add(sortable(labelled)));
        return collection;
    }

    private Comparator<Object> order() {
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> Descending.ORDER;
            case 2 -> WITHOUT_STATE;
            default -> reverse();
        };
    }

    @SuppressWarnings("unchecked")
    private static Comparator<Object> reverse() {
        return (Comparator<Object>) (Comparator<?>) Comparator.reverseOrder();
    }

    private Object set() {
        return switch (random.nextInt(6)) {
            case 0 -> fillWithKeys(new LinkedHashSet<>());
            case 1 -> fillInOrder(new TreeSet<>(order()));
            case 2 -> fillInOrder(new ConcurrentSkipListSet<>(order()));
            case 3 -> one(2)
                    ? EnumSet.of(Operator.MINUS, Operator.TIMES)
                    : EnumSet.range(Character.UnicodeScript.ARABIC, Character.UnicodeScript.THAI);
            default -> fillWithKeys(new HashSet<>());
        };
    }

    private Object map() {
        boolean labelled = one(2);
        return switch (random.nextInt(10)) {
            case 0 -> fill(new TreeMap<>(order()), labelled, true);
            case 1 -> fill(new ConcurrentSkipListMap<>(order()), labelled, false);
            case 2 -> fill(new LinkedHashMap<>(), true);
            case 3 -> fill(new LinkedHashMap<>(8, 0.75f, true), true);
            case 4 -> fill(new ConcurrentHashMap<>(), false);
            case 5 -> fill(new Hashtable<>(), false);
            case 6 -> fill(new IdentityHashMap<>(), true);
            case 7 -> {
                EnumMap<Operator, Object> map = new EnumMap<>(Operator.class);
                more.add(() -> map.put(Operator.values()[random.nextInt(3)], any()));
                yield map;
            }
            default -> fill(new HashMap<>(), true);
        };
    }

    private Map<Object, Object> fill(Map<Object, Object> map, boolean nulls) {
        for (int i = random.nextInt(6); i > 0; i--) {
            map.put(key(), nulls ? any() : nonNull());
        }
        more.add(() -> map.put(key(), nulls ? any() : nonNull()));
        return map;
    }

    private Map<Object, Object> fill(Map<Object, Object> map, boolean labelled, boolean nulls) {
        for (int i = random.nextInt(6); i > 0; i--) {
            map.put(sortable(labelled), nulls ? any() : nonNull());
        }
        more.add(() -> map.put(sortable(labelled), nulls ? any() : nonNull()));
        return map;
    }

    private Object queue() {
        return switch (random.nextInt(4)) {
            case 0 -> fill(new ArrayDeque<>(), false);
            case 1 -> fill(new ConcurrentLinkedQueue<>(), false);
            case 2 -> fill(new ConcurrentLinkedDeque<>(), false);
            default -> fillInOrder(new PriorityQueue<>(order()));
        };
    }

    private Object userObject() {
        int n = random.nextInt(128);
        return switch (random.nextInt(5)) {
            case 0 -> {
                Cell cell = new Cell(n, any(), any());
                more.add(() -> cell.left = any());
                yield cell;
            }
            case 1 -> {
                Box box = new Box(any());
                more.add(() -> box.content = any());
                yield box;
            }
            case 2 -> new Tuple(any(), any());
            case 3 -> new Counter(n);
            default -> {
                Bean bean = Bean.of(n, any(), any(), one(2) ? Bean.of(n, null, any(), null) : null);
                more.add(() -> bean.inherited = any());
                yield bean;
            }
        };
    }

    /** The views are over collections of their own: one that held itself could not be copied. */
    private Object unmodifiable() {
        return switch (random.nextInt(17)) {
            case 0, 1 -> List.of(several(4, false));
            case 2 -> Stream.of(several(4, true)).toList();
            case 3 -> Set.copyOf(fillWithKeys(new HashSet<>()));
            case 4 -> Map.copyOf(fill(new HashMap<>(), false));
            case 5 -> Collections.singletonList(any());
            case 6 -> Collections.singleton(key());
            case 7 -> Collections.singletonMap(key(), any());
            case 8 -> Collections.emptyList();
            case 9 -> Collections.emptyMap();
            case 10 -> Collections.unmodifiableList(new ArrayList<>(Arrays.asList(several(4, true))));
            case 11 -> Collections.unmodifiableList(new LinkedList<>(Arrays.asList(several(4, true))));
            case 12 -> Collections.unmodifiableCollection(new ArrayList<>(Arrays.asList(several(4, true))));
            case 13 -> Collections.unmodifiableSet(new LinkedHashSet<>(List.of(key())));
            case 14 -> Collections.unmodifiableMap(new HashMap<>(Collections.singletonMap(key(), any())));
            case 15 -> List.of(nonNull(), nonNull(), nonNull(), nonNull()).subList(1, 3 + random.nextInt(2));
            default -> one(2) ? Set.of() : Collections.emptySet();
        };
    }

    // ---- width

    /** Many of one kind; in every other one an element occurs twice, or is of another kind. */
    private Object wide(int size) {
        int kind = random.nextInt(5);
        Object[] elements = new Object[size];
        Arrays.setAll(elements, i -> switch (kind) {
            case 0 -> new int[]{i};
            case 1 -> new Polygon(new int[]{i}, null, true);
            case 2 -> new Holder<>("s" + i);
            case 3 -> new ArrayList<>(List.of("s", i));
            default -> new Group("g", new ArrayList<>(), new Object[]{i});
        });
        switch (random.nextInt(4)) {
            case 0 -> elements[random.nextInt(size)] = elements[random.nextInt(size)];
            case 1 -> elements[random.nextInt(size)] = nonNull();
            default -> {
            }
        }
        return switch (random.nextInt(6)) {
            case 0 -> elements;
            case 1 -> List.of(elements);
            case 2 -> new ArrayDeque<>(Arrays.asList(elements));
            case 3 -> {
                Map<Object, Object> map = one(2) ? new HashMap<>() : new LinkedHashMap<>();
                Arrays.asList(elements).forEach(e -> map.put(uniqueValue(), e));
                yield map;
            }
            default -> new ArrayList<>(Arrays.asList(elements));
        };
    }

    // ---- depth

    /** A chain, closed to a ring now and then. */
    private Object deep(int levels) {
        List<Object> end = new ArrayList<>(List.of(nonNull()));
        Object chain = end;
        for (int i = 0; i < levels; i++) {
            Object inner = chain;
            chain = switch (random.nextInt(17)) {
                case 0 -> new ArrayList<>(Arrays.asList(inner, any()));
                case 1 -> new Object[]{any(), inner};
                case 2 -> new Holder<>(inner);
                case 3 -> List.of(inner);
                case 4 -> new HashMap<>(Map.of(uniqueValue(), inner));
                case 5 -> new HashMap<>(Collections.singletonMap(new Labelled(label(), inner), any()));
                case 6 -> new HashSet<>(Set.of(new Reference(label(), inner)));
                case 7 -> Collections.unmodifiableList(new ArrayList<>(List.of(inner)));
                case 8 -> new TreeMap<>(Map.of(i, inner));
                case 9 -> new ArrayDeque<>(List.of(inner, inner));
                case 10 -> Set.of(new Labelled(label(), inner));
                case 11 -> Map.of(new Object[]{label(), inner}, "value");
                case 12 -> new Composite<>(label(), inner);
                case 13 -> new Cell(i & 127, any(), inner);
                case 14 -> new Tuple(inner, any());
                case 15 -> Bean.of(0, any(), inner, null);
                default -> Stream.of(inner, null).toList();
            };
        }
        if (one(2)) {
            end.add(chain);
        }
        return chain;
    }
}
