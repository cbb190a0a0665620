package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.pool.WorkerLostException;
import dev.handoff.pool.WorkerPool;
import java.math.BigInteger;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MathTasksTest {
    @Test
    void eachKindOfTaskHasItsOwnTypes() {
        try (WorkerPool<?, ?> pool = MathTasks.start()) {
            assertEquals(55, pool.submit(MathTasks.FIBONACCI, 10).join());
            assertEquals(new BigInteger("265252859812191058636308480000000"),
                    pool.submit(MathTasks.FACTORIAL, 30).join());
            assertEquals(104_729, pool.submit(MathTasks.NTH_PRIME, 10_000).join());
        }
    }

    @Test
    void aWorkerThatEndsFailsItsTaskOnlyAndIsReplaced() {
        try (WorkerPool<?, ?> pool = MathTasks.start()) {
            var crash = pool.submit(MathTasks.CRASH, 13);
            assertEquals(0, pool.submit(MathTasks.FIBONACCI, 0).join());
            var e = assertThrows(CompletionException.class, crash::join);
            assertInstanceOf(WorkerLostException.class, e.getCause());
            assertEquals(2, pool.submit(MathTasks.NTH_PRIME, 1).join());
            MathTasks.awaitReplacement(pool);
            assertEquals(1, pool.statistics().respawned());
        }
    }
}
