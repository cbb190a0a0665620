package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is deeper than any stack, on a thread that hardly has one. */
class CloneDepthTest {
    private static final int LEVELS = 1_000_000;
    /** Many times what a small stack holds, too. */
    private static final int MANY = 20_000;

    /** Is what its number says, so that it can be a key whatever it holds. */
    private record Numbered(int number, Object held) implements Comparable<Numbered> {
        @Override
        public boolean equals(Object o) {
            return o instanceof Numbered other && other.number == number;
        }

        @Override
        public int hashCode() {
            return number;
        }

        @Override
        public int compareTo(Numbered other) {
            return Integer.compare(number, other.number);
        }
    }

    /** A link that holds something mutable. */
    private record Link(int[] value, Link next) {
    }

    /** Recursive in both its components. */
    private record Branch(Object left, Branch right, List<Object> leaves) {
    }

    private static <T> T onASmallStack(Supplier<T> body) {
        FutureTask<T> task = new FutureTask<>(body::get);
        Thread thread = new Thread(null, task, "small", 256 << 10);
        thread.start();
        Threads.join(thread);
        if (task.state() == FutureTask.State.FAILED) {
            throw new AssertionError(task.exceptionNow());
        }
        return task.resultNow();
    }

    private static List<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    @SafeVarargs
    private static UnaryOperator<Object> inTurn(UnaryOperator<Object>... wraps) {
        int[] turn = new int[1];
        return inner -> wraps[turn[0]++ % wraps.length].apply(inner);
    }

    private static final UnaryOperator<Object> LIST = inner -> box(inner);
    private static final UnaryOperator<Object> RECORD = inner -> new Numbered(1, inner);
    private static final UnaryOperator<Object> MAP_VALUE = inner -> new HashMap<>(Map.of("k", inner));
    private static final UnaryOperator<Object> MAP_KEY = inner -> new HashMap<>(Map.of(new Numbered(2, inner), 1));
    private static final UnaryOperator<Object> SET = inner -> new HashSet<>(Set.of(new Numbered(3, inner)));
    private static final UnaryOperator<Object> TREE_KEY = inner -> new TreeMap<>(Map.of(new Numbered(4, inner), 1));
    private static final UnaryOperator<Object> QUEUE = inner -> new PriorityQueue<>(List.of(new Numbered(5, inner)));
    private static final UnaryOperator<Object> FIXED_KEY = inner -> Map.of(new Numbered(6, inner), 1);
    private static final UnaryOperator<Object> FIXED_SET = inner -> Set.of(new Numbered(7, inner));
    private static final UnaryOperator<Object> VIEW = inner -> Collections
            .unmodifiableList(new LinkedList<>(box(inner)));
    private static final UnaryOperator<Object> MAP_VIEW = inner -> Collections.unmodifiableMap(
            new LinkedHashMap<>(Map.of("k", inner)));

    static Stream<Arguments> wraps() {
        return Stream.<Named<UnaryOperator<Object>>>of(
                Named.of("a record in a list in a map", inTurn(RECORD, LIST, MAP_VALUE)),
                Named.of("keys of maps", MAP_KEY), Named.of("keys of sorted maps", TREE_KEY),
                Named.of("elements of sets", SET), Named.of("elements of priority queues", QUEUE),
                Named.of("keys and values", inTurn(MAP_KEY, MAP_VALUE)),
                Named.of("keys of unmodifiable maps", FIXED_KEY),
                Named.of("elements of unmodifiable sets", FIXED_SET),
                Named.of("unmodifiable views", inTurn(VIEW, MAP_VIEW)),
                Named.of("singletons", inTurn(Collections::singletonList, o -> Collections.singletonMap("k", o),
                        o -> Collections.singleton(new Numbered(8, o)))),
                Named.of("identity maps", o -> {
                    Map<Object, Object> map = new IdentityHashMap<>();
                    map.put(o, "v");
                    return map;
                }), Named.of("deques in arrays", inTurn(o -> new ArrayDeque<>(List.of(o)), o -> new Object[]{null, o})),
                Named.of("each level held twice", inTurn(o -> box(o, o), o -> new Object[]{o, o}, o -> List.of(o, o))),
                Named.of("many leaves at each level", o -> box(1, new int[]{1}, o, "leaf", List.of())),
                Named.of("everything in turn", everything())).map(Arguments::of);
    }

    private static UnaryOperator<Object> everything() {
        return inTurn(LIST, MAP_KEY, RECORD, SET, VIEW, FIXED_KEY, MAP_VALUE, TREE_KEY, List::of, FIXED_SET, QUEUE,
                MAP_VIEW, o -> new Object[]{o}, o -> new ConcurrentHashMap<>(Map.of(1, o)));
    }

