package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Leases;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RequestTest {
    private final MessageChannel<Object, Object> channel = MessageChannel.create("asker", "answerer");
    private final MessagePort<Object, Object> asker = channel.port1();
    private final MessagePort<Object, Object> answerer = channel.port2();

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, future::get).getCause();
    }

    @Test
    void anAnswerIsClonedAndComesToWhoAsked() throws Exception {
        List<Integer> answer = new ArrayList<>(List.of(1));
        answerer.onRequest(request -> assertTrue(request.reply(answer)));
        Object got = asker.request("question").get();
        assertEquals(answer, got);
        assertNotSame(answer, got);
    }

    @Test
    void answersMayComeInAnyOrderAndLater() throws Exception {
        BlockingQueue<Request<Object, Object>> requests = new LinkedBlockingQueue<>();
        answerer.onRequest(requests::add);
        CompletableFuture<Object> first = asker.request(1);
        CompletableFuture<Object> second = asker.request(2);
        Request<Object, Object> one = requests.take();
        Request<Object, Object> two = requests.take();
        two.reply("two");
        assertEquals("two", second.get());
        assertFalse(first.isDone());
        one.reply("one");
        assertEquals("one", first.get());
    }

    @Test
    void aBufferMovesThereAndBack() throws Exception {
        answerer.onRequest(request -> {
            OwnedBuffer buffer = (OwnedBuffer) request.message();
            buffer.segment().set(ValueLayout.JAVA_INT, 0, 7);
            request.reply(buffer, buffer);
        });
        OwnedBuffer sent = OwnedBuffer.allocate(64);
        OwnedBuffer got = (OwnedBuffer) asker.request(sent, sent).get();
        assertEquals(State.GONE, sent.state());
        assertEquals(7, got.segment().get(ValueLayout.JAVA_INT, 0));
        got.close();
    }

    @Test
    void anErrorIsTheVeryObject() {
        IllegalStateException boom = new IllegalStateException("boom");
        answerer.onRequest(request -> request.fail(boom));
        assertSame(boom, failure(asker.request(1)));
    }

    @Test
    void aRequestIsAnsweredOnce() throws Exception {
        BlockingQueue<Request<Object, Object>> requests = new LinkedBlockingQueue<>();
        answerer.onRequest(requests::add);
        CompletableFuture<Object> answer = asker.request(1);
        Request<Object, Object> request = requests.take();
        assertTrue(request.wantsReply());
        assertThrows(DataCloneException.class, () -> request.reply(InputStream.nullInputStream()));
        assertThrows(NullPointerException.class, () -> request.reply(null));
        request.reply(2);
        assertThrows(IllegalStateException.class, () -> request.reply(3));
        assertThrows(IllegalStateException.class, () -> request.fail(new Error()));
        assertEquals(2, answer.get());
        assertFalse(request.wantsReply());
    }

    @Test
    void whatIsPostedIsHandledTooAndCannotBeAnswered() throws Exception {
        BlockingQueue<Request<Object, Object>> requests = new LinkedBlockingQueue<>();
        answerer.onRequest(requests::add);
        asker.post("news");
        Request<Object, Object> request = requests.take();
        assertEquals("news", request.message());
        assertFalse(request.wantsReply());
        String refused = assertThrows(IllegalStateException.class, () -> request.reply(1)).getMessage();
        assertTrue(refused.contains("news"), refused);
        assertThrows(IllegalStateException.class, () -> request.fail(new Error()));
    }

    @Test
    void whoTakesARequestAsAMessageLeavesItUnanswered() throws Exception {
        CompletableFuture<Object> polled = asker.request(1);
        assertEquals(1, answerer.poll());
        assertInstanceOf(UnansweredException.class, failure(polled));
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        answerer.onMessage(seen::add);
        CompletableFuture<Object> handled = asker.request(2);
        assertEquals(2, seen.take());
        assertInstanceOf(UnansweredException.class, failure(handled));
    }

    @Test
    void theEndOfTheOtherSideEndsTheWait() throws Exception {
        BlockingQueue<Request<Object, Object>> requests = new LinkedBlockingQueue<>();
        CompletableFuture<Object> queued = asker.request(1);
        answerer.onRequest(requests::add);
        Request<Object, Object> taken = requests.take();
        answerer.close("enough");
        PortClosedException closed = assertInstanceOf(PortClosedException.class, failure(queued));
        assertEquals("enough", closed.getMessage());
        OwnedBuffer late = OwnedBuffer.allocate(8);
        assertFalse(taken.reply(late, late));
        assertEquals(State.OWNED, late.state());
        late.close();
        assertThrows(PortClosedException.class, () -> asker.request(2));
    }

    @Test
    void aCancelledRequestIsNotAnswered() throws Exception {
        BlockingQueue<Request<Object, Object>> requests = new LinkedBlockingQueue<>();
        answerer.onRequest(requests::add);
        CompletableFuture<Object> answer = asker.request(1);
        Request<Object, Object> request = requests.take();
        answer.cancel(false);
        assertFalse(request.wantsReply());
        assertFalse(request.reply(1));
        assertThrows(CancellationException.class, answer::get);
    }

    @Test
    void whatARequestCarriesIsFreedIfNobodyTakesIt() {
        long before = Leases.bytes();
        OwnedBuffer buffer = OwnedBuffer.allocate(1 << 20);
        CompletableFuture<Object> answer = asker.request(buffer, buffer);
        answerer.close();
        assertEquals(before, Leases.bytes());
        assertInstanceOf(PortClosedException.class, failure(answer));
    }

    @Test
    void badRequestsAreRefusedAndTakeNothing() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        assertThrows(NullPointerException.class, () -> asker.request(null));
        assertThrows(DataCloneException.class, () -> asker.request(InputStream.nullInputStream(), buffer));
        assertEquals(State.OWNED, buffer.state());
        buffer.close();
        assertNull(answerer.poll());
        assertThrows(NullPointerException.class, () -> answerer.onRequest(null));
    }
}
