package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports that move through other ports. */
@Timeout(60)
class PortTransferTest {
    private final MessageChannel<Object, Object> moved = MessageChannel.create("left", "right");
    private final MessageChannel<Object, Object> road = MessageChannel.create("sender", "receiver");
    private final MessagePort<Object, Object> peer = moved.port1();
    private final MessagePort<Object, Object> port = moved.port2();

    /** Moves a port from end to end of the road; returns the new handle. */
    private MessagePort<Object, Object> move(MessagePort<Object, Object> port) {
        road.port1().post(port, port);
        return next();
    }

    @SuppressWarnings("unchecked")
    private MessagePort<Object, Object> next() {
        return (MessagePort<Object, Object>) assertInstanceOf(MessagePort.class, road.port2().poll());
    }

    private void assertNothingHappened() throws InterruptedException {
        assertNull(road.port2().poll());
        peer.post("still here");
        assertEquals("still here", port.receive());
        port.post("so am I");
        assertEquals("so am I", peer.receive());
    }

    @Test
    void theQueueTravelsWithThePort() throws InterruptedException {
        peer.post(1);
        peer.post(2);
        MessagePort<Object, Object> next = move(port);
        peer.post(3);
        assertEquals(List.of(1, 2, 3), List.of(next.receive(), next.receive(), next.receive()));
        next.post("back");
        assertEquals("back", peer.receive());
    }

