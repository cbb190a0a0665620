package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has been met, however much it is. */
class CopiesTest {
    @ParameterizedTest
    @CsvSource({"0, 7", "0, 8", "0, 9", "0, 33", "0, 100000", "1, 100", "5, 9", "8, 40", "9, 20", "4096, 10", "31, 64"})
    void everyObjectKeepsItsNumberAndItsCopyAsTheTableGrows(int expected, int size) {
        Copies copies = new Copies();
        List<Object> originals = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Object original = new String("equal to the others");
            originals.add(original);
            if (i % 10 == 3) {
                copies.expect(expected);
            }
            assertEquals(i, copies.enter(original));
            assertNull(copies.copy(i));
            copies.copied(i, List.of(i));
        }
        for (int i = 0; i < size; i++) {
            assertEquals(~i, copies.enter(originals.get(i)));
            assertEquals(List.of(i), copies.copy(i));
        }
        assertSame(copies.copy(size - 1), copies.copy(size - 1));
    }
}
