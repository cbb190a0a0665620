package dev.handoff.clone;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Stack;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Vector;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The mutable collections that have a class of their own, and the plans that their views and wrappers use, too. */
final class JdkCollections {
    /** How many more entries than a map has at any moment an iterator may show, as some are removed meanwhile. */
    private static final int MOST_ADDED = 1 << 16;

    /** What decides where an element lies in a collection. */
    enum Order {
        POSITION,
        HASH,
        COMPARISON
    }

    private JdkCollections() {
    }

    /** The plan of a class of {@code java.base}, or null if it is none of these. */
    static @Nullable Plan plan(Class<?> type, Plans plans) {
        return switch (type.getName()) {
            case "java.util.ArrayList" -> new ArrayListPlan();
            case "java.util.Arrays$ArrayList" -> new FixedListPlan(type);
            case "java.util.LinkedList" -> list(type, l -> new LinkedList<>());
            case "java.util.Vector" -> list(type, l -> new Vector<>(l.size()));
            case "java.util.Stack" -> list(type, l -> new Stack<>());
            case "java.util.concurrent.CopyOnWriteArrayList" -> list(type, l -> new CopyOnWriteArrayList<>());

            case "java.util.HashSet" -> collection(type, Order.HASH, c -> HashSet.newHashSet(c.size()));
            case "java.util.LinkedHashSet" ->
                collection(type, Order.HASH, c -> LinkedHashSet.newLinkedHashSet(c.size()));
            case "java.util.concurrent.CopyOnWriteArraySet" ->
                collection(type, Order.HASH, c -> new CopyOnWriteArraySet<>());
            case "java.util.concurrent.ConcurrentHashMap$KeySetView" -> keySetView(type, plans);
            case "java.util.ArrayDeque" -> collection(type, Order.POSITION, c -> new ArrayDeque<>(c.size()));
            case "java.util.concurrent.ConcurrentLinkedQueue" ->
                collection(type, Order.POSITION, c -> new ConcurrentLinkedQueue<>());
            case "java.util.concurrent.ConcurrentLinkedDeque" ->
                collection(type, Order.POSITION, c -> new ConcurrentLinkedDeque<>());
            case "java.util.concurrent.ArrayBlockingQueue" ->
                collection(type, Order.POSITION, c -> new ArrayBlockingQueue<>(capacity(c)));
            case "java.util.concurrent.LinkedBlockingQueue" ->
                collection(type, Order.POSITION, c -> new LinkedBlockingQueue<>(capacity(c)));
            case "java.util.concurrent.LinkedBlockingDeque" ->
                collection(type, Order.POSITION, c -> new LinkedBlockingDeque<>(capacity(c)));
            case "java.util.TreeSet" ->
                sorted(type, (TreeSet<?> c) -> new TreeSet<>(Comparators.shared(c.comparator(), plans)));
            case "java.util.concurrent.ConcurrentSkipListSet" ->
                sorted(type, (ConcurrentSkipListSet<?> c) -> new ConcurrentSkipListSet<>(
                        Comparators.shared(c.comparator(), plans)));
            case "java.util.PriorityQueue" ->
                sorted(type, (PriorityQueue<?> c) -> new PriorityQueue<>(Math.max(1, c.size()),
                        Comparators.shared(c.comparator(), plans)));
            case "java.util.concurrent.PriorityBlockingQueue" ->
                sorted(type, (PriorityBlockingQueue<?> c) -> new PriorityBlockingQueue<>(Math.max(1, c.size()),
                        Comparators.shared(c.comparator(), plans)));

            case "java.util.HashMap", "java.util.LinkedHashMap" -> new HashMapPlan(type);
            case "java.util.concurrent.ConcurrentHashMap" ->
                map(type, Order.HASH, (Map<?, ?> m) -> new ConcurrentHashMap<>(m.size()));
            case "java.util.Hashtable" ->
                map(type, Order.HASH, (Map<?, ?> m) -> new Hashtable<>(Math.max(1, m.size())));
            case "java.util.Properties" -> map(type, Order.HASH, JdkCollections::emptyProperties);
            case "java.util.EnumMap" -> map(type, Order.COMPARISON, JdkCollections::emptied);
            case "java.util.IdentityHashMap" ->
                map(type, Order.POSITION, (Map<?, ?> m) -> new IdentityHashMap<>(m.size()));
            case "java.util.TreeMap" -> map(type, Order.COMPARISON,
                    (TreeMap<?, ?> m) -> new TreeMap<>(Comparators.shared(m.comparator(), plans)));
            case "java.util.concurrent.ConcurrentSkipListMap" -> map(type, Order.COMPARISON,
                    (ConcurrentSkipListMap<?, ?> m) -> new ConcurrentSkipListMap<>(
                            Comparators.shared(m.comparator(), plans)));
            default -> null;
        };
    }

