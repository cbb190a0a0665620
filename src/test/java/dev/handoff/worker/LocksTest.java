package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.EventLoop;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.worker.Locks.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class LocksTest {
    /** A name of its own for each test, as they may run at the same time. */
    private final String name = "LocksTest-" + System.identityHashCode(this);
    private final Executor here = Runnable::run;

    @AfterEach
    void nothingIsLeft() {
        Threads.until(() -> held().isEmpty() && pending().isEmpty());
    }

    private List<Mode> held() {
        return Locks.query().held().stream().filter(e -> e.name().equals(name)).map(Locks.Entry::mode).toList();
    }

    private List<Mode> pending() {
        return Locks.query().pending().stream().filter(e -> e.name().equals(name)).map(Locks.Entry::mode).toList();
    }

    /** A request whose lock is held until the future is completed. */
    private CompletableFuture<String> hold(Mode mode, CompletableFuture<String> until) {
        return Locks.requestAsync(name, mode, _ -> until, here);
    }

    private static HeldLock got(HeldLock lock) {
        assertNotEquals(null, lock);
        return lock;
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, future::get).getCause();
    }

    // ---- modes and order

    @Test
    void anExclusiveLockHasOneHolder() throws Exception {
        try (HeldLock lock = Locks.acquire(name)) {
            assertTrue(lock.isHeld());
            assertEquals(name, lock.name());
            assertEquals(Mode.EXCLUSIVE, lock.mode());
            assertNull(Locks.tryAcquire(name, Mode.EXCLUSIVE));
            assertNull(Locks.tryAcquire(name, Mode.SHARED));
            got(Locks.tryAcquire(name + "-other", Mode.EXCLUSIVE)).close();
        }
        try (HeldLock again = Locks.tryAcquire(name, Mode.EXCLUSIVE)) {
            assertTrue(again.isHeld());
        }
    }

    @Test
    void aSharedLockHasManyHoldersAndExcludesAnExclusiveOne() throws InterruptedException {
        HeldLock first = Locks.acquire(name, Mode.SHARED);
        HeldLock second = got(Locks.tryAcquire(name, Mode.SHARED));
        assertEquals(List.of(Mode.SHARED, Mode.SHARED), held());
        assertNull(Locks.tryAcquire(name, Mode.EXCLUSIVE));
        first.close();
        assertNull(Locks.tryAcquire(name, Mode.EXCLUSIVE));
        second.close();
        got(Locks.tryAcquire(name, Mode.EXCLUSIVE)).close();
    }

    @Test
    void nobodyOvertakesAWaitingExclusiveRequest() throws Exception {
        HeldLock reader = Locks.acquire(name, Mode.SHARED);
        List<String> order = new ArrayList<>();
        CompletableFuture<?> writer = Locks.request(name, Mode.EXCLUSIVE, _ -> order.add("writer"), here);
        CompletableFuture<?> late = Locks.request(name, Mode.SHARED, _ -> order.add("late reader"), here);
        assertNull(Locks.tryAcquire(name, Mode.SHARED), "others wait");
        assertNull(Locks.acquire(name, Mode.EXCLUSIVE, Duration.ZERO));
        assertEquals(List.of(), order);
        reader.close();
        writer.get();
        late.get();
        assertEquals(List.of("writer", "late reader"), order);
    }

    @Test
    void isGrantedInTheOrderOfRequests() throws Exception {
        HeldLock first = Locks.acquire(name);
        List<Integer> order = new ArrayList<>();
        List<CompletableFuture<?>> requests = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            requests.add(Locks.request(name, i % 3 == 0 ? Mode.EXCLUSIVE : Mode.SHARED, _ -> order.add(number), here));
        }
        first.close();
        for (CompletableFuture<?> request : requests) {
            request.get();
        }
        assertEquals(IntStream.range(0, 20).boxed().toList(), order);
    }

    @Test
    void neighboursThatShareAreGrantedTogether() throws Exception {
        HeldLock first = Locks.acquire(name);
        CompletableFuture<String> end = new CompletableFuture<>();
        List<CompletableFuture<String>> all = List.of(hold(Mode.SHARED, end), hold(Mode.SHARED, end),
                hold(Mode.EXCLUSIVE, end), hold(Mode.SHARED, end));
        assertEquals(List.of(Mode.SHARED, Mode.SHARED, Mode.EXCLUSIVE, Mode.SHARED), pending());
        first.close();
        assertEquals(List.of(Mode.SHARED, Mode.SHARED), held());
        assertEquals(List.of(Mode.EXCLUSIVE, Mode.SHARED), pending());
        end.complete("done");
        for (CompletableFuture<String> request : all) {
            assertEquals("done", request.get());
        }
    }

    // ---- the callback form

    @Test
    void theResultIsWhatTheBodyReturns() throws Exception {
        assertEquals("result", Locks.request(name, Mode.EXCLUSIVE, lock -> lock.isHeld() ? "result" : "bad").get());
        assertNull(Locks.<String>request(name, Mode.EXCLUSIVE, _ -> null).get());
    }

    @Test
    void isLetGoWhenTheBodyThrows() {
        for (Throwable thrown : List.of(new IOException("checked"), new Error("error"), new IllegalStateException())) {
            CompletableFuture<String> request = Locks.request(name, Mode.EXCLUSIVE, _ -> {
                throw Threads.<RuntimeException>sneaky(thrown);
            });
            assertSame(thrown, failure(request));
            assertEquals(List.of(), held(), "it is free before the result is known");
        }
    }

    @Test
    void isLetGoWhenAnAsynchronousBodyThrows() {
        IOException thrown = new IOException();
        CompletableFuture<String> request = Locks.requestAsync(name, Mode.EXCLUSIVE, _ -> {
            throw thrown;
        }, here);
        assertSame(thrown, failure(request));
    }

    @Test
    void aBodyThatReturnsNoFutureFails() {
        assertInstanceOf(NullPointerException.class,
                failure(Locks.<String>requestAsync(name, Mode.EXCLUSIVE, _ -> null, here)));
    }

    @Test
    void isHeldUntilTheFutureOfTheBodyIsComplete() throws Exception {
        CompletableFuture<String> until = new CompletableFuture<>();
        CompletableFuture<String> request = hold(Mode.EXCLUSIVE, until);
        assertEquals(List.of(Mode.EXCLUSIVE), held());
        assertFalse(request.isDone());
        until.complete("end");
        assertEquals("end", request.get());
        assertEquals(List.of(), held());
    }

    @Test
    void failsWithTheVeryObjectThatTheFutureOfTheBodyFailsWith() {
        IOException thrown = new IOException();
        CompletableFuture<String> until = new CompletableFuture<>();
        CompletableFuture<String> direct = hold(Mode.SHARED, until);
        CompletableFuture<String> dependent = Locks.requestAsync(name, Mode.SHARED,
                _ -> until.thenApply(String::trim), here);
        until.completeExceptionally(thrown);
        assertSame(thrown, failure(direct));
        assertSame(thrown, failure(dependent));
        assertEquals(List.of(), held());
    }

    @Test
    void runsOnTheEventLoopOfTheCallerAndKeepsItAlive() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Thread> ranOn = new CompletableFuture<>();
        HeldLock lock = Locks.acquire(name);
        Worker<Void, Void> worker = Worker.start(_ -> {
            Locks.request(name, Mode.EXCLUSIVE, _ -> ranOn.complete(Thread.currentThread()));
            begun.countDown();
        });
        begun.await();
        Threads.until(() -> pending().size() == 1);
        lock.close();
        assertEquals(0, worker.join());
        assertEquals(worker.name(), ranOn.get().getName());
    }

    @Test
    void runsOnAVirtualThreadForAPlainOne() throws Exception {
        assertTrue(Locks.request(name, Mode.EXCLUSIVE, _ -> Thread.currentThread().isVirtual()).get());
    }

    @Test
    void dependentsRunNeitherOnTheBodysThreadNorOnTheReleasers() throws Exception {
        HeldLock lock = Locks.acquire(name);
        CompletableFuture<Thread> body = new CompletableFuture<>();
        CompletableFuture<Thread> dependent = Locks
                .request(name, Mode.EXCLUSIVE, _ -> body.complete(Thread.currentThread()), here)
                .thenApply(_ -> Thread.currentThread());
        lock.close();
        assertSame(Thread.currentThread(), body.get());
        assertTrue(dependent.get().isVirtual());
    }

    @Test
    void aBodyMayLetGoEarlier() throws Exception {
        CompletableFuture<String> until = new CompletableFuture<>();
        CompletableFuture<String> request = Locks.requestAsync(name, Mode.EXCLUSIVE, lock -> {
            lock.close();
            assertFalse(lock.isHeld());
            return until;
        }, here);
        got(Locks.tryAcquire(name, Mode.EXCLUSIVE)).close();
        until.complete("late");
        assertEquals("late", request.get());
    }

    @Test
    void anExecutorThatRejectsLetsTheLockGo() {
        RejectedExecutionException rejection = new RejectedExecutionException("full");
        CompletableFuture<String> request = Locks.request(name, Mode.EXCLUSIVE, _ -> "never", _ -> {
            throw rejection;
        });
        assertSame(rejection, failure(request));
        assertEquals(List.of(), held());
    }

    // ---- cancellation

    @Test
    void cancellationBeforeTheGrantWithdrawsTheRequest() throws Exception {
        HeldLock reader = Locks.acquire(name, Mode.SHARED);
        CompletableFuture<String> writer = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        CompletableFuture<String> behind = hold(Mode.SHARED, CompletableFuture.completedFuture("ran"));
        assertFalse(behind.isDone());
        assertTrue(writer.cancel(false));
        assertThrows(CancellationException.class, writer::get);
        assertEquals("ran", behind.get(), "nothing is in its way any more");
        assertTrue(writer.cancel(false), "it was, whoever asks again");
        reader.close();
    }

    @Test
    void cancellationAfterTheGrantDoesNothing() throws Exception {
        CompletableFuture<String> until = new CompletableFuture<>();
        CompletableFuture<String> request = hold(Mode.EXCLUSIVE, until);
        assertFalse(request.cancel(true));
        assertFalse(request.complete("foreign"));
        assertFalse(request.completeExceptionally(new IOException()));
        assertEquals(List.of(Mode.EXCLUSIVE), held());
        until.complete("own");
        assertEquals("own", request.get());
    }

    @Test
    void aTimeLimitOfTheFutureWithdrawsTheRequest() throws Exception {
        HeldLock lock = Locks.acquire(name);
        CompletableFuture<String> request = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        assertInstanceOf(TimeoutException.class, failure(request.orTimeout(1, TimeUnit.MILLISECONDS)));
        assertEquals(List.of(), pending());
        CompletableFuture<String> other = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        assertEquals("default", other.completeAsync(() -> "default").get());
        assertEquals(List.of(), pending());
        lock.close();
    }

    // ---- stealing

    @Test
    void theResultOfTheVictimFailsAndItsBodyGoesOn() throws Exception {
        CompletableFuture<String> until = new CompletableFuture<>();
        AtomicReference<HeldLock> lock = new AtomicReference<>();
        CompletableFuture<String> victim = Locks.requestAsync(name, Mode.EXCLUSIVE, held -> {
            lock.set(held);
            return until;
        }, here);
        HeldLock thief = Locks.steal(name);
        Throwable failure = failure(victim);
        assertInstanceOf(LockLostException.class, failure);
        assertEquals("lock '" + name + "' was stolen by thread '" + Thread.currentThread().getName() + "'",
                failure.getMessage());
        assertFalse(lock.get().isHeld());
        until.complete("went on"); // and takes nothing from the thief
        lock.get().close();
        assertTrue(thief.isHeld());
        assertNull(Locks.tryAcquire(name, Mode.SHARED));
        thief.close();
    }

    @Test
    void stealsFromAllWhoShareAndBeforeAllWhoWait() throws Exception {
        HeldLock first = Locks.acquire(name, Mode.SHARED);
        HeldLock second = Locks.acquire(name, Mode.SHARED);
        CompletableFuture<String> waiting = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        HeldLock thief = Locks.steal(name);
        assertFalse(first.isHeld());
        assertFalse(second.isHeld());
        assertEquals(List.of(Mode.EXCLUSIVE), pending());
        HeldLock next = Locks.steal(name);
        assertFalse(thief.isHeld());
        next.close();
        assertEquals("ran", waiting.get());
    }

    @Test
    void stealsWhatNobodyHolds() {
        try (HeldLock lock = Locks.steal(name)) {
            assertTrue(lock.isHeld());
        }
    }

    @Test
    void aBodyThatHasNotBegunWhenItsLockIsStolenNeverDoes() {
        List<Runnable> tasks = new ArrayList<>();
        List<String> ran = new ArrayList<>();
        CompletableFuture<?> victim = Locks.request(name, Mode.EXCLUSIVE, _ -> ran.add("body"), tasks::add);
        Locks.steal(name).close();
        tasks.forEach(Runnable::run);
        assertEquals(List.of(), ran);
        assertInstanceOf(LockLostException.class, failure(victim));
    }

    // ---- the blocking form

    @ParameterizedTest
    @EnumSource
    void aThreadWaitsUntilItIsGranted(Kind kind) throws Exception {
        HeldLock first = Locks.acquire(name);
        try (Threads.Resident other = Threads.resident(kind, "waiter")) {
            var waiting = other.begin(() -> Locks.acquire(name));
            Threads.until(() -> pending().size() == 1);
            assertFalse(waiting.isDone());
            first.close();
            HeldLock lock = waiting.get();
            assertTrue(lock.isHeld());
            lock.close(); // any thread may
            assertFalse(lock.isHeld());
        }
    }

    @Test
    void waitsNoLongerThanItWasTold() throws Exception {
        HeldLock lock = Threads.on(Kind.PLATFORM, "former holder", () -> Locks.steal(name));
        assertFalse(lock.client().isAlive());
        try (Threads.Resident holder = Threads.resident(Kind.PLATFORM, "holder")) {
            HeldLock held = holder.call(() -> Locks.acquire(name));
            assertNull(Locks.acquire(name, Mode.SHARED, Duration.ofMillis(1)));
            assertNull(Locks.acquire(name, Mode.SHARED, Duration.ZERO));
            assertNull(Locks.acquire(name, Mode.SHARED, Duration.ofSeconds(-1)));
            assertEquals(List.of(), pending());
            held.close();
            got(Locks.acquire(name, Mode.SHARED, Duration.ofSeconds(Long.MAX_VALUE))).close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsTheWait(Kind kind) throws Exception {
        HeldLock lock = Locks.acquire(name);
        try (Threads.Resident other = Threads.resident(kind, "waiter")) {
            var waiting = other.begin(() -> assertThrows(InterruptedException.class, () -> Locks.acquire(name)));
            Threads.until(() -> pending().size() == 1);
            other.thread().interrupt();
            waiting.get();
            assertEquals(List.of(), pending());
        }
        lock.close();
    }

    @Test
    void anInterruptedThreadGetsNothing() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> Locks.acquire(name));
        assertFalse(Thread.interrupted(), "the exception took the flag");
    }

    @Test
    void aThreadThatWouldWaitForItselfIsTold() throws InterruptedException {
        try (HeldLock lock = Locks.acquire(name)) {
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> Locks.acquire(name));
            assertTrue(e.getMessage().contains("holds lock '" + name + "' already"), e.getMessage());
            assertThrows(IllegalStateException.class, () -> Locks.acquire(name, Mode.SHARED, Duration.ofDays(1)));
            assertTrue(lock.isHeld());
            assertEquals(List.of(), pending());
        }
        try (HeldLock first = Locks.acquire(name, Mode.SHARED); HeldLock second = Locks.acquire(name, Mode.SHARED)) {
            assertTrue(first.isHeld() && second.isHeld(), "this does not wait");
        }
    }

    @Test
    void closingTwiceLetsGoOnce() throws InterruptedException {
        HeldLock first = Locks.acquire(name);
        first.close();
        HeldLock second = Locks.acquire(name);
        first.close();
        assertTrue(second.isHeld());
        second.close();
    }

    @Test
    void keepsThreadsApart() {
        int[] counter = new int[1];
        Threads.race(Kind.VIRTUAL, 4, 200, _ -> {
        }, (_, _) -> {
            try (HeldLock _ = Locks.acquire(name)) {
                counter[0]++;
            }
        });
        assertEquals(800, counter[0]);
    }

    @ParameterizedTest
    @EnumSource
    void underLoadExclusiveHoldersAreAloneAndEveryRequestEnds(Kind kind) {
        AtomicInteger readers = new AtomicInteger();
        AtomicInteger writers = new AtomicInteger();
        AtomicInteger violations = new AtomicInteger();
        Locks.Body<Boolean> write = _ -> {
            violations.addAndGet(writers.getAndIncrement() + readers.get());
            return writers.decrementAndGet() == 0;
        };
        Locks.Body<Boolean> read = _ -> {
            readers.getAndIncrement();
            violations.addAndGet(writers.get());
            return readers.decrementAndGet() >= 0;
        };
        Threads.race(kind, 4, 300, _ -> {
        }, (racer, round) -> {
            boolean shared = (racer + round) % 3 != 0;
            Mode mode = shared ? Mode.SHARED : Mode.EXCLUSIVE;
            Locks.Body<Boolean> body = shared ? read : write;
            switch ((racer + round) % 4) {
                case 0 -> Locks.request(name, mode, body).get();
                case 1 -> {
                    CompletableFuture<Boolean> request = Locks.request(name, mode, body);
                    if (!request.cancel(false)) {
                        request.get();
                    }
                }
                case 2 -> {
                    try (HeldLock lock = Locks.acquire(name, mode, Duration.ofNanos(1000L * round))) {
                        if (lock != null) {
                            body.run(lock);
                        }
                    }
                }
                default -> {
                    try (HeldLock lock = Locks.acquire(name, mode)) {
                        body.run(lock);
                    }
                }
            }
        });
        assertEquals(0, violations.get());
        assertEquals(0, readers.get() + writers.get());
    }

    // ---- holders that end

    @ParameterizedTest
    @EnumSource
    void whatADeadThreadHeldIsLetGoForThoseWhoWait(Kind kind) throws Exception {
        Threads.Resident holder = Threads.resident(kind, "holder");
        HeldLock lock = holder.call(() -> Locks.acquire(name));
        CompletableFuture<String> waiting = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        try (Threads.Resident other = Threads.resident(kind, "waiter")) {
            var blocked = other.begin(() -> {
                Locks.acquire(name).close();
                return true;
            });
            Threads.until(() -> pending().size() == 2);
            assertTrue(lock.isHeld());
            holder.close();
            assertEquals("ran", waiting.get());
            assertTrue(blocked.get());
            assertFalse(lock.isHeld());
        }
    }

    @Test
    void whatADeadThreadHeldIsFreeForThoseWhoComeLater() {
        Threads.on(Kind.PLATFORM, "holder", () -> Locks.acquire(name));
        got(Locks.tryAcquire(name, Mode.EXCLUSIVE)).close();
        Threads.on(Kind.PLATFORM, "holder", () -> Locks.acquire(name));
        assertEquals(List.of(), held());
    }

    @Test
    void aWorkerThatIsTerminatedLetsGoWhatItsBodiesHold() throws Exception {
        CompletableFuture<CompletableFuture<String>> started = new CompletableFuture<>();
        Worker<Void, Void> worker = Worker.start(_ -> started.complete(Locks.requestAsync(name, Mode.EXCLUSIVE,
                _ -> new CompletableFuture<String>())));
        CompletableFuture<String> result = started.get();
        Threads.until(() -> held().size() == 1);
        CompletableFuture<String> waiting = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
        worker.terminate();
        assertEquals("ran", waiting.get());
        assertEquals("lock '" + name + "' was let go: the event loop of the request has ended",
                assertInstanceOf(LockLostException.class, failure(result)).getMessage());
    }

    @Test
    void aWorkerThatIsTerminatedWithdrawsItsRequests() throws Exception {
        HeldLock lock = Locks.acquire(name);
        CompletableFuture<CompletableFuture<String>> started = new CompletableFuture<>();
        Worker<Void, Void> worker = Worker.start(
                _ -> started.complete(Locks.request(name, Mode.EXCLUSIVE, _ -> "never")));
        CompletableFuture<String> result = started.get();
        Threads.until(() -> pending().size() == 1);
        worker.terminate();
        assertThrows(CancellationException.class, result::get);
        assertEquals(List.of(), pending());
        lock.close();
    }

    @Test
    void aRequestForALoopThatHasEndedFails() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> {
        });
        assertInstanceOf(RejectedExecutionException.class,
                failure(Locks.request(name, Mode.EXCLUSIVE, _ -> "never", loop)));
    }

    // ---- looking

    @Test
    void aQueryTellsNameModeAndClient() throws Exception {
        try (Threads.Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            HeldLock lock = Locks.acquire(name, Mode.SHARED);
            other.begin(() -> {
                try (HeldLock late = Locks.acquire(name)) {
                    return late.isHeld();
                }
            });
            Threads.until(() -> pending().size() == 1);
            Locks.Snapshot seen = Locks.query();
            assertTrue(seen.held().contains(new Locks.Entry(name, Mode.SHARED, Thread.currentThread())));
            assertTrue(seen.pending().contains(new Locks.Entry(name, Mode.EXCLUSIVE, other.thread())));
            lock.close();
        }
    }

    @Test
    void tellsWhatItIs() throws InterruptedException {
        HeldLock lock = Locks.acquire(name);
        assertEquals("HeldLock['" + name + "', EXCLUSIVE]", lock.toString());
        lock.close();
        assertEquals("HeldLock['" + name + "', EXCLUSIVE, no more]", lock.toString());
    }

    @Test
    void refusesWhatIsMissing() {
        assertThrows(NullPointerException.class, () -> Locks.acquire(null));
        assertThrows(NullPointerException.class, () -> Locks.acquire(name, null));
        assertThrows(NullPointerException.class, () -> Locks.tryAcquire(name, null));
        assertThrows(NullPointerException.class, () -> Locks.steal(null));
        assertThrows(NullPointerException.class, () -> Locks.request(name, Mode.SHARED, null));
        assertThrows(NullPointerException.class, () -> Locks.request(name, null, _ -> ""));
        assertThrows(NullPointerException.class, () -> Locks.request(null, Mode.SHARED, _ -> ""));
        assertThrows(NullPointerException.class, () -> Locks.request(name, Mode.SHARED, _ -> "", null));
        assertThrows(NullPointerException.class, () -> Locks.requestAsync(name, Mode.SHARED, null));
        assertEquals(List.of(), held());
    }

    @Test
    void aWaitIsAFlightRecorderEvent(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("locks.jfr");
        try (Recording recording = new Recording()) {
            recording.enable(LockWaitEvent.NAME);
            recording.start();
            HeldLock lock = Locks.acquire(name);
            CompletableFuture<String> granted = hold(Mode.SHARED, CompletableFuture.completedFuture("ran"));
            CompletableFuture<String> cancelled = hold(Mode.EXCLUSIVE, CompletableFuture.completedFuture("ran"));
            cancelled.cancel(false);
            assertNull(Threads.on(Kind.PLATFORM, "impatient",
                    () -> Locks.acquire(name, Mode.EXCLUSIVE, Duration.ofMillis(1))));
            lock.close();
            granted.get();
            recording.stop();
            recording.dump(file);
        }
        List<String> waits = new ArrayList<>();
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            if (event.getEventType().getName().equals(LockWaitEvent.NAME) && name.equals(event.getString("lock"))) {
                assertTrue(event.getDuration().isPositive());
                waits.add(event.getString("mode") + " " + event.getBoolean("granted") + " "
                        + event.getThread("client").getJavaName());
            }
        }
        String me = Thread.currentThread().getName();
        assertEquals(Set.of("EXCLUSIVE false impatient", "EXCLUSIVE false " + me, "SHARED true " + me),
                Set.copyOf(waits));
        assertEquals(3, waits.size());
    }
}
