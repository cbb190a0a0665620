package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.io.ByteArrayInputStream;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels with a capacity. */
@Timeout(60)
class BoundedPortTest {
    private static MessageChannel<Object, Object> channel(int capacity, Overflow overflow) {
        return MessageChannel.create(
                ChannelOptions.defaults().names("left", "right").capacity(capacity).overflow(overflow));
    }

    private final MessageChannel<Object, Object> channel = channel(2, Overflow.WAIT);
    private final MessagePort<Object, Object> sender = channel.port1();
    private final MessagePort<Object, Object> receiver = channel.port2();
    private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();

    private void fill() {
        assertTrue(sender.offer("first"));
        assertTrue(sender.offer("second"));
        assertFalse(sender.offer("third"));
    }

    /** A thread that is waiting for room inside an action, and writes down what comes of it. */
    private Thread waiting(Threads.Kind kind, Threads.Action action) {
        Thread thread = kind.unstarted("waiting", () -> {
            try {
                action.run();
                seen.add("done");
            } catch (Exception e) {
                seen.add(e);
            }
            seen.add(Thread.currentThread().isInterrupted());
        });
        thread.start();
        Threads.untilParked(thread);
        return thread;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aCapacityIsPositive(int capacity) {
        String refused = assertThrows(IllegalArgumentException.class,
                () -> ChannelOptions.defaults().capacity(capacity)).getMessage();
        assertEquals("capacity=" + capacity + " must be 1 or more", refused);
    }

    @Test
    void nullOptionsAreRefused() {
        ChannelOptions options = ChannelOptions.defaults();
        assertThrows(NullPointerException.class, () -> options.overflow(null));
        assertThrows(NullPointerException.class, () -> options.names(null, "b"));
        assertThrows(NullPointerException.class, () -> options.names("a", null));
        assertThrows(NullPointerException.class, () -> options.idleStrategy(null));
        assertThrows(NullPointerException.class, () -> options.cloners(null));
        assertThrows(NullPointerException.class, () -> MessageChannel.create((ChannelOptions) null));
        String none = assertThrows(NullPointerException.class,
                () -> MessageChannel.create(options.idleStrategy(() -> null))).getMessage();
        assertEquals("the supplier of idle strategies gave null", none);
    }

    @Test
    void bothDirectionsAreBoundedEachOnItsOwn() {
        fill();
        assertTrue(receiver.offer("back"));
        assertEquals("back", sender.poll());
        assertEquals("first", receiver.poll());
        assertTrue(sender.offer("third"));
        assertFalse(sender.offer("fourth"));
        assertEquals(List.of("second", "third"), List.of(receiver.poll(), receiver.poll()));
        assertNull(receiver.poll());
    }

    @Test
    void anUnboundedPortTakesEveryOffer() throws InterruptedException {
        MessageChannel<Object, Object> c = MessageChannel.create();
        for (int i = 0; i < 10_000; i++) {
            assertTrue(c.port1().offer(i));
            assertTrue(c.port1().offer(i, Duration.ZERO));
        }
        for (int i = 0; i < 10_000; i++) {
            assertEquals(i, c.port2().poll());
            assertEquals(i, c.port2().poll());
        }
    }

    @Test
    void anOfferThatFindsNoRoomTakesNothing() throws InterruptedException {
        fill();
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        buffer.segment().set(ValueLayout.JAVA_INT, 0, 7);
        assertFalse(sender.offer(buffer, buffer));
        assertFalse(sender.offer(buffer, Duration.ZERO, buffer));
        assertFalse(sender.offer(buffer, Duration.ofSeconds(Long.MIN_VALUE), buffer));
        assertFalse(sender.offer(buffer, Duration.ofMillis(1), buffer));
        assertFalse(sender.offer(List.of(buffer), Duration.ofMillis(1), buffer));
        assertEquals(State.OWNED, buffer.state());
        assertEquals(7, buffer.segment().get(ValueLayout.JAVA_INT, 0));
        receiver.poll();
        assertTrue(sender.offer(buffer, buffer));
        assertEquals(State.GONE, buffer.state());
        receiver.close();
    }

    @Test
    void badOffersAreRefusedAndTakeNothing() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        List<Object> unsendable = List.of(buffer, new ByteArrayInputStream(new byte[0]));
        assertThrows(NullPointerException.class, () -> sender.offer(null));
        assertThrows(NullPointerException.class, () -> sender.offer(null, Duration.ZERO));
        assertThrows(NullPointerException.class, () -> sender.offer("x", (Duration) null));
        assertThrows(DataCloneException.class, () -> sender.offer(unsendable, buffer));
        assertThrows(DataCloneException.class, () -> sender.offer(unsendable, Duration.ofDays(1), buffer));
        assertThrows(DataCloneException.class, () -> sender.offer("x", buffer, buffer));
        assertThrows(NullPointerException.class, () -> sender.onDrain(null));
        receiver.close();
        assertThrows(PortClosedException.class, () -> sender.offer(buffer, buffer));
        assertThrows(PortClosedException.class, () -> sender.offer(buffer, Duration.ofDays(1), buffer));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
    }

