package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.Cloners;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Leases;
import java.io.ByteArrayInputStream;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MessagePortTest {
    private static <T> MessageChannel<T, T> channel() {
        return MessageChannel.create("left", "right");
    }

    @Test
    void aTransferableMayPostOnTheSamePortWhileItIsRevoked() {
        MessageChannel<Object, Object> c = MessageChannel.create("a", "b");
        List<String> steps = new ArrayList<>();
        class Chatty implements Transferable {
            @Override
            public Transfer beginTransfer() {
                return new Transfer() {
                    @Override
                    public Transferable successor() {
                        return Chatty.this;
                    }

                    @Override
                    public void revoke() {
                        c.port1().post("first");
                    }

                    @Override
                    public void commit(String receiver) {
                        steps.add("committed to " + receiver);
                    }

                    @Override
                    public void abort() {
                        steps.add("aborted");
                    }
                };
            }

            @Override
            public void close() {
                steps.add("closed");
            }
        }
        c.port1().post("second", new Chatty());
        assertEquals("first", c.port2().poll());
        assertEquals("second", c.port2().poll());
        assertNull(c.port2().poll());
        assertEquals(List.of("committed to b"), steps);
    }

    @Test
    void messagesArriveInOrderBothWays() throws InterruptedException {
        MessageChannel<String, Integer> c = MessageChannel.create();
        c.port1().post("a");
        c.port1().post("b");
        c.port2().post(1);
        assertEquals("a", c.port2().poll());
        assertEquals("b", c.port2().receive());
        assertNull(c.port2().poll());
        assertEquals(1, c.port1().receive(Duration.ofDays(1)));
        assertNull(c.port1().receive(Duration.ZERO));
        assertNull(c.port1().receive(Duration.ofMillis(1)));
        assertNull(c.port1().receive(Duration.ofSeconds(Long.MIN_VALUE)));
    }

    @Test
    void aMessageIsClonedAtTheMomentOfPosting() throws InterruptedException {
        MessageChannel<List<String>, Object> c = MessageChannel.create();
        List<String> message = new ArrayList<>(List.of("before"));
        c.port1().post(message);
        message.set(0, "after");
        List<String> got = c.port2().receive();
        assertEquals(List.of("before"), got);
        assertNotSame(message, got);
    }

    @Test
    void nullIsNoMessage() {
        MessageChannel<Object, Object> c = MessageChannel.create();
        assertThrows(NullPointerException.class, () -> c.port1().post(null));
        assertThrows(NullPointerException.class, () -> c.port1().transfer(null));
        assertNull(c.port2().poll());
    }

    @Test
    void whatIsListedMovesAndTheOldHandleSaysWhere() throws InterruptedException {
        MessageChannel<List<Object>, Object> c = MessageChannel.create("left", "right");
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        buffer.segment().set(ValueLayout.JAVA_INT, 0, 7);
        c.port1().post(List.of(buffer, 1), buffer);
        assertEquals(State.GONE, buffer.state());
        String gone = assertThrows(IllegalStateException.class, buffer::segment).getMessage();
        assertTrue(gone.contains("handed to right by thread '" + Thread.currentThread().getName() + "'"), gone);
        OwnedBuffer got = (OwnedBuffer) c.port2().receive().getFirst();
        assertEquals(State.UNCLAIMED, got.state());
        assertEquals(7, got.segment().get(ValueLayout.JAVA_INT, 0));
        got.close();
    }

    @Test
    void transferMovesEverythingThatTheMessageReaches() throws InterruptedException {
        record Pair(OwnedBuffer a, List<OwnedBuffer> more) {
        }
        MessageChannel<Pair, Object> c = MessageChannel.create();
        OwnedBuffer a = OwnedBuffer.allocate(1);
        OwnedBuffer b = OwnedBuffer.allocate(2).transfer();
        c.port1().transfer(new Pair(a, List.of(b, a)));
        assertEquals(State.GONE, a.state());
        assertEquals(State.GONE, b.state());
        Pair got = c.port2().receive();
        assertSame(got.a(), got.more().get(1));
        assertEquals(2, got.more().get(0).byteSize());
        got.a().close();
        got.more().get(0).close();
    }

    @Test
    void whatCannotBeClonedIsNotSentAndTakesNothing() {
        MessageChannel<List<Object>, Object> c = MessageChannel.create();
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        List<Object> message = List.of(buffer, new ByteArrayInputStream(new byte[0]));
        String refused = assertThrows(DataCloneException.class, () -> c.port1().post(message, buffer)).getMessage();
        assertTrue(refused.startsWith("$[1]: java.io.ByteArrayInputStream"), refused);
        assertThrows(DataCloneException.class, () -> c.port1().transfer(message));
        assertThrows(DataCloneException.class, () -> c.port1().post(List.of(), buffer, buffer));
        assertEquals(State.OWNED, buffer.state());
        assertNull(c.port2().poll());
        buffer.close();
    }

    @Test
    void postingOnAClosedPortThrowsAndTakesNothing() {
        for (boolean own : new boolean[]{true, false}) {
            MessageChannel<Object, Object> c = channel();
            (own ? c.port1() : c.port2()).close();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            String expected = (own ? "left" : "right") + " was closed";
            PortClosedException e = assertThrows(PortClosedException.class, () -> c.port1().post(buffer, buffer));
            assertEquals(expected, e.getMessage());
            assertSame(c.port1(), e.port());
            assertThrows(PortClosedException.class, () -> c.port1().transfer(buffer));
            assertFalse(c.port1().isOpen());
            assertFalse(c.port2().isOpen());
            assertEquals(State.OWNED, buffer.state());
            buffer.close();
        }
    }

    @Test
    void whatWasPostedBeforeTheSenderClosedIsDelivered() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        c.port1().post(1);
        c.port1().close();
        c.port1().close("a second time");
        assertEquals(1, c.port2().receive());
        String reason = assertThrows(PortClosedException.class, c.port2()::receive).getMessage();
        assertEquals("left was closed", reason);
        assertThrows(PortClosedException.class, c.port2()::poll);
        assertThrows(PortClosedException.class, () -> c.port2().receive(Duration.ofDays(1)));
    }

    @Test
    void closingFreesWhatThePeerPostedAndNobodyTook() {
        MessageChannel<Object, Object> c = channel();
        long before = Leases.bytes();
        OwnedBuffer moved = OwnedBuffer.allocate(1 << 20);
        OwnedBuffer copied = OwnedBuffer.allocate(1 << 20);
        c.port1().post(List.of(moved, copied), moved);
        assertEquals(before + (3 << 20), Leases.bytes());
        c.port2().close();
        assertEquals(before + (1 << 20), Leases.bytes());
        copied.close();
    }

    @Test
    void shutdownOutputEndsOneDirectionOnly() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        c.port1().post(1);
        c.port1().shutdownOutput();
        assertThrows(PortClosedException.class, () -> c.port1().post(2));
        c.port2().post(3);
        assertEquals(3, c.port1().receive());
        assertEquals(1, c.port2().receive());
        assertEquals("left posts no more", assertThrows(PortClosedException.class, c.port2()::receive).getMessage());
    }

    @Test
    void aWaitingReceiverIsWokenByAMessageByTheEndAndByAnInterrupt() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        for (Thread.Builder builder : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            Thread t = builder.start(() -> seen.add(outcome(c.port2())));
            awaitState(t, Thread.State.WAITING);
            c.port1().post(5);
            assertEquals(5, seen.take());
            t = builder.start(() -> seen.add(outcome(c.port2())));
            awaitState(t, Thread.State.WAITING);
            t.interrupt();
            assertEquals(InterruptedException.class, seen.take());
        }
        Thread t = Thread.ofPlatform().start(() -> seen.add(outcome(c.port2())));
        awaitState(t, Thread.State.WAITING);
        c.port1().close();
        assertEquals(PortClosedException.class, seen.take());
    }

    private static Object outcome(MessagePort<?, ?> port) {
        try {
            return port.receive();
        } catch (Exception e) {
            return e.getClass();
        }
    }

    private static void awaitState(Thread t, Thread.State state) {
        while (t.getState() != state) {
            Thread.onSpinWait();
        }
    }

    @Test
    void handlersGetEveryMessageOnceInOrderOneAtATime() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        int n = 10_000;
        List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(n);
        c.port1().post(0); // queued before there is a handler
        c.port2().onMessage(i -> {
            overlaps.addAndGet(inside.getAndIncrement());
            seen.add(i);
            inside.decrementAndGet();
            done.countDown();
        });
        for (int i = 1; i < n; i++) {
            c.port1().post(i);
        }
        done.await();
        assertEquals(IntStream.range(0, n).boxed().toList(), seen);
        assertEquals(0, overlaps.get());
    }

    @Test
    void aHandlerOfAPlainThreadRunsOnVirtualThreads() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Thread> seen = new LinkedBlockingQueue<>();
        c.port2().onMessage(_ -> seen.add(Thread.currentThread()));
        c.port1().post(1);
        assertTrue(seen.take().isVirtual());
    }

    @Test
    void aHandlerWithAnExecutorRunsThere() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (ExecutorService pool = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("mine").factory())) {
            c.port2().onMessage(_ -> seen.add(Thread.currentThread().getName()), pool);
            c.port1().post(1);
            assertEquals("mine", seen.take());
            String refused = assertThrows(IllegalStateException.class, () -> c.port2().onMessage(_ -> {
            })).getMessage();
            assertTrue(refused.contains("one executor"), refused);
        }
    }

    @Test
    void aPortWhoseExecutorIsShutDownIsClosed() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        ExecutorService pool = Executors.newSingleThreadExecutor();
        c.port2().onMessage(_ -> {
        }, pool);
        pool.shutdown();
        c.port1().post(1);
        String reason = assertThrows(PortClosedException.class, () -> c.port1().post(2)).getMessage();
        assertTrue(reason.startsWith("the executor of its handlers takes no more tasks"), reason);
    }

    @Test
    void aHandlerOnALoopRunsOnItsThreadAndKeepsItAliveUntilTheEnd() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        List<Object> seen = new ArrayList<>();
        c.port1().post(1);
        c.port1().post(2);
        new EventLoop().run(() -> {
            c.port2().onClose(seen::add);
            c.port2().onMessage(i -> {
                seen.add(i);
                assertSame(EventLoop.class, EventLoop.current().getClass());
                if (i == 2) {
                    Thread.ofVirtual().start(c.port1()::close);
                }
            });
        });
        assertEquals(List.of(1, 2, "left was closed"), seen);
        assertNull(EventLoop.current());
    }

    @Test
    void aDetachedHandlerLeavesMessagesInTheQueueAndLetsTheLoopEnd() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        List<Integer> seen = new ArrayList<>();
        c.port1().post(1);
        c.port1().post(2);
        new EventLoop().run(() -> {
            Registration[] r = new Registration[1];
            r[0] = c.port2().onMessage(i -> {
                seen.add(i);
                r[0].close();
                r[0].close();
            });
        });
        assertEquals(List.of(1), seen);
        assertEquals(2, c.port2().receive());
    }

    @Test
    void aLoopThatEndsWithAPumpInItsQueueLeavesThePortUsable() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        IllegalArgumentException boom = new IllegalArgumentException("boom");
        EventLoop loop = new EventLoop();
        assertSame(boom, assertThrows(IllegalArgumentException.class, () -> loop.run(() -> {
            for (int i = 0; i < 2; i++) {
                c.port2().onMessage(_ -> {
                });
            }
            c.port1().post(1);
            throw boom;
        })));
        assertEquals(1, c.port2().receive());
        c.port1().close();
        assertEquals("left was closed", c.port2().closed().get());
    }

    @Test
    void whatAHandlerThrowsGoesToItsExecutorAndTheNextMessageIsHandled() throws InterruptedException {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        c.port2().onMessage(i -> {
            if (i == 1) {
                throw new IllegalArgumentException("boom");
            }
            seen.add(i);
        }, task -> Thread.ofVirtual().start(() -> {
            try {
                task.run();
            } catch (IllegalArgumentException e) {
                seen.add(e.getMessage());
            }
        }));
        c.port1().post(1);
        assertEquals("boom", seen.take());
        c.port1().post(2);
        assertEquals(2, seen.take());
    }

    @Test
    void onCloseComesAfterTheLastMessageAndALateListenerHearsOfIt() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        CountDownLatch open = new CountDownLatch(1);
        c.port2().onMessage(i -> {
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            seen.add(i);
        });
        c.port2().onClose(seen::add);
        c.port1().post(1);
        c.port1().close();
        assertFalse(c.port2().closed().isDone());
        open.countDown();
        assertEquals(1, seen.take());
        assertEquals("left was closed", seen.take());
        c.port2().onClose(reason -> seen.add("late: " + reason));
        assertEquals("late: left was closed", seen.take());
        assertEquals("left was closed", c.port1().closed().get());
    }

    @Test
    void manySendersLoseNothing() throws Exception {
        MessageChannel<int[], Object> c = MessageChannel.create();
        int senders = 4;
        int each = 5_000;
        for (int s = 0; s < senders; s++) {
            int sender = s;
            Thread.ofVirtual().start(() -> {
                for (int i = 0; i < each; i++) {
                    c.port1().post(new int[]{sender, i});
                }
            });
        }
        int[] next = new int[senders];
        for (int i = 0; i < senders * each; i++) {
            int[] m = c.port2().receive();
            assertEquals(next[m[0]]++, m[1]);
        }
        assertNull(c.port2().poll());
    }

    @Test
    void aPostThatRacesWithCloseIsEitherDeliveredOrTakesNothing() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            MessageChannel<OwnedBuffer, Object> c = MessageChannel.create();
            OwnedBuffer buffer = OwnedBuffer.allocate(64);
            Thread closer = Thread.ofVirtual().start(c.port1()::close);
            boolean posted = true;
            try {
                c.port1().transfer(buffer);
            } catch (PortClosedException e) {
                posted = false;
            }
            closer.join();
            assertEquals(posted ? State.GONE : State.OWNED, buffer.state());
            if (posted) {
                c.port2().receive().close();
            } else {
                buffer.close();
            }
            assertThrows(PortClosedException.class, c.port2()::poll);
        }
    }

    @Test
    void aLoopThatEndsAfterItsHandlerWasDetachedLeavesThePortUsable() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        EventLoop loop = new EventLoop();
        assertThrows(IllegalStateException.class, () -> loop.run(() -> {
            Registration r = c.port2().onMessage(_ -> {
            });
            c.port1().post(1); // queues a pump, which will be dropped
            r.close();
            throw new IllegalStateException("boom");
        }));
        BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
        c.port2().onMessage(seen::add);
        assertEquals(1, seen.take());
        c.port1().close();
        assertEquals("left was closed", c.port2().closed().get());
    }

    @Test
    void aHandlerAttachedElsewhereNeverRunsOnTheOldExecutor() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (ExecutorService one = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("one").factory());
                ExecutorService two = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("two").factory())) {
            Registration first = c.port2().onMessage(_ -> {
                inside.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }, one);
            c.port1().post(1);
            inside.await();
            first.close();
            c.port2().onMessage(_ -> seen.add(Thread.currentThread().getName()), two);
            c.port1().post(2);
            go.countDown();
            assertEquals("two", seen.take());
        }
    }

    @Test
    void aBufferThatAHandlerKeepsStaysWithinItsReach() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        OwnedBuffer kept = OwnedBuffer.allocate(64).transfer();
        int n = 20_000;
        CountDownLatch done = new CountDownLatch(n);
        AtomicInteger refused = new AtomicInteger();
        c.port2().onMessage(i -> {
            try {
                kept.segment().set(ValueLayout.JAVA_INT, 0, i);
            } catch (WrongThreadException e) {
                refused.incrementAndGet();
            }
            done.countDown();
        });
        for (int i = 0; i < n; i++) {
            c.port1().post(i);
            if (i % 8 == 0) {
                Thread.onSpinWait();
            }
        }
        done.await();
        assertEquals(0, refused.get());
    }

    @Test
    void attachingAndDetachingLosesNothing() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        int n = 50_000;
        AtomicInteger handled = new AtomicInteger();
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < n; i++) {
                c.port1().post(i);
            }
        });
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            while (sender.isAlive()) {
                c.port2().onMessage(_ -> handled.incrementAndGet(), executor).close();
            }
        }
        int queued = 0;
        while (c.port2().poll() != null) {
            queued++;
        }
        assertEquals(n, handled.get() + queued);
    }

    @Test
    void anExecutorThatRefusesWhenTheLastHandlerHasGoneClosesNothing() {
        MessageChannel<Integer, Integer> c = channel();
        AtomicReference<Registration> handler = new AtomicReference<>();
        handler.set(c.port2().onMessage(_ -> {
        }, _ -> {
            handler.get().close(); // as if another thread did it just then
            throw new RejectedExecutionException("shut down");
        }));
        c.port1().post(1);
        assertEquals(1, c.port2().poll());
    }

    @Test
    void everyHandlerGetsTheMessageWhateverTheOthersThrow() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        java.util.concurrent.Executor reporting = task -> {
            try {
                task.run();
            } catch (IllegalStateException e) {
                seen.add(e.getMessage() + e.getSuppressed().length);
            }
        };
        for (int i = 0; i < 2; i++) {
            c.port2().onMessage(_ -> {
                throw new IllegalStateException("boom");
            }, reporting);
        }
        c.port2().onMessage(seen::add, reporting);
        c.port1().post(5);
        assertEquals(5, seen.take());
        assertEquals("boom1", seen.take());
    }

    @Test
    void whatAHandlerThrowsDoesNotReachThePoster() throws Exception {
        MessageChannel<Integer, Integer> c = channel();
        BlockingQueue<Throwable> uncaught = new LinkedBlockingQueue<>();
        IllegalStateException boom = new IllegalStateException("boom");
        c.port2().onMessage(_ -> {
            throw boom;
        }, Runnable::run);
        Thread poster = Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> uncaught.add(e)).start(() -> {
            c.port1().post(1);
            uncaught.add(new Throwable("went on"));
        });
        poster.join();
        assertSame(boom, uncaught.take());
        assertEquals("went on", uncaught.take().getMessage());
    }

    @Test
    void nullsAreRefusedBeforeAnythingChanges() {
        MessageChannel<Integer, Integer> c = channel();
        c.port1().post(1);
        assertThrows(NullPointerException.class, () -> c.port2().close(null));
        assertThrows(NullPointerException.class, () -> c.port2().onMessage(null));
        assertThrows(NullPointerException.class, () -> c.port2().onMessage(_ -> {
        }, null));
        assertThrows(NullPointerException.class, () -> c.port2().onClose(null));
        assertTrue(c.port2().isOpen());
        assertEquals(1, c.port2().poll());
    }

    @Nested
    class WithClonersOfItsOwn {
        static final class Money {
            long cents;
        }

        @Test
        void clonesInBothDirectionsAndLeavesOthersAsTheyAre() {
            Cloners cloners = Cloners.builder().open(MethodHandles.lookup(), Money.class).build();
            var channel = MessageChannel.<Money, Money>create("a", "b", cloners);
            Money sent = new Money();
            sent.cents = 5;
            channel.port1().post(sent);
            channel.port2().transfer(sent);
            for (Money received : new Money[]{channel.port2().poll(), channel.port1().poll()}) {
                assertNotSame(sent, received);
                assertEquals(5, received.cents);
            }
            var other = MessageChannel.<Money, Money>create();
            assertThrows(DataCloneException.class, () -> other.port1().post(sent));
            assertThrows(NullPointerException.class, () -> MessageChannel.create("a", "b", null));
        }
    }
}
