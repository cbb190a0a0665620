package dev.handoff.clone;

import dev.handoff.clone.JdkCollections.CollectionPlan;
import dev.handoff.clone.JdkCollections.CreatedListPlan;
import dev.handoff.clone.JdkCollections.MapPlan;
import dev.handoff.clone.JdkCollections.Order;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the factories of {@code List}, {@code Set}, {@code Map} and {@link Collections} make. The collection under a
 * wrapper can't be seen: under that of the copy there is an {@code ArrayList}, a {@code LinkedHashSet} or
 * {@code LinkedHashMap}, or, where it is sorted, a {@code TreeSet} or {@code TreeMap}.
 */
final class JdkWrappers {
    private JdkWrappers() {
    }

    static void addTo(JdkTypes.Table table) {
        immutable(table);
        unmodifiable(table);
        synchronizing(table);
        table.add(new SetFromMapPlan());
        table.add(new LifoQueuePlan());
    }

    // ---- made in one piece from their elements

    private static void immutable(JdkTypes.Table table) {
        for (List<?> list : List.of(List.of(), List.of(1))) {
            table.add(new UnmodifiablePlan(list.getClass(), true, JdkWrappers::listLike));
        }
        Class<?> subList = List.of(1, 2, 3, 4).subList(1, 3).getClass();
        table.add(subList, plans -> new UnmodifiablePlan(subList, true, (original, elements) -> {
            if (plans.isStrict) {
                throw new DataCloneException(Refusals.strict(subList, "a list of its own"));
            }
            return listLike(original, elements);
        }));
        for (Set<?> set : List.of(Set.of(1), Set.of(1, 2, 3))) {
            table.add(new UnmodifiablePlan(set.getClass(), true,
                    (original, elements) -> Set.of(elements.toArray())));
        }
        for (Map<?, ?> map : List.of(Map.of(1, 1), Map.of(1, 1, 2, 2))) {
            table.add(new UnmodifiablePlan(map.getClass(), true,
                    (original, entries) -> Map.copyOf(put(new HashMap<>(), entries))));
        }
        table.add(new UnmodifiablePlan(Collections.singletonList(1).getClass(), true,
                (original, elements) -> Collections.singletonList(elements.getFirst())));
        table.add(new UnmodifiablePlan(Collections.singleton(1).getClass(), true,
                (original, elements) -> Collections.singleton(elements.getFirst())));
        table.add(new UnmodifiablePlan(Collections.singletonMap(1, 1).getClass(), true,
                (original, entries) -> Collections.singletonMap(entries.get(0), entries.get(1))));
        table.add(new CopiesPlan());
    }

    /** Views of collections that somebody else may still change. */
    private static void unmodifiable(JdkTypes.Table table) {
        List<?> anyList = new ArrayList<>();
        Set<?> anySet = new HashSet<>();
        Map<?, ?> anyMap = new HashMap<>();
        wrapper(table, Collections.unmodifiableList(anyList),
                (original, e) -> Collections.unmodifiableList(new ArrayList<>(e)));
        wrapper(table, Collections.unmodifiableList(new LinkedList<>()),
                (original, e) -> Collections.unmodifiableList(new LinkedList<>(e)));
        wrapper(table, Collections.unmodifiableCollection(anyList),
                (original, e) -> Collections.unmodifiableCollection(new ArrayList<>(e)));
        wrapper(table, Collections.unmodifiableSequencedCollection(anyList),
                (original, e) -> Collections.unmodifiableSequencedCollection(new ArrayList<>(e)));
        wrapper(table, Collections.unmodifiableSet(anySet),
                (original, e) -> Collections.unmodifiableSet(new LinkedHashSet<>(e)));
        wrapper(table, Collections.unmodifiableSequencedSet(new LinkedHashSet<>()),
                (original, e) -> Collections.unmodifiableSequencedSet(new LinkedHashSet<>(e)));
        wrapper(table, Collections.unmodifiableMap(anyMap),
                (original, e) -> Collections.unmodifiableMap(put(new LinkedHashMap<>(), e)));
        wrapper(table, Collections.unmodifiableSequencedMap(new LinkedHashMap<>()),
                (original, e) -> Collections.unmodifiableSequencedMap(put(new LinkedHashMap<>(), e)));
        sortedWrapper(table, Collections.unmodifiableSortedSet(new TreeSet<>()), (original, plans) -> e -> Collections
                .unmodifiableSortedSet(filled(emptySet((SortedSet<?>) original, plans), e)));
        sortedWrapper(table, Collections.unmodifiableNavigableSet(new TreeSet<>()),
                (original, plans) -> e -> Collections
                        .unmodifiableNavigableSet(filled(emptySet((SortedSet<?>) original, plans), e)));
        sortedWrapper(table, Collections.unmodifiableSortedMap(new TreeMap<>()), (original, plans) -> e -> Collections
                .unmodifiableSortedMap(put(emptyMap((SortedMap<?, ?>) original, plans), e)));
        sortedWrapper(table, Collections.unmodifiableNavigableMap(new TreeMap<>()),
                (original, plans) -> e -> Collections
                        .unmodifiableNavigableMap(put(emptyMap((SortedMap<?, ?>) original, plans), e)));
    }

