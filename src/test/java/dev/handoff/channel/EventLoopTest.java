package dev.handoff.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.sync.IdleStrategy;
import dev.handoff.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

    // ---- timers

    private static final Duration FAR = Duration.ofDays(1);

    /** Keeps the thread busy until so much time has passed. */
    private static void spin(Duration time) {
        long begun = System.nanoTime();
        Threads.until(() -> System.nanoTime() - begun > time.toNanos());
    }

    @Test
    void timersRunInTheOrderOfTheirDeadlinesAndThoseOfOneDeadlineInTheOrderOfTheirCalls() throws Exception {
        List<String> seen = new ArrayList<>();
        EventLoop loop;
        AtomicBoolean inTime = new AtomicBoolean();
        do { // until nothing has held this thread up between the calls
            seen.clear();
            EventLoop tried = new EventLoop();
            loop = tried;
            tried.run(() -> {
                long begun = System.nanoTime();
                tried.schedule(() -> seen.add("later"), Duration.ofMillis(4));
                tried.schedule(() -> seen.add("sooner"), Duration.ofMillis(2));
                tried.schedule(() -> seen.add("at once"), Duration.ZERO);
                tried.schedule(() -> seen.add("too late"), Duration.ofSeconds(Long.MIN_VALUE));
                inTime.set(System.nanoTime() - begun < 2_000_000);
                spin(Duration.ofMillis(5)); // all of them are due
            });
        } while (!inTime.get());
        assertEquals(List.of("at once", "too late", "sooner", "later"), seen);
        Timer a = new Timer(loop, () -> {
        }, 1, Long.MAX_VALUE, 0);
        Timer b = new Timer(loop, () -> {
        }, 2, Long.MAX_VALUE, 0);
        Timer overflown = new Timer(loop, () -> {
        }, 0, Long.MIN_VALUE, 0);
        assertEquals(-1, Timer.compare(a, b));
        assertEquals(1, Timer.compare(overflown, b), "the clock of nanoTime may pass the end of long");
    }

    @Test
    void aTimerIsNotEarly() throws Exception {
        EventLoop loop = new EventLoop();
        long begun = System.nanoTime();
        AtomicReference<Long> ran = new AtomicReference<>();
        loop.run(() -> loop.schedule(() -> ran.set(System.nanoTime()), Duration.ofMillis(5)));
        assertTrue(ran.get() - begun >= 5_000_000);
    }

    @Test
    void aTimerOfAnotherThreadWakesTheLoop() throws Exception {
        EventLoop loop = new EventLoop();
        Thread here = Thread.currentThread();
        AtomicReference<Thread> ran = new AtomicReference<>();
        loop.run(() -> {
            Registration hold = loop.hold(() -> {
            });
            Thread.ofPlatform().start(() -> {
                Threads.untilParked(here);
                loop.schedule(() -> {
                    ran.set(Thread.currentThread());
                    hold.close();
                }, Duration.ofMillis(1));
            });
        });
        assertSame(here, ran.get());
    }

    @Test
    void aClosedTimerNeverRunsAndNoLongerKeepsTheLoop() throws Exception {
        EventLoop loop = new EventLoop();
        Thread here = Thread.currentThread();
        Timer before = loop.schedule(() -> {
            throw new AssertionError("closed before the loop began");
        }, Duration.ZERO);
        before.close();
        loop.run(() -> {
            Timer own = loop.schedule(() -> {
                throw new AssertionError("closed by its own loop");
            }, Duration.ZERO);
            own.close();
            own.close();
            Timer far = loop.schedule(() -> {
                throw new AssertionError("closed by another thread");
            }, FAR);
            assertTrue(far.hasRef());
            Thread.ofPlatform().start(() -> {
                Threads.untilParked(here);
                far.close();
                assertFalse(far.hasRef());
            });
        });
    }

    @Test
    void aTimerMayCloseItselfOrTheNextOneThatIsDue() throws Exception {
        EventLoop loop = new EventLoop();
        AtomicInteger runs = new AtomicInteger();
        loop.run(() -> {
            Timer[] timers = new Timer[2];
            timers[0] = loop.scheduleAtFixedRate(() -> {
                runs.incrementAndGet();
                timers[0].close();
                timers[1].close();
            }, Duration.ofNanos(1));
            timers[1] = loop.schedule(() -> {
                throw new AssertionError("closed by the one before");
            }, Duration.ofNanos(1));
        });
        assertEquals(1, runs.get());
    }

    @Test
    void aRepeatingTimerDoesNotMakeUpForWhatItMissed() throws Exception {
        EventLoop loop = new EventLoop();
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger runsInOneTurn = new AtomicInteger();
        loop.run(() -> {
            Timer timer = loop.scheduleAtFixedRate(runs::incrementAndGet, Duration.ofMillis(1));
            spin(Duration.ofMillis(5));
            loop.execute(() -> {
                runsInOneTurn.set(runs.get());
                loop.scheduleAtFixedRate(() -> {
                    if (runs.get() >= 3) {
                        timer.close();
                        loop.stop();
                    }
                }, Duration.ofMillis(1));
            });
        });
        assertEquals(1, runsInOneTurn.get());
        assertTrue(runs.get() >= 3);
    }

    @Test
    void onlyAReferencedTimerKeepsTheLoop() throws Exception {
        EventLoop loop = new EventLoop();
        Thread here = Thread.currentThread();
        AtomicBoolean ran = new AtomicBoolean();
        loop.run(() -> {
            Timer never = loop.schedule(() -> {
                throw new AssertionError("a day has passed");
            }, FAR).unref();
            assertFalse(never.hasRef());
            Timer again = loop.schedule(() -> ran.set(true), Duration.ofMillis(1)).unref().unref().ref().ref();
            assertTrue(again.hasRef());
            Timer others = loop.schedule(() -> {
                throw new AssertionError("a day has passed");
            }, FAR);
            Thread.ofPlatform().start(() -> {
                Threads.until(ran::get);
                Threads.untilParked(here);
                others.unref();
            });
        });
        assertTrue(ran.get());
    }

    @Test
    void anUnreferencedTimerRunsAsLongAsTheLoopDoes() throws Exception {
        EventLoop loop = new EventLoop();
        loop.run(() -> {
            Registration hold = loop.hold(() -> {
                throw new AssertionError("let go by the timer");
            });
            loop.schedule(hold::close, Duration.ofMillis(1)).unref();
        });
    }

    @Test
    void neitherTimersNorTasksNorMessagesStarveEachOther() throws Exception {
        EventLoop loop = new EventLoop();
        AtomicInteger timerRuns = new AtomicInteger();
        AtomicInteger taskRuns = new AtomicInteger();
        AtomicInteger messages = new AtomicInteger();
        loop.run(() -> {
            Runnable[] self = new Runnable[2];
            self[0] = () -> { // each makes the next one, at once, for ever
                timerRuns.incrementAndGet();
                loop.schedule(self[0], Duration.ZERO);
            };
            self[0].run();
            self[1] = () -> {
                taskRuns.incrementAndGet();
                loop.execute(self[1]);
            };
            self[1].run();
            MessageChannel<Integer, Integer> channel = MessageChannel.create();
            channel.port2().onMessage(i -> {
                messages.incrementAndGet();
                channel.port1().post(i + 1);
            });
            channel.port1().post(0);
            loop.scheduleAtFixedRate(() -> {
                if (timerRuns.get() > 1_000 && taskRuns.get() > 1_000 && messages.get() > 10_000) {
                    loop.stop();
                }
            }, Duration.ofNanos(1));
        });
        assertTrue(timerRuns.get() > 1_000);
    }

    @Test
    void timersThatCannotBeAreRefused() throws Exception {
        EventLoop loop = new EventLoop();
        Runnable nothing = () -> {
        };
        assertThrows(NullPointerException.class, () -> loop.schedule(null, FAR));
        assertThrows(NullPointerException.class, () -> loop.schedule(nothing, null));
        assertThrows(NullPointerException.class, () -> loop.execute(null));
        assertEquals("a period must be positive; this one is PT0S", assertThrows(IllegalArgumentException.class,
                () -> loop.scheduleAtFixedRate(nothing, Duration.ZERO)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> loop.scheduleAtFixedRate(nothing, FAR.negated()));
        loop.schedule(nothing, Duration.ofSeconds(Long.MAX_VALUE)).unref();
        loop.scheduleAtFixedRate(nothing, Duration.ofSeconds(Long.MAX_VALUE)).unref();
        loop.run(() -> {
        });
        assertThrows(RejectedExecutionException.class, () -> loop.schedule(nothing, FAR));
    }

    @Test
    void whatATimerThrowsEndsTheLoopAndTheOtherTimers() {
        EventLoop loop = new EventLoop();
        List<Timer> timers = new ArrayList<>();
        assertThrows(IllegalCallerException.class, () -> loop.run(() -> {
            timers.add(loop.scheduleAtFixedRate(() -> {
                throw new IllegalCallerException();
            }, Duration.ofNanos(1)));
            timers.add(loop.schedule(() -> {
                throw new AssertionError("the loop has ended");
            }, Duration.ofMillis(1)));
        }));
        timers.get(1).close(); // does nothing any more
        assertFalse(timers.get(0).hasRef());
    }

    @Test
    void noRunBeginsAfterAnotherThreadHasClosedATimer() throws Exception {
        for (int i = 0; i < 200; i++) {
            EventLoop loop = new EventLoop(IdleStrategy.busySpin());
            AtomicInteger runs = new AtomicInteger();
            AtomicInteger runsWhenClosed = new AtomicInteger();
            CompletableFuture<Timer> made = new CompletableFuture<>();
            Thread closer = Thread.ofPlatform().start(() -> {
                made.join().close();
                runsWhenClosed.set(runs.get());
            });
            loop.run(() -> made.complete(loop.scheduleAtFixedRate(runs::incrementAndGet, Duration.ofNanos(1))));
            closer.join();
            assertTrue(runs.get() <= runsWhenClosed.get() + 1, "but for the one that was under way");
        }
    }

    // ---- continuations

    @Test
    void continuationsComeBeforeAnythingElseInTheirOrder() throws Exception {
        EventLoop loop = new EventLoop();
        List<String> seen = new ArrayList<>();
        loop.run(() -> {
            loop.execute(() -> {
                seen.add("task");
                loop.runNext(() -> {
                    seen.add("first");
                    loop.runNext(() -> seen.add("nested"));
                });
                loop.runNext(() -> seen.add("second"));
                seen.add("task goes on");
            });
            loop.execute(() -> seen.add("next task"));
            loop.schedule(() -> {
                seen.add("timer");
                loop.runNext(() -> seen.add("of the timer"));
            }, Duration.ZERO);
            loop.schedule(() -> seen.add("next timer"), Duration.ZERO);
            loop.runNext(() -> seen.add("of the body"));
        });
        assertEquals(List.of("of the body", "timer", "of the timer", "next timer", "task", "task goes on", "first",
                "second", "nested", "next task"), seen);
    }

    @Test
    void continuationsComeBetweenTwoMessages() throws Exception {
        EventLoop loop = new EventLoop();
        List<String> seen = new ArrayList<>();
        loop.run(() -> {
            MessageChannel<Integer, Integer> channel = MessageChannel.create();
            IntStream.range(0, 3).forEach(i -> channel.port1().post(i));
            channel.port1().close();
            channel.port2().onMessage(i -> {
                seen.add("message " + i);
                loop.runNext(() -> seen.add("after " + i));
            });
        });
        assertEquals(List.of("message 0", "after 0", "message 1", "after 1", "message 2", "after 2"), seen);
    }

    @Test
    void aContinuationIsForTheLoopsOwnThread() throws Exception {
        EventLoop loop = new EventLoop();
        Runnable never = () -> {
            throw new AssertionError("must not run");
        };
        assertEquals("thread '" + Thread.currentThread().getName()
                + "' does not run this event loop: only what runs on it has a continuation",
                assertThrows(IllegalStateException.class, () -> loop.runNext(never)).getMessage());
        loop.run(() -> {
            assertThrows(IllegalStateException.class, () -> new EventLoop().runNext(never));
            assertThrows(NullPointerException.class, () -> loop.runNext(null));
        });
    }

    @Test
    void stopEndsAChainOfContinuationsThatNeverEnds() throws Exception {
        EventLoop loop = new EventLoop();
        CountDownLatch turning = new CountDownLatch(1);
        Thread.ofPlatform().start(() -> {
            Threads.uninterruptibly(turning);
            loop.stop();
        });
        Runnable[] self = new Runnable[1];
        self[0] = () -> {
            turning.countDown();
            loop.runNext(self[0]);
        };
        loop.run(self[0]::run);
    }

    @Test
    void whatAContinuationThrowsEndsTheLoop() {
        EventLoop loop = new EventLoop();
        assertThrows(IllegalCallerException.class, () -> loop.run(() -> {
            loop.runNext(() -> {
                throw new IllegalCallerException();
            });
            loop.runNext(() -> {
                throw new AssertionError("the loop has ended");
            });
        }));
    }

    // ---- waiting

    @Test
    void itWaitsAsItsStrategySays() throws Exception {
        AtomicInteger waits = new AtomicInteger();
        EventLoop loop = new EventLoop((done, nanos) -> {
            waits.incrementAndGet();
            return IdleStrategy.yielding().idle(done, nanos);
        });
        loop.run(() -> loop.schedule(() -> {
        }, Duration.ofMillis(1)));
        assertTrue(waits.get() > 0);
        assertThrows(NullPointerException.class, () -> new EventLoop(null));
    }

    @Test
    void utilisationTellsActiveFromIdleFromOutside() throws Exception {
        EventLoop loop = new EventLoop(IdleStrategy.parking());
        Utilisation before = loop.utilisation();
        assertEquals(new Utilisation(Duration.ZERO, Duration.ZERO), before);
        assertEquals(0, before.ratio());
        AtomicBoolean spin = new AtomicBoolean(true);
        CountDownLatch spinning = new CountDownLatch(1);
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                loop.run(() -> {
                    var _ = loop.hold(() -> {
                    });
                });
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        Threads.untilParked(thread);
        Utilisation parked = loop.utilisation();
        Threads.until(() -> loop.utilisation().idle().compareTo(parked.idle()) > 0);
        assertEquals(parked.active(), loop.utilisation().active(), "who waits is not active");
        loop.execute(() -> {
            spinning.countDown();
            Threads.until(() -> !spin.get());
        });
        spinning.await();
        Utilisation busy = loop.utilisation();
        Threads.until(() -> loop.utilisation().active().compareTo(busy.active()) > 0);
        assertEquals(busy.idle(), loop.utilisation().idle(), "who is busy is not idle");
        Utilisation both = loop.utilisation().since(parked);
        assertTrue(both.ratio() > 0 && both.ratio() <= 1, both::toString);
        spin.set(false);
        loop.stop();
        thread.join();
        Utilisation after = loop.utilisation();
        assertEquals(after, loop.utilisation());
        assertTrue(after.active().compareTo(busy.active()) > 0 && after.idle().compareTo(parked.idle()) >= 0);
        assertEquals(0.25, new Utilisation(Duration.ofMillis(1), Duration.ofMillis(3)).ratio());
    }

    @ParameterizedTest
    @EnumSource
    void aLoopRunsOnEitherKindOfThread(Threads.Kind kind) {
        EventLoop loop = new EventLoop();
        List<String> seen = Threads.on(kind, "loop", () -> {
            List<String> list = new ArrayList<>();
            loop.run(() -> loop.schedule(() -> list.add("timer"), Duration.ofMillis(1)));
            return list;
        });
        assertEquals(List.of("timer"), seen);
    }
}
