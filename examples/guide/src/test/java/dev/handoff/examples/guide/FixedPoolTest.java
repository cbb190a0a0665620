package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FixedPoolTest {
    @Test
    void resultsAreInTheOrderOfTheTasks() {
        assertEquals(List.of(5, 8, 0), FixedPool.lengths("clone", "transfer", ""));
    }
}
