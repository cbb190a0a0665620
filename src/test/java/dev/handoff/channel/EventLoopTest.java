package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLoopTest {
    @Test
    void runsTheBodyThenTheTasksInOrderAndEnds() throws Exception {
        EventLoop loop = new EventLoop();
        List<String> seen = new ArrayList<>();
        loop.execute(() -> seen.add("before"));
        loop.run(() -> {
            seen.add("body");
            assertSame(loop, EventLoop.current());
            assertSame(loop, EventLoop.executorHere());
            loop.execute(() -> {
                seen.add("task");
                loop.execute(() -> seen.add("nested"));
            });
        });
        assertEquals(List.of("body", "before", "task", "nested"), seen);
        assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> seen.add("late")));
    }

    @Test
    void runsOnceAndNotInsideAnother() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> assertThrows(IllegalStateException.class, () -> new EventLoop().run(() -> {
        })));
        assertThrows(IllegalStateException.class, () -> loop.run(() -> {
        }));
    }

    @Test
    void aHoldKeepsItAliveUntilItIsClosed() throws Exception {
        EventLoop loop = new EventLoop();
        AtomicBoolean told = new AtomicBoolean();
        AtomicBoolean ran = new AtomicBoolean();
        loop.run(() -> {
            Registration hold = loop.hold(() -> told.set(true));
            Thread.ofPlatform().start(() -> {
                loop.execute(() -> ran.set(true));
                hold.close();
                hold.close();
            });
        });
        assertTrue(ran.get());
        assertFalse(told.get(), "it let go by itself");
    }

    @Test
    void stopDropsWhatIsQueuedAndTellsTheHolds() throws Exception {
        EventLoop loop = new EventLoop();
        List<String> seen = new ArrayList<>();
        loop.run(() -> {
            var _ = loop.hold(() -> seen.add("told"));
            loop.execute(() -> {
                seen.add("first");
                loop.execute(() -> seen.add("dropped"));
                loop.stop();
            });
        });
        assertEquals(List.of("first", "told"), seen);
        var _ = loop.hold(() -> seen.add("late"));
        assertEquals(List.of("first", "told", "late"), seen);
    }

    @Test
    void stopEndsALoopThatSleeps() throws Exception {
        EventLoop loop = new EventLoop();
        Thread here = Thread.currentThread();
        loop.run(() -> {
            var _ = loop.hold(() -> {
            });
            Thread.ofPlatform().start(() -> {
                while (here.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                loop.stop();
            });
        });
    }

    @Test
    void anExceptionOrAnInterruptEndsIt() {
        EventLoop failing = new EventLoop();
        assertThrows(IllegalCallerException.class, () -> failing.run(() -> failing.execute(() -> {
            throw new IllegalCallerException();
        })));
        EventLoop interrupted = new EventLoop();
        assertThrows(InterruptedException.class, () -> interrupted.run(() -> {
            var _ = interrupted.hold(() -> {
            });
            Thread.currentThread().interrupt();
        }));
    }
}
