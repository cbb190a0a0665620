package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.worker.WorkerBody;
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
        WorkerBody<Void, String, String> body = _ -> {
            throw thrown;
        };
        assertSame(thrown, failure(body).getCause());
    }

    @Test
    void failsWhereTheWorkerEndsWithoutAResult() {
        assertEquals("no result, but exit code 0", failure(_ -> {
        }).getCause().getMessage());
        assertEquals("no result, but exit code 3", failure(scope -> scope.exit(3)).getCause().getMessage());
    }

    private static CompletionException failure(WorkerBody<Void, String, String> body) {
        var result = RunWorker.runWorker(body, "data");
        return assertThrows(CompletionException.class, result::join);
    }
}
