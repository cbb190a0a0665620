package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a cycle somewhere in a value must not do to the rest of it, and what hashing must see. */
class CloneOfCyclesTest {
    private static List<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    /** A list that holds itself. */
    private static List<Object> cycle() {
        List<Object> list = box(1);
        list.add(list);
        return list;
    }

    /** Refuses to be empty. */
    record NonEmpty(List<Object> items) {
        NonEmpty {
            if (items.isEmpty()) {
                throw new IllegalArgumentException("items must not be empty");
            }
        }
    }

    static Stream<Object> outsideOfTheCycle() {
        return Stream.of(Set.of(box(1), box(2)), Set.of(box(1)), Map.of(box(1), "a", box(2), "b"),
                Map.of(Set.of(box(1), box(2)), box(3)),
                Collections.unmodifiableSet(new HashSet<>(List.of(box(1), box(2)))),
                Collections.unmodifiableMap(new HashMap<>(Map.of(box(1), 1, box(2), 2))), new NonEmpty(box(1)),
                List.of(new NonEmpty(box(new NonEmpty(box(1))))),
                new HashSet<>(Set.of(Set.of(box(1)), Set.of(box(2)))));
    }

    /** All that is not in the cycle is to be built as if there were none. */
    @ParameterizedTest
    @MethodSource("outsideOfTheCycle")
    void aCycleBesideAValueDoesNotChangeItsCopy(Object value) {
        assertWhole(value, StructuredClone.clone(box(cycle(), value)).get(1));
        assertWhole(value, StructuredClone.clone(box(value, cycle())).get(0));
        assertWhole(value, StructuredClone.clone(new Object[]{box(cycle()), new Object[]{value}, value})[2]);
    }

    /** A value that hangs on a cycle, though nothing in it leads back. */
    @ParameterizedTest
    @MethodSource("outsideOfTheCycle")
    void aValueThatACycleHoldsIsCopiedAsIfThereWereNone(Object value) {
        List<Object> cycle = cycle();
        cycle.add(value);
        cycle.add(0, value);
        List<Object> copy = StructuredClone.clone(cycle);
        assertSame(copy, copy.get(2));
        assertSame(copy.get(0), copy.get(3));
        assertWhole(value, copy.get(0));
    }

    private static void assertWhole(Object value, Object copy) {
        assertNotSame(value, copy);
        assertEquals(value, copy);
        if (copy instanceof Set<?> set) {
            set.forEach(e -> assertTrue(set.contains(e)));
        }
    }

