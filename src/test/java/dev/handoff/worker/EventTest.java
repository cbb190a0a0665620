package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What workers tell of themselves, once. */
@Timeout(60)
class EventTest {
    @Test
    void aLoopWaitsForWhatItsListenersHaveToWaitForThoughTheyCameLate() throws Exception {
        CompletableFuture<Object> before = new CompletableFuture<>();
        Event<String> event = new Event<>(() -> before);
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        var _ = event.fire("it");
        Thread here = Thread.currentThread();
        AtomicBoolean isOver = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> {
            while (!isOver.get() && here.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            before.complete("");
        });
        new EventLoop().run(() -> {
            var _ = event.listen(seen::add);
        });
        isOver.set(true);
        other.join();
        assertEquals(List.of("it"), List.copyOf(seen));
    }
}
