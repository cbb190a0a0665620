package dev.handoff.worker;

import dev.handoff.worker.HeldLock.State;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Who holds one named lock, and who waits for it. Used inside of {@link Locks#update} only, by one thread at a time. */
final class NamedLock {
    /** One that is exclusive, or any number that are shared, in the order in which they were granted. */
    final Set<HeldLock> held = new LinkedHashSet<>();
    /** In the order in which they came. */
    final Set<HeldLock> pending = new LinkedHashSet<>();

    boolean isEmpty() {
        return held.isEmpty() && pending.isEmpty();
    }

    /** Grants a request if that can be done now and no earlier one waits; tells whether it did. */
    boolean tryGrant(HeldLock request) {
        boolean free = pending.isEmpty() && admits(request);
        if (free) {
            grant(request);
        }
        return free;
    }

    private boolean admits(HeldLock request) {
        return held.isEmpty() || request.mode() == Locks.Mode.SHARED
                && held.iterator().next().mode() == Locks.Mode.SHARED;
    }

    private void grant(HeldLock request) {
        request.state = State.HELD;
        held.add(request);
    }

    boolean isHeldByItself(Thread client) {
        return held.stream().anyMatch(lock -> lock.isClients() && lock.client().equals(client));
    }

    /** Grants a request in place of all that is held, which it returns. */
    List<HeldLock> steal(HeldLock request) {
        List<HeldLock> victims = List.copyOf(held);
        victims.forEach(victim -> letGo(victim, State.LOST));
        grant(request);
        return victims;
    }

    /** Ends a hold; tells whether it had not ended before. */
    boolean letGo(HeldLock lock, State end) {
        if (!held.remove(lock)) {
            return false;
        }
        lock.state = end;
        if (lock.watch != null) {
            lock.watch.interrupt();
        }
        return true;
    }

    /** Takes a request out before it is granted; tells whether it was still waiting. */
    boolean withdraw(HeldLock request) {
        if (!pending.remove(request)) {
            return false;
        }
        request.state = State.OVER;
        return true;
    }

    /** Lets go what nobody can give back any more, and grants what is first in the queue for as long as that can be. */
    void settle(List<HeldLock> granted) {
        List.copyOf(held).stream().filter(HeldLock::isAbandoned).forEach(lock -> letGo(lock, State.LOST));
        for (Iterator<HeldLock> queue = pending.iterator(); queue.hasNext();) {
            HeldLock next = queue.next();
            if (!admits(next)) {
                break;
            }
            queue.remove();
            grant(next);
            granted.add(next);
        }
    }

    /** Threads, not started yet, that wait for the ends of those that hold it, where somebody waits for that. */
    List<Thread> newWatches() {
        if (pending.isEmpty()) {
            return List.of();
        }
        List<Thread> watches = new ArrayList<>();
        for (HeldLock lock : held) {
            if (lock.isClients() && lock.watch == null) {
                lock.watch = Thread.ofVirtual().name("handoff-lock-watch").inheritInheritableThreadLocals(false)
                        .unstarted(() -> Locks.watch(lock));
                watches.add(lock.watch);
            }
        }
        return watches;
    }
}
