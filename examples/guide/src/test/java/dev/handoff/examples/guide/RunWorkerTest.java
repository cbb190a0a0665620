package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.worker.WorkerBody;
import dev.handoff.worker.WorkerScope;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunWorkerTest {
    @Test
    void sumsAndCounts() {
        assertEquals(new RunWorker.Total(31, 8),
                RunWorker.runWorker(RunWorker::total, List.of(3, 1, 4, 1, 5, 9, 2, 6)).join());
        assertEquals(new RunWorker.Total(0, 0), RunWorker.runWorker(RunWorker::total, List.<Integer>of()).join());
    }

    @Test
    void failsWithTheVeryErrorOfTheWorker() {
        var thrown = new UnsupportedOperationException("not today");
        WorkerBody<String, String, Void> body = scope -> {
            scope.receive();
            throw thrown;
        };
        assertSame(thrown, failure(body).getCause());
    }

    @Test
    void failsWhereTheWorkerEndsWithoutAResult() {
        assertEquals("no result, but exit code 0", failure(WorkerScope::receive).getCause().getMessage());
        assertEquals("no result, but exit code 4",
                failure(scope -> scope.exit(scope.receive().length())).getCause().getMessage());
    }

    private static CompletionException failure(WorkerBody<String, String, Void> body) {
        var result = RunWorker.runWorker(body, "data");
        return assertThrows(CompletionException.class, result::join);
    }
}
