package dev.handoff.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a pool: starts them, replaces them, lets them go, and adds up what they have counted. What changes is
 * guarded by the monitor; readers see one list of workers after another.
 */
final class Staff {
    private static final System.Logger LOGGER = System.getLogger("dev.handoff.pool");

    /**
     * The workers at a moment, by their numbers; those that are about to end, or to be given up; the counts of those gone:
     * one object, so that each task is counted once in whatever is read.
     */
    private static final class Roster {
        final Crew[] crews;
        final Crew[] leaving;
        final long taken;
        final long over;

        Roster(Crew[] crews, Crew[] leaving, long taken, long over) {
            this.crews = crews;
            this.leaving = leaving;
            this.taken = taken;
            this.over = over;
        }

        Stream<Crew> all() {
            return Stream.concat(Arrays.stream(crews), Arrays.stream(leaving));
        }
    }

    /** What all workers have counted. */
    static final class Sums {
        final long[] waits = new long[Histogram.BUCKETS];
        final long[] runs = new long[Histogram.BUCKETS];
        final List<PoolStatistics.OfWorker> workers = new ArrayList<>();
        long running;
        long over;
        long failed;
        long cancelled;
        long runNanos;
        long threadNanos;

        /** Adds those of a worker, and returns them. */
        PoolStatistics.OfWorker add(Crew crew, long now) {
            PoolStatistics.OfWorker one = crew.statistics(now, waits, runs);
            over += one.completed() + one.failed() + one.cancelled();
            failed += one.failed();
            cancelled += one.cancelled();
            runNanos += crew.runNanos();
            threadNanos += crew.threadNanos(now);
            return one;
        }

        void add(Sums gone) {
            for (int i = 0; i < Histogram.BUCKETS; i++) {
                waits[i] += gone.waits[i];
                runs[i] += gone.runs[i];
            }
            over += gone.over;
            failed += gone.failed;
            cancelled += gone.cancelled;
            runNanos += gone.runNanos;
            threadNanos += gone.threadNanos;
        }
    }

    private final WorkerPool<?, ?> pool;
    private final PoolOptions options;
    private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();
    private final Sums gone = new Sums();
    private volatile Roster roster = new Roster(new Crew[0], new Crew[0], 0, 0);
    /** Numbers of the minimum that have never had a worker with its handlers. */
    private final BitSet unready = new BitSet();
    private int starting;
    private int startsFailed;
    private long respawned;

    Staff(WorkerPool<?, ?> pool) {
        this.pool = pool;
        options = pool.options();
        unready.set(0, options.minWorkers());
    }

    synchronized void start() {
        if (unready.isEmpty()) {
            ready.complete(null);
        }
        for (int i = 0; i < options.minWorkers(); i++) {
            add(i, Lane.queue(options.queueing()));
        }
    }

    CompletableFuture<@Nullable Void> ready() {
        return ready.copy();
    }

    void nobodyIsReady(Throwable why) {
        var _ = ready.completeExceptionally(why);
    }

    /** In the monitor. */
    private void add(int number, Queue<Task<?>> own) {
        Crew crew = new Crew(pool, number, own);
        Roster now = roster;
        Crew[] crews = Arrays.copyOf(now.crews, now.crews.length + 1);
        int at = crews.length - 1;
        while (at > 0 && crews[at - 1].number() > number) {
            crews[at] = crews[--at];
        }
        crews[at] = crew;
        Thread starter = Thread.ofVirtual().name("handoff-start").unstarted(crew::start);
        roster = new Roster(crews, now.leaving, now.taken, now.over);
        starting++;
        starter.start();
    }

    boolean mayGrow() {
        return roster.crews.length < options.maxWorkers();
    }

    /** Starts another worker, if those that are about to start are not enough for the tasks that wait. */
    synchronized void grow() {
        if (mayGrow() && !pool.isStopped() && pool.queued() > starting) {
            int number = 0;
            for (Crew crew : roster.crews) {
                if (crew.number() != number) {
                    break;
                }
                number++;
            }
            add(number, Lane.queue(options.queueing()));
        }
    }

    /** A worker has its handlers. */
    synchronized void started(int number) {
        starting--;
        startsFailed = 0;
        if (unready.get(number)) {
            unready.clear(number);
            if (!unready.isEmpty()) {
                return;
            }
            var _ = ready.completeAsync(() -> null, WorkerPool.VIRTUAL);
        }
    }

    boolean hasSurplus() {
        return roster.crews.length > options.minWorkers();
    }

    /** Lets a worker go that has had nothing to do for long; false if it is needed. */
    boolean retire(Crew crew) {
        synchronized (this) {
            if (!hasSurplus() || !crew.own().isEmpty() || !leave(crew)) {
                return false;
            }
        }
        crew.dismiss();
        passOn(crew);
        if (!pool.lane().isEmpty()) { // who submitted it may have relied on this worker
            grow();
        }
        return true;
    }

    /** What was given to a worker that is over goes to whoever is free. */
    void passOn(Crew crew) {
        for (Task<?> task = crew.own().poll(); task != null; task = crew.own().poll()) {
            pool.lane().add(task);
        }
    }

