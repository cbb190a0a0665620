package dev.handoff.benchmarks;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.benchmarks.Shape.Link;
import dev.handoff.benchmarks.Shape.Samples;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FaithfulTest {
    @ParameterizedTest
    @EnumSource
    void copiesByHandAreFaithful(Shape shape) {
        Object original = shape.create();
        assertDoesNotThrow(() -> Faithful.check(original, shape.copy(original)));
    }

    @ParameterizedTest
    @EnumSource(names = {"CYCLIC_GRAPH", "CHAIN"})
    void copiesWithAnIdentityTableAreFaithful(Shape shape) {
        Object original = shape.create();
        assertDoesNotThrow(() -> Faithful.check(original, shape.copyWithIdentityTable(original)));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RECORD_OF_IMMUTABLES")
    void anOriginalThatCanChangeIsNoCopy(Shape shape) {
        Object original = shape.create();
        assertRefused("is shared", original, original);
    }

    @Test
    void aRecordThatSharesItsArrayIsNoCopy() {
        Samples original = new Samples(1, new int[]{2});
        assertRefused("is shared", original, new Samples(1, original.values()));
    }

    @Test
    void otherContentsAreNoCopy() {
        assertRefused("differs", new int[]{1}, new int[]{2});
        assertRefused("differs", new Samples(1, new int[0]), new Samples(2, new int[0]));
        assertRefused("differs", list(1), list("1"));
        assertRefused("differs", new Link(1, new Link(2, null)), new Link(1, null));
        assertRefused("is of another size", new int[]{1}, new int[]{1, 2});
        assertRefused("is of another size", list(1), list());
        assertRefused("has other keys", Map.of("a", 1), Map.of("b", 1));
        assertRefused("is of another class", list(1), new LinkedList<>(List.of(1)));
    }

    @Test
    void twoCopiesOfOneObjectAndOneCopyOfTwoAreNoCopy() {
        int[] one = {1};
        int[] other = {1};
        assertRefused("has lost its identity", list(one, one), list(new int[]{1}, new int[]{1}));
        int[] copy = {1};
        assertRefused("has lost its identity", list(one, other), list(copy, copy));
    }

    private static List<Object> list(Object... elements) {
        return new ArrayList<>(List.of(elements));
    }

    private static void assertRefused(String why, Object original, Object copy) {
        AssertionError error = assertThrows(AssertionError.class, () -> Faithful.check(original, copy));
        assertTrue(error.getMessage().contains(why), error.getMessage());
    }
}