    private static void wrapper(JdkTypes.Table table, Object wrapper,
            BiFunction<Object, List<Object>, Object> make) {
        table.add(new UnmodifiablePlan(wrapper.getClass(), false, make));
    }

    private static void sortedWrapper(JdkTypes.Table table, Object wrapper,
            BiFunction<Object, Plans, Function<List<Object>, Object>> make) {
        table.add(wrapper.getClass(), plans -> new UnmodifiablePlan(wrapper.getClass(), false,
                (original, elements) -> make.apply(original, plans).apply(elements)));
    }

    private static final class UnmodifiablePlan extends BuiltPlan {
        private final BiFunction<Object, List<Object>, Object> make;
        private final boolean isMap;
        private final boolean isSet;
        private final boolean isImmutable;

        UnmodifiablePlan(Class<?> type, boolean isImmutable, BiFunction<Object, List<Object>, Object> make) {
            super(type);
            this.make = make;
            this.isMap = Map.class.isAssignableFrom(type);
            this.isSet = Set.class.isAssignableFrom(type);
            this.isImmutable = isImmutable;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return original instanceof Map<?, ?> map
                    ? JdkCollections.entries(map)
                    : ((Collection<?>) original).toArray();
        }

        @Override
        boolean isImmutable() {
            return isImmutable;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
            try {
                Object built = make.apply(original, list(slots));
                int size = built instanceof Map<?, ?> map ? map.size() * 2 : ((Collection<?>) built).size();
                if (size == slots.length) {
                    return built;
                }
            } catch (DataCloneException e) {
                throw e;
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
            return isMap ? JdkCollections.mapStep(slots, slot) : super.step(slots, slot);
        }
    }

    /** One element that is said to be there many times. */
    private static final class CopiesPlan extends BuiltPlan {
        CopiesPlan() {
            super(Collections.nCopies(2, 1).getClass());
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return ((List<?>) original).stream().limit(1).toArray();
        }

        @Override
        boolean isImmutable() {
            return true;
        }

        @Override
        @SuppressWarnings("NullAway") // null where the original holds null
        Object build(Object original, @Nullable Object[] slots) {
            return Collections.nCopies(((List<?>) original).size(), slots[0]);
        }
    }

    // ---- mutable ones

    private static void synchronizing(JdkTypes.Table table) {
        list(table, Collections.synchronizedList(new ArrayList<>()),
                l -> Collections.synchronizedList(new ArrayList<>(l.size())));
        list(table, Collections.synchronizedList(new LinkedList<>()),
                l -> Collections.synchronizedList(new LinkedList<>()));
        collection(table, Collections.synchronizedCollection(new ArrayList<>()), Order.POSITION,
                (c, plans) -> Collections.synchronizedCollection(new ArrayList<>(c.size())));
        collection(table, Collections.synchronizedSet(new HashSet<>()), Order.HASH,
                (c, plans) -> Collections.synchronizedSet(LinkedHashSet.newLinkedHashSet(c.size())));
        collection(table, Collections.synchronizedSortedSet(new TreeSet<>()), Order.COMPARISON,
                (c, plans) -> Collections.synchronizedSortedSet(emptySet((SortedSet<?>) c, plans)));
        collection(table, Collections.synchronizedNavigableSet(new TreeSet<>()), Order.COMPARISON,
                (c, plans) -> Collections.synchronizedNavigableSet(emptySet((SortedSet<?>) c, plans)));
        map(table, Collections.synchronizedMap(new HashMap<>()), Order.HASH,
                (m, plans) -> Collections.synchronizedMap(LinkedHashMap.newLinkedHashMap(m.size())));
        map(table, Collections.synchronizedSortedMap(new TreeMap<>()), Order.COMPARISON,
                (m, plans) -> Collections.synchronizedSortedMap(emptyMap((SortedMap<?, ?>) m, plans)));
        map(table, Collections.synchronizedNavigableMap(new TreeMap<>()), Order.COMPARISON,
                (m, plans) -> Collections.synchronizedNavigableMap(emptyMap((SortedMap<?, ?>) m, plans)));
    }

