package dev.handoff.clone;

import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.memory.Transferable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.ZoneId;
import java.time.chrono.Chronology;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
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
import java.util.Objects;
import java.util.PriorityQueue;
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
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How objects of each class are cloned: one plan a class, made at its first use. */
final class Plans {
    /** Begins a copy: returns it whole, or a frame that will be it. */
    interface Plan {
        /** Throws a {@link DataCloneException} without a path where the object is refused. */
        Object open(Object original);
    }

    /** Nobody can change such an object, so it is its own copy. */
    static final Plan SHARED = original -> original;

    private static final Set<Class<?>> IMMUTABLE = Set.of(String.class, Boolean.class, Character.class, Byte.class,
            Short.class, Integer.class, Long.class, Float.class, Double.class, BigInteger.class, BigDecimal.class,
            Class.class, UUID.class, URI.class, Pattern.class, Locale.class, Currency.class, SharedBuffer.class,
            FrozenBuffer.class, Collections.emptyList().getClass(), Collections.emptySet().getClass(),
            Collections.emptyMap().getClass());

    private static final Map<Class<?>, Function<Object, Object>> LISTS = Map.ofEntries(
            shell(ArrayList.class, c -> new ArrayList<>(c.size())), shell(LinkedList.class, c -> new LinkedList<>()),
            shell(Vector.class, c -> new Vector<>(c.size())),
            shell(CopyOnWriteArrayList.class, c -> new CopyOnWriteArrayList<>()));

    private static final Map<Class<?>, Function<Object, Object>> COLLECTIONS = Map.ofEntries(
            shell(ArrayDeque.class, c -> new ArrayDeque<>(c.size())),
            shell(HashSet.class, c -> HashSet.newHashSet(c.size())),
            shell(LinkedHashSet.class, c -> LinkedHashSet.newLinkedHashSet(c.size())),
            shell(TreeSet.class, c -> new TreeSet<>(stateless(c.comparator()))),
            shell(ConcurrentSkipListSet.class, c -> new ConcurrentSkipListSet<>(stateless(c.comparator()))),
            shell(PriorityQueue.class, c -> new PriorityQueue<>(Math.max(1, c.size()), stateless(c.comparator()))),
            shell(ConcurrentLinkedQueue.class, c -> new ConcurrentLinkedQueue<>()),
            shell(ConcurrentLinkedDeque.class, c -> new ConcurrentLinkedDeque<>()));

    private static final Map<Class<?>, Function<Object, Object>> MAPS = Map.ofEntries(
            shell(HashMap.class, m -> HashMap.newHashMap(m.size())), shell(LinkedHashMap.class, Plans::emptied),
            shell(TreeMap.class, m -> new TreeMap<>(stateless(m.comparator()))),
            shell(ConcurrentHashMap.class, m -> new ConcurrentHashMap<>(m.size())),
            shell(ConcurrentSkipListMap.class, m -> new ConcurrentSkipListMap<>(stateless(m.comparator()))),
            shell(IdentityHashMap.class, m -> new IdentityHashMap<>(m.size())),
            shell(Hashtable.class, m -> new Hashtable<>(Math.max(1, m.size()))), shell(EnumMap.class, Plans::emptied));

    /** Unmodifiable collections: made in one piece from their elements. */
    private static final Map<Class<?>, Function<List<Object>, Object>> FROZEN = frozen();
    /** Unmodifiable views of collections that somebody else may still change. */
    private static final Map<Class<?>, Function<List<Object>, Object>> VIEWS = views();

    private static final ClassValue<@Nullable Plan> PLANS = new ClassValue<>() {
        @Override
        protected Plan computeValue(Class<?> type) {
            return plan(type);
        }
    };

    private Plans() {
    }

    static Plan of(Class<?> type) {
        return PLANS.get(type);
    }

