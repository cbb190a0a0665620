package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has been met, however much it is. */
class CopiesTest {
    @ParameterizedTest
    @CsvSource({"0, 7", "0, 8", "0, 9", "0, 33", "0, 100000", "1, 100", "8, 40", "9, 20", "4096, 10", "1000000000, 64"})
    void everyObjectKeepsItsCopyAsTheTableGrows(int expected, int size) {
        Copies copies = new Copies();
        copies.expect(expected);
        List<Object> originals = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Object original = new String("equal to the others");
            originals.add(original);
            int place = copies.find(original);
            assertTrue(place < 0, "not there yet");
            copies.put(place, original, List.of(i));
        }
        assertEquals(size, copies.size());
        for (int i = 0; i < size; i++) {
            assertEquals(List.of(i), copies.copy(copies.find(originals.get(i))));
        }
    }

    @Test
    void neverLooksForASizeThatIsTooLarge() {
        Copies copies = new Copies();
        copies.expect(Integer.MAX_VALUE);
        assertTrue(copies.find("nothing") < 0);
    }
}
