package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.worker.HeldLock;
import dev.handoff.worker.Locks;
import dev.handoff.worker.Locks.Mode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Locks with names: one holder at a time, who sees what the last one did; a request is granted or withdrawn. */
public class NamedLocks {
    /** Turns a hang into an outcome. */
    private static final Duration FOR_EVER = Duration.ofSeconds(20);
    private static final AtomicLong NAMES = new AtomicLong();

    /** Plain writes under a lock. */
    @JCStressTest
    @Outcome(id = "3", expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(id = "[12]", expect = FORBIDDEN, desc = "Both held the lock, or a write under it was lost.")
    @Outcome(id = "0", expect = FORBIDDEN, desc = "A wake-up was lost.")
    @State
    public static class Exclusive {
        private final String name = "exclusive " + NAMES.getAndIncrement();
        private int sum;
        private volatile boolean lost;

        private void add(int amount) {
            try (HeldLock lock = Locks.acquire(name, Mode.EXCLUSIVE, FOR_EVER)) {
                if (lock == null) {
                    lost = true;
                } else {
                    sum += amount;
                }
            } catch (InterruptedException e) {
                lost = true;
            }
        }

        @Actor
        public void one() {
            add(1);
        }

        @Actor
        public void two() {
            add(2);
        }

        @Arbiter
        public void result(I_Result r) {
            r.r1 = lost ? 0 : sum;
        }
    }

    /** A request that waits is cancelled while its lock is let go. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Withdrawn.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "Granted.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "The body of a cancelled request ran.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "The request was lost.")
    @State
    public static class GrantOrWithdrawal {
        private final String name = "withdrawal " + NAMES.getAndIncrement();
        private final CompletableFuture<Void> holder = new CompletableFuture<>();
        private volatile boolean ran;
        private final CompletableFuture<Boolean> request;

        public GrantOrWithdrawal() {
            Locks.requestAsync(name, Mode.EXCLUSIVE, _ -> holder, Runnable::run);
            request = Locks.request(name, Mode.EXCLUSIVE, _ -> ran = true, Runnable::run);
        }

        @Actor
        public void holder() {
            holder.complete(null);
        }

        @Actor
        public void canceller(ZZ_Result r) {
            r.r1 = request.cancel(false);
        }

        @Arbiter
        public void result(ZZ_Result r) {
            r.r2 = ran;
        }
    }
}