    @SuppressWarnings("unchecked") // a shell holds what its original does
    private static Plan plan(Class<?> type) {
        if (isImmutable(type)) {
            return SHARED;
        }
        if (type.isArray()) {
            return arrayPlan(type);
        }
        if (type.isRecord()) {
            return recordPlan(type);
        }
        Function<Object, Object> list = LISTS.get(type);
        if (list != null) {
            return l -> new OfList((List<?>) l, (List<@Nullable Object>) list.apply(l));
        }
        Function<Object, Object> collection = COLLECTIONS.get(type);
        if (collection != null) {
            return c -> new OfCollection((Collection<Object>) c, (Collection<Object>) collection.apply(c));
        }
        Function<Object, Object> map = MAPS.get(type);
        if (map != null) {
            return m -> new OfMap((Map<Object, Object>) m, (Map<Object, Object>) map.apply(m));
        }
        Function<List<Object>, Object> make = FROZEN.getOrDefault(type, VIEWS.get(type));
        if (make != null) {
            boolean view = VIEWS.containsKey(type);
            return c -> c instanceof Map<?, ?> m
                    ? new OfUnmodifiable(c, entries(m), make, view)
                    : new OfUnmodifiable(c, ((Collection<?>) c).toArray(), make, view);
        }
        if (EnumSet.class.isAssignableFrom(type)) {
            return s -> ((EnumSet<?>) s).clone();
        }
        if (type.getName().equals("java.util.Arrays$ArrayList")) {
            return l -> {
                @Nullable Object[] slots = ((List<?>) l).toArray();
                return new Frame.OfArray(slots, Arrays.asList(slots)); // a view, hence filled with its slots
            };
        }
        if (Transferable.class.isAssignableFrom(type)) {
            return t -> {
                throw new AssertionError("transferables are moved by the copier: " + t);
            };
        }
        return o -> {
            throw new DataCloneException(type.getName() + " can't be cloned; records, arrays, enums, strings, numbers,"
                    + " java.time, buffers and the collections of java.util can");
        };
    }

    // ---- immutables

    private static boolean isImmutable(Class<?> type) {
        return IMMUTABLE.contains(type) || type.isPrimitive() || Enum.class.isAssignableFrom(type) || isTime(type)
                || type.isRecord() && isImmutableRecord(type, new HashSet<>());
    }