    @ParameterizedTest
    @MethodSource("wraps")
    void manyLevelsClone(UnaryOperator<Object> wrap) {
        Object value = nest(wrap, MANY);
        Object copy = onASmallStack(() -> StructuredClone.clone(value));
        assertEquals(0, GraphComparison.assertClone(value, copy).size());
    }

    private static Object nest(UnaryOperator<Object> wrap, int levels) {
        Object value = new int[]{42};
        for (int i = 0; i < levels; i++) {
            value = wrap.apply(value);
        }
        return value;
    }

    @Test
    void levelsOfEverythingClone() {
        Object value = nest(everything(), 10 * MANY);
        Object copy = onASmallStack(() -> StructuredClone.clone(value));
        assertEquals(0, GraphComparison.assertClone(value, copy).size());
    }

    /** Each level leads back to the first: one big cycle, with an end to which all lead. */
    @ParameterizedTest
    @MethodSource("wraps")
    void manyLevelsThatLeadBackToTheFirstClone(UnaryOperator<Object> wrap) {
        List<Object> first = box();
        Object value = first;
        for (int i = 0; i < MANY; i++) {
            value = wrap.apply(i % 100 == 0 ? box(value, first) : value);
        }
        first.add(value);
        List<Object> copy = onASmallStack(() -> StructuredClone.clone(first));
        assertEquals(0, GraphComparison.assertClone(first, copy).size());
    }

    @Test
    void aMillionLinkedRecordsThatEachHoldSomethingMutableClone() {
        Link chain = null;
        for (int i = 0; i < LEVELS; i++) {
            chain = new Link(new int[]{i}, chain);
        }
        Link first = chain;
        Link copy = onASmallStack(() -> StructuredClone.clone(first));
        int links = 0;
        for (Link link = copy, original = first; link != null; link = link.next(), original = original.next()) {
            assertNotSame(original.value(), link.value());
            assertEquals(LEVELS - ++links, link.value()[0]);
        }
        assertEquals(LEVELS, links);
    }

    @Test
    void recordsThatAreDeepInEachOfTheirComponentsClone() {
        Branch branch = null;
        for (int i = 0; i < MANY; i++) {
            branch = i % 2 == 0 ? new Branch(branch, null, box(i)) : new Branch(box(i), branch, box());
        }
        Branch root = branch;
        Branch copy = onASmallStack(() -> StructuredClone.clone(root));
        assertEquals(0, GraphComparison.assertClone(root, copy).size());
    }

    /** A chain that is met again from its other end, when all of it is known. */
    @Test
    void whatIsDeepAndWasMetBeforeIsTheSameCopy() {
        Object chain = box("end");
        List<Object> all = box(chain);
        for (int i = 1; i < MANY; i++) {
            chain = i % 2 == 0 ? box(chain) : new Numbered(i, chain);
            all.add(chain);
        }
        for (List<Object> value : List.of(all, all.reversed())) {
            Object[] root = value.toArray();
            Object[] copy = onASmallStack(() -> StructuredClone.clone(root));
            assertEquals(0, GraphComparison.assertClone(root, copy).size());
        }
    }

    /** Looks into what it is given. */
    private record NonEmpty(List<Object> items) {
        NonEmpty {
            if (items.isEmpty() || items.get(0) == null) {
                throw new IllegalArgumentException("items must be there");
            }
        }
    }

    /** Whatever is filled later than usual because it lies deep, constructors and hash codes must not notice. */
    @Test
    void constructorsAndHashCodesSeeWholeContentsAtAnyDepth() {
        Object record = new NonEmpty(box("end"));
        Object set = box("end");
        Object map = box("end");
        Object both = new NonEmpty(box("end"));
        for (int depth = 1; depth <= 100; depth++) {
            record = new NonEmpty(box(record, box(depth)));
            set = new HashSet<>(Set.of(box(set, depth), new LinkedList<>(box(depth))));
            map = new HashMap<>(Map.of(box(map), box(depth)));
            both = box(new HashSet<>(Set.of(new NonEmpty(box(both)))), new NonEmpty(box(depth)));
            for (Object value : List.of(record, set, map, both)) {
                Object copy = StructuredClone.clone(value);
                assertEquals(value, copy);
                assertEquals(copy, value, "what it holds is found by its hash code");
            }
        }
    }

    @Test
    void whatIsRefusedDeepDownIsToldWithoutAStackOverflow() {
        Object chain = box(new Object());
        for (int i = 0; i < MANY; i++) {
            chain = i % 2 == 0 ? box(chain) : new Numbered(i, chain);
        }
        Object root = chain;
        var e = onASmallStack(() -> assertThrows(DataCloneException.class, () -> StructuredClone.clone(root)));
        assertTrue(e.getMessage().startsWith("$.held[0].held[0]"), () -> e.getMessage().substring(0, 100));
        assertTrue(e.getMessage().contains("[0]: java.lang.Object can't be cloned"), "it ends with the culprit");
        assertSame(DataCloneException.class, e.getClass());
    }
}
