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
import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BroadcastChannelTest {
    static final class Counter {
        int value;
    }

    /** A name of its own for each test. */
    private final String name = "BroadcastChannelTest-" + System.identityHashCode(this);

    @Test
    void reachesAllOthersOfTheNameAndNeverItself() throws InterruptedException {
        try (BroadcastChannel<String> sender = BroadcastChannel.open(name);
                BroadcastChannel<String> first = BroadcastChannel.open(name);
                BroadcastChannel<String> second = BroadcastChannel.open(name);
                BroadcastChannel<String> stranger = BroadcastChannel.open(name + "-other")) {
            assertEquals(name, sender.name());
            sender.post("hello");
            first.post("and back");
            assertEquals("hello", first.receive());
            assertEquals("hello", second.receive());
            assertEquals("and back", second.poll());
            assertEquals("and back", sender.receive(Duration.ofMinutes(1)));
            assertNull(sender.poll());
            assertNull(first.poll());
            assertNull(stranger.poll());
            assertNull(second.receive(Duration.ZERO));
        }
    }

    @Test
    void reachesOtherThreadsInOrder() throws Exception {
        try (BroadcastChannel<Integer> sender = BroadcastChannel.open(name);
                Threads.Resident one = Threads.resident(Kind.PLATFORM, "one");
                Threads.Resident two = Threads.resident(Kind.VIRTUAL, "two")) {
            List<BroadcastChannel<Integer>> channels = new ArrayList<>();
            for (Threads.Resident thread : List.of(one, two)) {
                channels.add(thread.call(() -> BroadcastChannel.<Integer>open(name)));
            }
            for (int i = 0; i < 1000; i++) {
                sender.post(i);
            }
            for (BroadcastChannel<Integer> channel : channels) {
                for (int i = 0; i < 1000; i++) {
                    assertEquals(i, channel.receive());
                }
                channel.close();
            }
        }
    }

    @Test
    void nobodySharesWhatCanBeChanged() throws InterruptedException {
        try (BroadcastChannel<List<Object>> sender = BroadcastChannel.open(name);
                BroadcastChannel<List<Object>> first = BroadcastChannel.open(name);
                BroadcastChannel<List<Object>> second = BroadcastChannel.open(name)) {
            SharedBuffer shared = Leases.keep(SharedBuffer.allocate(8));
            List<Object> message = new ArrayList<>(List.of("a", shared));
            sender.post(message);
            message.add("too late");
            List<Object> got = first.receive();
            assertEquals(List.of("a", shared), got);
            assertSame(shared, got.get(1));
            got.clear();
            assertEquals(List.of("a", shared), second.receive());
        }
    }

    @Test
    void whatIsImmutableIsSharedByAll() throws InterruptedException {
        try (BroadcastChannel<String> sender = BroadcastChannel.open(name);
                BroadcastChannel<String> receiver = BroadcastChannel.open(name)) {
            String message = new String("not interned");
            sender.post(message);
            assertSame(message, receiver.receive());
        }
    }

    @Test
    void ownedBuffersAreCopiedForEach() throws InterruptedException {
        try (BroadcastChannel<OwnedBuffer> sender = BroadcastChannel.open(name);
                BroadcastChannel<OwnedBuffer> first = BroadcastChannel.open(name);
                BroadcastChannel<OwnedBuffer> second = BroadcastChannel.open(name);
                OwnedBuffer buffer = OwnedBuffer.allocate(8)) {
            buffer.segment().set(ValueLayout.JAVA_LONG, 0, 42);
            sender.post(buffer);
            assertSame(Thread.currentThread(), buffer.owner());
            try (OwnedBuffer one = first.receive(); OwnedBuffer two = second.receive()) {
                assertNotSame(one, two);
                assertEquals(State.UNCLAIMED, one.state());
                assertEquals(42, one.segment().get(ValueLayout.JAVA_LONG, 0));
                assertEquals(42, two.segment().get(ValueLayout.JAVA_LONG, 0));
            }
        }
    }

    @Test
    void whatCannotBeClonedReachesNobodyAndNothingIsLost() {
        long before = Leases.bytes();
        try (BroadcastChannel<Object> sender = BroadcastChannel.open(name);
                BroadcastChannel<Object> first = BroadcastChannel.open(name);
                BroadcastChannel<Object> second = BroadcastChannel.open(name);
                OwnedBuffer buffer = OwnedBuffer.allocate(64)) {
            assertThrows(DataCloneException.class, () -> sender.post(List.of(buffer, new Object())));
            MessageChannel<Object, Object> channel = MessageChannel.create();
            assertThrows(DataCloneException.class, () -> sender.post(channel.port1()));
            assertTrue(channel.port1().isOpen());
            assertNull(first.poll());
            assertNull(second.poll());
        }
        assertEquals(before, Leases.bytes());
    }

    @Test
    void whatCannotBeClonedIsRefusedWhereNobodyListensToo() {
        long before = Leases.bytes();
        try (BroadcastChannel<Object> sender = BroadcastChannel.open(name);
                OwnedBuffer buffer = OwnedBuffer.allocate(64)) {
            assertThrows(DataCloneException.class, () -> sender.post(new Object()));
            sender.post(buffer);
            assertSame(Thread.currentThread(), buffer.owner());
        }
        assertEquals(before, Leases.bytes());
    }

    @Test
    void aCloneThatFailsForTheSecondReceiverIsFreedForTheFirst() {
        long before = Leases.bytes();
        int[] calls = new int[1];
        Cloners cloners = Cloners.builder().register(Counter.class, dev.handoff.clone.Cloner.leaf(counter -> {
            if (++calls[0] > 1) {
                throw new IllegalStateException("no more");
            }
            return new Counter();
        })).build();
        try (BroadcastChannel<Object> sender = BroadcastChannel.open(name, cloners);
                BroadcastChannel<Object> first = BroadcastChannel.open(name);
                BroadcastChannel<Object> second = BroadcastChannel.open(name);
                OwnedBuffer buffer = OwnedBuffer.allocate(64)) {
            assertThrows(DataCloneException.class, () -> sender.post(List.of(buffer, new Counter())));
            assertNull(first.poll());
            assertNull(second.poll());
        }
        assertEquals(before, Leases.bytes());
    }

    @Test
    void clonesAsItsClonersSay() throws InterruptedException {
        Cloners cloners = Cloners.builder().open(MethodHandles.lookup(), Counter.class).build();
        try (BroadcastChannel<Counter> sender = BroadcastChannel.open(name, cloners);
                BroadcastChannel<Counter> receiver = BroadcastChannel.open(name)) {
            Counter counter = new Counter();
            counter.value = 7;
            sender.post(counter);
            assertEquals(7, receiver.receive().value);
            assertThrows(DataCloneException.class, () -> receiver.post(counter));
        }
    }

    // ---- handlers

    @Test
    void messagesWaitForAHandler() throws InterruptedException {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        try (BroadcastChannel<String> sender = BroadcastChannel.open(name);
                BroadcastChannel<String> receiver = BroadcastChannel.open(name)) {
            sender.post("early");
            Registration handler = receiver.onMessage(got::add);
            assertTrue(receiver.hasRef());
            assertEquals("early", got.take());
            sender.post("now");
            assertEquals("now", got.take());
            handler.close();
            assertFalse(receiver.hasRef());
            sender.post("later");
            assertEquals("later", receiver.receive());
            assertNull(got.poll());
        }
    }

    @Test
    void aHandlerKeepsItsLoopAliveUntilItIsClosed() throws Exception {
        List<String> got = new ArrayList<>();
        EventLoop loop = new EventLoop();
        BroadcastChannel<String> sender = BroadcastChannel.open(name);
        loop.run(() -> {
            BroadcastChannel<String> receiver = BroadcastChannel.open(name);
            receiver.onMessage(message -> {
                assertSame(loop, EventLoop.current());
                got.add(message);
                receiver.close();
            });
            receiver.onClose(got::add);
            Thread.ofVirtual().start(() -> sender.post("end"));
        });
        assertEquals("end", got.getFirst());
        sender.close();
    }

    @Test
    void anUnreferencedOneLetsItsLoopEnd() throws Exception {
        try (BroadcastChannel<String> receiver = BroadcastChannel.open(name)) {
            new EventLoop().run(() -> {
                receiver.onMessage(_ -> {
                });
                receiver.unref();
                assertFalse(receiver.hasRef());
                receiver.ref();
                assertTrue(receiver.hasRef());
                receiver.unref();
            });
            assertTrue(receiver.isOpen());
        }
    }

    @Test
    void runsOnTheExecutorThatItIsGiven() throws InterruptedException {
        List<String> got = new ArrayList<>();
        try (BroadcastChannel<String> sender = BroadcastChannel.open(name);
                BroadcastChannel<String> receiver = BroadcastChannel.open(name)) {
            receiver.onMessage(got::add, Runnable::run);
            sender.post("at once");
            assertEquals(List.of("at once"), got);
        }
    }

    // ---- the end

    @Test
    void aClosedOnePostsAndReceivesNothing() throws Exception {
        BroadcastChannel<String> closed = BroadcastChannel.open(name);
        try (BroadcastChannel<String> other = BroadcastChannel.open(name)) {
            closed.close();
            closed.close();
            assertFalse(closed.isOpen());
            PortClosedException failure = assertThrows(PortClosedException.class, () -> closed.post("x"));
            assertEquals("broadcast channel '" + name + "' was closed", failure.getMessage());
            assertNull(failure.port());
            other.post("nobody is there");
            assertThrows(PortClosedException.class, closed::poll);
            assertThrows(PortClosedException.class, closed::receive);
            assertThrows(PortClosedException.class, () -> closed.receive(Duration.ZERO));
            assertNull(other.poll());
            assertTrue(other.isOpen());
            assertEquals(failure.getMessage(), closed.closed().get());
        }
    }

    @Test
    void whatWasNotTakenIsFreedWithTheClose() {
        long before = Leases.bytes();
        try (BroadcastChannel<OwnedBuffer> sender = BroadcastChannel.open(name);
                BroadcastChannel<OwnedBuffer> receiver = BroadcastChannel.open(name);
                OwnedBuffer buffer = OwnedBuffer.allocate(64)) {
            sender.post(buffer);
            assertTrue(receiver.isOpen());
        }
        assertEquals(before, Leases.bytes());
    }

    @Test
    void closingWakesWhoWaits() throws Exception {
        BroadcastChannel<String> channel = BroadcastChannel.open(name);
        try (Threads.Resident waiter = Threads.resident(Kind.PLATFORM, "waiter")) {
            var waiting = waiter.begin(() -> assertThrows(PortClosedException.class, channel::receive));
            Threads.untilParked(waiter.thread());
            channel.close();
            assertTrue(waiting.get().getMessage().endsWith("was closed"));
        }
    }

    @Test
    void isClosedWithThePortsOfItsLoop() throws Exception {
        List<BroadcastChannel<String>> opened = new ArrayList<>();
        EventLoop loop = new EventLoop();
        loop.run(() -> opened.add(BroadcastChannel.open(name)));
        loop.closePorts("its worker has ended");
        assertEquals("its worker has ended", opened.getFirst().closed().get());
        assertThrows(PortClosedException.class, opened.getFirst()::poll);
    }

    @Test
    void tellsWhatItIs() {
        BroadcastChannel<String> channel = BroadcastChannel.open(name);
        assertEquals("BroadcastChannel['" + name + "']", channel.toString());
        channel.close();
        assertEquals("BroadcastChannel['" + name + "', closed]", channel.toString());
    }

    @Test
    void refusesWhatIsMissing() {
        assertThrows(NullPointerException.class, () -> BroadcastChannel.open(null));
        assertThrows(NullPointerException.class, () -> BroadcastChannel.open(name, null));
        try (BroadcastChannel<String> channel = BroadcastChannel.open(name)) {
            assertThrows(NullPointerException.class, () -> channel.post(null));
            assertThrows(NullPointerException.class, () -> channel.onMessage(null));
            assertThrows(NullPointerException.class, () -> channel.onMessage(_ -> {
            }, null));
            assertThrows(NullPointerException.class, () -> channel.onClose(null));
        }
    }
}
