package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Another thread changes a value all the time while it is cloned: each clone ends, in a copy that is well formed,
 * whatever of the changes is in it, or in a {@link ConcurrentModificationException} or a {@link DataCloneException}.
 */
class ConcurrentChangeTest {
    private static final int ROUNDS = 1_000;
    private static final int KEYS = 300;

    /** Hashed and compared by its number; what it holds has to be copied. */
    private record Key(int number, int[] held) implements Comparable<Key> {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key other && other.number == number;
        }

        @Override
        public int hashCode() {
            return number & 7; // crowded bins, that become trees and lists again
        }

        @Override
        public int compareTo(Key other) {
            return Integer.compare(number, other.number);
        }
    }

    private enum Letter {
        A,
        B,
        C,
        D
    }

    private static Key key(SplittableRandom random) {
        return new Key(random.nextInt(KEYS), new int[]{1});
    }

    /** Grows and shrinks a collection, with elements that are copied, now in bursts, now one by one. */
    private static void change(Collection<Object> collection, SplittableRandom random) {
        switch (random.nextInt(16)) {
            case 0 -> collection.clear();
            case 1 -> {
                for (int i = 0; i < 100; i++) {
                    collection.add(key(random));
                }
            }
            case 2, 3, 4, 5, 6 -> collection.remove(key(random));
            case 7 -> {
                if (collection instanceof Queue<Object> queue) {
                    queue.poll();
                }
            }
            default -> collection.add(key(random));
        }
        if (collection.size() > 4 * KEYS) {
            collection.clear();
        }
    }

    private static void change(Map<Object, Object> map, SplittableRandom random) {
        switch (random.nextInt(16)) {
            case 0 -> map.clear();
            case 1 -> {
                for (int i = 0; i < 100; i++) {
                    map.put(key(random), new int[]{2});
                }
            }
            case 2, 3, 4, 5, 6 -> map.remove(key(random));
            default -> map.put(key(random), List.of(new int[]{3}));
        }
        if (map.size() > 4 * KEYS) {
            map.clear();
        }
    }

    private static Stream<Named<Object>> collections() {
        return Stream.of(new ArrayList<>(), new LinkedList<>(), new Vector<>(), new CopyOnWriteArrayList<>(),
                new ArrayDeque<>(), new PriorityQueue<>(), new HashSet<>(), new LinkedHashSet<>(), new TreeSet<>(),
                new ConcurrentSkipListSet<>(), new ConcurrentLinkedQueue<>(), new ConcurrentLinkedDeque<>(),
                new HashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(8, 0.75f, true), new TreeMap<>(),
                new ConcurrentHashMap<>(), new ConcurrentSkipListMap<>(), new Hashtable<>(), new IdentityHashMap<>())
                .map(c -> Named.of(c.getClass().getSimpleName(), c));
    }

    static Stream<Arguments> changing() {
        return collections().map(Arguments::of);
    }

    /** The copy of a view tells its elements apart by equality, so the view of an identity map may be refused. */
    static Stream<Arguments> changingUnderAView() {
        return collections().filter(c -> !(c.getPayload() instanceof IdentityHashMap)).map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("changing")
    @SuppressWarnings("unchecked")
    void aCollectionThatAnotherThreadChangesGivesAWellFormedCopyOrAClearException(Object changing) {
        SplittableRandom random = new SplittableRandom(1);
        Runnable change = changing instanceof Map<?, ?> map
                ? () -> change((Map<Object, Object>) map, random)
                : () -> change((Collection<Object>) changing, random);
        cloneWhile(change, changing, ConcurrentChangeTest::assertWellFormed);
    }

    /** The same under an unmodifiable view, and beside something that leads back to it. */
    @ParameterizedTest
    @MethodSource("changingUnderAView")
    @SuppressWarnings("unchecked")
    void soDoesAViewOfItInACycle(Object changing) {
        List<Object> cycle = new ArrayList<>();
        cycle.add(cycle);
        cycle.add(changing instanceof Map<?, ?> map
                ? Collections.unmodifiableMap(map)
                : Collections.unmodifiableCollection((Collection<Object>) changing));
        SplittableRandom random = new SplittableRandom(2);
        Runnable change = changing instanceof Map<?, ?> map
                ? () -> change((Map<Object, Object>) map, random)
                : () -> change((Collection<Object>) changing, random);
        cloneWhile(change, cycle, copy -> {
            List<?> list = (List<?>) copy;
            assertSame(copy, list.getFirst());
            assertEquals(2, list.size());
            assertWellFormed(list.get(1));
        });
    }

    @Test
    void arraysWhoseElementsAnotherThreadChangesHoldOldAndNewOnes() {
        Object[] array = new Object[KEYS];
        List<Object> view = Arrays.asList(array);
        SplittableRandom random = new SplittableRandom(3);
        cloneWhile(() -> array[random.nextInt(KEYS)] = random.nextInt(3) == 0 ? null : new int[]{1, 2, 3},
                new Object[]{array, view}, copy -> {
                    for (Object element : (Object[]) ((Object[]) copy)[0]) {
                        assertTrue(element == null || Arrays.equals((int[]) element, new int[]{1, 2, 3}));
                    }
                    assertEquals(KEYS, ((List<?>) ((Object[]) copy)[1]).size());
                });
    }

    @Test
    void anEnumMapThatAnotherThreadChangesIsWellFormed() {
        Map<Letter, Object> map = new EnumMap<>(Letter.class);
        SplittableRandom random = new SplittableRandom(4);
        cloneWhile(() -> {
            Letter letter = Letter.values()[random.nextInt(4)];
            if (random.nextBoolean()) {
                map.put(letter, new int[]{1});
            } else {
                map.remove(letter);
            }
        }, map, ConcurrentChangeTest::assertWellFormed);
    }

    /** What a list holds is exchanged while it is being copied: a chain whose links change between two visits. */
    @Test
    void aGraphWhoseEdgesAnotherThreadChangesEnds() {
        List<List<Object>> nodes = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            nodes.add(new CopyOnWriteArrayList<>(new Object[]{i, null}));
        }
        SplittableRandom random = new SplittableRandom(5);
        cloneWhile(() -> nodes.get(random.nextInt(KEYS)).set(1, nodes.get(random.nextInt(KEYS))), nodes, copy -> {
            for (int i = 0; i < KEYS; i++) {
                List<?> node = (List<?>) ((List<?>) copy).get(i);
                assertEquals(i, node.get(0));
                assertTrue(node.get(1) == null || ((List<?>) copy).contains(node.get(1)));
            }
        });
    }

    /** Clones again and again, while another thread makes its changes one after another. */
    private static void cloneWhile(Runnable change, Object value, Consumer<Object> check) {
        AtomicBoolean done = new AtomicBoolean();
        try (var changer = Threads.resident(Kind.PLATFORM, "changer")) {
            FutureTask<Void> changes = changer.begin(() -> {
                while (!done.get()) {
                    change.run();
                }
                return null;
            });
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    cloneOnce(() -> StructuredClone.clone(value), check);
                }
            } finally {
                done.set(true);
                changer.run(changes::get); // none of its changes failed
            }
        }
        assertTrue(cloneOnce(() -> StructuredClone.clone(value), check), "once nothing changes it is cloned");
    }

    private static boolean cloneOnce(Supplier<Object> clone, Consumer<Object> check) {
        Object copy;
        try {
            copy = clone.get();
        } catch (ConcurrentModificationException | DataCloneException e) {
            return false;
        }
        check.accept(copy);
        return true;
    }

    /** Its size is the number of its elements, it finds each of them, and it can be changed to the end. */
    private static void assertWellFormed(Object copy) {
        Collection<?> elements = copy instanceof Map<?, ?> map ? map.keySet() : (Collection<?>) copy;
        int count = 0;
        for (Object element : elements) {
            assertTrue(elements.contains(element));
            count++;
        }
        assertEquals(count, elements.size());
        if (copy instanceof Queue<?> queue && !(queue instanceof List)) {
            Object last = null;
            for (int i = 0; i < count; i++) {
                Object next = queue.remove();
                assertTrue(!(queue instanceof PriorityQueue) || last == null
                        || ((Key) last).number <= ((Key) next).number);
                last = next;
            }
            assertTrue(queue.isEmpty());
        }
    }
}
