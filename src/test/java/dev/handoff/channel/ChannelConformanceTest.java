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
import dev.handoff.memory.Int32View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerBody;
import java.io.ByteArrayInputStream;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Node's message channels, row by row: each test is named after a row of what Node does, and shows what this library does
 * in that case. Where Node loses something, this does not; the test says so.
 *
 * <p>
 * Rows that have no test, as there is nothing here that they could mean:
 * <ul>
 * <li>construct: a channel is made by {@link MessageChannel#create}, a port only by a channel; the compiler sees to that.</li>
 * <li>postMessage's forms of its second argument: a list of {@code Transferable} is the only one; the compiler, again.</li>
 * <li>non-transferable in the list: the type of the list has no place for it.</li>
 * <li>event: a handler gets the message itself; what moved with it is in it.</li>
 * <li>messageerror: a copy is complete before it is sent, so that the sender has the exception.</li>
 * <li>transferable, cloneable platform objects: which types these are is the business of cloners; files, sockets and keys
 * belong to no thread on the JVM.</li>
 * <li>receive-message's bad argument: the compiler.</li>
 * <li>terminate-transfer-list: a list is an array, nothing of the user's runs while it is read.</li>
 * <li>moveMessagePortToContext: there are no contexts.</li>
 * </ul>
 * The rows of marks are in {@code MarksTest}, those of a port in a worker's data in {@link PortTransferTest}.
 */
@Timeout(60)
class ChannelConformanceTest {
    private final MessageChannel<Object, Object> channel = MessageChannel.create("left", "right");
    private final MessagePort<Object, Object> port1 = channel.port1();
    private final MessagePort<Object, Object> port2 = channel.port2();
    private final List<Object> seen = new ArrayList<>();

    @Nested
    class Cases {
        @Test
        void postMessageClonesBeforeItReturns() {
            List<Object> message = new ArrayList<>(List.of("before"));
            port1.post(message);
            message.clear();
            assertEquals(List.of("before"), port2.poll());
        }

        @Test
        void deliveryIsFirstInFirstOutAndWaitsForAListener() throws Exception {
            port1.post(1);
            port1.post(2);
            new EventLoop().run(() -> {
                Registration[] first = new Registration[1];
                first[0] = port2.onMessage(m -> {
                    seen.add(m);
                    first[0].close();
                });
            });
            assertEquals(List.of(1), seen);
            port1.post(3);
            new EventLoop().run(() -> {
                port2.onMessage(m -> {
                    seen.add(m);
                    if (m.equals(3)) {
                        port2.close();
                    }
                });
            });
            assertEquals(List.of(1, 2, 3), seen);
        }

        @Test
        void deliveryRunsContinuationsBetweenTwoMessages() throws Exception {
            EventLoop loop = new EventLoop();
            port1.post("a");
            port1.post("b");
            port1.close();
            loop.run(() -> port2.onMessage(m -> {
                seen.add(m);
                loop.runNext(() -> seen.add("after " + m));
            }));
            assertEquals(List.of("a", "after a", "b", "after b"), seen);
        }

        @Test
        void aSenderThatClosesWithMessagesQueuedHasThemDeliveredBeforeTheEnd() throws Exception {
            new EventLoop().run(() -> {
                port1.onClose(_ -> seen.add("own side"));
                port2.onClose(_ -> seen.add("other side"));
                port2.onMessage(seen::add);
                port1.post(1);
                port1.post(2);
                port1.close();
            });
            assertEquals(4, seen.size());
            assertEquals(List.of(1, 2, "other side"), seen.stream().filter(m -> !m.equals("own side")).toList());
            assertTrue(seen.contains("own side"));
        }

        @Test
        void aReceiverThatClosesWithMessagesQueuedGetsOnlyTheEnd() throws Exception {
            port1.post(1);
            new EventLoop().run(() -> {
                port2.onMessage(seen::add);
                port2.onClose(seen::add);
                port2.close();
            });
            assertEquals(List.of("right was closed"), seen);
        }

        @Test
        void aReceiverThatClosesInsideAHandlerGetsNothingMoreNeitherTheRestOfTheBatch() throws Exception {
            port1.post(1);
            port1.post(2);
            new EventLoop().run(() -> port2.onMessage(m -> {
                seen.add(m);
                port2.close();
            }));
            assertEquals(List.of(1), seen);
        }

        @Test
        void postAfterOwnCloseThrowsAndLosesNoData() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            port1.close();
            assertThrows(PortClosedException.class, () -> port1.post(buffer, buffer));
            assertEquals(State.OWNED, buffer.state());
            buffer.close();
        }

        @Test
        void postToAClosedPeerThrowsAndIsNotDroppedSilently() {
            port2.close();
            assertThrows(PortClosedException.class, () -> port1.post(1));
        }

        @Test
        void whatAWorkerPostedBeforeItEndedIsDeliveredAndThenTheEndEvenToALateListener() throws Exception {
            WorkerBody<Object, Object, Void> body = scope -> {
                MessageChannel<Object, Object> own = MessageChannel.create();
                own.port1().post("posted");
                scope.post(own.port2(), own.port2());
                assertNull(own.port1().poll()); // it is the worker's: it ends with it
            };
            Worker<Object, Object> worker = Worker.start(body);
            MessagePort<?, ?> port = (MessagePort<?, ?>) worker.receive();
            assertEquals(0, worker.join());
            assertEquals("posted", port.receive());
            assertThrows(PortClosedException.class, port::receive);
        }

        @Test
        void aTransferredPortTakesItsQueueAlongAndItsOldListenersNeverFire() throws Exception {
            MessageChannel<Object, Object> road = MessageChannel.create();
            port1.post(1);
            new EventLoop().run(() -> {
                port2.onMessage(m -> seen.add("old " + m));
                road.port1().post(port2, port2);
                port1.post(2);
            });
            MessagePort<?, ?> next = (MessagePort<?, ?>) road.port2().receive();
            assertEquals(1, next.receive());
            assertEquals(2, next.receive());
            assertEquals(List.of(), seen);
            assertThrows(DetachedException.class, port2::poll);
        }

        @Test
        void aPortThatIsNotInTheListIsRefused() {
            MessagePort<Object, Object> other = MessageChannel.create().port1();
            assertThrows(DataCloneException.class, () -> port1.post(List.of(other)));
            assertTrue(other.isOpen());
        }

        @Test
        void aListThatContainsTheSourcePortIsRefused() {
            assertThrows(DataCloneException.class, () -> port1.post(1, port1));
            assertTrue(port1.isOpen());
            assertTrue(port2.isOpen());
        }

        @Test
        void aListThatContainsTheTargetPortIsRefusedAndTheChannelIsNotLost() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            assertThrows(DataCloneException.class, () -> port1.post(1, buffer, port2));
            assertEquals(State.OWNED, buffer.state());
            buffer.close();
            port1.post(2);
            assertEquals(2, port2.poll());
        }

        @Test
        void duplicatesAreRefused() {
            MessagePort<Object, Object> other = MessageChannel.create().port1();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            assertThrows(DataCloneException.class, () -> port1.post(1, buffer, buffer));
            assertThrows(DataCloneException.class, () -> port1.post(1, buffer, other, other));
            assertEquals(State.OWNED, buffer.state());
            assertTrue(other.isOpen());
            buffer.close();
        }

        @Test
        void transferringTwiceIsRefused() {
            MessagePort<Object, Object> other = MessageChannel.create().port1();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            port1.post("both", other, buffer);
            assertThrows(DataCloneException.class, () -> port1.post(other, other));
            assertThrows(DataCloneException.class, () -> port1.post(buffer, buffer));
            port2.close();
        }

        @Test
        void anyFailureDetachesNothing() {
            MessagePort<Object, Object> other = MessageChannel.create().port1();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            assertThrows(DataCloneException.class,
                    () -> port1.post(List.of(buffer, other, new ByteArrayInputStream(new byte[0])), buffer, other));
            assertEquals(State.OWNED, buffer.state());
            assertTrue(other.isOpen());
            assertNull(port2.poll());
            buffer.close();
        }

        @Test
        void whatIsListedButNotInTheValueIsDetachedAnyway() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            port1.post("not in here", buffer);
            assertEquals(State.GONE, buffer.state());
            port2.close();
        }

        @Test
        void refAndUnrefAndHasRef() throws Exception {
            EventLoop loop = new EventLoop();
            assertFalse(port2.hasRef());
            port2.ref();
            assertFalse(port2.hasRef(), "without a listener there is nothing to keep a loop for");
            loop.run(() -> {
                Registration first = port2.onMessage(_ -> {
                });
                assertTrue(port2.hasRef());
                first.close();
                assertFalse(port2.hasRef());
                port2.onMessage(_ -> {
                });
                assertTrue(port2.hasRef());
                port2.ref();
                port2.unref();
                port2.unref();
                assertFalse(port2.hasRef());
                port2.ref();
                port2.ref();
                assertTrue(port2.hasRef());
                port2.unref();
            });
            assertTrue(port2.isOpen(), "it did not keep the loop, nor is it closed");
        }

        @Test
        void noBackpressureIsOnlyTheDefault() {
            MessageChannel<Object, Object> bounded = MessageChannel.create(ChannelOptions.defaults().capacity(1));
            assertTrue(bounded.port1().offer(1));
            assertFalse(bounded.port1().offer(2));
        }
    }

    /** Node's own tests. */
    @Nested
    class MessagePortTests {
        @Test
        void messageBeforeClose() throws Exception {
            for (int i = 0; i < 10_000; i++) {
                MessageChannel<Object, Object> c = MessageChannel.create();
                c.port1().post(1);
                c.port1().post(2);
                c.port1().close();
                assertEquals(1, c.port2().receive());
                assertEquals(2, c.port2().receive());
                assertThrows(PortClosedException.class, c.port2()::receive);
            }
        }

        @Test
        void close() throws Exception {
            EventLoop loop = new EventLoop();
            loop.run(() -> {
                Registration before = port1.onMessage(seen::add);
                port1.close();
                before.close();
                port1.onMessage(seen::add).close();
                port1.onMessage(seen::add);
                port1.onClose(seen::add);
                port1.close();
                port1.ref();
                port1.unref();
                assertFalse(port1.hasRef());
                assertThrows(PortClosedException.class, () -> port2.post("never delivered"));
            });
            assertEquals(List.of("left was closed"), seen);
        }

        @Test
        void transferSelf() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            assertThrows(DataCloneException.class, () -> port1.post(1, port1));
            assertThrows(DataCloneException.class, () -> port1.post(List.of(port1, buffer), port1, buffer));
            assertThrows(DataCloneException.class, () -> port1.transfer(port1));
            assertEquals(State.OWNED, buffer.state());
            buffer.close();
            port1.post("works");
            port2.post("works, too");
            assertEquals("works", port2.poll());
            assertEquals("works, too", port1.poll());
        }

        @Test
        void transferClosed() {
            MessagePort<Object, Object> closed = MessageChannel.create().port1();
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            closed.close();
            assertThrows(DataCloneException.class, () -> port1.post(1, buffer, closed));
            assertThrows(DataCloneException.class, () -> port1.post(1, closed, buffer));
            assertEquals(State.OWNED, buffer.state());
            assertNull(port2.poll());
            buffer.close();
        }

        @Test
        void receiveMessage() throws InterruptedException {
            port1.post(1);
            port1.post(2);
            assertEquals(1, port2.poll());
            assertEquals(2, port2.poll());
            assertNull(port2.poll());
            assertNull(port2.receive(Duration.ZERO));
        }

        @Test
        void receiveMessageNeverTriggersListeners() throws Exception {
            new EventLoop().run(() -> {
                Registration listener = port2.onMessage(seen::add);
                port1.post(1);
                assertEquals(1, port2.poll());
                assertNull(port2.poll());
                listener.close();
            });
            assertEquals(List.of(), seen);
        }

        @Test
        void infiniteMessageLoop() throws Exception {
            EventLoop loop = new EventLoop();
            AtomicInteger count = new AtomicInteger();
            loop.run(() -> {
                port2.onMessage(_ -> {
                    count.incrementAndGet();
                    port1.post("again");
                });
                port1.post("first");
                loop.schedule(() -> {
                    seen.add("timer");
                    port1.close();
                    port2.close();
                    loop.stop();
                }, Duration.ofMillis(50));
            });
            assertEquals(List.of("timer"), seen);
            assertTrue(count.get() > 256, "more than one batch, but there were " + count);
        }

        @Test
        void multipleSharedArrayBuffers() {
            List<SharedBuffer> sent = List.of(SharedBuffer.allocate(4), SharedBuffer.allocate(4),
                    SharedBuffer.allocate(4), SharedBuffer.allocate(4));
            port1.post(sent);
            List<?> got = assertInstanceOf(List.class, port2.poll());
            for (int i = 0; i < 4; i++) {
                assertSame(sent.get(i), got.get(i));
            }
        }

        @Test
        void arrayBuffer() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            Int32View.of(buffer).set(0, 42);
            port1.post(buffer, buffer);
            assertThrows(DetachedException.class, () -> Int32View.of(buffer));
            OwnedBuffer got = (OwnedBuffer) port2.poll();
            assertEquals(42, Int32View.of(got).get(0));
            got.close();
        }

        @Test
        void drain() throws Exception {
            WorkerBody<Object, Object, Void> body = scope -> {
                for (int i = 0; i < 10_000; i++) {
                    scope.post(i);
                }
            };
            Worker<Object, Object> worker = Worker.start(body);
            for (int i = 0; i < 10_000; i++) {
                assertEquals(i, worker.receive());
            }
            assertEquals(0, worker.join());
        }

        @Test
        void channelSharedArrayBuffer() throws Exception {
            SharedBuffer shared = SharedBuffer.allocate(8);
            WorkerBody<SharedBuffer, String, Void> body = scope -> {
                Int32View.of(scope.receive()).set(1, 2);
                scope.post("written");
            };
            Worker<SharedBuffer, String> worker = Worker.start(body);
            Int32View.of(shared).set(0, 1);
            worker.post(shared);
            assertEquals("written", worker.receive());
            assertEquals(1, Int32View.of(shared).get(0));
            assertEquals(2, Int32View.of(shared).get(1));
            worker.join();
        }

        @Test
        void sharedArrayBufferFromWorkerThread() throws Exception {
            WorkerBody<Object, List<Object>, Void> body = scope -> {
                OwnedBuffer buffer = OwnedBuffer.allocate(4);
                buffer.segment().set(ValueLayout.JAVA_INT, 0, 7);
                SharedBuffer shared = SharedBuffer.allocate(4);
                Int32View.of(shared).set(0, 8);
                scope.post(List.of(buffer, shared), buffer);
            };
            Worker<Object, List<Object>> worker = Worker.start(body);
            List<Object> got = worker.receive();
            worker.join();
            try (OwnedBuffer buffer = (OwnedBuffer) got.get(0)) {
                assertEquals(7, buffer.segment().get(ValueLayout.JAVA_INT, 0));
            }
            assertEquals(8, Int32View.of((SharedBuffer) got.get(1)).get(0));
        }

        @Test
        void parentPortRef() throws Exception {
            WorkerBody<Object, Object, Void> body = scope -> scope.onMessage(_ -> {
            }).close();
            assertEquals(0, Worker.start(body).join());
        }
    }
}