    private static boolean isTime(Class<?> type) {
        return type.getModule() == Object.class.getModule() && type.getPackageName().startsWith("java.time")
                && !Modifier.isAbstract(type.getModifiers())
                && (TemporalAccessor.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type)
                        || ZoneId.class.isAssignableFrom(type) || Chronology.class.isAssignableFrom(type));
    }

    /** Whether its components can hold nothing but immutables, by their declared types; {@code open} guards cycles. */
    private static boolean isImmutableRecord(Class<?> type, Set<Class<?>> open) {
        if (!open.add(type)) {
            return true; // it holds its own kind, which adds nothing to the question
        }
        for (RecordComponent component : type.getRecordComponents()) {
            Class<?> t = component.getType();
            boolean immutable = t.isRecord()
                    ? isImmutableRecord(t, open)
                    : (Modifier.isFinal(t.getModifiers()) || t.isEnum()) && isImmutable(t);
            if (!immutable) {
                return false;
            }
        }
        return true;
    }

    // ---- arrays

    private static Plan arrayPlan(Class<?> type) {
        Class<?> component = type.getComponentType();
        boolean leaf = component.isPrimitive()
                || (Modifier.isFinal(component.getModifiers()) || component.isEnum()) && isImmutable(component);
        if (!leaf) {
            return a -> arrayFrame(((Object[]) a).clone());
        }
        return a -> {
            int length = Array.getLength(a);
            Object copy = Array.newInstance(component, length);
            System.arraycopy(a, 0, copy, 0, length);
            return copy;
        };
    }

    private static Frame arrayFrame(Object[] copy) {
        return new Frame.OfArray(copy, copy);
    }

    // ---- records

    private static Plan recordPlan(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        MethodHandle[] accessors = new MethodHandle[components.length];
        MethodHandle constructor;
        String[] names = new String[components.length];
        try {
            MethodHandles.Lookup lookup = lookup(type);
            Class<?>[] types = new Class<?>[components.length];
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                names[i] = components[i].getName();
                accessors[i] = lookup.unreflect(components[i].getAccessor())
                        .asType(MethodType.methodType(Object.class, Object.class));
            }
            constructor = lookup.findConstructor(type, MethodType.methodType(void.class, types))
                    .asFixedArity().asSpreader(Object[].class, types.length)
                    .asType(MethodType.methodType(Object.class, Object[].class));
        } catch (ReflectiveOperationException e) {
            return o -> {
                throw new DataCloneException("the record " + type.getName() + " can't be cloned, as its module does not"
                        + " open its package; add \"opens " + type.getPackageName() + " to dev.handoff\"", e);
            };
        }
        return r -> {
            @Nullable Object[] values = new Object[accessors.length];
            try {
                for (int i = 0; i < values.length; i++) {
                    values[i] = accessors[i].invokeExact(r);
                }
            } catch (Throwable e) {
                throw thrown(e, type.getName() + "'s accessor");
            }
            return new OfRecord(r, values, constructor, names);
        };
    }

    /** A lookup that sees the record: a full one where its package is open to us, else what is public. */
    private static MethodHandles.Lookup lookup(Class<?> type) {
        Plans.class.getModule().addReads(type.getModule());
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup());
        } catch (IllegalAccessException e) {
            return MethodHandles.lookup();
        }
    }

    private static DataCloneException thrown(Throwable e, String by) {
        if (e instanceof VirtualMachineError fatal) {
            throw fatal;
        }
        return new DataCloneException(by + " threw " + e, e);
    }

    private static final class OfRecord extends Frame.Immutable {
        private final MethodHandle constructor;
        private final String[] names;

        OfRecord(Object original, @Nullable Object[] values, MethodHandle constructor, String[] names) {
            super(original, values, true); // an accessor may tell less than the record holds
            this.constructor = constructor;
            this.names = names;
        }

        @Override
        Object build() {
            try {
                return constructor.invokeExact(slots);
            } catch (Throwable e) {
                throw thrown(e, "a record's constructor");
            }
        }

        @Override
        String step(int slot) {
            return "." + names[slot];
        }
    }

    // ---- collections

    /** A list keeps its elements in the order of the slots, so that one can follow later. */
    private static final class OfList extends Frame {
        private final List<@Nullable Object> list;

        OfList(List<?> original, List<@Nullable Object> shell) {
            super(original.toArray(), shell);
            list = shell;
        }

        @Override
        void set(int slot, @Nullable Object value) {
            super.set(slot, value);
            if (done) {
                list.set(slot, value);
            }
        }

        @Override
        void finish() {
            list.addAll(Arrays.asList(slots));
            super.finish();
        }

        @Override
        boolean takesGaps() {
            return true;
        }
    }

    private static final class OfCollection extends Frame.Filled {
        private final Collection<Object> collection;

        OfCollection(Collection<Object> original, Collection<Object> shell) {
            super(original.toArray(), shell);
            collection = shell;
        }

        @Override
        void fill() {
            collection.clear();
            collection.addAll(list(slots));
        }

        @Override
        int size() {
            return collection.size();
        }

        @Override
        int expectedSize() {
            return slots.length;
        }

        @Override
        boolean isArrangedBy(int slot) {
            return collection instanceof Set || collection instanceof PriorityQueue;
        }

        @Override
        int arrangement() {
            return Plans.arrangement(collection, !(collection instanceof Set) || collection instanceof SortedSet);
        }
    }

    private static final class OfMap extends Frame.Filled {
        private final Map<Object, Object> map;

        OfMap(Map<Object, Object> original, Map<Object, Object> shell) {
            super(entries(original), shell);
            map = shell;
        }

        @Override
        void fill() {
            map.clear();
            mapOf(map, list(slots));
        }

        @Override
        int size() {
            return map.size();
        }

        @Override
        int expectedSize() {
            return slots.length / 2;
        }

        @Override
        boolean isArrangedBy(int slot) {
            return slot % 2 == 0 && !(map instanceof IdentityHashMap);
        }

        @Override
        int arrangement() {
            return Plans.arrangement(map.keySet(), map instanceof SortedMap);
        }

        @Override
        String step(int slot) {
            return mapStep(slots, slot);
        }
    }

    /** A number that changes, most likely, where elements change their places. */
    private static int arrangement(Collection<Object> elements, boolean sorted) {
        int arrangement = elements.size();
        for (Object e : elements) {
            arrangement = 31 * arrangement + (sorted ? System.identityHashCode(e) : Objects.hashCode(e));
        }
        return arrangement;
    }

    private static final class OfUnmodifiable extends Frame.Immutable {
        private final Function<List<Object>, Object> make;
        private final boolean isMap;
        private final boolean isHashed;

        OfUnmodifiable(Object original, @Nullable Object[] elements,
                Function<List<Object>, Object> make, boolean view) {
            super(original, elements, view);
            this.make = make;
            this.isMap = original instanceof Map;
            this.isHashed = original instanceof Set;
        }

        @Override
        Object build() {
            try {
                Object built = make.apply(list(slots));
                int size = built instanceof Map<?, ?> map ? map.size() * 2 : ((Collection<?>) built).size();
                if (size == slots.length) {
                    return built;
                }
            } catch (IllegalArgumentException e) {
                // Set.of refuses equal elements: the same case
            }
            throw new DataCloneException("it holds elements that are equal by now, so a copy would lose some");
        }

        @Override
        boolean isArrangedBy(int slot) {
            return isMap ? slot % 2 == 0 : isHashed;
        }

        @Override
        String step(int slot) {
            return isMap ? mapStep(slots, slot) : super.step(slot);
        }
    }

    private static <T> Map.Entry<Class<?>, Function<Object, Object>> shell(Class<T> type, Function<T, Object> make) {
        return Map.entry(type, o -> make.apply(type.cast(o)));
    }

    /** A clone without its contents keeps what no accessor tells: a key type, an access order. */
    private static Object emptied(Map<?, ?> map) {
        Map<?, ?> copy = map instanceof EnumMap<?, ?> e
                ? e.clone()
                : (Map<?, ?>) ((LinkedHashMap<?, ?>) map).clone();
        copy.clear();
        return copy;
    }

    /** Keys and values in turn. */
    private static @Nullable Object[] entries(Map<?, ?> map) {
        List<@Nullable Object> entries = new ArrayList<>(2 * map.size());
        map.forEach((key, value) -> {
            entries.add(key);
            entries.add(value);
        });
        return entries.toArray();
    }

    /** The same comparator, where it can hold nothing that would have to be copied. */
    @SuppressWarnings("unchecked")
    private static @Nullable Comparator<Object> stateless(
            @Nullable Comparator<?> comparator) {
        if (comparator != null && !(comparator instanceof Enum)) {
            for (Class<?> c = comparator.getClass(); c != null; c = c.getSuperclass()) {
                for (Field field : c.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        throw new DataCloneException("a sorted collection can't be cloned, as its comparator "
                                + comparator.getClass().getName() + " holds state; use one without");
                    }
                }
            }
        }
        return (Comparator<Object>) comparator;
    }

    private static Map<Class<?>, Function<List<Object>, Object>> frozen() {
        Map<Class<?>, Function<List<Object>, Object>> map = new HashMap<>();
        Function<List<Object>, Object> list = Plans::listOf;
        for (List<?> l : List.of(List.of(), List.of(1), List.of(1, 2, 3), List.of(1, 2, 3, 4).subList(1, 3))) {
            map.put(l.getClass(), list);
        }
        for (Set<?> s : List.of(Set.of(), Set.of(1), Set.of(1, 2, 3))) {
            map.put(s.getClass(), elements -> Set.of(elements.toArray()));
        }
        for (Map<?, ?> m : List.of(Map.of(), Map.of(1, 1), Map.of(1, 1, 2, 2))) {
            map.put(m.getClass(), entries -> Map.copyOf(mapOf(new HashMap<>(), entries)));
        }
        map.put(Collections.singletonList(1).getClass(), e -> Collections.singletonList(e.getFirst()));
        map.put(Collections.singleton(1).getClass(), e -> Collections.singleton(e.getFirst()));
        map.put(Collections.singletonMap(1, 1).getClass(), e -> Collections.singletonMap(e.get(0), e.get(1)));
        return Map.copyOf(map);
    }

    private static Map<Class<?>, Function<List<Object>, Object>> views() {
        Map<Class<?>, Function<List<Object>, Object>> map = new HashMap<>();
        map.put(Collections.unmodifiableList(new ArrayList<>()).getClass(),
                e -> Collections.unmodifiableList(new ArrayList<>(e)));
        map.put(Collections.unmodifiableList(new LinkedList<>()).getClass(),
                e -> Collections.unmodifiableList(new LinkedList<>(e)));
        map.put(Collections.unmodifiableCollection(new ArrayList<>()).getClass(),
                e -> Collections.unmodifiableCollection(new ArrayList<>(e)));
        map.put(Collections.unmodifiableSet(new HashSet<>()).getClass(),
                e -> Collections.unmodifiableSet(new LinkedHashSet<>(e)));
        map.put(Collections.unmodifiableMap(new HashMap<>()).getClass(),
                e -> Collections.unmodifiableMap(mapOf(new LinkedHashMap<>(), e)));
        return Map.copyOf(map);
    }

    private static List<Object> listOf(List<Object> elements) {
        return elements.contains(null) ? elements.stream().toList() : List.copyOf(elements);
    }

    private static Map<Object, Object> mapOf(Map<Object, Object> map, List<Object> entries) {
        for (int i = 0; i < entries.size(); i += 2) {
            map.put(entries.get(i), entries.get(i + 1));
        }
        return map;
    }

    @SuppressWarnings("NullAway") // a list of what the original holds, nulls included
    private static List<Object> list(@Nullable Object[] slots) {
        return Arrays.asList(slots);
    }
}
