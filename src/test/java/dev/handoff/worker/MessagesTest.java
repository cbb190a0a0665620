package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.Registration;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import dev.handoff.worker.MessagingException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MessagesTest {
    private record Got(Object message, long sender) {
    }

    private static MessagingException failure(CompletableFuture<?> future) {
        return assertInstanceOf(MessagingException.class,
                assertThrows(ExecutionException.class, future::get).getCause());
    }

    /** A worker that listens, and lives until it is closed. */
    private static Worker<Void, Void> listening(Messages.Listener listener) throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(scope -> {
            Messages.listen(listener);
            scope.onMessage(_ -> {
            });
            ready.countDown();
        });
        ready.await();
        return worker;
    }

    /** One whose loop does nothing until the latch is open. */
    private static Worker<Void, Void> busy(CountDownLatch until, List<Object> got) throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(1);
        Worker<Void, Void> worker = Worker.start(_ -> {
            Messages.listen((message, _) -> got.add(message));
            ready.countDown();
            until.await();
        });
        ready.await();
        return worker;
    }

    @Test
    void isAcknowledgedWhenTheListenerHasReturned() throws Exception {
        CountDownLatch mayReturn = new CountDownLatch(1);
        AtomicReference<Got> got = new AtomicReference<>();
        AtomicReference<String> thread = new AtomicReference<>();
        CountDownLatch begun = new CountDownLatch(1);
        try (Worker<Void, Void> worker = listening((message, sender) -> {
            got.set(new Got(message, sender));
            thread.set(Thread.currentThread().getName());
            begun.countDown();
            mayReturn.await();
        })) {
            List<String> message = new ArrayList<>(List.of("hello"));
            CompletableFuture<Void> acknowledged = Messages.toThread(worker.id(), message, Duration.ofMinutes(1));
            begun.await();
            assertFalse(acknowledged.isDone());
            mayReturn.countDown();
            assertNull(acknowledged.get());
            assertEquals(new Got(message, Messages.MAIN), got.get());
            assertNotSame(message, got.get().message);
            assertEquals(worker.name(), thread.get(), "on its event loop");
        }
    }

    @Test
    void anyWorkerReachesAnyOther() throws Exception {
        BlockingQueue<Got> got = new LinkedBlockingQueue<>();
        CompletableFuture<Long> sender = new CompletableFuture<>();
        try (Worker<Void, Void> target = listening((message, from) -> got.add(new Got(message, from)))) {
            long id = target.id();
            Worker<Void, Void> child = Worker.start(_ -> Worker.<Void, Void>start(scope -> {
                sender.complete(scope.id());
                Messages.toThread(id, "from a grandchild").get();
            }).join());
            assertEquals(0, child.join());
            assertEquals(new Got("from a grandchild", sender.get()), got.take());
        }
    }

    @Test
    void theMainProgramListensWithoutAnEventLoop() throws Exception {
        BlockingQueue<Got> got = new LinkedBlockingQueue<>();
        Registration listening = Messages.listen((message, sender) -> {
            assertTrue(Thread.currentThread().isVirtual());
            got.add(new Got(message, sender));
        });
        Worker<Void, Void> worker = Worker.start(_ -> {
            for (int i = 0; i < 100; i++) {
                Messages.toThread(Messages.MAIN, i);
            }
            Messages.toThread(Messages.MAIN, 100).get();
        });
        assertEquals(0, worker.join());
        for (int i = 0; i <= 100; i++) {
            assertEquals(new Got(i, worker.id()), got.take());
        }
        listening.close();
    }

    @Test
    void theMainProgramListensOnItsEventLoop() throws Exception {
        CompletableFuture<Thread> ranOn = new CompletableFuture<>();
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            Registration listening = Messages.listen((_, _) -> ranOn.complete(Thread.currentThread()));
            Worker<Void, Void> worker = Worker.start(_ -> Messages.toThread(Messages.MAIN, "x").get());
            worker.onExit(_ -> listening.close());
        });
        assertSame(Thread.currentThread(), ranOn.get());
    }

    @Test
    void anOwnedBufferMovesWhereListed() throws Exception {
        CompletableFuture<OwnedBuffer> got = new CompletableFuture<>();
        try (Worker<Void, Void> worker = listening((message, _) -> got.complete((OwnedBuffer) message))) {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            Messages.toThread(worker.id(), buffer, buffer).get();
            assertEquals(State.GONE, buffer.state());
            got.get().close();
        }
    }

    @Test
    void whatCannotBeClonedIsRefusedAtOnce() throws Exception {
        try (Worker<Void, Void> worker = listening((_, _) -> {
        }); OwnedBuffer buffer = OwnedBuffer.allocate(8)) {
            assertThrows(DataCloneException.class,
                    () -> Messages.toThread(worker.id(), List.of(buffer, new Object()), buffer));
            assertSame(Thread.currentThread(), buffer.owner());
        }
    }

    // ---- failures

    @Test
    void aMessageToOneselfFails() throws Exception {
        assertEquals(Reason.SAME_THREAD, failure(Messages.toThread(Messages.MAIN, "x")).reason());
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Worker.<Void, Void>start(scope -> failure.complete(failure(Messages.toThread(scope.id(), "x")))).join();
        assertEquals(Reason.SAME_THREAD, ((MessagingException) failure.get()).reason());
    }

    @Test
    void noSuchWorkerOrNoListenerFailsAndTakesNothing() throws Exception {
        try (OwnedBuffer buffer = OwnedBuffer.allocate(8);
                Worker<Void, Void> deaf = Worker.start(scope -> scope
                        .onMessage(_ -> {
                        }))) {
            for (long id : new long[]{-1, Long.MAX_VALUE, deaf.id()}) {
                MessagingException failure = failure(Messages.toThread(id, buffer, buffer));
                assertEquals(Reason.NO_LISTENER, failure.reason());
                assertNull(failure.undelivered());
                assertSame(Thread.currentThread(), buffer.owner());
            }
        }
    }

    @Test
    void aWorkerThatHasEndedListensNoMore() throws Exception {
        Worker<Void, Void> worker = listening((_, _) -> {
        });
        worker.close();
        assertEquals(Reason.NO_LISTENER, failure(Messages.toThread(worker.id(), "x")).reason());
    }

    @Test
    void whatTheListenerThrowsIsTheCause() throws Exception {
        IOException thrown = new IOException("no");
        try (Worker<Void, Void> worker = listening((_, _) -> {
            throw thrown;
        })) {
            for (int i = 0; i < 2; i++) { // and the worker goes on
                MessagingException failure = failure(Messages.toThread(worker.id(), "x"));
                assertEquals(Reason.LISTENER_THREW, failure.reason());
                assertSame(thrown, failure.getCause());
                assertNull(failure.undelivered());
            }
        }
    }

    @Test
    void aTimeLimitRetractsTheMessageAndGivesItBack() throws Exception {
        CountDownLatch until = new CountDownLatch(1);
        List<Object> got = new ArrayList<>();
        Worker<Void, Void> worker = busy(until, got);
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        MessagingException failure = failure(
                Messages.toThread(worker.id(), List.of("late", buffer), Duration.ofMillis(1), buffer));
        CompletableFuture<Void> second = Messages.toThread(worker.id(), "second", Duration.ofMinutes(1));
        assertEquals(Reason.TIMED_OUT, failure.reason());
        assertTrue(failure.getMessage().contains("did not take the message within PT0.001S"), failure.getMessage());
        List<?> back = (List<?>) failure.undelivered();
        ((OwnedBuffer) back.get(1)).claim();
        ((OwnedBuffer) back.get(1)).close();
        until.countDown();
        second.get();
        worker.join();
        assertEquals(List.of("second"), got, "Node would deliver the first one now");
    }

    @Test
    void noTimeAtAllRetractsFromABusyWorker() throws Exception {
        CountDownLatch until = new CountDownLatch(1);
        List<Object> got = new ArrayList<>();
        Worker<Void, Void> worker = busy(until, got);
        assertEquals(Reason.TIMED_OUT, failure(Messages.toThread(worker.id(), "x", Duration.ZERO)).reason());
        until.countDown();
        worker.join();
        assertEquals(List.of(), got);
    }

    @Test
    void aListenerThatHasBegunIsNotCalledOff() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Worker<Void, Void> worker = listening((_, _) -> {
            begun.countDown();
            mayReturn.await();
        })) {
            CompletableFuture<Void> message = Messages.toThread(worker.id(), "x");
            begun.await();
            assertFalse(message.cancel(true));
            mayReturn.countDown();
            assertNull(message.get());
        }
    }

    @Test
    void aTimeLimitTellsOfAListenerThatDoesNotEnd() throws Exception {
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Worker<Void, Void> worker = listening((_, _) -> mayReturn.await())) {
            MessagingException failure;
            Duration limit = Duration.ofMillis(10);
            do { // until it has begun in time
                failure = failure(Messages.toThread(worker.id(), "x", limit));
                limit = limit.multipliedBy(2);
            } while (failure.undelivered() != null);
            assertEquals(Reason.TIMED_OUT, failure.reason());
            assertTrue(failure.getMessage().contains("took the message, but did not end"), failure.getMessage());
            mayReturn.countDown();
        }
    }

    @Test
    void cancellingRetractsTheMessageAndFreesWhatMoved() throws Exception {
        CountDownLatch until = new CountDownLatch(1);
        List<Object> got = new ArrayList<>();
        Worker<Void, Void> worker = busy(until, got);
        long before = Leases.bytes();
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        CompletableFuture<Void> message = Messages.toThread(worker.id(), buffer, buffer);
        assertTrue(message.cancel(false));
        assertThrows(CancellationException.class, message::get);
        assertEquals(before, Leases.bytes());
        until.countDown();
        worker.join();
        assertEquals(List.of(), got);
    }

    @Test
    void aWorkerThatEndsBeforeItTakesTheMessageGivesItBack() throws Exception {
        CountDownLatch until = new CountDownLatch(1);
        Worker<Void, Void> worker = busy(until, new ArrayList<>());
        CompletableFuture<Void> message = Messages.toThread(worker.id(), "lost", Duration.ofDays(1));
        worker.terminate();
        MessagingException failure = failure(message);
        assertEquals(Reason.NO_LISTENER, failure.reason());
        assertEquals("lost", failure.undelivered());
    }

    @Test
    void oneThatIsOnItsWayKeepsTheWorkerAlive() throws Exception {
        CountDownLatch until = new CountDownLatch(1);
        List<Object> got = new ArrayList<>();
        Worker<Void, Void> worker = busy(until, got);
        CompletableFuture<Void> message = Messages.toThread(worker.id(), "x");
        until.countDown(); // its body ends, and nothing else is to come
        message.get();
        assertEquals(0, worker.join());
        assertEquals(List.of("x"), got);
    }

    // ---- listeners

    @Test
    void aSecondListenerIsRefusedAndAClosedOneIsNone() throws Exception {
        Registration first = Messages.listen((_, _) -> {
        });
        assertThrows(IllegalStateException.class, () -> Messages.listen((_, _) -> {
        }));
        first.close();
        Registration second = Messages.listen((_, _) -> {
        });
        first.close(); // does nothing to the second
        CompletableFuture<Boolean> acknowledged = new CompletableFuture<>();
        Worker.<Void, Void>start(_ -> {
            Messages.toThread(Messages.MAIN, "x").get();
            acknowledged.complete(true);
        }).join();
        assertTrue(acknowledged.get());
        second.close();
    }

    @Test
    void aListenerWhoseEventLoopHasEndedIsInNobodysWay() throws Exception {
        new EventLoop().run(() -> Messages.listen((_, _) -> {
        }));
        CompletableFuture<MessagingException> failure = new CompletableFuture<>();
        Worker.<Void, Void>start(_ -> failure.complete(failure(Messages.toThread(Messages.MAIN, "x")))).join();
        assertEquals(Reason.NO_LISTENER, failure.get().reason());
        assertEquals("x", failure.get().undelivered());
        Messages.listen((_, _) -> {
        }).close();
    }

    @Test
    void refusesBadArguments() {
        assertThrows(IllegalArgumentException.class, () -> Messages.toThread(1, "x", Duration.ofNanos(-1)));
        assertThrows(NullPointerException.class, () -> Messages.toThread(1, null));
        assertThrows(NullPointerException.class, () -> Messages.toThread(1, null, Duration.ZERO));
        assertThrows(NullPointerException.class, () -> Messages.listen(null));
    }

    @Test
    void dependentsRunOnVirtualThreads() throws Exception {
        CountDownLatch begin = new CountDownLatch(1);
        try (Worker<Void, Void> worker = listening((_, _) -> begin.await())) {
            CompletableFuture<Boolean> dependent = Messages.toThread(worker.id(), "x")
                    .thenApply(_ -> Thread.currentThread().isVirtual());
            begin.countDown();
            assertTrue(dependent.get());
        }
    }

    @Test
    void raceOfTimeLimitAndListenerHasOneWinner() throws Exception {
        AtomicReference<Integer> handled = new AtomicReference<>(0);
        int acknowledged = 0;
        int retracted = 0;
        try (Worker<Void, Void> worker = listening((_, _) -> handled.updateAndGet(n -> n + 1))) {
            for (int i = 0; i < 500; i++) {
                CompletableFuture<Void> message = Messages.toThread(worker.id(), i, Duration.ofNanos(100L * i));
                try {
                    message.get();
                    acknowledged++;
                } catch (ExecutionException e) {
                    if (((MessagingException) e.getCause()).undelivered() != null) {
                        retracted++;
                    }
                }
            }
        }
        assertEquals(500 - retracted, handled.get());
        assertTrue(acknowledged <= handled.get());
    }
}
