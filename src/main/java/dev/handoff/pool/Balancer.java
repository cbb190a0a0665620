package dev.handoff.pool;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the worker of each task. A pool without one has a single queue from which all workers take, so that a task goes
 * to whoever is free first: nothing spreads the load better, and it costs least. With a balancer each worker has a queue of
 * its own. Implementations are thread-safe.
 */
@FunctionalInterface
public interface Balancer {
    /**
     * A worker that could be chosen.
     *
     * @param number the worker's number in the pool, which stays when it is replaced
     * @param queued how many tasks wait in its queue
     * @param running how many tasks it is doing
     */
    record Load(int number, int queued, int running) {
        /**
         * All that it has to do.
         *
         * @return tasks waiting and running
         */
        public int total() {
            return queued + running;
        }
    }

    /**
     * Chooses a worker; called by the thread that submits the task.
     *
     * @param key the task's {@linkplain TaskOptions#key key}, or null
     * @param workers all workers, at least one, in the order of their numbers, as they were a moment ago
     * @return the index of one in the list
     */
    int choose(@Nullable Object key, List<Load> workers);

    /**
     * One after another.
     *
     * @return a new balancer, for one pool
     */
    static Balancer roundRobin() {
        AtomicInteger next = new AtomicInteger();
        return (_, workers) -> Math.floorMod(next.getAndIncrement(), workers.size());
    }

    /**
     * The worker that has least to do when the task is submitted.
     *
     * @return the balancer, which has no state
     */
    static Balancer leastBusy() {
        return (_, workers) -> {
            int best = 0;
            for (int i = 1; i < workers.size(); i++) {
                if (workers.get(i).total() < workers.get(best).total()) {
                    best = i;
                }
            }
            return best;
        };
    }

    /**
     * The same worker for the same key, as long as the number of workers does not change; of tasks without one, each goes
     * to the worker that has least to do. For state per worker: a cache, a session.
     *
     * @return the balancer, which has no state
     */
    static Balancer sticky() {
        Balancer others = leastBusy();
        return (key, workers) -> {
            if (key == null) {
                return others.choose(null, workers);
            }
            int hash = key.hashCode() * 0x9E3779B9; // as the low bits of hash codes may be alike
            return Math.floorMod(hash ^ hash >>> 16, workers.size());
        };
    }
}
