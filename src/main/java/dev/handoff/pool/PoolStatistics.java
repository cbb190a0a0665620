package dev.handoff.pool;

import java.util.List;

/**
 * What a pool has done so far, as one reading from outside found it. The numbers are read one after another while the pool
 * goes on, so they need not add up.
 *
 * @param queued how many tasks wait, those included that wait for their next attempt
 * @param running how many tasks run
 * @param submitted how many tasks were taken from their callers
 * @param completed how many have a result
 * @param failed how many have failed by an exception of their own, or with their worker
 * @param cancelled how many were cancelled or have passed a deadline, in the queue or running
 * @param retried how many attempts were put back into the queue
 * @param respawned how many workers were replaced as they ended, or were given up, without being asked to
 * @param utilisation for which part of the time workers had something to do, from 0 to 1
 * @param waits how long tasks waited in the queue
 * @param runs how long attempts ran
 * @param workers the workers that there are now
 */
public record PoolStatistics(long queued, long running, long submitted, long completed, long failed, long cancelled,
        long retried, long respawned, double utilisation, Percentiles waits, Percentiles runs, List<OfWorker> workers) {
    /** Makes the list its own. */
    public PoolStatistics {
        workers = List.copyOf(workers);
    }

    /**
     * What one worker has done since it was started.
     *
     * @param number the worker's number in the pool
     * @param running how many tasks it does now
     * @param completed how many attempts gave a result
     * @param failed how many attempts threw
     * @param cancelled how many were cancelled, or passed a deadline, while they ran
     * @param utilisation for which part of the time it had something to do, from 0 to 1
     * @param waits how long its tasks waited in the queue
     * @param runs how long they ran
     */
    public record OfWorker(int number, int running, long completed, long failed, long cancelled, double utilisation,
            Percentiles waits, Percentiles runs) {
    }
}
