package dev.handoff.clone;

import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.SharedBuffer;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
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

/** How the classes of the JDK, and the buffers, are cloned. */
final class JdkTypes {
    private static final Set<Class<?>> IMMUTABLE = Set.of(String.class, Boolean.class, Character.class, Byte.class,
            Short.class, Integer.class, Long.class, Float.class, Double.class, BigInteger.class, BigDecimal.class,
            Class.class, UUID.class, URI.class, Pattern.class, Locale.class, Currency.class, SharedBuffer.class,
            FrozenBuffer.class, Collections.emptyList().getClass(), Collections.emptySet().getClass(),
            Collections.emptyMap().getClass());

    private static final Map<Class<?>, Plan> PLANS = new HashMap<>();

    static {
        arrays();
        lists();
        collections();
        maps();
        unmodifiable();
        views();
    }

    private JdkTypes() {
    }

    /** The plan of a class, or null if it is none of these. */
    static @Nullable Plan plan(Class<?> type) {
        if (isImmutable(type)) {
            return new SharedPlan(type);
        }
        if (EnumSet.class.isAssignableFrom(type) && type.getModule() == Object.class.getModule()) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((EnumSet<?>) original).clone();
                }
            };
        }
        return PLANS.get(type);
    }

    /** Whether nobody can change such an object; of records nothing is said. */
    static boolean isImmutable(Class<?> type) {
        return IMMUTABLE.contains(type) || type.isPrimitive() || Enum.class.isAssignableFrom(type) || isTime(type);
    }

    private static boolean isTime(Class<?> type) {
        return type.getModule() == Object.class.getModule() && type.getPackageName().startsWith("java.time")
                && !Modifier.isAbstract(type.getModifiers())
                && (TemporalAccessor.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type)
                        || ZoneId.class.isAssignableFrom(type) || Chronology.class.isAssignableFrom(type));
    }

    private static void add(Plan plan) {
        PLANS.put(plan.type, plan);
    }

    // ---- arrays

    private static void arrays() {
        add(new LeafPlan(boolean[].class) {
            @Override
            Object copyTree(Object original) {
                return ((boolean[]) original).clone();
            }
        });
        add(new LeafPlan(byte[].class) {
            @Override
            Object copyTree(Object original) {
                return ((byte[]) original).clone();
            }
        });
        add(new LeafPlan(char[].class) {
            @Override
            Object copyTree(Object original) {
                return ((char[]) original).clone();
            }
        });
        add(new LeafPlan(short[].class) {
            @Override
            Object copyTree(Object original) {
                return ((short[]) original).clone();
            }
        });
        add(new LeafPlan(int[].class) {
            @Override
            Object copyTree(Object original) {
                return ((int[]) original).clone();
            }
        });
        add(new LeafPlan(long[].class) {
            @Override
            Object copyTree(Object original) {
                return ((long[]) original).clone();
            }
        });
        add(new LeafPlan(float[].class) {
            @Override
            Object copyTree(Object original) {
                return ((float[]) original).clone();
            }
        });
        add(new LeafPlan(double[].class) {
            @Override
            Object copyTree(Object original) {
                return ((double[]) original).clone();
            }
        });
    }

    // ---- lists

    private static void lists() {
        add(new ArrayListPlan());
        add(list(LinkedList.class, l -> new LinkedList<>()));
        add(list(Vector.class, l -> new Vector<>(l.size())));
        add(list(CopyOnWriteArrayList.class, l -> new CopyOnWriteArrayList<>()));
        add(new AsListPlan());
    }

    private static Plan list(Class<?> type, Function<List<?>, List<@Nullable Object>> create) {
        return new ListPlan(type) {
            @Override
            Object create(Object original) {
                return create.apply((List<?>) original);
            }
        };
    }

    /** A list keeps its elements in the order of the slots, so that one can follow later. */
    private abstract static class ListPlan extends MutablePlan {
        ListPlan(Class<?> type) {
            super(type);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return ((List<?>) original).toArray();
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            List<@Nullable Object> list = elements(copy);
            list.clear();
            list.addAll(Arrays.asList(slots));
        }

        @Override
        boolean takesGaps() {
            return true;
        }

        @Override
        void set(Object copy, int slot, @Nullable Object value) {
            elements(copy).set(slot, value);
        }

        @SuppressWarnings("unchecked") // a copy of a list
        static List<@Nullable Object> elements(Object list) {
            return (List<@Nullable Object>) list;
        }
    }

    private static final class ArrayListPlan extends ListPlan {
        ArrayListPlan() {
            super(ArrayList.class);
        }

        @Override
        Object create(Object original) {
            return new ArrayList<>(((ArrayList<?>) original).size());
        }

        /** From a copy made in one piece, which others can't change any more. */
        @Override
        @Nullable
        Object copyAlone(Object original, Plans plans) {
            ArrayList<?> copy = new ArrayList<>((ArrayList<?>) original);
            return sharedPrefix(copy, plans) == copy.size() ? copy : null;
        }

        private static int sharedPrefix(List<?> list, Plans plans) {
            Class<?> shared = null;
            int size = list.size();
            for (int i = 0; i < size; i++) {
                Object element = list.get(i);
                if (element != null && !Plans.isCommon(element) && element.getClass() != shared) {
                    if (!plans.isShared(element)) {
                        return i;
                    }
                    shared = element.getClass();
                }
            }
            return size;
        }

        /** Element by element: nobody must meet an original in the copy, not even for a while. */
        @Override
        void fill(Object original, Object copy, Descent descent) {
            ArrayList<?> from = (ArrayList<?>) original;
            @SuppressWarnings("unchecked") ArrayList<@Nullable Object> to = (ArrayList<@Nullable Object>) copy;
            int size = from.size();
            Plan plan = SharedPlan.OF_NULL;
            for (int i = 0; i < size; i++) {
                Object element = from.get(i);
                if (element != null) {
                    plan = plan.type == element.getClass() ? plan : descent.plans.of(element.getClass());
                    element = plan.copy(element, descent);
                }
                to.add(element);
            }
        }
    }

    private static final class AsListPlan extends ListPlan {
        AsListPlan() {
            super(Arrays.asList().getClass());
        }

        @Override
        Object create(Object original) {
            return Arrays.asList(new Object[((List<?>) original).size()]);
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            for (int i = 0; i < slots.length; i++) {
                set(copy, i, slots[i]);
            }
        }
    }

    // ---- other collections

    private static void collections() {
        add(collection(ArrayDeque.class, c -> new ArrayDeque<>(c.size())));
        add(collection(HashSet.class, c -> HashSet.newHashSet(c.size())));
        add(collection(LinkedHashSet.class, c -> LinkedHashSet.newLinkedHashSet(c.size())));
        add(collection(TreeSet.class, c -> new TreeSet<>(stateless(((TreeSet<?>) c).comparator()))));
        add(collection(ConcurrentSkipListSet.class,
                c -> new ConcurrentSkipListSet<>(stateless(((ConcurrentSkipListSet<?>) c).comparator()))));
        add(collection(PriorityQueue.class,
                c -> new PriorityQueue<>(Math.max(1, c.size()), stateless(((PriorityQueue<?>) c).comparator()))));
        add(collection(ConcurrentLinkedQueue.class, c -> new ConcurrentLinkedQueue<>()));
        add(collection(ConcurrentLinkedDeque.class, c -> new ConcurrentLinkedDeque<>()));
    }

    private static Plan collection(Class<?> type, Function<Collection<?>, Collection<Object>> create) {
        return new CollectionPlan(type, create);
    }

    private static final class CollectionPlan extends MutablePlan {
        private final Function<Collection<?>, Collection<Object>> create;
        private final boolean isArranged;
        private final boolean isSorted;

        CollectionPlan(Class<?> type, Function<Collection<?>, Collection<Object>> create) {
            super(type);
            this.create = create;
            this.isSorted = !Set.class.isAssignableFrom(type) || SortedSet.class.isAssignableFrom(type);
            this.isArranged = Set.class.isAssignableFrom(type) || type == PriorityQueue.class;
        }

        @Override
        Object create(Object original) {
            return create.apply((Collection<?>) original);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return ((Collection<?>) original).toArray();
        }

        @Override
        boolean isKey(int slot) {
            return isArranged;
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            Collection<@Nullable Object> collection = elements(copy);
            collection.clear();
            collection.addAll(Arrays.asList(slots));
        }

        @Override
        int filled(Object copy, @Nullable Object[] slots) {
            return elements(copy).size();
        }

        @Override
        int arrangement(Object copy) {
            return JdkTypes.arrangement(elements(copy), isSorted);
        }

        @SuppressWarnings("unchecked") // a copy of a collection
        private static Collection<@Nullable Object> elements(Object collection) {
            return (Collection<@Nullable Object>) collection;
        }
    }

    // ---- maps

    private static void maps() {
        add(new HashMapPlan(HashMap.class));
        add(new HashMapPlan(LinkedHashMap.class));
        add(map(TreeMap.class, m -> new TreeMap<>(stateless(((TreeMap<?, ?>) m).comparator()))));
        add(map(ConcurrentHashMap.class, m -> new ConcurrentHashMap<>(m.size())));
        add(map(ConcurrentSkipListMap.class,
                m -> new ConcurrentSkipListMap<>(stateless(((ConcurrentSkipListMap<?, ?>) m).comparator()))));
        add(map(IdentityHashMap.class, m -> new IdentityHashMap<>(m.size())));
        add(map(Hashtable.class, m -> new Hashtable<>(Math.max(1, m.size()))));
        add(map(EnumMap.class, JdkTypes::emptied));
    }

    private static Plan map(Class<?> type, Function<Map<?, ?>, Map<?, ?>> create) {
        return new MapPlan(type) {
            @Override
            Object create(Object original) {
                return create.apply((Map<?, ?>) original);
            }
        };
    }

    /** Keys and values in turn. */
    private abstract static class MapPlan extends MutablePlan {
        private final boolean isArranged;
        private final boolean isSorted;

        MapPlan(Class<?> type) {
            super(type);
            this.isArranged = type != IdentityHashMap.class;
            this.isSorted = SortedMap.class.isAssignableFrom(type);
        }

        @Override
        final @Nullable Object[] contents(Object original) {
            return entries((Map<?, ?>) original);
        }

        @Override
        final boolean isKey(int slot) {
            return isArranged && slot % 2 == 0;
        }

        @Override
        final void fill(Object copy, @Nullable Object[] slots) {
            Map<@Nullable Object, @Nullable Object> map = mappings(copy);
            map.clear();
            for (int i = 0; i < slots.length; i += 2) {
                map.put(slots[i], slots[i + 1]);
            }
        }

        @Override
        final int filled(Object copy, @Nullable Object[] slots) {
            return 2 * mappings(copy).size();
        }

        @Override
        final int arrangement(Object copy) {
            return JdkTypes.arrangement(mappings(copy).keySet(), isSorted);
        }

        @Override
        final String step(@Nullable Object[] slots, int slot) {
            return mapStep(slots, slot);
        }

        @SuppressWarnings("unchecked") // a copy of a map
        static Map<@Nullable Object, @Nullable Object> mappings(Object map) {
            return (Map<@Nullable Object, @Nullable Object>) map;
        }
    }

    private static final class HashMapPlan extends MapPlan {
        HashMapPlan(Class<?> type) {
            super(type);
        }

        @Override
        Object create(Object original) {
            return type == HashMap.class
                    ? HashMap.newHashMap(((HashMap<?, ?>) original).size())
                    : emptied((LinkedHashMap<?, ?>) original);
        }

        @Override
        @Nullable
        Object copyAlone(Object original, Plans plans) {
            Map<@Nullable Object, @Nullable Object> copy = mappings(create(original));
            Class<?> sharedKey = null;
            Class<?> sharedValue = null;
            for (Map.Entry<?, ?> entry : ((HashMap<?, ?>) original).entrySet()) {
                Object key = entry.getKey();
                Object value = entry.getValue();
                if (key != null && !Plans.isCommon(key) && key.getClass() != sharedKey) {
                    if (!plans.isShared(key)) {
                        return null;
                    }
                    sharedKey = key.getClass();
                }
                if (value != null && !Plans.isCommon(value) && value.getClass() != sharedValue) {
                    if (!plans.isShared(value)) {
                        return null;
                    }
                    sharedValue = value.getClass();
                }
                copy.put(key, value);
            }
            return copy;
        }

        /** Entry by entry, without an array of them. */
        @Override
        void fill(Object original, Object copy, Descent descent) {
            HashMap<?, ?> from = (HashMap<?, ?>) original;
            Map<@Nullable Object, @Nullable Object> to = mappings(copy);
            int entries = 0;
            for (Map.Entry<?, ?> entry : from.entrySet()) {
                Object key = descent.copyKey(entry.getKey());
                to.put(key, descent.copy(entry.getValue()));
                entries++;
            }
            if (to.size() != entries) {
                throw Descent.giveUp();
            }
        }
    }

    // ---- unmodifiable collections: made in one piece from their elements

    private static void unmodifiable() {
        Function<List<Object>, Object> list = JdkTypes::listOf;
        for (List<?> l : List.of(List.of(), List.of(1), List.of(1, 2, 3), List.of(1, 2, 3, 4).subList(1, 3))) {
            add(new UnmodifiablePlan(l.getClass(), list, true));
        }
        for (Set<?> s : List.of(Set.of(), Set.of(1), Set.of(1, 2, 3))) {
            add(new UnmodifiablePlan(s.getClass(), elements -> Set.of(elements.toArray()), true));
        }
        for (Map<?, ?> m : List.of(Map.of(), Map.of(1, 1), Map.of(1, 1, 2, 2))) {
            add(new UnmodifiablePlan(m.getClass(), entries -> Map.copyOf(mapOf(new HashMap<>(), entries)), true));
        }
        add(new UnmodifiablePlan(Collections.singletonList(1).getClass(),
                e -> Collections.singletonList(e.getFirst()), true));
        add(new UnmodifiablePlan(Collections.singleton(1).getClass(), e -> Collections.singleton(e.getFirst()), true));
        add(new UnmodifiablePlan(Collections.singletonMap(1, 1).getClass(),
                e -> Collections.singletonMap(e.get(0), e.get(1)), true));
    }

    /** Views of collections that somebody else may still change. */
    private static void views() {
        add(new UnmodifiablePlan(Collections.unmodifiableList(new ArrayList<>()).getClass(),
                e -> Collections.unmodifiableList(new ArrayList<>(e)), false));
        add(new UnmodifiablePlan(Collections.unmodifiableList(new LinkedList<>()).getClass(),
                e -> Collections.unmodifiableList(new LinkedList<>(e)), false));
        add(new UnmodifiablePlan(Collections.unmodifiableCollection(new ArrayList<>()).getClass(),
                e -> Collections.unmodifiableCollection(new ArrayList<>(e)), false));
        add(new UnmodifiablePlan(Collections.unmodifiableSet(new HashSet<>()).getClass(),
                e -> Collections.unmodifiableSet(new LinkedHashSet<>(e)), false));
        add(new UnmodifiablePlan(Collections.unmodifiableMap(new HashMap<>()).getClass(),
                e -> Collections.unmodifiableMap(mapOf(new LinkedHashMap<>(), e)), false));
    }

    private static final class UnmodifiablePlan extends BuiltPlan {
        private final Function<List<Object>, Object> make;
        private final boolean isMap;
        private final boolean isSet;
        private final boolean isImmutable;

        UnmodifiablePlan(Class<?> type, Function<List<Object>, Object> make, boolean isImmutable) {
            super(type);
            this.make = make;
            this.isMap = Map.class.isAssignableFrom(type);
            this.isSet = Set.class.isAssignableFrom(type);
            this.isImmutable = isImmutable;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return original instanceof Map<?, ?> map ? entries(map) : ((Collection<?>) original).toArray();
        }

        @Override
        boolean isImmutable() {
            return isImmutable;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
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
        boolean isKey(int slot) {
            return isMap ? slot % 2 == 0 : isSet;
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return isMap ? mapStep(slots, slot) : super.step(slots, slot);
        }
    }

    // ---- helpers

    /** A number that changes, most likely, where elements change their places. */
    private static int arrangement(Collection<@Nullable Object> elements, boolean sorted) {
        int arrangement = elements.size();
        for (Object e : elements) {
            arrangement = 31 * arrangement + (sorted ? System.identityHashCode(e) : Objects.hashCode(e));
        }
        return arrangement;
    }

    /** How a map's slots, keys and values in turn, read in a path. */
    private static String mapStep(@Nullable Object[] slots, int slot) {
        if (slot % 2 == 0) {
            return ".key(" + slot / 2 + ")";
        }
        Object key = slots[slot - 1];
        return key instanceof CharSequence ? "[\"" + key + "\"]" : "[" + key + "]";
    }

    /** A clone without its contents keeps what no accessor tells: a key type, an access order. */
    private static Map<?, ?> emptied(Map<?, ?> map) {
        Map<?, ?> copy = map instanceof EnumMap<?, ?> e
                ? e.clone()
                : (Map<?, ?>) ((LinkedHashMap<?, ?>) map).clone();
        copy.clear();
        return copy;
    }

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
    private static @Nullable Comparator<Object> stateless(@Nullable Comparator<?> comparator) {
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