    /** Tells by its id alone what it is equal to, so that it may be in a cycle and be hashed. */
    private record Entity(int id, Object friends) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Entity e && e.id == id;
        }

        @Override
        public int hashCode() {
            return id;
        }
    }

    /** Keys that hold, each in its way, the entity that holds the map. */
    static Stream<Function<Object, Object>> keys() {
        return Stream.of(e -> e, e -> box(e), List::of, e -> List.of(e, box(e)), e -> new HashSet<>(Set.of(e)),
                e -> new HashSet<>(Set.of(box(e))), e -> Set.of(box(e), box(e, e)),
                e -> box(new HashSet<>(Set.of(box(e)))),
                e -> new HashMap<>(Map.of(box(e), 1)));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyInACycleIsFoundByItsHash(Function<Object, Object> keyOf) {
        Map<Object, Object> map = new HashMap<>();
        Entity entity = new Entity(7, map);
        map.put(keyOf.apply(entity), "found");
        Object key = map.keySet().iterator().next();
        for (Object start : List.of(map, entity, key, box(entity), List.of(key), new Object[]{key, entity})) {
            @SuppressWarnings("unchecked") // all maps here
            Map<Object, Object> copy = (Map<Object, Object>) StructuredClone.clone(new Object[]{start, map})[1];
            assertNotSame(map, copy);
            assertEquals("found", copy.get(keyOf.apply(entity)));
            assertEquals("found", copy.get(copy.keySet().iterator().next()));
        }
    }

    @Test
    void aSetThatMustNotHoldTwoEqualElementsMayBeInACycleWithLists() {
        List<Object> first = box(new Entity(1, box()));
        List<Object> second = box(new Entity(2, box()));
        Set<Object> set = Set.of(first, second);
        Entity owner = new Entity(3, set);
        first.add(owner);
        second.add(owner);
        Entity copy = StructuredClone.clone(owner);
        Set<?> elements = (Set<?>) copy.friends();
        assertEquals(2, elements.size());
        elements.forEach(e -> assertTrue(elements.contains(e), "found by its hash"));
        assertEquals(set, elements);
    }

    record Varargs(String name, Object... rest) {
    }

    record VarInts(int... ints) {
    }

    @Test
    void aRecordWithAVariableNumberOfComponentsKeepsItsArray() {
        Varargs copy = StructuredClone.clone(new Varargs("n", box(1), null));
        assertEquals(Arrays.asList(box(1), null), Arrays.asList(copy.rest()));
        assertEquals(0, StructuredClone.clone(new Varargs("n")).rest().length);
        assertEquals(List.of(1, 2), Arrays.stream(StructuredClone.clone(new VarInts(1, 2)).ints()).boxed().toList());
    }

    /** What can't be copied faithfully is refused, never cut short. */
    @Test
    void anUnmodifiableViewOfWhatTellsEqualElementsApartLosesNone() {
        Map<Object, Object> identity = new IdentityHashMap<>(Map.of());
        identity.put(box(1), "first");
        identity.put(box(1), "second");
        Set<Object> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.add(box(1));
        set.add(box(1));
        assertThrows(DataCloneException.class, () -> StructuredClone.clone(Collections.unmodifiableMap(identity)));
        assertThrows(DataCloneException.class, () -> StructuredClone.clone(Collections.unmodifiableSet(set)));
    }

    /** The other way round: equal now, though they were not when they went in. */
    @Test
    void aFixedSetWhoseElementsHaveBecomeEqualIsRefusedWithItsPath() {
        List<Object> changed = box(2);
        Set<Object> set = Set.of(box(1), changed);
        changed.set(0, 1);
        var e = assertThrows(IllegalArgumentException.class, () -> StructuredClone.clone(box(set)));
        assertSame(DataCloneException.class, e.getClass());
        assertTrue(e.getMessage().startsWith("$[0]: "), e.getMessage());
    }

    /** Known by its number from the start, whatever it holds. */
    private static final class Numbered implements StructuredCloneable {
        private final int number;
        private Object held = "nothing yet";

        Numbered(int number) {
            this.number = number;
        }

        @Override
        public Object[] cloneContents() {
            return new Object[]{held};
        }

        @Override
        public Numbered cloneEmpty() {
            return new Numbered(number);
        }

        @Override
        public void cloneFill(Object[] copies) {
            held = copies[0];
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Numbered n && n.number == number;
        }

        @Override
        public int hashCode() {
            return number;
        }
    }

    /**
     * Two unmodifiable sets in a cycle, of which the outer one, where the copy begins, has to be built first: the key of
     * the inner one holds it, several times. Between them there are lists.
     */
    private static Set<Object> setsInACycle(int lists) {
        Numbered number = new Numbered(7);
        Set<Object> outer = Collections.unmodifiableSet(new HashSet<>(Set.of(box(number))));
        Set<Object> inner = Collections.unmodifiableSet(new HashSet<>(Set.of(box(outer, outer, outer))));
        List<Object> held = box(inner);
        for (int i = 0; i < lists; i++) {
            held = box(held);
        }
        number.held = held;
        return outer;
    }

    @Test
    void inASmallCycleTheSetIsBuiltFirstWhoseKeysCanBeHashed() {
        Set<Object> outer = setsInACycle(200);
        Set<Object> copy = StructuredClone.clone(outer);
        assertNotSame(outer, copy);
        Object held = ((Numbered) ((List<?>) copy.iterator().next()).getFirst()).held;
        while (held instanceof List<?> list) {
            held = list.getFirst();
        }
        Set<?> inner = (Set<?>) held;
        assertSame(copy, ((List<?>) inner.iterator().next()).getFirst());
        assertTrue(inner.contains(box(copy, copy, copy)), "its key is found by its hash code");
    }

    /** To look for that order takes the square of the size of a cycle. */
    @Test
    void inALargeCycleASetThatIsBuiltTooEarlyIsRefusedWithItsPath() {
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(box(setsInACycle(300))));
        assertTrue(e.getMessage().startsWith("$[0]: ") && e.getMessage().contains("hash codes are known too late"),
                e.getMessage());
    }
}
