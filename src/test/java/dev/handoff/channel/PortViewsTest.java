package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Other ways to take the messages of a port, and its figures. */
@Timeout(60)
class PortViewsTest {
    private final MessageChannel<Integer, Integer> channel = MessageChannel.create("left", "right");
    private final MessagePort<Integer, Integer> left = channel.port1();
    private final MessagePort<Integer, Integer> right = channel.port2();

    @Test
    void aStreamEndsWithTheChannel() {
        Thread.ofVirtual().start(() -> {
            IntStream.range(0, 100).forEach(left::post);
            left.close();
        });
        assertEquals(IntStream.range(0, 100).boxed().toList(), right.stream().toList());
    }

    @Test
    void aLoopTakesOneMessageAfterAnother() {
        left.post(1);
        left.post(2);
        left.close();
        List<Integer> seen = new ArrayList<>();
        for (Integer message : right.messages()) {
            seen.add(message);
        }
        assertEquals(List.of(1, 2), seen);
        Iterator<Integer> over = right.messages().iterator();
        assertFalse(over.hasNext());
        assertThrows(NoSuchElementException.class, over::next);
    }

    @Test
    void anInterruptEndsALoop() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> right.messages().iterator().hasNext());
        assertTrue(Thread.interrupted());
    }

    @Test
    void drainTakesWhatIsThereUpToALimit() {
        IntStream.range(0, 5).forEach(left::post);
        List<Integer> seen = new ArrayList<>();
        assertEquals(3, right.drain(seen::add, 3));
        assertEquals(0, right.drain(seen::add, 0));
        assertEquals(2, right.drain(seen::add, 10));
        assertEquals(0, right.drain(seen::add, 10));
        assertEquals(List.of(0, 1, 2, 3, 4), seen);
        assertThrows(IllegalArgumentException.class, () -> right.drain(seen::add, -1));
        assertThrows(NullPointerException.class, () -> right.drain(null, 1));
        left.post(5);
        left.post(6);
        assertThrows(IllegalCallerException.class, () -> right.drain(_ -> {
            throw new IllegalCallerException();
        }, 2));
        assertEquals(6, right.poll(), "what was not given to it stays");
        left.close();
        assertThrows(PortClosedException.class, () -> right.drain(seen::add, 1));
    }

    private static final class Collector implements Flow.Subscriber<Integer> {
        final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        final BlockingQueue<Flow.Subscription> subscription = new LinkedBlockingQueue<>();

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.add(given);
        }

        @Override
        public void onNext(Integer message) {
            seen.add(message);
        }

        @Override
        public void onError(Throwable error) {
            seen.add(error);
        }

        @Override
        public void onComplete() {
            seen.add("complete");
        }
    }

    @Test
    void aSubscriberGetsWhatItAskedForAndNoMore() throws Exception {
        Collector collector = new Collector();
        right.publisher().subscribe(collector);
        Flow.Subscription subscription = collector.subscription.take();
        IntStream.range(0, 4).forEach(left::post);
        subscription.request(2);
        assertEquals(0, collector.seen.take());
        assertEquals(1, collector.seen.take());
        assertEquals(2, right.receive(), "not asked for, so anybody's");
        subscription.request(Long.MAX_VALUE);
        subscription.request(Long.MAX_VALUE);
        assertEquals(3, collector.seen.take());
        left.post(4);
        assertEquals(4, collector.seen.take());
        left.post(5);
        left.close();
        assertEquals(5, collector.seen.take());
        assertEquals("complete", collector.seen.take());
    }

    @Test
    void aSubscriberHearsOfTheEndWithoutAskingForMore() throws Exception {
        Collector collector = new Collector();
        right.publisher().subscribe(collector);
        left.close();
        assertEquals("complete", collector.seen.take());
    }

    @Test
    void aSubscriberHearsThatThePortWasMovedWithoutAskingForMore() throws Exception {
        MessageChannel<MessagePort<Integer, Integer>, Void> road = MessageChannel.create();
        Collector collector = new Collector();
        Collector cancelled = new Collector();
        right.publisher().subscribe(collector);
        right.publisher().subscribe(cancelled);
        cancelled.subscription.take().cancel();
        road.port1().transfer(right);
        assertInstanceOf(DetachedException.class, collector.seen.take());
        assertNull(cancelled.seen.poll());
    }

    @Test
    void whatHangsOnAFutureOfAPortRunsOnAVirtualThread() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        right.onMessage(_ -> {
            inside.countDown();
            Threads.uninterruptibly(go);
        }, task -> Thread.ofPlatform().start(task));
        left.post(1);
        inside.await();
        var handled = right.handled().thenApply(_ -> Thread.currentThread().isVirtual());
        var closed = right.closed().thenApply(_ -> Thread.currentThread().isVirtual());
        go.countDown();
        assertTrue(handled.get());
        left.close();
        assertTrue(closed.get());
        assertEquals("left was closed", right.closed().resultNow(), "nobody has to wait for what is over");
    }

    @Test
    void aSubscriptionThatIsCancelledTakesNoMore() throws Exception {
        Collector collector = new Collector();
        right.publisher().subscribe(collector);
        Flow.Subscription subscription = collector.subscription.take();
        subscription.request(1);
        left.post(1);
        assertEquals(1, collector.seen.take());
        subscription.cancel();
        subscription.request(1);
        left.post(2);
        assertEquals(2, right.receive());
        assertNull(collector.seen.poll());
    }

    @Test
    void askingForNothingIsAnError() throws Exception {
        Collector collector = new Collector();
        right.publisher().subscribe(collector);
        collector.subscription.take().request(0);
        assertInstanceOf(IllegalArgumentException.class, collector.seen.take());
    }

    @Test
    void aPublisherHasOneSubscriber() throws Exception {
        Flow.Publisher<Integer> publisher = right.publisher();
        publisher.subscribe(new Collector());
        Collector second = new Collector();
        publisher.subscribe(second);
        assertInstanceOf(IllegalStateException.class, second.seen.take());
        second.subscription.take().request(1);
        assertThrows(NullPointerException.class, () -> publisher.subscribe(null));
    }

    /** Breaks its promise: it was revoked, and throws when it should arrive. */
    private record Faulty(AtomicInteger closed) implements Transferable {
        @Override
        public Transfer beginTransfer() {
            return new Transfer() {
                @Override
                public Transferable successor() {
                    return Faulty.this;
                }

                @Override
                public void revoke() {
                    // nothing is seen of it
                }

                @Override
                public void commit(String receiver) {
                    throw new IllegalCallerException("lost");
                }

                @Override
                public void abort() {
                    // nothing to give back
                }
            };
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    @Test
    void aMessageThatCannotBeDeliveredIsToldOfAndPassedOver() throws Exception {
        MessageChannel<Object, Object> c = MessageChannel.create("left", "right");
        AtomicInteger closed = new AtomicInteger();
        BlockingQueue<DataCloneException> errors = new LinkedBlockingQueue<>();
        Registration registration = c.port2().onMessageError(errors::add);
        OwnedBuffer buffer = OwnedBuffer.allocate(1 << 20);
        long leased = Leases.bytes();
        Faulty faulty = new Faulty(closed);
        c.port1().post(List.of(faulty, buffer), faulty, buffer);
        c.port1().post("next");
        assertEquals("next", c.port2().receive());
        DataCloneException error = errors.take();
        assertTrue(error.getMessage().startsWith("a message for right can't be delivered"), error.getMessage());
        assertEquals("lost", error.getCause().getCause().getMessage());
        assertEquals(1, closed.get());
        assertEquals(leased - (1 << 20), Leases.bytes(), "the buffer that came with it was freed");

        c.port1().post(faulty, faulty);
        c.port1().post("handled");
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        c.port2().onMessage(seen::add);
        assertEquals("handled", seen.take());
        assertInstanceOf(IllegalCallerException.class, errors.take().getCause());

        registration.close();
        BlockingQueue<Throwable> uncaught = new LinkedBlockingQueue<>();
        MessageChannel<Object, Object> other = MessageChannel.create();
        other.port1().post(faulty, faulty);
        other.port1().post("last");
        Thread taker = Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> uncaught.add(e))
                .start(() -> assertEquals("last", other.port2().poll()));
        taker.join();
        assertInstanceOf(DataCloneException.class, uncaught.take());
        assertNull(uncaught.poll());
        assertThrows(NullPointerException.class, () -> c.port2().onMessageError(null));
    }

    @Test
    void handlersAreAtRestWhenTheyHaveReturned() throws Exception {
        assertTrue(right.handled().isDone());
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger handled = new AtomicInteger();
        right.onMessage(_ -> {
            inside.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            handled.incrementAndGet();
        });
        IntStream.range(0, 1_000).forEach(left::post);
        inside.await();
        CompletableFuture<Void> rest = right.handled();
        assertFalse(rest.isDone());
        go.countDown();
        rest.get();
        assertEquals(1_000, handled.get());
    }

    @Test
    void statisticsCountWhatWentThrough() {
        MessageChannel<Object, Object> c = MessageChannel
                .create(ChannelOptions.defaults().capacity(2).overflow(Overflow.DROP_OLDEST));
        OwnedBuffer moved = OwnedBuffer.allocate(1000);
        c.port1().post("dropped");
        c.port1().post(moved, moved);
        c.port1().post("kept");
        c.port2().post("back");
        ((OwnedBuffer) c.port2().poll()).close();
        PortStatistics one = c.port1().statistics();
        assertEquals(new PortStatistics(3, 0, 1, 1, 1, 1000, 0, 0, 0), one);
        assertEquals(new PortStatistics(1, 1, 1, 1, 0, 0, 1000, 0, 0), c.port2().statistics());
    }

    @Test
    void statisticsTellBytesThatWereClonedFromBytesThatWereTransferred() {
        MessageChannel<Object, Object> c = MessageChannel.create();
        record Both(OwnedBuffer moved, OwnedBuffer copied) {
        }
        OwnedBuffer moved = OwnedBuffer.allocate(1000);
        OwnedBuffer copied = OwnedBuffer.allocate(100);
        c.port1().post(new Both(moved, copied), moved);
        assertEquals(List.of(1000L, 100L), bytesOut(c));
        c.port1().transfer(copied);
        assertEquals(List.of(1100L, 100L), bytesOut(c));
        var _ = c.port1().request(new byte[10]);
        c.port1().transfer(new boolean[10]);
        assertEquals(List.of(1100L, 120L), bytesOut(c));
        for (Object array : List.of(new short[5], new char[5])) {
            c.port1().post(array);
        }
        assertEquals(List.of(1100L, 140L), bytesOut(c));
        for (Object array : List.of(new int[5], new long[5], new float[5], new double[5])) {
            c.port1().offer(array);
        }
        assertEquals(List.of(1100L, 260L), bytesOut(c));
        c.port1().post(new Object[]{"not counted"});
        c.port1().post("never copied");
        assertEquals(List.of(1100L, 260L), bytesOut(c));
        PortStatistics in = c.port2().statistics();
        assertEquals(List.of(1100L, 260L), List.of(in.bytesTransferredIn(), in.bytesClonedIn()));
        c.port1().close();
        c.port2().close();
    }

    private static List<Long> bytesOut(MessageChannel<?, ?> channel) {
        PortStatistics out = channel.port1().statistics();
        return List.of(out.bytesTransferredOut(), out.bytesClonedOut());
    }
}