    /** In the monitor: it is no longer one of those that count; false if it was not before. */
    private boolean leave(Crew crew) {
        Roster now = roster;
        Crew[] others = without(now.crews, crew);
        if (others.length == now.crews.length) {
            return false;
        }
        Crew[] leaving = Arrays.copyOf(now.leaving, now.leaving.length + 1);
        leaving[now.leaving.length] = crew;
        roster = new Roster(others, leaving, now.taken, now.over);
        return true;
    }

    private static Crew[] without(Crew[] crews, Crew crew) {
        return Arrays.stream(crews).filter(c -> !c.equals(crew)).toArray(Crew[]::new);
    }

    /** A task does not stop: its worker is given up. */
    void abandoned(Crew crew, String why) {
        tellOfLoss(crew, why, null);
        replace(crew, true);
        pool.abandoned();
        pool.lookForEnd();
    }

    /** All threads of a worker are dead, or could not be started. On a virtual thread. */
    void ended(Crew crew, boolean wasStarted, boolean hadTask, @Nullable Throwable error) {
        boolean isLost = hadTask || error != null && (wasStarted || !pool.isStopped());
        if (isLost) {
            tellOfLoss(crew, hadTask ? "it ended in the middle of a task" : "it ended", error);
        }
        boolean isHopeless;
        synchronized (this) {
            if (!wasStarted) {
                starting--;
                startsFailed += isLost ? 1 : 0;
            }
            isHopeless = isLost && startsFailed >= options.startAttempts() && !pool.isStopped();
        }
        if (isHopeless && error != null) {
            pool.fail(error);
            nobodyIsReady(error);
            Arrays.stream(roster.crews).forEach(Crew::dismiss);
        }
        replace(crew, isLost);
        synchronized (this) {
            gone.add(crew, System.nanoTime());
            Roster now = roster;
            roster = new Roster(now.crews, without(now.leaving, crew), now.taken + crew.countTaken(),
                    now.over + crew.countOver());
        }
        pool.lookForEnd();
    }

    /** Takes a worker off the list, and puts another one in its place if it is needed. */
    private void replace(Crew crew, boolean wasLost) {
        synchronized (this) {
            if (!leave(crew)) {
                return;
            }
            boolean isNeeded = roster.crews.length < options.minWorkers() || pool.queued() > starting
                    || !crew.own().isEmpty();
            if (isNeeded && !pool.isStopped() && !pool.isDrained()) {
                respawned += wasLost ? 1 : 0;
                add(crew.number(), crew.own());
                return;
            }
        }
        passOn(crew);
    }

    private void tellOfLoss(Crew crew, String why, @Nullable Throwable error) {
        try {
            log(crew, why, error);
        } catch (Throwable e) { // the user's logger's; it must not cost more than a line
            Thread here = Thread.currentThread();
            here.getUncaughtExceptionHandler().uncaughtException(here, e);
        }
        WorkerLostEvent event = new WorkerLostEvent();
        if (event.isEnabled()) {
            event.worker = crew.toString();
            event.reason = error == null ? why : why + ": " + error;
            event.commit();
        }
    }

    private void log(Crew crew, String why, @Nullable Throwable error) {
        String text = crew + " of " + pool + " was lost: " + why;
        if (error != null) {
            LOGGER.log(System.Logger.Level.WARNING, text, error);
        } else {
            LOGGER.log(System.Logger.Level.WARNING, text);
        }
    }

    /** Ends those that make their handlers still, when no more tasks are begun. */
    void killUnstarted() {
        Crew[] now;
        synchronized (this) { // who adds one has seen that none is needed, or is seen here
            now = roster.crews;
        }
        for (Crew crew : now) {
            if (!crew.isStarted()) {
                crew.kill();
            }
        }
    }

    /** Whether no worker is left but those that were given up. */
    boolean isGone() {
        Roster now = roster;
        return now.crews.length == 0 && Arrays.stream(now.leaving).allMatch(Crew::isAbandoned);
    }

    Crew[] crews() {
        return roster.crews;
    }

    Stream<Runner> runners() {
        return roster.all().flatMap(crew -> Arrays.stream(crew.runners()));
    }

    void nudge() {
        for (Crew crew : roster.crews) {
            crew.nudge();
        }
    }

    /** How many tasks were taken by all workers ever. */
    long countTaken() {
        Roster now = roster;
        long sum = now.taken;
        for (Crew crew : now.crews) {
            sum += crew.countTaken();
        }
        for (Crew crew : now.leaving) {
            sum += crew.countTaken();
        }
        return sum;
    }

    long countOver() {
        Roster now = roster;
        long sum = now.over;
        for (Crew crew : now.crews) {
            sum += crew.countOver();
        }
        for (Crew crew : now.leaving) {
            sum += crew.countOver();
        }
        return sum;
    }

    synchronized long respawned() {
        return respawned;
    }

    synchronized Sums sums() {
        long now = System.nanoTime();
        Sums all = new Sums();
        all.add(gone);
        for (Crew crew : roster.crews) {
            PoolStatistics.OfWorker one = all.add(crew, now);
            all.workers.add(one);
            all.running += one.running();
        }
        for (Crew crew : roster.leaving) {
            var _ = all.add(crew, now);
        }
        return all;
    }
}
