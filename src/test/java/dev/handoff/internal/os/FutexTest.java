package dev.handoff.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.kernel.NativeKernel;
import dev.handoff.testing.Threads;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class FutexTest {
    private static final VarHandle WORD = JAVA_INT.varHandle();
    private static final int TURNS = 1000;

    private final MemorySegment word = Arena.ofAuto().allocate(JAVA_INT);

    private static void assumeFutex() {
        assumeTrue(Futex.kind() != Futex.Kind.POLLING, "this JVM has no futex");
    }

    @Test
    void theKernelIsPreferred() {
        assertEquals(NativeKernel.status().isNative(), Futex.kind() == Futex.Kind.KERNEL);
        if (!NativeKernel.status().nativeAccess()) {
            assertEquals(Futex.Kind.POLLING, Futex.kind());
        }
    }

    @Test
    void theValueIsComparedFirst() {
        assumeFutex();
        assertEquals(Futex.Outcome.VALUE_DIFFERS, Futex.await(word, 1, -1));
    }

    @Test
    void theTimeIsWaitedFor() {
        assumeFutex();
        assertEquals(Futex.Outcome.TIMED_OUT, Futex.await(word, 0, 0));
        long begun = System.nanoTime();
        assertEquals(Futex.Outcome.TIMED_OUT, Futex.await(word, 0, 3_000_000));
        assertTrue(System.nanoTime() - begun >= 3_000_000, "woke up early");
    }

    @Test
    void nobodyIsWokenWhereNobodySleepsOrNobodyIsMeant() {
        assumeFutex();
        assertEquals(0, Futex.wake(word, 1));
        assertEquals(0, Futex.wake(word, 0));
        assertEquals(0, Futex.wake(word, -1));
    }

    @Test
    void asManyAreWokenAsWereAskedFor() throws Exception {
        assumeFutex();
        var sleepers = new ArrayList<FutureTask<Futex.Outcome>>();
        for (int i = 0; i < 3; i++) {
            var task = new FutureTask<>(() -> {
                Futex.Outcome outcome;
                do {
                    outcome = Futex.await(word, 0, -1);
                } while (outcome == Futex.Outcome.INTERRUPTED);
                return outcome;
            });
            Threads.Kind.PLATFORM.unstarted("sleeper", task).start();
            sleepers.add(task);
        }
        int woken = 0;
        while (woken < 3) { // none, as long as none has fallen asleep
            int now = Futex.wake(word, 3 - woken);
            assertTrue(now >= 0 && now <= 3 - woken, () -> "woke " + now);
            woken += now;
            Thread.onSpinWait();
        }
        for (var sleeper : sleepers) {
            assertEquals(Futex.Outcome.WOKEN, sleeper.get());
        }
    }

    @Test
    void twoThreadsTakeTurnsOnAWord() {
        assumeFutex();
        FutureTask<Void> second = new FutureTask<>(() -> take(1), null);
        Thread thread = Threads.Kind.PLATFORM.unstarted("second", second);
        thread.start();
        take(0);
        Threads.join(thread);
        assertEquals(0, (int) WORD.getVolatile(word, 0L));
    }

    private void take(int me) {
        for (int i = 0; i < TURNS; i++) {
            while ((int) WORD.getVolatile(word, 0L) != me) {
                Futex.await(word, 1 - me, -1);
            }
            WORD.setVolatile(word, 0L, 1 - me);
            Futex.wake(word, 1);
        }
    }

    @Test
    void withoutAFutexItsCallsAreRefused() {
        assumeFalse(Futex.kind() != Futex.Kind.POLLING, "this JVM has a futex");
        assertThrows(IllegalStateException.class, () -> Futex.await(word, 0, 0));
        assertThrows(IllegalStateException.class, () -> Futex.wake(word, 1));
    }
}