    private static void list(JdkTypes.Table table, List<?> wrapper,
            Function<List<?>, List<@Nullable Object>> create) {
        table.add(new CreatedListPlan(wrapper.getClass(), wrapper.getClass(), create));
    }

    private static void collection(JdkTypes.Table table, Collection<?> wrapper, Order order,
            BiFunction<Collection<?>, Plans, Collection<@Nullable Object>> create) {
        Class<?> type = wrapper.getClass();
        table.add(type, plans -> new CollectionPlan(type, type, order, c -> create.apply(c, plans)));
    }

    private static void map(JdkTypes.Table table, Map<?, ?> wrapper, Order order,
            BiFunction<Map<?, ?>, Plans, Map<?, ?>> create) {
        Class<?> type = wrapper.getClass();
        table.add(type, plans -> new MapPlan(type, type, order, m -> create.apply(m, plans)));
    }

    /** Sets over a map of any kind; whether that compares by identity is found out, as these sets are made for that. */
    private static final class SetFromMapPlan extends CollectionPlan {
        SetFromMapPlan() {
            super(Collections.newSetFromMap(new HashMap<>()).getClass(),
                    Collections.newSetFromMap(new HashMap<>()).getClass(), Order.HASH,
                    set -> Collections
                            .newSetFromMap(isByIdentity(set) ? new IdentityHashMap<>() : new LinkedHashMap<>()));
        }

        @Override
        int arrangement(Object copy) {
            return isByIdentity((Collection<?>) copy) ? 0 : super.arrangement(copy);
        }

        /** Tells whether anybody takes its hash code or compares it. */
        private static final class Probe {
            boolean isTouched;

            @Override
            public int hashCode() {
                isTouched = true;
                return 0;
            }

            @Override
            public boolean equals(@Nullable Object other) {
                isTouched = true;
                return this == other;
            }

            @Override
            public String toString() {
                isTouched = true;
                return "";
            }
        }

        private static boolean isByIdentity(Collection<?> set) {
            Probe probe = new Probe();
            try {
                // an empty hash map takes no hash code to look for something, but does to remove it
                boolean found = set.isEmpty() ? set.remove(probe) : set.contains(probe);
                return !found && !probe.isTouched;
            } catch (RuntimeException e) {
                return false; // a comparator's, which knows other classes
            }
        }
    }

    /** {@link Collections#asLifoQueue}: whoever adds an element adds it at the head. */
    private static final class LifoQueuePlan extends CollectionPlan {
        LifoQueuePlan() {
            super(Collections.asLifoQueue(new ArrayDeque<>()).getClass(),
                    Collections.asLifoQueue(new ArrayDeque<>()).getClass(), Order.POSITION,
                    queue -> Collections.asLifoQueue(new LinkedList<>())); // maybe there are nulls
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            super.fill(copy, Arrays.asList(slots).reversed().toArray());
        }
    }

    // ---- helpers

    static NavigableSet<@Nullable Object> emptySet(SortedSet<?> like, Plans plans) {
        return new TreeSet<>(Comparators.shared(like.comparator(), plans));
    }

    static NavigableMap<@Nullable Object, @Nullable Object> emptyMap(SortedMap<?, ?> like, Plans plans) {
        return new TreeMap<>(Comparators.shared(like.comparator(), plans));
    }

    private static <C extends Collection<Object>> C filled(C collection, List<Object> elements) {
        collection.addAll(elements);
        return collection;
    }

    private static <M extends Map<Object, Object>> M put(M map, List<Object> entries) {
        for (int i = 0; i < entries.size(); i += 2) {
            map.put(entries.get(i), entries.get(i + 1));
        }
        return map;
    }

    /** {@code List.of} and {@code Stream.toList()} make the same class; only one of them takes nulls, and questions for it. */
    private static List<Object> listLike(Object original, List<Object> elements) {
        boolean takesNulls;
        try {
            takesNulls = elements.contains(null) || !((List<?>) original).contains(null);
        } catch (NullPointerException e) {
            takesNulls = false;
        }
        return takesNulls ? elements.stream().toList() : List.copyOf(elements);
    }

    @SuppressWarnings("NullAway") // a list of what the original holds, nulls included
    private static List<Object> list(@Nullable Object[] slots) {
        return Arrays.asList(slots);
    }
}
