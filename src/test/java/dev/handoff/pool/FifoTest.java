package dev.handoff.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.Threads;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What tasks wait in. */
@Timeout(60)
class FifoTest {
    @Test
    void whatCameFirstGoesFirstThroughManyChunks() {
        Fifo<Integer> fifo = new Fifo<>();
        int added = 0;
        int taken = 0;
        for (int round = 1; round < 300; round++) {
            for (int i = 0; i < round; i++) {
                assertTrue(fifo.offer(added++));
            }
            assertEquals(added - taken, fifo.size());
            for (int i = 0; i < round - round % 7; i++) {
                assertEquals(taken++, fifo.poll());
            }
        }
        while (taken < added) {
            assertFalse(fifo.isEmpty());
            assertEquals(taken++, fifo.poll());
        }
        assertTrue(fifo.isEmpty());
        assertNull(fifo.poll());
        assertEquals(0, fifo.size());
    }

    @Test
    void whatWasRemovedIsNotTaken() {
        Fifo<Integer> fifo = new Fifo<>();
        for (int i = 0; i < 100; i++) {
            fifo.add(i);
        }
        fifo.poll();
        assertTrue(fifo.removeIf(i -> i % 10 != 5));
        assertFalse(fifo.removeIf(i -> i % 10 != 5));
        for (int i = 5; i < 100; i += 10) {
            assertEquals(i, fifo.poll());
        }
        assertNull(fifo.poll());
        fifo.add(7);
        assertEquals(7, fifo.poll());
    }

    @Test
    void whatWasTakenOrRemovedIsNotKept() {
        Fifo<Object> fifo = new Fifo<>();
        WeakReference<Object> taken = new WeakReference<>(new int[1]);
        fifo.add(taken.get());
        fifo.poll();
        WeakReference<Object> removed = new WeakReference<>(new int[1]);
        fifo.add(removed.get());
        fifo.removeIf(_ -> true);
        Threads.until(() -> {
            System.gc();
            return taken.refersTo(null) && removed.refersTo(null);
        });
        assertEquals(1, fifo.size());
    }

    @Test
    void whatItCantDoItRefuses() {
        Fifo<Integer> fifo = new Fifo<>();
        assertThrows(NullPointerException.class, () -> fifo.add(null));
        assertThrows(UnsupportedOperationException.class, fifo::peek);
        assertThrows(UnsupportedOperationException.class, fifo::iterator);
    }

    @Test
    void ofManyAddersAndTakersEachElementReachesOneInTheOrderOfItsAdder() {
        int each = 100_000;
        AtomicIntegerArray seen = new AtomicIntegerArray(2 * each);
        AtomicInteger missing = new AtomicInteger(2 * each);
        Fifo<Integer> fifo = new Fifo<>();
        Threads.race(Threads.Kind.PLATFORM, 4, 1, _ -> {
        }, (racer, _) -> {
            if (racer < 2) {
                for (int i = 0; i < each; i++) {
                    fifo.add(racer * each + i);
                }
                return;
            }
            int[] last = {-1, -1};
            while (missing.get() > 0) {
                Integer element = fifo.poll();
                if (element != null) {
                    int adder = element / each;
                    assertTrue(element % each > last[adder]);
                    last[adder] = element % each;
                    assertEquals(1, seen.incrementAndGet(element));
                    missing.decrementAndGet();
                } else {
                    Thread.onSpinWait();
                }
            }
        });
        assertTrue(fifo.isEmpty());
    }
}
