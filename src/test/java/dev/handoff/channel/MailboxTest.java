package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.Mailbox.Outcome;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MailboxTest {
    private static final long FOR_EVER = Long.MAX_VALUE;
    private static final long A_DAY = Duration.ofDays(1).toNanos();

    private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();

    private static Mailbox<Integer> bounded(int capacity) {
        return new Mailbox<>(capacity, IdleStrategy.parking());
    }

    private static Mailbox<Integer> parking() {
        return bounded(Mailbox.UNBOUNDED);
    }

    private interface Call {
        Object run() throws Exception;
    }

    /** A thread that is parked inside a call, and writes down what comes of it. */
    private Thread parked(Threads.Kind kind, Call call) {
        Thread thread = started(kind, call);
        Threads.untilParked(thread);
        return thread;
    }

    private Thread started(Threads.Kind kind, Call call) {
        Thread thread = kind.unstarted("waiting", () -> {
            try {
                Object result = call.run();
                seen.add(result == null ? "nothing" : result);
            } catch (Exception e) {
                seen.add(e.getClass());
            }
        });
        thread.start();
        return thread;
    }

    // ---- order

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 48, 1_000, 100_000})
    void whatIsAddedIsTakenInOrder(int n) {
        Mailbox<Integer> box = new Mailbox<>();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < n; i++) {
                assertNull(box.add(i));
            }
            assertEquals(n, box.size());
            for (int i = 0; i < n; i++) {
                assertEquals(i, box.poll());
            }
            assertNull(box.poll());
            assertTrue(box.isEmpty());
            assertEquals((long) (round + 1) * n, box.added());
            assertEquals(box.added(), box.taken());
        }
    }

    @Test
    void anyLengthOfTheQueueMayCrossTheBoundariesOfChunks() {
        for (int waiting = 0; waiting < 40; waiting++) {
            Mailbox<Integer> box = new Mailbox<>();
            IntStream.range(0, waiting).forEach(box::add);
            for (int i = 0; i < 3_000; i++) {
                box.add(waiting + i);
                assertEquals(i, box.poll());
            }
            assertEquals(IntStream.range(3_000, 3_000 + waiting).boxed().toList(), box.drain());
            assertEquals(List.of(), box.drain());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 16, 100, Mailbox.UNBOUNDED})
    void manyProducersAndTakersLoseAndRepeatNothingAndKeepTheOrderOfEach(int capacity) throws Exception {
        int producers = 4;
        int takers = 3;
        int each = 20_000;
        Mailbox<int[]> box = new Mailbox<>(capacity, IdleStrategy.adaptive());
        List<Thread> adding = new ArrayList<>();
        for (int p = 0; p < producers; p++) {
            int me = p;
            adding.add(Threads.Kind.values()[p % 2].unstarted("producer", () -> {
                try {
                    for (int i = 0; i < each; i++) {
                        box.offer(new int[]{me, i}, null, FOR_EVER);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        AtomicInteger count = new AtomicInteger();
        AtomicInteger disorders = new AtomicInteger();
        AtomicInteger overflows = new AtomicInteger();
        List<Thread> taking = new ArrayList<>();
        for (int t = 0; t < takers; t++) {
            int me = t;
            taking.add(Threads.Kind.values()[t % 2].unstarted("taker", () -> {
                int[] last = {-1, -1, -1, -1};
                try {
                    while (true) {
                        int[] m = me == 0 ? box.poll(A_DAY) : box.poll(1_000L);
                        if (m != null) {
                            disorders.addAndGet(last[m[0]] < m[1] ? 0 : 1);
                            last[m[0]] = m[1];
                            count.incrementAndGet();
                        } else if (box.ended() != null && box.isEmpty()) {
                            return;
                        }
                        overflows.addAndGet(box.size() <= capacity ? 0 : 1);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        taking.forEach(Thread::start);
        adding.forEach(Thread::start);
        for (Thread t : adding) {
            t.join();
        }
        box.end("over");
        for (Thread t : taking) {
            t.join();
        }
        assertEquals(producers * each, count.get());
        assertEquals(0, disorders.get());
        assertEquals(0, overflows.get());
    }

    @Test
    void anElementThatIsStillBeingCommittedHoldsUpWhatIsBehindIt() throws Exception {
        Mailbox<Integer> box = new Mailbox<>();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Thread slow = Thread.ofPlatform().start(() -> box.offer(1, _ -> {
            inside.countDown();
            Threads.uninterruptibly(go);
            return 3;
        }));
        inside.await();
        box.add(2);
        assertEquals(2, box.size());
        Thread taker = started(Threads.Kind.PLATFORM, () -> List.of(box.poll(), box.poll()));
        assertTrue(seen.isEmpty());
        go.countDown();
        assertEquals(List.of(3, 2), seen.take());
        slow.join();
        taker.join();
    }

    @Test
    void aCommitThatThrowsDoesNotLeaveTakersWaiting() throws InterruptedException {
        Mailbox<Integer> box = new Mailbox<>();
        assertThrows(IllegalStateException.class, () -> box.offer(1, _ -> {
            throw new IllegalStateException("boom");
        }));
        assertEquals(1, box.poll(A_DAY));
    }

    // ---- capacity

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 1_000})
    void aFullQueueTakesNoMore(int capacity) throws InterruptedException {
        Mailbox<Integer> box = bounded(capacity);
        assertEquals(capacity, box.capacity());
        for (int i = 0; i < capacity; i++) {
            assertFalse(box.isFull());
            assertEquals(Outcome.ADDED, box.offer(i, null));
        }
        assertTrue(box.isFull());
        UnaryOperator<Integer> commit = number -> {
            seen.add("committed");
            return number;
        };
        assertEquals(Outcome.FULL, box.offer(-1, commit));
        assertEquals(Outcome.FULL, box.offer(-1, commit, 0));
        assertEquals(Outcome.FULL, box.offer(-1, commit, -1));
        assertEquals(Outcome.FULL, box.offer(-1, commit, 1_000));
        assertTrue(seen.isEmpty());
        for (int i = 0; i < 3 * capacity; i++) {
            assertEquals(i, box.poll());
            assertEquals(Outcome.ADDED, box.offer(capacity + i, null));
            assertEquals(Outcome.FULL, box.offer(-1, null));
        }
        assertEquals(capacity, box.drain().size());
        assertFalse(box.isFull());
    }

    @ParameterizedTest
    @EnumSource
    void waitingOffersAreWokenInOrder(Threads.Kind kind) throws Exception {
        Mailbox<Integer> box = bounded(1);
        box.add(-1);
        for (int i = 0; i < 10; i++) {
            int number = i;
            parked(kind, () -> box.offer(number, null, number % 2 == 0 ? FOR_EVER : A_DAY));
        }
        assertEquals(-1, box.poll());
        for (int i = 0; i < 10; i++) {
            assertEquals(Outcome.ADDED, seen.take());
            assertEquals(i, box.poll(A_DAY));
        }
        assertTrue(box.isEmpty());
    }

    @Test
    void drainMakesRoomForAllWhoWait() throws Exception {
        Mailbox<Integer> box = bounded(3);
        IntStream.range(0, 3).forEach(box::add);
        for (int i = 3; i < 6; i++) {
            int number = i;
            parked(Threads.Kind.PLATFORM, () -> box.offer(number, null, FOR_EVER));
        }
        assertEquals(List.of(0, 1, 2), box.drain());
        for (int i = 0; i < 3; i++) {
            assertEquals(Outcome.ADDED, seen.take());
        }
        assertEquals(3, box.size());
    }

    @Test
    void anOfferThatTimesOutOrIsInterruptedLeavesTheRoomToOthers() throws Exception {
        Mailbox<Integer> box = bounded(1);
        int rounds = 3_000;
        AtomicInteger added = new AtomicInteger();
        AtomicInteger interrupts = new AtomicInteger();
        Thread patient = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    box.offer(i, null, FOR_EVER);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        List<Thread> impatient = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            long timeout = t == 0 ? 20_000 : A_DAY;
            impatient.add(Thread.ofPlatform().start(() -> {
                while (patient.isAlive()) {
                    try {
                        if (box.offer(-1, null, timeout) == Outcome.ADDED) {
                            added.incrementAndGet();
                        }
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    }
                }
            }));
        }
        Thread interrupting = Thread.ofPlatform().start(() -> {
            while (patient.isAlive()) {
                impatient.forEach(Thread::interrupt);
                Thread.onSpinWait();
            }
        });
        int next = 0;
        int others = 0;
        while (next < rounds) {
            Integer taken = box.poll(A_DAY);
            if (taken == -1) {
                others++;
            } else {
                assertEquals(next++, taken);
            }
        }
        patient.join();
        interrupting.join();
        for (Thread t : impatient) {
            t.interrupt(); // it may wait for room; it looks whether the patient one is there
            while (t.isAlive()) {
                others += box.drain().size();
                Thread.onSpinWait();
            }
        }
        others += box.drain().size();
        assertEquals(added.get(), others);
        assertTrue(interrupts.get() > 0);
    }

    @ParameterizedTest
    @EnumSource
    void waitingOffersHearOfTheEnd(Threads.Kind kind) throws Exception {
        Mailbox<Integer> box = bounded(1);
        box.add(1);
        parked(kind, () -> box.offer(2, null, FOR_EVER));
        parked(kind, () -> box.offer(3, null, A_DAY));
        assertTrue(box.end("over"));
        assertEquals(Outcome.ENDED, seen.take());
        assertEquals(Outcome.ENDED, seen.take());
        assertEquals(Outcome.ENDED, box.offer(4, null));
        assertEquals(1, box.poll(FOR_EVER));
        assertNull(box.poll(FOR_EVER));
    }

    @Test
    void anInterruptOnEntryAddsAndTakesNothing() {
        Mailbox<Integer> box = bounded(2);
        box.add(1);
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> box.offer(2, null, FOR_EVER));
        assertFalse(Thread.interrupted());
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> box.poll(FOR_EVER));
        assertFalse(Thread.interrupted());
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> box.poll(0));
        assertFalse(Thread.interrupted());
        assertEquals(List.of(1), box.drain());
    }

    // ---- takers

    @Test
    void takersAreWokenInOrderOneForEachElement() throws Exception {
        Mailbox<Integer> box = parking();
        List<Thread> takers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int me = i;
            takers.add(parked(Threads.Kind.values()[i % 2], () -> me + " took " + box.poll(me < 3 ? FOR_EVER : A_DAY)));
        }
        for (int i = 0; i < 6; i++) {
            box.add(i);
            assertEquals(i + " took " + i, seen.take());
            takers.get(i).join();
        }
    }

    @Test
    void aTakerWhoseTimeIsUpGetsNothing() throws InterruptedException {
        for (IdleStrategy idle : List.of(IdleStrategy.parking(), IdleStrategy.adaptive(), IdleStrategy.busySpin(),
                IdleStrategy.yielding())) {
            Mailbox<Integer> box = new Mailbox<>(4, idle);
            long begin = System.nanoTime();
            assertNull(box.poll(1_000_000));
            assertTrue(System.nanoTime() - begin >= 1_000_000);
            for (long none : new long[]{0, -1, Long.MIN_VALUE}) {
                assertNull(box.poll(none));
                box.add(1);
                assertEquals(1, box.poll(none));
            }
        }
    }

    @Test
    void aTakerThatTimesOutOrIsInterruptedLeavesTheElementToOthers() throws Exception {
        Mailbox<Integer> box = parking();
        int rounds = 3_000;
        BlockingQueue<Integer> taken = new LinkedBlockingQueue<>();
        AtomicInteger running = new AtomicInteger(4);
        List<Thread> takers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            long timeout = t == 0 ? FOR_EVER : t == 1 ? 20_000 : A_DAY;
            takers.add(Thread.ofPlatform().start(() -> {
                while (box.ended() == null || !box.isEmpty()) {
                    try {
                        Integer element = box.poll(timeout);
                        if (element != null) {
                            taken.add(element);
                        }
                    } catch (InterruptedException e) {
                        Thread.onSpinWait();
                    }
                }
                running.decrementAndGet();
            }));
        }
        Thread interrupting = Thread.ofPlatform().start(() -> {
            while (running.get() > 0) {
                takers.subList(2, 4).forEach(Thread::interrupt);
                Thread.onSpinWait();
            }
        });
        for (int i = 0; i < rounds; i++) { // the next only when one was taken: an element that nobody is told of stays
            box.add(i);
            assertEquals(i, taken.take());
        }
        box.end("over");
        interrupting.join();
        assertTrue(taken.isEmpty());
    }

    @ParameterizedTest
    @EnumSource
    void waitingTakersHearOfTheEnd(Threads.Kind kind) throws Exception {
        Mailbox<Integer> box = parking();
        parked(kind, () -> box.poll(FOR_EVER));
        parked(kind, () -> box.poll(A_DAY));
        box.end("over");
        assertEquals("nothing", seen.take());
        assertEquals("nothing", seen.take());
    }

    // ---- the right to take

    @Test
    void onlyTheTakerTakes() throws InterruptedException {
        Mailbox<Integer> box = parking();
        Object mine = new Object();
        IntStream.range(0, 4).forEach(box::add);
        assertEquals(0, box.poll());
        box.setTaker(mine);
        assertNull(box.poll());
        assertNull(box.poll(FOR_EVER));
        assertNull(box.poll(new Object(), A_DAY));
        assertEquals(1, box.poll(mine));
        assertEquals(2, box.poll(mine, FOR_EVER));
        assertEquals(3, box.pollForAnybody());
        assertNull(box.pollForAnybody());
        box.setTaker(null);
        box.add(4);
        assertNull(box.poll(mine));
        assertEquals(4, box.poll());
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsWithARightThatGoesToAnotherIsTold(Threads.Kind kind) throws Exception {
        Mailbox<Integer> box = parking();
        Object old = new Object();
        Object next = new Object();
        box.setTaker(old);
        parked(kind, () -> box.poll(old, FOR_EVER));
        parked(kind, () -> box.poll(old, A_DAY));
        box.setTaker(next);
        assertEquals("nothing", seen.take());
        assertEquals("nothing", seen.take());
        box.add(1);
        assertEquals(1, box.poll(next));
    }

    @Test
    void whoIsAboutToParkWhenItsRightGoesToAnotherIsTold() throws InterruptedException {
        Object old = new Object();
        List<Mailbox<Integer>> box = new ArrayList<>();
        IdleStrategy between = (_, _) -> { // the taker has found nothing, and will park next
            box.getFirst().setTaker("another");
            return false;
        };
        box.add(new Mailbox<>(Mailbox.UNBOUNDED, between));
        box.getFirst().setTaker(old);
        assertNull(box.getFirst().poll(old, FOR_EVER));
    }

    @Test
    void whoSpinsWhenItsRightGoesToAnotherIsTold() throws Exception {
        for (IdleStrategy idle : List.of(IdleStrategy.busySpin(), IdleStrategy.yielding())) {
            CountDownLatch spinning = new CountDownLatch(1);
            Mailbox<Integer> box = new Mailbox<>(Mailbox.UNBOUNDED, (done, nanos) -> {
                spinning.countDown();
                return idle.idle(done, nanos);
            });
            Object old = new Object();
            box.setTaker(old);
            started(Threads.Kind.PLATFORM, () -> box.poll(old, FOR_EVER));
            spinning.await();
            box.setTaker(new Object());
            assertEquals("nothing", seen.take());
        }
    }

    @Test
    void whoIsWokenWithTheRightOfAnotherPassesItOn() {
        Object old = new Object();
        Object next = new Object();
        List<Mailbox<Integer>> now = new ArrayList<>();
        Threads.race(Threads.Kind.PLATFORM, 3, 3_000, _ -> {
            now.clear();
            now.add(parking());
            now.getFirst().setTaker(old);
        }, (racer, round) -> {
            Mailbox<Integer> box = now.getFirst();
            switch (racer) {
                case 0 -> {
                    if (box.poll(old, FOR_EVER) != null) {
                        box.add(round); // it came before the right was gone: there has to be one for the other
                    }
                }
                case 1 -> {
                    box.setTaker(next);
                    assertEquals(round, box.poll(next, FOR_EVER));
                }
                default -> box.add(round);
            }
        });
    }

    // ---- waiters that are told

    @Test
    void anArmedWaiterIsToldOnceOfTheNextElement() {
        Mailbox<Integer> box = parking();
        assertTrue(box.arm(() -> seen.add("told")));
        assertTrue(seen.isEmpty());
        box.add(1);
        box.add(2);
        assertEquals(List.of("told"), List.copyOf(seen));
        assertFalse(box.arm(() -> seen.add("not needed")));
        box.drain();
        assertTrue(box.arm(() -> seen.add("told again")));
        box.end("over");
        assertEquals(List.of("told", "told again"), List.copyOf(seen));
        assertFalse(box.arm(() -> seen.add("over already")));
    }

    @Test
    void whoIsToldAndDoesNotTakePassesItOn() throws Exception {
        Mailbox<Integer> box = parking();
        box.arm(box::passOn);
        parked(Threads.Kind.PLATFORM, () -> box.poll(FOR_EVER));
        box.add(1);
        assertEquals(1, seen.take());
    }

    @Test
    void aWaiterThatIsArmedAgainstAnAddIsToldOnceOrNotNeeded() {
        List<Mailbox<Integer>> now = new ArrayList<>();
        AtomicInteger told = new AtomicInteger();
        AtomicInteger notNeeded = new AtomicInteger();
        Threads.race(Threads.Kind.PLATFORM, 2, 5_000, round -> {
            assertEquals(round, told.get() + notNeeded.get());
            now.clear();
            now.add(parking());
        }, (racer, _) -> {
            if (racer == 0) {
                now.getFirst().add(1);
            } else if (!now.getFirst().arm(told::incrementAndGet)) {
                notNeeded.incrementAndGet();
            }
        });
        assertEquals(5_000, told.get() + notNeeded.get());
    }

    @Test
    void whoWaitsForADrainIsToldWhenHalfIsFree() {
        Mailbox<Integer> box = bounded(5);
        assertFalse(box.armForDrain(() -> seen.add("not needed")));
        IntStream.range(0, 5).forEach(box::add);
        assertTrue(box.armForDrain(() -> seen.add("told")));
        box.poll();
        box.poll();
        assertTrue(seen.isEmpty());
        box.poll(); // 2 are left
        assertEquals(List.of("told"), List.copyOf(seen));
        IntStream.range(0, 3).forEach(box::add);
        assertTrue(box.armForDrain(() -> seen.add("by drain")));
        box.drain();
        IntStream.range(0, 5).forEach(box::add);
        assertTrue(box.armForDrain(() -> seen.add("by the end")));
        box.end("over");
        assertEquals(List.of("told", "by drain", "by the end"), List.copyOf(seen));
    }

    @Test
    void aWaiterTakenBackIsNotToldAndOneThatWasToldCannotBe() {
        Waiters waiters = new Waiters();
        Waiters.Waiter first = () -> seen.add("first");
        Waiters.Waiter second = () -> seen.add("second");
        assertTrue(waiters.arm(first, () -> false));
        assertTrue(waiters.arm(second, () -> false));
        assertTrue(waiters.disarm(first));
        assertFalse(waiters.disarm(first));
        waiters.wakeOne();
        waiters.wakeOne();
        assertFalse(waiters.disarm(second));
        assertEquals(List.of("second"), List.copyOf(seen));
        assertFalse(waiters.arm(first, () -> true));
        waiters.wakeAll();
        assertEquals(List.of("second"), List.copyOf(seen));
        assertTrue(waiters.arm(first, () -> {
            waiters.wakeOne(); // between the announcement and the look
            return true;
        }), "it has been told");
        assertEquals(List.of("second", "first"), List.copyOf(seen));
    }

    @Test
    void allAreWokenAtOnceAndMayArmAgain() {
        Waiters waiters = new Waiters();
        Waiters.Waiter[] again = new Waiters.Waiter[1];
        again[0] = () -> {
            seen.add("again");
            waiters.arm(again[0], () -> false);
        };
        waiters.arm(again[0], () -> false);
        waiters.arm(() -> seen.add("once"), () -> false);
        waiters.wakeAll();
        assertEquals(List.of("again", "once"), List.copyOf(seen));
        waiters.wakeAll();
        assertEquals(List.of("again", "once", "again"), List.copyOf(seen));
    }

    // ---- the end

    @Test
    void theFirstEndCounts() {
        Mailbox<Integer> box = new Mailbox<>();
        assertNull(box.ended());
        box.add(1);
        assertFalse(box.endIfEmpty("while full"));
        assertNull(box.ended());
        assertTrue(box.end("first"));
        assertFalse(box.end("second"));
        assertEquals("first", box.ended());
        assertEquals("first", box.add(2));
        assertFalse(box.endIfEmpty("third"));
        assertEquals(1, box.poll());
        assertTrue(box.endIfEmpty("fourth"));
        assertEquals("first", box.ended());
        assertNull(box.poll());
    }

    @Test
    void anAddAgainstTheEndOfAnEmptyQueueIsKeptOrRefused() {
        List<Mailbox<Integer>> now = new ArrayList<>();
        List<String> outcomes = Collections.synchronizedList(new ArrayList<>());
        Threads.race(Threads.Kind.PLATFORM, 3, 5_000, round -> {
            if (round > 0) {
                Mailbox<Integer> box = now.getFirst();
                long added = outcomes.stream().filter("added"::equals).count();
                assertEquals(added, box.drain().size());
                assertEquals(outcomes.contains("ended"), box.ended() != null);
                assertTrue(added == 2 || outcomes.contains("ended"), outcomes::toString);
                assertTrue(added == 0 || !outcomes.contains("ended"), outcomes::toString);
            }
            outcomes.clear();
            now.clear();
            now.add(parking());
        }, (racer, _) -> {
            if (racer < 2) {
                outcomes.add(now.getFirst().add(racer) == null ? "added" : "refused");
            } else {
                outcomes.add(now.getFirst().endIfEmpty("empty") ? "ended" : "not empty");
            }
        });
    }

    @Test
    void whatIsAddedBeforeTheEndIsDrainedAndWhatComesAfterItIsRefused() {
        List<Mailbox<Integer>> now = new ArrayList<>();
        AtomicInteger added = new AtomicInteger();
        AtomicInteger drained = new AtomicInteger();
        Threads.race(Threads.Kind.PLATFORM, 4, 2_000, _ -> {
            if (!now.isEmpty()) {
                assertEquals(added.get(), drained.get());
                assertTrue(now.getFirst().isEmpty());
            }
            now.clear();
            now.add(parking());
        }, (racer, _) -> {
            Mailbox<Integer> box = now.getFirst();
            if (racer == 0) {
                box.end("over");
                drained.addAndGet(box.drain().size());
            } else {
                for (int i = 0; i < 40 && box.add(i) == null; i++) {
                    added.incrementAndGet();
                }
            }
        });
        assertEquals(added.get(), drained.get());
    }
}
