package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys whose hash code, or place in an order, only their copy has. */
class CloneOfHashTablesTest {
    private static final int KEYS = 100;

    /** Is what it refers to, which is another object in the copy. */
    private record Reference(Object referent) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Reference other && other.referent == referent;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(referent);
        }
    }

    /** Is what the owner of its map is called, which it can only tell when the map's owner is there. */
    private record Owned(List<Object> owner, int number) implements Comparable<Owned> {
        @Override
        public boolean equals(Object o) {
            return o instanceof Owned other && other.number == number && other.name().equals(name());
        }

        @Override
        public int hashCode() {
            return 31 * number + name().hashCode();
        }

        @Override
        public int compareTo(Owned other) {
            return name().equals(other.name())
                    ? Integer.compare(number, other.number)
                    : name().compareTo(other.name());
        }

        private String name() {
            return (String) owner.get(0);
        }
    }

    private static List<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    static Stream<Supplier<Map<Object, Object>>> maps() {
        return Stream.of(HashMap::new, LinkedHashMap::new, () -> new LinkedHashMap<>(8, 0.75f, true),
                ConcurrentHashMap::new, Hashtable::new);
    }

    static Stream<Supplier<Map<Object, Object>>> sortedMaps() {
        return Stream.of(TreeMap::new, ConcurrentSkipListMap::new);
    }

    /** Makes keys of something mutable each: in every way in which a hash code can come from an identity. */
    static Stream<Function<Object, Object>> identities() {
        return Stream.of(o -> new Object[]{o}, o -> new int[]{1}, Reference::new, o -> List.of(new Reference(o)),
                o -> box(new Reference(o), null), o -> Set.of(new Reference(o)),
                o -> new HashSet<>(Set.of(new Reference(o))), o -> Map.of("k", new Reference(o)),
                o -> new HashMap<>(Map.of(new Reference(o), 1)), o -> new Reference(List.of(o)),
                o -> new Reference(new Reference(o)),
                o -> Collections.unmodifiableList(box(new Object[]{o}, null)));
    }

    static Stream<Arguments> mapsAndIdentities() {
        return maps().flatMap(m -> identities().map(i -> Arguments.of(m, i)));
    }

    @ParameterizedTest
    @MethodSource("mapsAndIdentities")
    void keysThatHashAnIdentityAreFoundInTheCopyAndTheirOriginalsAreNot(Supplier<Map<Object, Object>> maps,
            Function<Object, Object> keyOf) {
        Map<Object, Object> map = maps.get();
        Map<Object, Object> originals = new IdentityHashMap<>();
        for (int i = 0; i < KEYS; i++) {
            Object key = keyOf.apply(box(i));
            map.put(key, i);
            originals.put(key, i);
        }
        assertEquals(KEYS, map.size());
        Map<Object, Object> copy = StructuredClone.clone(map);
        assertEquals(KEYS, copy.size());
        for (Object key : copy.keySet().toArray()) {
            assertTrue(copy.containsKey(key));
        }
        originals.keySet().forEach(key -> assertNull(copy.get(key)));
    }

    /** The same with a cycle through the map: each key holds it. */
    @ParameterizedTest
    @MethodSource("maps")
    void keysThatHashAnIdentityAndHoldTheirMapAreFound(Supplier<Map<Object, Object>> maps) {
        Map<Object, Object> map = maps.get();
        for (int i = 0; i < KEYS; i++) {
            map.put(new Reference(map), "itself");
            map.put(new Object[]{map, i}, i);
            map.put(new Reference(box(map, i)), List.of(map, i));
        }
        assertEquals(2 * KEYS + 1, map.size());
        Map<Object, Object> copy = StructuredClone.clone(map);
        assertEquals(2 * KEYS + 1, copy.size());
        assertEquals("itself", copy.get(new Reference(copy)));
        for (Object key : copy.keySet().toArray()) {
            assertTrue(copy.containsKey(key));
            if (key instanceof Object[] array) {
                assertSame(copy, array[0]);
            }
        }
    }

    @Test
    void twoMapsWhoseKeysHoldEachOtherAreBothArranged() {
        Map<Object, Object> first = new HashMap<>();
        Map<Object, Object> second = new LinkedHashMap<>();
        first.put(new Reference(second), "second");
        second.put(new Reference(first), "first");
        first.put(List.of(new Reference(first), new Reference(second)), "both");
        second.put(Set.of(new Reference(first), new Reference(second)), "both");
        for (Object[] both : List.of(new Object[]{first, second}, new Object[]{second, first})) {
            Object[] copies = StructuredClone.clone(both);
            for (int i = 0; i < 2; i++) {
                Map<?, ?> copy = (Map<?, ?>) copies[i];
                assertNotSame(both[i], copy);
                assertEquals(2, copy.size());
                copy.keySet().forEach(k -> assertTrue(copy.containsKey(k)));
                assertTrue(copy.containsKey(new Reference(copies[1 - i])));
            }
        }
    }

    @Test
    void aSetThatHoldsItselfByReferenceFindsItself() {
        for (Set<Object> set : List.of(new HashSet<>(), new LinkedHashSet<>())) {
            set.add(new Reference(set));
            set.add(new Object[]{set});
            Set<Object> copy = StructuredClone.clone(set);
            assertEquals(2, copy.size());
            assertTrue(copy.contains(new Reference(copy)));
            copy.forEach(e -> assertTrue(copy.contains(e)));
        }
    }

    /** A hash code, or an order, that is read from the list that holds the map that holds the key. */
    @ParameterizedTest
    @MethodSource({"maps", "sortedMaps"})
    void keysThatAskTheOwnerOfTheirMapAreFound(Supplier<Map<Object, Object>> maps) {
        Map<Object, Object> map = maps.get();
        List<Object> owner = box("name", map);
        for (int i = KEYS; i > 0; i--) {
            map.put(new Owned(owner, i), i);
        }
        Object first = map.keySet().iterator().next();
        for (Object start : List.of(owner, map, first, new Object[]{map, owner})) {
            Object[] copies = StructuredClone.clone(new Object[]{start, owner});
            List<?> copiedOwner = (List<?>) copies[1];
            Map<?, ?> copy = (Map<?, ?>) copiedOwner.get(1);
            assertEquals(List.copyOf(map.values()).size(), copy.size());
            copy.forEach((key, value) -> {
                assertSame(copiedOwner, ((Owned) key).owner());
                assertTrue(copy.containsKey(key));
            });
            assertEquals(Set.copyOf(map.values()), Set.copyOf(copy.values()));
        }
    }

    @Test
    void sortedSetsAndQueuesWhoseElementsAskTheirOwnerKeepTheirOrder() {
        TreeSet<Object> set = new TreeSet<>();
        PriorityQueue<Object> queue = new PriorityQueue<>();
        List<Object> owner = box("name", set, queue);
        for (int i = 0; i < KEYS; i++) {
            set.add(new Owned(owner, i * 37 % KEYS));
            queue.add(new Owned(owner, i * 53 % KEYS));
        }
        List<Object> copy = StructuredClone.clone(owner);
        TreeSet<?> sorted = (TreeSet<?>) copy.get(1);
        PriorityQueue<?> ordered = (PriorityQueue<?>) copy.get(2);
        int next = 0;
        for (Object element : sorted) {
            assertEquals(next, ((Owned) element).number());
            assertTrue(sorted.contains(element));
            assertEquals(next++, ((Owned) ordered.remove()).number());
        }
        assertEquals(KEYS, next);
        assertTrue(ordered.isEmpty());
    }

    @Test
    void anIdentityMapFindsTheCopiesOfItsKeysThoughTheyAreEqual() {
        Map<Object, Object> map = new IdentityHashMap<>();
        List<Object> one = box(1);
        map.put(one, "one");
        map.put(box(1), "other");
        map.put(map, "itself");
        Object[] copies = StructuredClone.clone(new Object[]{one, map});
        Map<?, ?> copy = (Map<?, ?>) copies[1];
        assertEquals(3, copy.size());
        assertEquals("one", copy.get(copies[0]));
        assertEquals("itself", copy.get(copy));
        assertNull(copy.get(one));
    }

    /** A hash code that is the same for all keeps the order of its bin, and all of its keys. */
    @Test
    void keysWithOneAndTheSameHashCodeAreAllFound() {
        record Colliding(int number, int[] held) {
            @Override
            public boolean equals(Object o) {
                return o instanceof Colliding other && other.number == number;
            }

            @Override
            public int hashCode() {
                return 7;
            }
        }
        Map<Object, Object> map = new HashMap<>();
        Set<Object> set = new HashSet<>();
        for (int i = 0; i < KEYS; i++) {
            map.put(new Colliding(i, new int[]{i}), i);
            set.add(new Colliding(i, new int[]{i}));
        }
        Map<Object, Object> copy = StructuredClone.clone(map);
        Set<Object> copiedSet = StructuredClone.clone(set);
        for (int i = 0; i < KEYS; i++) {
            assertEquals(i, copy.get(new Colliding(i, null)));
            assertTrue(copiedSet.contains(new Colliding(i, null)));
        }
    }
}
