package dev.handoff.clone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Threads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random graphs of objects are equal to their clones, in structure and in identity, and share nothing with them that can
 * change.
 *
 * <p>
 * 10,000 graphs, or as many as {@code -Dclone.fuzz=1000000} says, from the seed {@code -Dclone.fuzz.seed} on:
 *
 * <pre>{@code
 * mvn -B -ntp test -Djacoco.skip=true -Dtest=CloneFuzzTest -Dclone.fuzz=1000000
 * }</pre>
 *
 * What fails tells its seed, and {@code -Dclone.fuzz=1 -Dclone.fuzz.seed=} that seed runs it alone.
 */
class CloneFuzzTest {
    private static final int GRAPHS = Integer.getInteger("clone.fuzz", 10_000);
    private static final long SEED = Long.getLong("clone.fuzz.seed", 0);

    /** On a small stack, so that depth is found out early. */
    @Test
    @Timeout(value = 1, unit = TimeUnit.DAYS) // for who asks for many
    void randomGraphsAreEqualToTheirClonesAndShareNothingThatCanChange() {
        FutureTask<Integer> task = new FutureTask<>(() -> {
            int refused = 0;
            for (long seed = SEED; seed < SEED + GRAPHS; seed++) {
                try {
                    cloneOf(seed);
                } catch (Throwable e) {
                    if (e instanceof DataCloneException
                            && String.valueOf(e.getMessage()).contains("hash codes are known too late")) {
                        refused++; // the one thing that a cycle may be refused for
                        continue;
                    }
                    throw new AssertionError(
                            "graph " + seed + "; -Dclone.fuzz=1 -Dclone.fuzz.seed=" + seed + " runs it alone", e);
                }
            }
            return refused;
        });
        Thread thread = new Thread(null, task, "fuzz", 256 << 10);
        thread.start();
        Threads.join(thread);
        if (task.state() == FutureTask.State.FAILED) {
            throw (AssertionError) task.exceptionNow();
        }
        assertTrue(task.resultNow() <= 1 + GRAPHS / 10_000, () -> task.resultNow() + " were refused");
    }

    private static void cloneOf(long seed) {
        RandomGraph graph = new RandomGraph(seed);
        RandomGraph twin = new RandomGraph(seed);
        List<OwnedBuffer> listed = graph.buffers().isEmpty() ? List.of() : everyOtherBuffer(graph, twin);
        Object copy = UserObjects.CLONERS.clone(graph.root(), listed.toArray(OwnedBuffer[]::new));
        Map<OwnedBuffer, OwnedBuffer> copies = GraphComparison.assertClone(graph.root(), copy);
        copies.forEach((original, clone) -> {
            assertEquals(listed.contains(original) ? State.GONE : State.OWNED, original.state());
            assertEquals(State.UNCLAIMED, clone.state());
            assertEquals(original.maxByteSize(), clone.maxByteSize());
            assertArrayEquals(graph.buffers().get(original), clone.segment().toArray(JAVA_BYTE));
        });
        GraphComparison.assertTwins(twin.root(), graph.root()); // the original is as it was
        Stream.of(copies.values(), graph.buffers().keySet(), twin.buffers().keySet()).flatMap(Collection::stream)
                .forEach(OwnedBuffer::close);
    }

    private static List<OwnedBuffer> everyOtherBuffer(RandomGraph graph, RandomGraph twin) {
        return GraphComparison.assertTwins(twin.root(), graph.root()).values().stream()
                .filter(b -> (b.byteSize() & 1) == 0).toList();
    }

    // ---- what compares them, compared

    private static List<Object> box(Object... content) {
        return new ArrayList<>(Arrays.asList(content));
    }

    private record Holder(Object held, int number) {
    }

    static Stream<Arguments> unequal() {
        List<Object> list = box(1);
        List<Object> self = box();
        self.add(self);
        Map<Object, Object> broken = new HashMap<>();
        List<Object> key = box(new GraphComparison.Label(1));
        broken.put(key, "v");
        key.add("changed after it was put");
        Map<Object, Object> inOrder = new LinkedHashMap<>();
        inOrder.put("a", 1);
        inOrder.put("b", 2);
        Map<Object, Object> reversed = new LinkedHashMap<>();
        reversed.put("b", 2);
        reversed.put("a", 1);
        return Stream.of(Arguments.of(list, list, "can change"), Arguments.of(box(list), box(list), "can change"),
                Arguments.of(List.of(list), List.of(list), "can change"),
                Arguments.of(new Holder(list, 1), new Holder(list, 1), "can change"),
                Arguments.of(box(1), box(1, 2), "size"), Arguments.of(box(1), box(2), "became another"),
                Arguments.of(box(1), box((Object) null), "became another"),
                Arguments.of(box((Object) null), box(box()), "became"),
                Arguments.of(box(new String("a")), box(new String("a")), "became another"),
                Arguments.of(box(1), new LinkedList<>(box(1)), "java.util.ArrayList became java.util.LinkedList"),
                Arguments.of(box(list, list), box(box(1), box(1)), "two counterparts"),
                Arguments.of(box(list, box(1)), twice(box(1)), "counterpart of two"),
                Arguments.of(self, box(box(box())), "two counterparts"),
                Arguments.of(new int[]{1}, new int[]{2}, "other elements"),
                Arguments.of(new int[]{1}, new int[]{1, 2}, "length"),
                Arguments.of(new int[0], new long[0], "became"),
                Arguments.of(new Object[]{1}, new Integer[]{1}, "became"),
                Arguments.of(new Holder(null, 1), new Holder(null, 2), ".number 1 became 2"),
                Arguments.of(inOrder, reversed, "became another"),
                Arguments.of(new HashMap<>(Map.of("a", 1)), new HashMap<>(Map.of("b", 1)), "became another"),
                Arguments.of(new HashMap<>(Map.of("a", 1)), new HashMap<>(Map.of("a", 2)), "became another"),
                Arguments.of(new HashSet<>(Set.of("a", "b")), new HashSet<>(Set.of("a", "c")),
                        "nothing in the copy has the label b"),
                Arguments.of(broken, new HashMap<>(broken), "the original, java.util.HashMap$KeySet, holds"),
                Arguments.of(new HashMap<>(Map.of(box(new GraphComparison.Label(1), key.get(1)), "v")), copyOf(broken),
                        "the copy, java.util.HashMap$KeySet, holds java.util.ArrayList but does not find it"),
                Arguments.of(new TreeSet<>(Set.of(1)), new TreeSet<>(java.util.Comparator.naturalOrder()),
                        "size"),
                Arguments.of(new IdentityHashMap<>(), new HashMap<>(), "became"));
    }

    private static List<Object> twice(Object element) {
        return box(element, element);
    }

    /** Another map that does not find its key. */
    private static Map<Object, Object> copyOf(Map<Object, Object> broken) {
        List<Object> key = box(new GraphComparison.Label(1));
        Map<Object, Object> copy = new HashMap<>();
        copy.put(key, "v");
        key.add(((List<?>) broken.keySet().iterator().next()).get(1));
        return copy;
    }

    @ParameterizedTest
    @MethodSource("unequal")
    void aCopyThatIsNotFaithfulIsFoundOut(Object original, Object copy, String difference) {
        var e = assertThrows(AssertionError.class, () -> GraphComparison.assertClone(original, copy));
        assertTrue(e.getMessage().contains(difference), e.getMessage());
    }
}
