package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Linearizability;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Linearizability.TAG)
class SharedMutexLinearizabilityTest {
    private static SharedMutex mutex() {
        return SharedMutex.create(
                SharedBuffer.wrap(MemorySegment.ofArray(new long[(int) SharedMutex.bytes() / Long.BYTES])), 0);
    }

    /** A plain counter; each operation locks in another way, waiting where it has to. */
    public static class Guarded {
        private final SharedMutex mutex = mutex();
        private int count;

        private int countAndUnlock() {
            try {
                int counted = count;
                Thread.yield(); // let them come
                count = counted + 1;
                return counted;
            } finally {
                mutex.unlock();
            }
        }

        @Operation
        public int lock() {
            mutex.lock();
            return countAndUnlock();
        }

        @Operation
        public int lockInterruptibly() throws InterruptedException {
            mutex.lockInterruptibly();
            return countAndUnlock();
        }

        @Operation
        public int tryLock() throws InterruptedException {
            return mutex.tryLock(1, TimeUnit.DAYS) ? countAndUnlock() : -1;
        }
    }

    public static class Counter {
        private int count;

        public int lock() {
            return count++;
        }

        public int lockInterruptibly() {
            return count++;
        }

        public int tryLock() {
            return count++;
        }
    }

    /** Nobody waits, so who owns it follows from the order. */
    public static class Ownership {
        private final SharedMutex mutex = mutex();

        @Operation
        public boolean tryLock(@Param(gen = ThreadIdGen.class) int thread) {
            return mutex.tryLock();
        }

        @Operation
        public void unlock(@Param(gen = ThreadIdGen.class) int thread) {
            mutex.unlock();
        }

        @Operation
        public boolean isHeld(@Param(gen = ThreadIdGen.class) int thread) {
            return mutex.isHeldByCurrentThread();
        }

        @Operation
        public boolean isLocked() {
            return mutex.isLocked();
        }
    }

    public static class Owner {
        private static final int NOBODY = -1;
        private int owner = NOBODY;

        public boolean tryLock(int thread) {
            boolean free = owner == NOBODY;
            if (free) {
                owner = thread;
            }
            return free;
        }

        public void unlock(int thread) {
            if (owner != thread) {
                throw new IllegalMonitorStateException();
            }
            owner = NOBODY;
        }

        public boolean isHeld(int thread) {
            return owner == thread;
        }

        public boolean isLocked() {
            return owner != NOBODY;
        }
    }

    @Test
    void whatItGuardsIsDoneOneAfterTheOther() {
        Linearizability.check(Guarded.class, Counter.class, 3);
    }

    @Test
    void itHasOneOwnerAtATime() {
        Linearizability.check(Ownership.class, Owner.class, 3);
    }
}
