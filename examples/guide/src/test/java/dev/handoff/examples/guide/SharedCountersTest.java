package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedCountersTest {
    @Test
    void noCountIsLost() throws Exception {
        assertEquals(List.of(50_000, 50_000, 50_000, 50_000, 200_000), SharedCounters.count(50_000));
    }
}
