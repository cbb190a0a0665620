package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What has been met, however much it is. */
class CopiesTest {
    private static List<Object> equalObjects(int size) {
        List<Object> objects = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            objects.add(new String("equal to the others"));
        }
        return objects;
    }

    @ParameterizedTest
    @CsvSource({"0, 7", "0, 8", "0, 9", "0, 33", "0, 100000", "1, 100", "8, 40", "9, 20", "4096, 10", "1000000000, 64"})
    void everyObjectKeepsItsNumberAndItsCopyAsTheTableGrows(int expected, int size) {
        Copies copies = new Copies();
        copies.expect(expected);
        List<Object> originals = equalObjects(size);
        for (int i = 0; i < size; i++) {
            assertEquals(~i, copies.enter(originals.get(i)), "new");
            copies.set(i, List.of(i));
        }
        assertEquals(size, copies.size());
        for (int i = 0; i < size; i++) {
            assertEquals(i, copies.enter(originals.get(i)), "met before");
            assertSame(originals.get(i), copies.original(i));
            assertEquals(List.of(i), copies.copy(i));
        }
        assertEquals(size, copies.size());
    }

    @Test
    void neverLooksForASizeThatIsTooLarge() {
        Copies copies = new Copies();
        copies.expect(Integer.MAX_VALUE);
        assertEquals(~0, copies.enter("nothing"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40, 4096, Integer.MAX_VALUE})
    void aSightingIsOldIfTheObjectOrItsHashCodeWasMetBefore(int expected) {
        Sightings sightings = new Sightings(expected);
        Set<Integer> hashCodes = new HashSet<>();
        List<Object> objects = equalObjects(100_000);
        for (Object object : objects) {
            assertEquals(hashCodes.add(System.identityHashCode(object)), sightings.add(object));
        }
        assertEquals(hashCodes.size(), sightings.size());
        assertTrue(objects.stream().noneMatch(sightings::add), "all were met");
    }
}
