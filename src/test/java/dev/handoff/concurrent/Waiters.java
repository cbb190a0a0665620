package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.ParkingLot;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Resident;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Threads that are known to wait on the event count of something that lies at the beginning of a buffer. */
final class Waiters {
    private final SharedBuffer buffer;
    private final long eventOffset;

    Waiters(SharedBuffer buffer, long eventOffset) {
        this.buffer = buffer;
        this.eventOffset = eventOffset;
    }

    int count() {
        return ParkingLot.waiting(null, buffer.segment().address() + eventOffset);
    }

    /** Begins what will wait; returns when it does, after all that waited before. */
    <T> FutureTask<T> begin(Resident thread, Callable<T> body) {
        int before = count();
        FutureTask<T> task = thread.begin(body);
        Threads.until(() -> count() == before + 1 || task.isDone());
        return task;
    }
}
