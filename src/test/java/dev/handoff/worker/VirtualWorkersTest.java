package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Thousands of workers at a time. */
@Timeout(120)
class VirtualWorkersTest {
    private static final int WORKERS = 10_000;
    private static final int MOST_BYTES = 20 << 10;

    /** Starts idle workers that have answered once, and prints what each takes of the heap, its parked stack included. */
    static final class Idle {
        private Idle() {
        }

        public static void main(String[] args) throws Exception {
            WorkerOptions<Void> options = WorkerOptions.defaults().virtual().daemon(true);
            List<Worker<Integer, Integer>> workers = new ArrayList<>(WORKERS);
            start(workers, options).close(); // loads the classes
            workers.clear();
            long before = used();
            while (workers.size() < WORKERS) {
                start(workers, options);
            }
            for (Worker<Integer, Integer> worker : workers) {
                worker.post(7);
                if (worker.receive() != 7) {
                    throw new AssertionError("a wrong answer");
                }
            }
            System.out.println((used() - before) / WORKERS);
            workers.forEach(Worker::terminate);
            for (Worker<Integer, Integer> worker : workers) {
                worker.join();
            }
            System.out.println("ended");
        }

        private static Worker<Integer, Integer> start(List<Worker<Integer, Integer>> workers,
                WorkerOptions<Void> options) {
            Worker<Integer, Integer> worker = Worker.start(scope -> scope.onMessage(scope::post), options);
            workers.add(worker);
            return worker;
        }

        /** The same twice, so that nothing else is going on. */
        private static long used() {
            Runtime runtime = Runtime.getRuntime();
            long[] last = {0};
            Threads.until(() -> {
                System.gc();
                long now = runtime.totalMemory() - runtime.freeMemory();
                boolean quiet = Math.abs(now - last[0]) < WORKERS;
                last[0] = now;
                return quiet;
            });
            return last[0];
        }
    }

    @Test
    void tenThousandIdleOnesTakeAtMostTwentyKibibytesEach() {
        var run = ChildJvm.run(Idle.class);
        List<String> lines = run.out().lines().toList();
        assertEquals(2, lines.size(), run::err);
        int bytes = Integer.parseInt(lines.getFirst());
        assertTrue(bytes > 0 && bytes <= MOST_BYTES, () -> bytes + " bytes each");
        assertEquals("ended", lines.getLast());
    }
}
