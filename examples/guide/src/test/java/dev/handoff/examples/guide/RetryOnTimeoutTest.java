package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.examples.guide.RetryOnTimeout.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RetryOnTimeoutTest {
    @Test
    void anAnswerInTimeIsNotAskedForAgain() throws Exception {
        Duration deadline = Duration.ofMinutes(1);
        assertEquals(new Answer<>("attempt 1", 1, deadline),
                RetryOnTimeout.call(scope -> scope.post("attempt " + scope.workerData()), deadline));
    }

    @Test
    void theSecondAttemptHasTwiceTheTime() throws Exception {
        assertEquals(new Answer<>("ready", 2, Duration.ofSeconds(6)),
                RetryOnTimeout.call(RetryOnTimeout::hangAtFirst, Duration.ofSeconds(3)));
    }

    @Test
    void thereIsNoThirdAttemptAndNoWorkerIsLeft() {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        assertThrows(TimeoutException.class, () -> RetryOnTimeout.call(scope -> {
            workers.add(Thread.currentThread()); // a worker that is terminated before it began never comes here
            scope.receive(); // nobody posts
        }, Duration.ofMillis(100)));
        assertTrue(workers.size() <= 2, workers.toString());
        assertEquals(List.of(), workers.stream().filter(Thread::isAlive).toList());
    }
}