    // ---- lists

    private static Plan list(Class<?> type, Function<List<?>, List<@Nullable Object>> create) {
        return new CreatedListPlan(type, type, create);
    }

    /** A list keeps its elements in the order of the slots, so that one can follow later. */
    abstract static class ListPlan extends MutablePlan {
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

    static final class CreatedListPlan extends ListPlan {
        private final Class<?> made;
        private final Function<List<?>, List<@Nullable Object>> create;

        /** {@code made}: what the copies are, for a reader. */
        CreatedListPlan(Class<?> type, Class<?> made, Function<List<?>, List<@Nullable Object>> create) {
            super(type);
            this.made = made;
            this.create = create;
        }

        @Override
        Object create(Object original) {
            return create.apply((List<?>) original);
        }

        @Override
        String explain() {
            return copiedAs(type, made);
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
            return SharedRun.takesAll(copy, plans) ? copy : null;
        }

        /** Element by element: nobody must meet an original in the copy, not even for a while. */
        @Override
        void fill(Object original, Object copy, Descent descent) {
            ArrayList<?> from = (ArrayList<?>) original;
            @SuppressWarnings("unchecked") ArrayList<@Nullable Object> to = (ArrayList<@Nullable Object>) copy;
            int size = from.size();
            Plan plan = SharedPlan.OF_NULL; // most lists hold one kind of things
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

    /** {@link Arrays#asList}: a list over an array. */
    private static final class FixedListPlan extends ListPlan {
        FixedListPlan(Class<?> type) {
            super(type);
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

    private static Plan collection(Class<?> type, Order order,
            Function<Collection<?>, Collection<@Nullable Object>> create) {
        return new CollectionPlan(type, type, order, create);
    }

    @SuppressWarnings("unchecked") // of the class of the plan
    private static <T extends Collection<?>> Plan sorted(Class<?> type,
            Function<T, Collection<@Nullable Object>> create) {
        return new CollectionPlan(type, type, Order.COMPARISON, c -> create.apply((T) c));
    }

    /** Of a queue that may be bounded. */
    static int capacity(Collection<?> collection) {
        BlockingQueue<?> queue = (BlockingQueue<?>) collection;
        long capacity = (long) queue.remainingCapacity() + queue.size(); // beyond any int if it grows meanwhile
        return Math.clamp(capacity, 1, Integer.MAX_VALUE);
    }

    static class CollectionPlan extends MutablePlan {
        private final Class<?> made;
        private final Order order;
        private final Function<Collection<?>, Collection<@Nullable Object>> create;

        /** {@code made}: what the copies are, for a reader. */
        CollectionPlan(Class<?> type, Class<?> made, Order order,
                Function<Collection<?>, Collection<@Nullable Object>> create) {
            super(type);
            this.made = made;
            this.order = order;
            this.create = create;
        }

        @Override
        Object create(Object original) {
            return create.apply((Collection<?>) original);
        }

        @Override
        final @Nullable Object[] contents(Object original) {
            return ((Collection<?>) original).toArray();
        }

        @Override
        final boolean isKey(int slot) {
            return order != Order.POSITION;
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            Collection<@Nullable Object> collection = elements(copy);
            collection.clear();
            collection.addAll(Arrays.asList(slots));
        }

        @Override
        final int filled(Object copy, @Nullable Object[] slots) {
            return elements(copy).size();
        }

        @Override
        int arrangement(Object copy) {
            return JdkCollections.arrangement(elements(copy), order);
        }

        @Override
        final String explain() {
            return copiedAs(type, made);
        }

        @SuppressWarnings("unchecked") // a copy of a collection
        static Collection<@Nullable Object> elements(Object collection) {
            return (Collection<@Nullable Object>) collection;
        }
    }

    /** A set of its own, or the keys of a map: the same class, of which a copy has the elements only. */
    private static Plan keySetView(Class<?> type, Plans plans) {
        return new CollectionPlan(type, type, Order.HASH, set -> {
            if (plans.isStrict && ((ConcurrentHashMap.KeySetView<?, ?>) set).getMappedValue() == null) {
                throw new DataCloneException(Refusals.strict(type, "a set of its own"));
            }
            return ConcurrentHashMap.newKeySet(set.size());
        });
    }

    // ---- maps

    @SuppressWarnings("unchecked") // of the class of the plan
    private static <T extends Map<?, ?>> Plan map(Class<?> type, Order order, Function<T, Map<?, ?>> create) {
        return new MapPlan(type, type, order, m -> create.apply((T) m));
    }

    /** Keys and values in turn. */
    static class MapPlan extends MutablePlan {
        private final Class<?> made;
        private final Order order;
        private final Function<Map<?, ?>, Map<?, ?>> create;

        /** {@code made}: what the copies are, for a reader. */
        MapPlan(Class<?> type, Class<?> made, Order order, Function<Map<?, ?>, Map<?, ?>> create) {
            super(type);
            this.made = made;
            this.order = order;
            this.create = create;
        }

        @Override
        final Object create(Object original) {
            return create.apply((Map<?, ?>) original);
        }

        @Override
        final @Nullable Object[] contents(Object original) {
            return entries((Map<?, ?>) original);
        }

        @Override
        final boolean isKey(int slot) {
            return order != Order.POSITION && slot % 2 == 0;
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
            return JdkCollections.arrangement(mappings(copy).keySet(), order);
        }

        @Override
        final String step(@Nullable Object[] slots, int slot) {
            return mapStep(slots, slot);
        }

        @Override
        final String explain() {
            return copiedAs(type, made);
        }

        @SuppressWarnings("unchecked") // a copy of a map
        static Map<@Nullable Object, @Nullable Object> mappings(Object map) {
            return (Map<@Nullable Object, @Nullable Object>) map;
        }
    }

    private static final class HashMapPlan extends MapPlan {
        HashMapPlan(Class<?> type) {
            super(type, type, Order.HASH, type == HashMap.class
                    ? m -> HashMap.newHashMap(m.size())
                    : m -> emptied(m));
        }

        @Override
        @Nullable
        Object copyAlone(Object original, Plans plans) {
            Map<?, ?> from = (Map<?, ?>) original;
            Iterator<? extends Map.Entry<?, ?>> entries = from.entrySet().iterator();
            if (entries.hasNext()) { // most maps hold one kind of things
                Map.Entry<?, ?> first = entries.next();
                if (!plans.isShared(first.getKey()) || !plans.isShared(first.getValue())) {
                    return null;
                }
            }
            return type == HashMap.class ? copyShared(from, plans) : cloneShared(from, plans);
        }

        private static @Nullable Object copyShared(Map<?, ?> from, Plans plans) {
            SharedEntries entries = new SharedEntries(from.size(), plans);
            ((HashMap<?, ?>) from).forEach(entries);
            return entries.areAll && entries.copy.size() == from.size() ? entries.copy : null; // or keys are equal by
                                                                                               // now
        }

        /** A clone has to be made anyway, see {@link #emptied}; others can't change it any more. */
        private static @Nullable Object cloneShared(Map<?, ?> from, Plans plans) {
            Map<?, ?> copy = (Map<?, ?>) ((LinkedHashMap<?, ?>) from).clone();
            return copy.size() == from.size() && SharedRun.takesAll(copy, plans) ? copy : null;
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
                if (++entries != to.size()) { // equal keys, or one that a concurrent change shows twice
                    throw Descent.giveUp();
                }
            }
        }
    }

    /** Puts entries into a copy, up to one that holds something to be copied. */
    private static final class SharedEntries implements BiConsumer<@Nullable Object, @Nullable Object> {
        final HashMap<@Nullable Object, @Nullable Object> copy;
        private final SharedRun keys;
        private final SharedRun values;
        boolean areAll = true;

        SharedEntries(int size, Plans plans) {
            this.copy = HashMap.newHashMap(size);
            this.keys = new SharedRun(plans);
            this.values = new SharedRun(plans);
        }

        @Override
        public void accept(@Nullable Object key, @Nullable Object value) {
            areAll = areAll && keys.takes(key) && values.takes(value);
            if (areAll && copy.put(key, value) != null) { // a concurrent change shows a key twice
                throw Descent.giveUp();
            }
        }
    }

    /**
     * A clone without its contents keeps what no accessor tells: a key type, an access order. It has to be emptied, though
     * that takes a second insertion of every key, as a constructor in a cycle may look into a copy before it is filled.
     */
    private static Map<?, ?> emptied(Map<?, ?> map) {
        Map<?, ?> copy = map instanceof EnumMap<?, ?> e
                ? e.clone()
                : (Map<?, ?>) ((LinkedHashMap<?, ?>) map).clone();
        copy.clear();
        return copy;
    }

    /** The defaults, which no accessor tells either, are what has a value and no entry. */
    private static Map<?, ?> emptyProperties(Properties map) {
        Properties defaults = new Properties();
        for (String name : map.stringPropertyNames()) {
            if (!map.containsKey(name)) {
                defaults.setProperty(name, map.getProperty(name));
            }
        }
        return defaults.isEmpty() ? new Properties() : new Properties(defaults);
    }

    // ---- helpers

    static String copiedAs(Class<?> type, Class<?> made) {
        return type == made ? "copied, and what it holds" : "copied as a " + made.getName() + ", and what it holds";
    }

    /** A number that changes, most likely, where elements change their places. */
    private static int arrangement(Collection<@Nullable Object> elements, Order order) {
        int arrangement = elements.size();
        for (Object e : elements) {
            arrangement = 31 * arrangement
                    + (order == Order.HASH ? Objects.hashCode(e) : System.identityHashCode(e));
        }
        return arrangement;
    }

    /** How a map's slots, keys and values in turn, read in a path. */
    static String mapStep(@Nullable Object[] slots, int slot) {
        if (slot % 2 == 0) {
            return ".key(" + slot / 2 + ")";
        }
        return switch (slots[slot - 1]) {
            case String key -> "[\"" + key + "\"]";
            case Number key when JdkTypes.isJdk(key.getClass()) -> "[" + key + "]";
            case Enum<?> key -> "[" + key.name() + "]";
            case null, default -> ".value(" + slot / 2 + ")"; // nobody knows what its toString() would do
        };
    }

    /** Keys and values in turn. A map that is changed meanwhile, by another thread, must not go on for ever. */
    static @Nullable Object[] entries(Map<?, ?> map) {
        List<@Nullable Object> entries = new ArrayList<>(2 * map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (entries.size() > 2 * (map.size() + MOST_ADDED)) {
                throw new ConcurrentModificationException("the map grows while it is read");
            }
            entries.add(entry.getKey());
            entries.add(entry.getValue());
        }
        return entries.toArray();
    }
}