    @Test
    void buffersInTheQueueTravelUnclaimed() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        peer.transfer(buffer);
        OwnedBuffer got = (OwnedBuffer) move(port).poll();
        assertEquals(State.UNCLAIMED, got.state());
        got.close();
    }

    @Test
    void aPortMovesFromHandToHand() throws InterruptedException {
        MessagePort<Object, Object> handle = port;
        for (int i = 0; i < 100; i++) {
            peer.post(i);
            handle = move(handle);
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(i, handle.receive());
        }
        assertNull(handle.poll());
    }

    @Test
    void bothEndsMayMoveEachOnItsOwnRoad() throws InterruptedException {
        MessagePort<Object, Object> b = move(port);
        MessagePort<Object, Object> a = move(peer);
        a.post("hello");
        assertEquals("hello", b.receive());
        b.close();
        assertThrows(PortClosedException.class, () -> a.post("hello?"));
    }

    @Test
    void bothEndsMayMoveInOneMessage() throws InterruptedException {
        road.port1().post(List.of(peer, port, "both"), port, peer);
        List<?> got = (List<?>) road.port2().receive();
        @SuppressWarnings("unchecked") MessagePort<Object, Object> a = (MessagePort<Object, Object>) got.get(0);
        a.post("hello");
        assertEquals("hello", ((MessagePort<?, ?>) got.get(1)).receive());
    }

    @Test
    void transferReachesPortsInsideAMessage() throws InterruptedException {
        road.port1().transfer(List.of("take this", port));
        MessagePort<?, ?> got = (MessagePort<?, ?>) ((List<?>) road.port2().receive()).get(1);
        assertThrows(DetachedException.class, port::poll);
        peer.post(1);
        assertEquals(1, got.receive());
    }

    @Test
    void whatIsListedAndNotInTheMessageMovesAndIsLost() {
        road.port1().post("no port in here", port);
        assertEquals("no port in here", road.port2().poll());
        assertThrows(DetachedException.class, port::poll);
    }

    @Test
    void aPortThatIsNotListedIsRefused() throws InterruptedException {
        String refused = assertThrows(DataCloneException.class, () -> road.port1().post(List.of(1, port)))
                .getMessage();
        assertTrue(refused.startsWith("$[1]"), refused);
        assertThrows(DataCloneException.class, () -> road.port1().post(port));
        assertNothingHappened();
    }

    @Test
    void everyMethodOfAHandleThatIsGoneSaysWhoHasItAndWhoGaveIt() {
        MessagePort<Object, Object> next = move(port);
        List<org.junit.jupiter.api.function.Executable> uses = List.of(
                () -> port.post("x"),
                () -> port.post(List.of(), OwnedBuffer.allocate(1)),
                () -> port.transfer("x"),
                () -> port.offer("x"),
                () -> port.offer("x", Duration.ofDays(1)),
                () -> port.onDrain(() -> {
                }),
                port::poll,
                port::receive,
                () -> port.receive(Duration.ofDays(1)),
                () -> port.drain(_ -> {
                }, 1),
                () -> port.onMessage(_ -> {
                }),
                () -> port.onMessage(_ -> {
                }, Runnable::run),
                () -> port.request("x"),
                () -> port.onRequest(_ -> {
                }),
                () -> port.onRequest(_ -> {
                }, Runnable::run),
                () -> port.messages().iterator().hasNext(),
                () -> port.stream().findFirst(),
                port::publisher,
                port::statistics,
                port::ref,
                port::unref,
                port::hasRef,
                () -> port.onClose(_ -> {
                }),
                port::closed,
                port::shutdownOutput,
                () -> port.close("why"),
                port::beginTransfer);
        String expected = "this port is gone: handed to receiver by thread '" + Thread.currentThread().getName() + "'";
        for (org.junit.jupiter.api.function.Executable use : uses) {
            assertEquals(expected, assertThrows(DetachedException.class, use).getMessage());
        }
        assertFalse(port.isOpen());
        assertTrue(port.toString().contains("gone: handed to receiver"), port.toString());
        port.close(); // nothing to do
        assertTrue(next.isOpen());
        peer.post("hello");
        assertEquals("hello", next.poll());
    }

    @Test
    void aHandleThatIsGoneNamesAVirtualThread() {
        Threads.on(Threads.Kind.VIRTUAL, "", () -> {
            road.port1().post(port, port);
            return null;
        });
        String gone = assertThrows(DetachedException.class, port::poll).getMessage();
        assertTrue(gone.contains("by virtual thread #"), gone);
    }

    @Test
    void handlersOfTheOldHandleNeverRunAgain() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        port.onMessage(m -> seen.add("old got " + m));
        port.onClose(reason -> seen.add("old heard " + reason));
        MessagePort<Object, Object> next = move(port);
        next.onMessage(m -> seen.add("new got " + m));
        CompletableFuture<String> closed = next.closed();
        peer.post(1);
        assertEquals("new got 1", seen.take());
        peer.close();
        closed.get();
        next.onClose(reason -> seen.add("new heard " + reason)); // its thread is started after the old one's would be
        assertEquals("new heard left was closed", seen.take());
        assertNull(seen.poll());
    }

    @Test
    void aDetachedHandlerOfTheOldHandleLeavesTheNewOnesAlone() throws Exception {
        Registration old = port.onMessage(_ -> {
        });
        MessagePort<Object, Object> next = move(port);
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        next.onMessage(seen::add);
        old.close();
        old.close();
        peer.post(1);
        assertEquals(1, seen.take());
    }

    @Test
    void drainHandlersOfTheOldHandleNeverRunAgain() throws Exception {
        MessageChannel<Object, Object> bounded = MessageChannel.create(ChannelOptions.defaults().capacity(2));
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        bounded.port1().onDrain(() -> seen.add("old"));
        MessagePort<Object, Object> next = move(bounded.port1());
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            next.onDrain(() -> seen.add("new"));
            assertTrue(next.offer(1));
            assertTrue(next.offer(2));
            assertFalse(next.offer(3));
            assertEquals(1, bounded.port2().poll());
            assertEquals(2, bounded.port2().poll());
        });
        assertEquals("new", seen.take());
        Threads.on(Threads.Kind.VIRTUAL, "a handler of the old one would have begun before", () -> null);
        assertNull(seen.poll());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSubscriberOfTheOldHandleIsTold(boolean isWaiting) throws Exception {
        BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        BlockingQueue<Flow.Subscription> subscription = new LinkedBlockingQueue<>();
        port.publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                subscription.add(given);
            }

            @Override
            public void onNext(Object message) {
                told.add(message);
            }

            @Override
            public void onError(Throwable error) {
                told.add(error);
            }

            @Override
            public void onComplete() {
                told.add("complete");
            }
        });
        if (isWaiting) {
            subscription.element().request(2);
            peer.post(0);
            assertEquals(0, told.take());
        }
        MessagePort<Object, Object> next = move(port);
        peer.post(1);
        if (!isWaiting) {
            subscription.element().request(1);
        }
        DetachedException gone = assertInstanceOf(DetachedException.class, told.take());
        assertTrue(gone.getMessage().contains("handed to receiver"), gone.getMessage());
        assertEquals(1, next.receive());
    }

    @Test
    void aRequestWhosePortMovesMeanwhileIsAnswered() throws Exception {
        peer.onRequest(request -> request.reply("answer to " + request.message()));
        class Mover implements Transferable {
            @Override
            public Transfer beginTransfer() {
                return new Transfer() {
                    @Override
                    public Transferable successor() {
                        return Mover.this;
                    }

                    @Override
                    public void revoke() {
                        road.port1().post(port, port);
                    }

                    @Override
                    public void commit(String receiver) {
                        // nothing to do
                    }

                    @Override
                    public void abort() {
                        // nothing to do
                    }
                };
            }

            @Override
            public void close() {
                // nothing to do
            }
        }
        assertEquals("answer to this", port.request("this", new Mover()).get());
        assertTrue(next().isOpen());
    }

    @Test
    void aWaitingReceiverOfTheOldHandleIsTold() throws Exception {
        for (IdleStrategy idle : List.of(IdleStrategy.adaptive(), IdleStrategy.parking(), IdleStrategy.busySpin(),
                IdleStrategy.yielding())) {
            for (Threads.Kind kind : Threads.Kind.values()) {
                MessageChannel<Object, Object> c = MessageChannel
                        .create(ChannelOptions.defaults().idleStrategy(() -> idle));
                BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
                CountDownLatch begun = new CountDownLatch(2);
                kind.unstarted("for ever", () -> {
                    begun.countDown();
                    seen.add(outcome(c.port2()::receive));
                }).start();
                kind.unstarted("for a day", () -> {
                    begun.countDown();
                    seen.add(outcome(() -> c.port2().receive(Duration.ofDays(1))));
                }).start();
                begun.await();
                MessagePort<Object, Object> next = move(c.port2());
                assertEquals(DetachedException.class, seen.take());
                assertEquals(DetachedException.class, seen.take());
                c.port1().post("for the new one");
                assertEquals("for the new one", next.receive());
            }
        }
    }

    @Test
    void aReceiverThatIsAboutToWaitWhenItsPortMovesIsTold() {
        List<MessageChannel<Object, Object>> now = new ArrayList<>();
        Threads.race(Threads.Kind.PLATFORM, 2, 3_000, _ -> {
            now.clear();
            now.add(MessageChannel
                    .create(ChannelOptions.defaults().idleStrategy(IdleStrategy::parking)));
        }, (racer, round) -> {
            MessagePort<Object, Object> handle = now.getFirst().port2();
            if (racer == 0) {
                assertThrows(DetachedException.class, handle::receive);
            } else {
                for (int i = 0; i < round % 64; i++) {
                    Thread.onSpinWait();
                }
                move(handle);
            }
        });
    }

    private interface Call {
        Object run() throws Exception;
    }

    private static Object outcome(Call call) {
        try {
            return String.valueOf(call.run());
        } catch (Exception e) {
            return e.getClass();
        }
    }

    @Test
    void whatIsPolledThroughTheOldHandleOrTheNewOneComesOnceAndInOrder() throws Exception {
        for (int round = 0; round < 200; round++) {
            MessageChannel<Object, Object> c = MessageChannel.create();
            int n = 200;
            Thread poster = Thread.ofPlatform().start(() -> IntStream.range(0, n).forEach(c.port1()::post));
            List<Object> before = new ArrayList<>();
            Thread old = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        before.add(c.port2().receive());
                    }
                } catch (DetachedException | InterruptedException e) {
                    // it has moved
                }
            });
            MessagePort<Object, Object> next = move(c.port2());
            old.join();
            poster.join();
            List<Object> all = new ArrayList<>(before);
            next.drain(all::add, n);
            assertEquals(IntStream.range(0, n).boxed().toList(), all);
        }
    }

    @Test
    void aPortThroughItselfIsRefusedAndBothGoOn() throws InterruptedException {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        for (MessagePort<Object, Object> through : List.of(peer, port)) {
            for (MessagePort<Object, Object> what : List.of(peer, port)) {
                String refused = assertThrows(DataCloneException.class, () -> through.post(what, what)).getMessage();
                assertTrue(refused.contains("can't move through the channel itself"), refused);
                assertThrows(DataCloneException.class, () -> through.transfer(what));
                assertThrows(DataCloneException.class, () -> through.offer(what, what));
                assertThrows(DataCloneException.class, () -> through.offer(what, Duration.ofDays(1), what));
                assertThrows(DataCloneException.class, () -> through.post(List.of(buffer, what), buffer, what));
                assertThrows(DataCloneException.class, () -> through.post("not in it", what, buffer));
                assertThrows(DataCloneException.class, () -> through.transfer(List.of(buffer, what)));
            }
        }
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
        assertNothingHappened();
    }

    @Test
    void aPortThroughAnEarlierHandleOfItsPeerIsRefused() {
        MessagePort<Object, Object> next = move(port);
        assertThrows(DataCloneException.class, () -> peer.post(next, next));
        assertThrows(DataCloneException.class, () -> next.post(peer, peer));
        assertTrue(next.isOpen());
    }

    @Test
    void duplicatesAreRefused() throws InterruptedException {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        assertThrows(DataCloneException.class, () -> road.port1().post(port, port, port));
        assertThrows(DataCloneException.class, () -> road.port1().post(List.of(port), buffer, port, port));
        assertThrows(DataCloneException.class, () -> road.port1().post("x", buffer, port, buffer));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
        assertNothingHappened();
    }

    @Test
    void aPortThatIsClosedOrGoneIsRefusedAndWhatWasListedBeforeItIsIntact() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        MessagePort<Object, Object> gone = MessageChannel.create().port1();
        move(gone);
        port.close();
        for (MessagePort<Object, Object> useless : List.of(port, peer, gone)) {
            assertThrows(DataCloneException.class, () -> road.port1().post(useless, useless));
            assertThrows(DataCloneException.class, () -> road.port1().transfer(useless));
            assertThrows(DataCloneException.class, () -> road.port1().post("x", buffer, useless));
            assertThrows(DataCloneException.class, () -> road.port1().transfer(List.of(buffer, useless)));
        }
        assertNull(road.port2().poll());
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @Test
    void aPortWithWaitingMessagesMovesThoughItsPeerWasClosed() {
        peer.post(1);
        peer.close();
        MessagePort<Object, Object> next = move(port);
        assertEquals(1, next.poll());
        assertEquals("left was closed", assertThrows(PortClosedException.class, next::poll).getMessage());
    }

    @Test
    void aHalfClosedPortMoves() {
        port.shutdownOutput();
        MessagePort<Object, Object> next = move(port);
        assertThrows(PortClosedException.class, () -> next.post(1));
        peer.post(2);
        assertEquals(2, next.poll());
    }

    @Test
    void nullsInTheListAreRefusedBeforeAnythingChanges() throws InterruptedException {
        assertThrows(NullPointerException.class, () -> road.port1().post("x", port, null));
        assertThrows(NullPointerException.class, () -> road.port1().post(port, port, null));
        assertThrows(NullPointerException.class, () -> road.port1().offer("x", (Duration) null, port));
        assertNothingHappened();
    }

    @Test
    void aMessageThatCannotBeSentGivesThePortBackWithItsHandlers() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        port.onMessage(seen::add);
        port.onClose(seen::add);
        List<Object> unsendable = List.of(port, new ByteArrayInputStream(new byte[0]));
        assertThrows(DataCloneException.class, () -> road.port1().post(unsendable, port));
        assertThrows(DataCloneException.class, () -> road.port1().transfer(unsendable));
        road.port2().close();
        assertThrows(PortClosedException.class, () -> road.port1().post(port, port));
        assertThrows(PortClosedException.class, () -> road.port1().transfer(port));
        peer.post(1);
        assertEquals(1, seen.take());
        peer.close();
        assertEquals("left was closed", seen.take());
    }

    @Test
    void aPortThatFoundNoRoomIsGivenBackWithItsHandlers() throws Exception {
        MessageChannel<Object, Object> full = MessageChannel
                .create(ChannelOptions.defaults().capacity(1).overflow(Overflow.FAIL));
        full.port1().post("first");
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        port.onMessage(seen::add);
        assertThrows(PortFullException.class, () -> full.port1().post(port, port));
        assertThrows(PortFullException.class, () -> full.port1().transfer(port));
        assertFalse(full.port1().offer(port, port));
        assertFalse(full.port1().offer(port, Duration.ofMillis(1), port));
        peer.post(1);
        assertEquals(1, seen.take());
        assertTrue(port.hasRef());
    }

    @Test
    void whileItsMessageWaitsForRoomAPortIsBeingMovedAndItsMessagesAreHandled() throws Exception {
        MessageChannel<Object, Object> full = MessageChannel.create(ChannelOptions.defaults().capacity(1));
        full.port1().post("first");
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        port.onMessage(seen::add);
        Thread mover = Thread.ofPlatform().name("mover").start(() -> {
            try {
                full.port1().post(port, port);
            } catch (PortFullException e) {
                seen.add("kept");
            }
        });
        Threads.untilParked(mover);
        String gone = assertThrows(DetachedException.class, () -> port.post("x")).getMessage();
        assertEquals("this port is gone: it is being moved by thread 'mover'", gone);
        assertThrows(DataCloneException.class, () -> road.port1().post(port, port));
        assertTrue(port.toString().startsWith("MessagePort[right"), port.toString());
        peer.post(1);
        assertEquals(1, seen.take());
        mover.interrupt();
        assertEquals("kept", seen.take());
        peer.post(2);
        assertEquals(2, seen.take());
        port.post("back");
        assertEquals("back", peer.receive());
    }

    @Test
    void aMoveIsCommittedOnceAndEndsOnce() {
        var first = port.beginTransfer();
        var second = port.beginTransfer();
        assertThrows(IllegalStateException.class, () -> first.commit("nobody"));
        first.revoke();
        assertThrows(IllegalStateException.class, second::revoke);
        second.abort();
        assertThrows(DetachedException.class, port::poll);
        assertThrows(DetachedException.class, ((MessagePort<?, ?>) first.successor())::poll);
        first.commit("somebody");
        first.abort();
        assertThrows(IllegalStateException.class, () -> first.commit("somebody else"));
        assertTrue(((MessagePort<?, ?>) first.successor()).isOpen());
        assertFalse(((MessagePort<?, ?>) second.successor()).isOpen());
        String never = assertThrows(DetachedException.class, ((MessagePort<?, ?>) second.successor())::poll)
                .getMessage();
        assertEquals("this port is gone: never handed over, as its message was not sent", never);
    }

    @Test
    void aPortMovesWhileItsHandlerRuns() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        CountDownLatch go = new CountDownLatch(1);
        port.onMessage(m -> {
            seen.add("old " + m);
            road.port1().post(port, port);
            Threads.uninterruptibly(go);
            seen.add("old is done");
        });
        IntStream.range(0, 3).forEach(peer::post);
        assertEquals("old 0", seen.take());
        @SuppressWarnings("unchecked") MessagePort<Object, Object> next = (MessagePort<Object, Object>) road.port2()
                .receive();
        try (ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            next.onMessage(m -> seen.add("new " + m), elsewhere);
            assertEquals("new 1", seen.take());
            assertEquals("new 2", seen.take());
            go.countDown();
            assertEquals("old is done", seen.take());
            peer.post(3);
            assertEquals("new 3", seen.take());
        }
    }

    @Test
    void aPortMovesFromALoopThatThenEndsWithItsPumpInTheQueue() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            port.onMessage(m -> seen.add("old " + m));
            peer.post(1); // queues a pump
            road.port1().post(port, port);
            loop.stop(); // drops it
        });
        MessagePort<Object, Object> next = next();
        next.onMessage(seen::add);
        assertEquals(1, seen.take());
        peer.close();
        assertEquals("left was closed", next.closed().get());
    }

    @Test
    void aPortThatMovedAwayDoesNotKeepItsLoopAlive() throws Exception {
        new EventLoop().run(() -> {
            port.onMessage(_ -> {
            });
            assertTrue(port.hasRef());
            road.port1().post(port, port);
        });
        assertFalse(next().hasRef());
    }

    @Test
    void aPortThatMovedAwayIsNotClosedWithTheLoopThatItCameFrom() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            assertNull(port.poll()); // the first use
            road.port1().post(port, port);
            loop.closePorts("the loop is over");
        });
        MessagePort<Object, Object> next = next();
        assertTrue(next.isOpen());
        peer.post("hello");
        assertEquals("hello", next.poll());
    }

    @Test
    void aPortThatMovedAwayUnusedIsNotClosedWithTheLoopThatItCameFrom() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            road.port1().post(List.of(port), port);
            loop.closePorts("the loop is over");
        });
        assertTrue(((MessagePort<?, ?>) ((List<?>) road.port2().poll()).getFirst()).isOpen());
    }

    @Test
    void aPortThatMovedToALoopIsClosedWithIt() throws Exception {
        road.port1().post(port, port);
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            assertNull(next().poll());
            loop.closePorts("the loop is over");
        });
        assertEquals("the loop is over", peer.closed().get());
    }

    @Test
    void aPortThatNobodyReceivesClosesItsPeer() {
        road.port1().post(port, port);
        MessageChannel<Object, Object> inside = MessageChannel.create("a", "b");
        road.port1().post(List.of(inside.port1()), inside.port1());
        road.port2().close();
        for (MessagePort<Object, Object> left : List.of(peer, inside.port2())) {
            assertFalse(left.isOpen());
            assertThrows(PortClosedException.class, left::receive);
            assertThrows(PortClosedException.class, () -> left.post("x"));
        }
    }

    @Test
    void whatWaitedInAPortThatNobodyReceivesIsFreed() {
        long before = Leases.bytes();
        MessageChannel<Object, Object> inner = MessageChannel.create();
        inner.port1().transfer(OwnedBuffer.allocate(1 << 20));
        peer.post(inner.port2(), inner.port2()); // a port in the queue of a port in a queue
        peer.transfer(OwnedBuffer.allocate(1 << 20));
        road.port1().post(port, port);
        assertEquals(before + (2 << 20), Leases.bytes());
        road.port2().close();
        assertEquals(before, Leases.bytes());
        assertFalse(inner.port1().isOpen());
    }

    @Test
    void aDroppedPortClosesItsPeer() {
        MessageChannel<Object, Object> dropping = MessageChannel
                .create(ChannelOptions.defaults().capacity(1).overflow(Overflow.DROP_OLDEST));
        dropping.port1().post(port, port);
        dropping.port1().post("next");
        assertFalse(peer.isOpen());
        assertEquals("next", dropping.port2().poll());
    }

    @ParameterizedTest
    @EnumSource
    void twoThatMoveOnePortAreToldApart(Threads.Kind kind) {
        List<MessageChannel<Object, Object>> now = new ArrayList<>();
        List<String> outcomes = java.util.Collections.synchronizedList(new ArrayList<>());
        Threads.race(kind, 2, 1_000, round -> {
            if (round > 0) {
                outcomes.sort(null);
                assertEquals(List.of("moved", "refused"), outcomes);
                MessagePort<Object, Object> next = next();
                now.getFirst().port1().post(round);
                assertEquals(round, next.poll());
                assertNull(road.port2().poll());
            }
            outcomes.clear();
            now.clear();
            now.add(MessageChannel.create());
        }, (_, _) -> {
            try {
                road.port1().post(now.getFirst().port2(), now.getFirst().port2());
                outcomes.add("moved");
            } catch (DataCloneException | DetachedException e) {
                outcomes.add("refused");
            }
        });
    }

    @Test
    void aPortInTheDataOfAWorkerIsTheWorkers() throws Exception {
        peer.post("for the worker");
        Worker<Object, Object> worker = Worker.start(scope -> {
            MessagePort<Object, Object> mine = scope.workerData();
            mine.post("got " + mine.receive());
        }, WorkerOptions.defaults().workerData(port, port));
        assertEquals("got for the worker", peer.receive());
        assertThrows(DetachedException.class, port::poll);
        assertEquals(0, worker.join());
    }

    @Test
    void aPortInTheDataOfAWorkerThatIsNotListedIsRefused() throws InterruptedException {
        assertThrows(DataCloneException.class, () -> Worker.start(_ -> {
        }, WorkerOptions.defaults().workerData(port)));
        assertNothingHappened();
    }
}
