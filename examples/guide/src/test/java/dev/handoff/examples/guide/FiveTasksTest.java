package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.examples.guide.FiveTasks.Outcome;
import dev.handoff.examples.guide.FiveTasks.Task;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FiveTasksTest {
    private static final Duration AMPLE = Duration.ofMinutes(1);

    @Test
    void aResultIsAResult() throws Exception {
        assertEquals(new Outcome("result: 42", 0), FiveTasks.run(Task.NORMAL, AMPLE));
    }

    @Test
    void anErrorIsToldWithItsClassAndText() throws Exception {
        assertEquals(new Outcome("java.lang.IllegalArgumentException: no such order: 4711", 1),
                FiveTasks.run(Task.ERROR, AMPLE));
    }

    @Test
    void aCrashHasItsExitCodeOnly() throws Exception {
        assertEquals(new Outcome("ended without a word", 13), FiveTasks.run(Task.CRASH, AMPLE));
    }

    @Test
    void whatDoesNotEndInTimeIsTerminated() throws Exception {
        assertEquals(new Outcome("nothing in time: terminated", 1), FiveTasks.run(Task.TIMEOUT, Duration.ofMillis(50)));
    }
}