    @ParameterizedTest
    @EnumSource
    void anOfferWaitsForRoom(Threads.Kind kind) throws InterruptedException {
        fill();
        OwnedBuffer buffer = OwnedBuffer.allocate(8).transfer();
        waiting(kind, () -> assertTrue(sender.offer(buffer, Duration.ofDays(1), buffer)));
        assertEquals("first", receiver.poll());
        assertEquals("done", seen.take());
        assertEquals("second", receiver.poll());
        assertEquals(8, ((OwnedBuffer) receiver.poll()).byteSize());
        assertEquals(State.GONE, buffer.state());
    }

    @ParameterizedTest
    @EnumSource
    void aPostWaitsForRoomInOrder(Threads.Kind kind) throws InterruptedException {
        fill();
        for (int i = 0; i < 5; i++) {
            int message = i;
            waiting(kind, () -> sender.post(message));
        }
        assertEquals("first", receiver.poll());
        assertEquals("done", seen.take());
        assertEquals(false, seen.take());
        assertEquals("second", receiver.poll());
        for (int i = 0; i < 4; i++) {
            assertEquals("done", seen.take());
            assertEquals(false, seen.take());
            assertEquals(i, receiver.poll());
        }
        assertEquals(4, receiver.receive());
    }

    @Test
    void aPostIsClonedBeforeItWaits() throws InterruptedException {
        fill();
        List<String> message = Collections.synchronizedList(new ArrayList<>(List.of("before")));
        List<String> plain = new ArrayList<>(message);
        Thread t = waiting(Threads.Kind.PLATFORM, () -> sender.post(plain));
        plain.set(0, "after");
        receiver.poll();
        t.join();
        receiver.poll();
        assertEquals(List.of("before"), receiver.poll());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedPostTakesNothingAndKeepsTheFlag(Threads.Kind kind) throws InterruptedException {
        fill();
        OwnedBuffer buffer = OwnedBuffer.allocate(8).transfer();
        for (Threads.Action post : List.<Threads.Action>of(() -> sender.post(buffer, buffer),
                () -> sender.transfer(List.of(buffer)), () -> sender.post("a text"))) {
            Thread t = waiting(kind, post);
            t.interrupt();
            PortFullException e = (PortFullException) seen.take();
            assertEquals("interrupted while waiting for room: right has no room: capacity=2", e.getMessage());
            assertEquals(true, seen.take());
            t.join();
            assertEquals(State.UNCLAIMED, buffer.state());
        }
        assertEquals("first", receiver.poll());
        assertEquals("second", receiver.poll());
        assertNull(receiver.poll());
        buffer.close();
    }

    @Test
    void aPostWithRoomIsNotForTheInterrupted() {
        Thread.currentThread().interrupt();
        sender.post("there is room");
        assertTrue(sender.offer("here, too"));
        assertFalse(sender.offer("but not here"));
        assertThrows(PortFullException.class, () -> sender.post("nor here"));
        assertTrue(Thread.interrupted());
        assertEquals("there is room", receiver.poll());
        assertEquals("here, too", receiver.poll());
        assertNull(receiver.poll());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptedOfferTakesNothingAndClearsTheFlag(Threads.Kind kind) throws InterruptedException {
        fill();
        OwnedBuffer buffer = OwnedBuffer.allocate(8).transfer();
        Thread t = waiting(kind, () -> sender.offer(buffer, Duration.ofDays(1), buffer));
        t.interrupt();
        assertEquals(InterruptedException.class, seen.take().getClass());
        assertEquals(false, seen.take());
        t.join();
        assertEquals(State.UNCLAIMED, buffer.state());
        buffer.close();
        receiver.poll();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> sender.offer("room, but", Duration.ofDays(1)));
        assertEquals("second", receiver.poll());
        assertNull(receiver.poll());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCloseEndsTheWaitAndTakesNothing(boolean own) throws InterruptedException {
        fill();
        OwnedBuffer posted = OwnedBuffer.allocate(8).transfer();
        OwnedBuffer offered = OwnedBuffer.allocate(8).transfer();
        List<Thread> waiting = List.of(waiting(Threads.Kind.PLATFORM, () -> sender.post(posted, posted)),
                waiting(Threads.Kind.VIRTUAL, () -> sender.offer(List.of(offered), Duration.ofDays(1), offered)));
        (own ? sender : receiver).close();
        for (Thread t : waiting) {
            t.join();
        }
        List<Object> all = new ArrayList<>(seen);
        all.removeIf(Boolean.class::isInstance);
        assertEquals(2, all.size());
        for (Object e : all) {
            assertEquals((own ? "left" : "right") + " was closed", ((PortClosedException) e).getMessage());
        }
        assertEquals(State.UNCLAIMED, posted.state());
        assertEquals(State.UNCLAIMED, offered.state());
        posted.close();
        offered.close();
        if (own) {
            assertEquals("first", receiver.poll());
            assertEquals("second", receiver.poll());
        }
        assertThrows(PortClosedException.class, receiver::poll);
    }

    @Test
    void aPostThatFailsTakesNothing() {
        MessageChannel<Object, Object> c = channel(1, Overflow.FAIL);
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        c.port1().post("first");
        for (int i = 0; i < 2; i++) {
            assertEquals("right has no room: capacity=1",
                    assertThrows(PortFullException.class, () -> c.port1().post("second")).getMessage());
            assertThrows(PortFullException.class, () -> c.port1().post(buffer, buffer));
            assertThrows(PortFullException.class, () -> c.port1().post(List.of("x", buffer), buffer));
            assertThrows(PortFullException.class, () -> c.port1().transfer(buffer));
            assertThrows(PortFullException.class, () -> c.port1().transfer(List.of(buffer)));
        }
        assertEquals(State.OWNED, buffer.state());
        assertEquals("first", c.port2().poll());
        c.port1().post(buffer, buffer);
        assertEquals(State.GONE, buffer.state());
        c.port2().close();
        assertThrows(PortClosedException.class, () -> c.port1().post("x"));
    }

    @Test
    void theOldestIsDroppedAndFreed() {
        MessageChannel<Object, Object> c = channel(3, Overflow.DROP_OLDEST);
        long before = Leases.bytes();
        c.port1().transfer(OwnedBuffer.allocate(1 << 20));
        c.port1().transfer(List.of(OwnedBuffer.allocate(1 << 20), OwnedBuffer.allocate(1 << 20)));
        c.port1().post("third");
        assertEquals(before + (3 << 20), Leases.bytes());
        c.port1().post("fourth");
        assertEquals(before + (2 << 20), Leases.bytes());
        c.port1().transfer(OwnedBuffer.allocate(1 << 20));
        assertEquals(before + (1 << 20), Leases.bytes());
        c.port1().post("sixth");
        assertEquals("fourth", c.port2().poll());
        ((OwnedBuffer) c.port2().poll()).close();
        assertEquals("sixth", c.port2().poll());
        assertNull(c.port2().poll());
        assertEquals(before, Leases.bytes());
        assertTrue(c.port1().offer(1));
        assertTrue(c.port1().offer(2));
        assertTrue(c.port1().offer(3));
        assertFalse(c.port1().offer(4), "an offer drops nothing");
        assertEquals(1, c.port2().poll());
    }

    @Test
    void aPostOnAClosedPortDropsNothing() {
        MessageChannel<Object, Object> c = channel(2, Overflow.DROP_OLDEST);
        c.port1().post("first");
        c.port1().post("second");
        c.port1().close();
        assertThrows(PortClosedException.class, () -> c.port1().post("third"));
        assertThrows(PortClosedException.class, () -> c.port1().post(List.of("fourth")));
        assertEquals("first", c.port2().poll());
        assertEquals("second", c.port2().poll());
    }

    @Test
    void aPostThatDropsAndThenFindsThePortClosedSaysBoth() {
        MessageChannel<Object, Object> c = channel(1, Overflow.DROP_OLDEST);
        class Closer implements Transferable, Transfer {
            @Override
            public Transfer beginTransfer() {
                return this;
            }

            @Override
            public Transferable successor() {
                return this;
            }

            @Override
            public void revoke() {
                // nothing is seen of it
            }

            @Override
            public void commit(String receiver) {
                // it is the same here and there
            }

            @Override
            public void abort() {
                // nothing to give back
            }

            @Override
            public void close() {
                c.port1().close();
            }
        }
        c.port1().transfer(new Closer());
        assertThrows(PortClosedException.class, () -> c.port1().post("newer"));
        assertEquals(1, c.port1().statistics().dropped());
        assertThrows(PortClosedException.class, () -> c.port2().poll());
    }

    @Test
    void thoseWhoDropForEachOtherKeepTheirOrder() throws InterruptedException {
        MessageChannel<int[], Object> c = MessageChannel
                .create(ChannelOptions.defaults().capacity(4).overflow(Overflow.DROP_OLDEST));
        int each = 20_000;
        List<Thread> senders = IntStream.range(0, 3)
                .mapToObj(me -> Thread.ofPlatform()
                        .start(() -> IntStream.range(0, each).forEach(i -> c.port1().post(new int[]{me, i}))))
                .toList();
        int[] last = {-1, -1, -1};
        int[] latest = new int[1];
        int taken = 0;
        while (senders.stream().anyMatch(Thread::isAlive)) {
            int[] m = c.port2().poll();
            if (m != null) {
                assertTrue(last[m[0]] < m[1], "in order");
                last[m[0]] = m[1];
                latest[0] = m[1];
                taken++;
            }
        }
        for (Thread t : senders) {
            t.join();
        }
        taken += c.port2().drain(m -> latest[0] = m[1], 5);
        assertEquals(each - 1, latest[0], "the last of all was dropped by nobody");
        assertTrue(taken <= 3 * each);
    }

    @Test
    void onDrainRunsOnceForEachTimeThatThereWasNoRoomAsSoonAsHalfIsFree() throws Exception {
        MessageChannel<Object, Object> c = channel(4, Overflow.FAIL);
        EventLoop loop = new EventLoop();
        List<String> steps = new ArrayList<>();
        loop.run(() -> {
            c.port1().onDrain(() -> steps.add("drained"));
            loop.execute(() -> {
                IntStream.range(0, 4).forEach(c.port1()::post);
                c.port2().drain(_ -> {
                }, 4);
                loop.execute(() -> {
                    steps.add("nobody was refused");
                    IntStream.range(0, 4).forEach(c.port1()::post);
                    assertFalse(c.port1().offer("no room"));
                    assertThrows(PortFullException.class, () -> c.port1().post("no room"));
                    c.port2().poll();
                    loop.execute(() -> {
                        steps.add("three wait");
                        c.port2().poll();
                        c.port2().poll();
                        c.port2().poll();
                        loop.execute(() -> {
                            steps.add("none waits");
                            IntStream.range(0, 4).forEach(c.port1()::post);
                            c.port2().drain(_ -> {
                            }, 4);
                            loop.execute(() -> steps.add("again nobody was refused"));
                        });
                    });
                });
            });
        });
        assertEquals(List.of("nobody was refused", "three wait", "drained", "none waits", "again nobody was refused"),
                steps);
    }

    @Test
    void onDrainRunsForEveryHandlerUntilItIsDetached() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            Registration first = sender.onDrain(() -> seen.add("first"));
            sender.onDrain(() -> seen.add("second"));
            fill();
            receiver.poll();
            loop.execute(() -> {
                first.close();
                first.close();
                assertTrue(sender.offer("third"));
                assertFalse(sender.offer("fourth"));
                receiver.poll();
                receiver.poll();
            });
        });
        assertEquals(List.of("first", "second", "second"), List.copyOf(seen));
    }

    @Test
    void onDrainOfAPlainThreadRunsOnAVirtualOne() throws InterruptedException {
        sender.onDrain(() -> seen.add(Thread.currentThread().isVirtual()));
        fill();
        receiver.poll();
        assertEquals(true, seen.take());
    }

    @Test
    void onDrainDoesNotRunForAClose() throws Exception {
        new EventLoop().run(() -> {
            sender.onDrain(() -> seen.add("drained"));
            fill();
            receiver.close();
        });
        assertEquals(List.of(), List.copyOf(seen));
    }

    @Test
    void onDrainOfALoopThatHasEndedIsNotMissed() throws Exception {
        new EventLoop().run(() -> sender.onDrain(() -> seen.add("drained")));
        fill();
        assertEquals("first", receiver.poll());
        assertEquals("second", receiver.poll());
        assertEquals(List.of(), List.copyOf(seen));
    }

    @Test
    void aSenderThatIsDrivenByOnDrainSendsEverything() throws Exception {
        int n = 20_000;
        MessageChannel<Object, Object> c = channel(8, Overflow.FAIL);
        AtomicInteger next = new AtomicInteger();
        EventLoop loop = new EventLoop();
        Registration hold = loop.hold(() -> {
        });
        Thread sending = Thread.ofPlatform().start(() -> assertRuns(loop, () -> {
            Runnable send = () -> {
                while (next.get() < n && c.port1().offer(next.get())) {
                    next.incrementAndGet();
                }
                if (next.get() == n) {
                    hold.close();
                }
            };
            c.port1().onDrain(send);
            send.run();
        }));
        for (int i = 0; i < n; i++) {
            assertEquals(i, c.port2().receive());
        }
        sending.join();
    }

    private static void assertRuns(EventLoop loop, EventLoop.Body body) {
        try {
            loop.run(body);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void aSlowReceiverNeverHasMoreThanTheCapacityWaiting(int capacity) throws InterruptedException {
        MessageChannel<Object, Object> c = channel(capacity, Overflow.WAIT);
        AtomicLong posted = new AtomicLong();
        AtomicLong begun = new AtomicLong();
        int senders = 4;
        int each = 2_000;
        for (int s = 0; s < senders; s++) {
            Thread.ofVirtual().start(() -> {
                for (int i = 0; i < each; i++) {
                    begun.incrementAndGet();
                    c.port1().post("message");
                    posted.incrementAndGet();
                }
            });
        }
        for (long taken = 0; taken < senders * each; taken++) {
            long ahead = posted.get() - taken;
            assertTrue(ahead <= capacity, ahead + " were posted and not taken");
            if (taken % 500 == 0) { // let them run into the bound
                long least = Math.min(senders * each, taken + capacity);
                Threads.until(() -> posted.get() >= least);
            }
            c.port2().receive();
        }
        assertNull(c.port2().poll());
        assertEquals(senders * each, begun.get());
    }

    @Test
    void waitersThatAreInterruptedTakeNoRoomFromOthers() throws InterruptedException {
        MessageChannel<Object, Object> c = channel(1, Overflow.WAIT);
        for (int round = 0; round < 1_000; round++) {
            c.port1().post("first");
            Thread leaving = Threads.Kind.PLATFORM.unstarted("leaving", () -> {
                try {
                    c.port1().offer("leaving", Duration.ofDays(1));
                    seen.add("leaving");
                } catch (InterruptedException e) {
                    // it has left
                }
            });
            leaving.start();
            Threads.untilParked(leaving);
            Thread staying = Threads.Kind.VIRTUAL.unstarted("staying", () -> c.port1().post("staying"));
            staying.start();
            Threads.untilParked(staying);
            Thread.ofVirtual().start(leaving::interrupt);
            assertEquals("first", c.port2().receive());
            leaving.join();
            if (!seen.isEmpty()) {
                assertEquals(seen.remove(), c.port2().receive());
            }
            assertEquals("staying", c.port2().receive());
            staying.join();
        }
    }
}
