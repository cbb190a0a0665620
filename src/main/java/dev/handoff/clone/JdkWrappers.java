package dev.handoff.clone;

import dev.handoff.clone.JdkCollections.CollectionPlan;
import dev.handoff.clone.JdkCollections.CreatedListPlan;
import dev.handoff.clone.JdkCollections.MapPlan;
import dev.handoff.clone.JdkCollections.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
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
    private static final String IMMUTABLE = "java.util.ImmutableCollections$";
    private static final String COLLECTIONS = "java.util.Collections$";

    private JdkWrappers() {
    }

    /** The plan of a class of {@code java.base}, or null if it is none of these. */
    static @Nullable Plan plan(Class<?> type, Plans plans) {
        String name = type.getName();
        if (name.startsWith(IMMUTABLE)) {
            return immutable(type, name.substring(IMMUTABLE.length()), plans);
        }
        return name.startsWith(COLLECTIONS) ? wrapper(type, name.substring(COLLECTIONS.length()), plans) : null;
    }

    private static @Nullable Plan immutable(Class<?> type, String name, Plans plans) {
        return switch (name) {
            case "List12" -> new UnmodifiablePlan(type, true, (original, elements) -> List.copyOf(elements));
            case "ListN" -> new UnmodifiablePlan(type, true,
                    (original, elements) -> listOf(elements, takesNulls(original, elements)));
            case "SubList" -> new UnmodifiablePlan(type, true, (original, elements) -> {
                if (plans.isStrict) {
                    throw new DataCloneException(Refusals.strict(type, "a list of its own"));
                }
                return listOf(elements, elements.contains(null));
            });
            case "SetN", "Set12" ->
                new UnmodifiablePlan(type, true, (original, elements) -> Set.of(elements.toArray()));
            case "MapN", "Map1" -> new UnmodifiablePlan(type, true,
                    (original, entries) -> Map.copyOf(put(new HashMap<>(), entries)));
            default -> null;
        };
    }

    /** What {@link Collections} makes; the names are those of the serialized form, so they stay. */
    private static @Nullable Plan wrapper(Class<?> type, String name, Plans plans) {
        return switch (name) {
            case "SingletonList" ->
                new UnmodifiablePlan(type, true, (original, e) -> Collections.singletonList(e.getFirst()));
            case "SingletonSet" ->
                new UnmodifiablePlan(type, true, (original, e) -> Collections.singleton(e.getFirst()));
            case "SingletonMap" ->
                new UnmodifiablePlan(type, true, (original, e) -> Collections.singletonMap(e.get(0), e.get(1)));
            case "CopiesList" -> new CopiesPlan(type);

            case "UnmodifiableList" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableList(new LinkedList<>(e)));
            case "UnmodifiableRandomAccessList" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableList(new ArrayList<>(e)));
            case "UnmodifiableCollection" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableCollection(new ArrayList<>(e)));
            case "UnmodifiableSequencedCollection" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableSequencedCollection(new ArrayList<>(e)));
            case "UnmodifiableSet" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableSet(new LinkedHashSet<>(e)));
            case "UnmodifiableSequencedSet" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableSequencedSet(new LinkedHashSet<>(e)));
            case "UnmodifiableSortedSet" -> unmodifiable(type, (original, e) -> Collections
                    .unmodifiableSortedSet(filled(emptySet((SortedSet<?>) original, plans), e)));
            case "UnmodifiableNavigableSet" -> unmodifiable(type, (original, e) -> Collections
                    .unmodifiableNavigableSet(filled(emptySet((SortedSet<?>) original, plans), e)));
            case "UnmodifiableMap" ->
                unmodifiable(type, (original, e) -> Collections.unmodifiableMap(put(new LinkedHashMap<>(), e)));
            case "UnmodifiableSequencedMap" ->
                unmodifiable(type,
                        (original, e) -> Collections.unmodifiableSequencedMap(put(new LinkedHashMap<>(), e)));
            case "UnmodifiableSortedMap" -> unmodifiable(type, (original, e) -> Collections
                    .unmodifiableSortedMap(put(emptyMap((SortedMap<?, ?>) original, plans), e)));
            case "UnmodifiableNavigableMap" -> unmodifiable(type, (original, e) -> Collections
                    .unmodifiableNavigableMap(put(emptyMap((SortedMap<?, ?>) original, plans), e)));

            case "SynchronizedList" -> new CreatedListPlan(type, type,
                    l -> Collections.synchronizedList(new LinkedList<>()));
            case "SynchronizedRandomAccessList" -> new CreatedListPlan(type, type,
                    l -> Collections.synchronizedList(new ArrayList<>(l.size())));
            case "SynchronizedCollection" -> collection(type, Order.POSITION,
                    c -> Collections.synchronizedCollection(new ArrayList<>(c.size())));
            case "SynchronizedSet" -> collection(type, Order.HASH,
                    c -> Collections.synchronizedSet(LinkedHashSet.newLinkedHashSet(c.size())));
            case "SynchronizedSortedSet" -> collection(type, Order.COMPARISON,
                    c -> Collections.synchronizedSortedSet(emptySet((SortedSet<?>) c, plans)));
            case "SynchronizedNavigableSet" -> collection(type, Order.COMPARISON,
                    c -> Collections.synchronizedNavigableSet(emptySet((SortedSet<?>) c, plans)));
            case "SynchronizedMap" -> map(type, Order.HASH,
                    m -> Collections.synchronizedMap(LinkedHashMap.newLinkedHashMap(m.size())));
            case "SynchronizedSortedMap" -> map(type, Order.COMPARISON,
                    m -> Collections.synchronizedSortedMap(emptyMap((SortedMap<?, ?>) m, plans)));
            case "SynchronizedNavigableMap" -> map(type, Order.COMPARISON,
                    m -> Collections.synchronizedNavigableMap(emptyMap((SortedMap<?, ?>) m, plans)));

            case "SetFromMap" -> new SetFromMapPlan(type);
            case "AsLIFOQueue" -> new LifoQueuePlan(type);
            default -> null;
        };
    }

    /** Of a collection that somebody else may still change. */
    private static Plan unmodifiable(Class<?> type, BiFunction<Object, List<Object>, Object> make) {
        return new UnmodifiablePlan(type, false, make);
    }

    private static Plan collection(Class<?> type, Order order,
            Function<Collection<?>, Collection<@Nullable Object>> create) {
        return new CollectionPlan(type, type, order, create);
    }

    private static Plan map(Class<?> type, Order order, Function<Map<?, ?>, Map<?, ?>> create) {
        return new MapPlan(type, type, order, create);
    }

    // ---- made in one piece from their elements

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
        @Nullable
        Object copyAlone(Object original, Plans plans) {
            return isImmutable && holdsShared(original, plans) ? original : null;
        }

        private boolean holdsShared(Object original, Plans plans) {
            return original instanceof Map<?, ?> map
                    ? SharedRun.takesAll(map, plans)
                    : SharedRun.takesAll((Collection<?>) original, plans);
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
        boolean finds(Object copy, @Nullable Object key) {
            return isMap ? ((Map<?, ?>) copy).containsKey(key) : ((Collection<?>) copy).contains(key);
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return isMap ? JdkCollections.mapStep(slots, slot) : super.step(slots, slot);
        }
    }

    /** One element that is said to be there many times. */
    private static final class CopiesPlan extends BuiltPlan {
        CopiesPlan(Class<?> type) {
            super(type);
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

    /** Sets over a map of any kind; whether that compares by identity is found out, as these sets are made for that. */
    private static final class SetFromMapPlan extends CollectionPlan {
        SetFromMapPlan(Class<?> type) {
            super(type, type, Order.HASH,
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
        LifoQueuePlan(Class<?> type) {
            super(type, type, Order.POSITION,
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

    private static List<Object> listOf(List<Object> elements, boolean takesNulls) {
        return takesNulls ? elements.stream().toList() : List.copyOf(elements);
    }

    /** {@code Stream.toList()} makes the same class as {@code List.of}, which can't be asked for nulls, nor hold any. */
    private static boolean takesNulls(Object list, List<Object> elements) {
        return elements.contains(null) || List.copyOf((List<?>) list) != list; // its own copy if it is of List.of
    }

    @SuppressWarnings("NullAway") // a list of what the original holds, nulls included
    private static List<Object> list(@Nullable Object[] slots) {
        return Arrays.asList(slots);
    }
}
