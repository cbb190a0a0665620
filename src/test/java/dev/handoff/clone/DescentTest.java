package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run learns from those before it, and what that may cost. */
class DescentTest {
    private final Plans plans = new Plans(Map.of(), Map.of(), false);
    private final Plan lists = plans.of(ArrayList.class);

    private int made;

    /** An empty list, whose copies are counted. */
    private final class Counted implements StructuredCloneable {
        @Override
        public Object[] cloneContents() {
            return new Object[0];
        }

        @Override
        public Counted cloneEmpty() {
            made++;
            return new Counted();
        }

        @Override
        public void cloneFill(Object[] copies) {
            assertEquals(0, copies.length);
        }
    }

    private List<?> copy(List<?> original) {
        return assertInstanceOf(List.class,
                Descent.copyAll(original, lists, plans, new Moves(List.of(), false)));
    }

    /** A list of as many lists. */
    private static List<Object> tree(int size) {
        List<Object> tree = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            tree.add(new ArrayList<>());
        }
        return tree;
    }

    /** The same with its first element at the end again. */
    private static List<Object> graph(int size) {
        List<Object> graph = tree(size);
        graph.add(graph.getFirst());
        return graph;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 20, 1_000, 200_000})
    void theSizeOfAGraphIsThatOfTheLastOne(int size) {
        copy(tree(size));
        assertEquals(size + 1, lists.lastCopies);
        copy(graph(size));
        assertEquals(size + 1, lists.lastCopies);
        copy(tree(2));
        assertEquals(3, lists.lastCopies);
    }

    /** No more is kept of a graph, however huge, than its size; and a table of such a size is not even begun. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1_000})
    void aHugeGraphHasNoTableOfItsSizeMadeForTheNextOneAndIsForgottenThen(int tracked) {
        lists.tracked = tracked;
        lists.lastCopies = Integer.MAX_VALUE;
        List<Object> small = tree(2);
        assertEquals(small, copy(small));
        assertEquals(3, lists.lastCopies);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 20, 1_000})
    void anIdentityIsKeptWhereverItIsFound(int size) {
        for (int run = 0; run < 3; run++) {
            copy(tree(size)); // says that it was a tree
            lists.tracked = 0;
            List<Object> graph = graph(size);
            List<?> copy = copy(graph);
            assertEquals(graph, copy);
            assertNotSame(graph.getFirst(), copy.getFirst());
            assertSame(copy.getFirst(), copy.getLast());
            for (int i = 1; i < size; i++) {
                assertNotSame(copy.getFirst(), copy.get(i));
            }
        }
    }

    @Test
    void whatIsNoTreeIsCopiedInTwoRunsAtFirstAndInOneFromThenOn() {
        List<Object> graph = graph(100);
        graph.addFirst(new Counted());
        copy(graph);
        assertEquals(2, made);
        int runs = 100;
        for (int i = 0; i < runs; i++) {
            copy(graph);
        }
        assertEquals(2 + runs + 1, made, "now and then it is taken for a tree");
    }

    @Test
    void aFewObjectsAreCopiedInOneRunWhateverTheyAre() {
        List<Object> graph = graph(5);
        graph.addFirst(new Counted());
        graph.addAll(tree(50));
        graph.add(graph.get(20)); // by now it is known to be none
        copy(graph);
        assertEquals(1, made);
    }
}
