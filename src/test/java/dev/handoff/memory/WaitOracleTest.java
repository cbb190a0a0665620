package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.Oracle.TypedArray;
import dev.handoff.sync.ParkingLot;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Waiting and waking against every scenario of V8's Atomics.wait, waitAsync and notify. */
class WaitOracleTest {
    private static final List<JsonNode> CASES = Oracle.cases("atomics-wait.jsonl.gz");
    private static final String CONVERSION = "a JavaScript object is converted to a number: the compiler refuses it";
    private static final String TYPE = "elements of this type can not be waited on: such a view has no await";

    /** Why a scenario has no counterpart in Java; empty for all that have one. */
    private static String withoutCounterpart(JsonNode c) {
        if (c.path("views").valueStream().anyMatch(v -> !v.path("type").asString().matches("Int32|BigInt64"))) {
            return TYPE;
        }
        if (tags(c).contains("js-coercion")) {
            return CONVERSION;
        }
        return "";
    }

    private static List<String> tags(JsonNode c) {
        return c.path("tags").valueStream().map(JsonNode::asString).toList();
    }

    @Test
    void everyScenarioIsRunButThoseThatHaveNoCounterpart() {
        Map<String, Integer> count = new HashMap<>();
        CASES.forEach(c -> count.merge(withoutCounterpart(c), 1, Integer::sum));
        assertEquals(Map.of("", 98, CONVERSION, 21, TYPE, 10), count);
        assertEquals(129, CASES.size());
    }

    static Stream<Arguments> scenarios() {
        return CASES.stream().filter(c -> withoutCounterpart(c).isEmpty() && !c.has("program"))
                .flatMap(c -> Stream.of(Kind.values())
                        .map(kind -> Arguments.of(c.path("id").asString(), kind, c.path("title").asString(), c)));
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("scenarios")
    void aScenarioGoesAsItDoesInV8(String id, Kind kind, String title, JsonNode scenario) throws Exception {
        assertNotEquals("", id + title);
        try (Run run = new Run(kind, scenario)) {
            for (JsonNode step : scenario.path("steps")) {
                run.step(step);
            }
        }
    }

    /** One wait: on its agent's thread, or, where that is null, a future. */
    private record Call(Element element, long nanos, Thread thread, CompletableFuture<WaitResult> result, long begun,
            long[] ended) {
        Call(Element element, long nanos, Thread thread, CompletableFuture<WaitResult> result) {
            this(element, nanos, thread, result, System.nanoTime(), new long[1]);
            result.whenComplete((r, e) -> ended[0] = System.nanoTime());
        }

        boolean isTimeUp() {
            return System.nanoTime() - begun >= nanos;
        }
    }

    /** An element of a view, by the views' own API. */
    private record Element(Object view, SharedBuffer buffer, long index) {
        WaitResult await(BigInteger expected, long nanos) throws InterruptedException {
            return switch (view) {
                case Int32View v -> v.await(index, expected.intValue(), nanos);
                case Int64View v -> v.await(index, expected.longValue(), nanos);
                default -> throw new AssertionError(view);
            };
        }

        CompletableFuture<WaitResult> awaitAsync(BigInteger expected, long nanos) {
            return switch (view) {
                case Int32View v -> v.awaitAsync(index, expected.intValue(), nanos);
                case Int64View v -> v.awaitAsync(index, expected.longValue(), nanos);
                default -> throw new AssertionError(view);
            };
        }

        int wake(int count) {
            return switch (view) {
                case Int32View v -> v.wake(index, count);
                case Int64View v -> v.wake(index, count);
                default -> throw new AssertionError(view);
            };
        }

        long address() {
            View view = (View) this.view;
            return view.segment.address() + index * (view instanceof Int32View ? 4 : 8);
        }
    }

    /** The memory, views, threads and waits of one scenario. */
    private static final class Run implements AutoCloseable {
        private final Map<String, Object> buffers = new HashMap<>();
        private final Map<String, TypedArray> views = new HashMap<>();
        private final Map<String, Object> bufferOf = new HashMap<>();
        private final Map<String, Resident> agents = new HashMap<>();
        private final Map<String, Call> calls = new HashMap<>();

        Run(Kind kind, JsonNode scenario) {
            scenario.path("memory").propertyStream().forEach(m -> {
                long bytes = m.getValue().path("bytes").asLong();
                assertFalse(m.getValue().path("detached").asBoolean(false), "no scenario that is run has it");
                buffers.put(m.getKey(), !m.getValue().path("shared").asBoolean()
                        ? OwnedBuffer.allocate(bytes)
                        : m.getValue().has("maxBytes")
                                ? SharedBuffer.allocate(bytes, m.getValue().path("maxBytes").asLong())
                                : SharedBuffer.allocate(bytes));
            });
            scenario.path("views").propertyStream().forEach(v -> {
                String type = v.getValue().path("type").asString();
                Object buffer = buffers.get(v.getValue().path("buffer").asString());
                long offset = v.getValue().path("byteOffset").asLong();
                JsonNode length = v.getValue().path("length");
                views.put(v.getKey(), switch (buffer) {
                    case OwnedBuffer owned -> TypedArray.of(type, owned, offset, length.asLong());
                    case SharedBuffer shared -> length.isNumber()
                            ? TypedArray.of(type, shared, offset, length.asLong())
                            : TypedArray.of(type, shared);
                    default -> throw new AssertionError(buffer);
                });
                bufferOf.put(v.getKey(), buffer);
            });
            scenario.path("agents").valueStream().map(JsonNode::asString)
                    .forEach(a -> agents.put(a, Threads.resident(kind, a)));
        }

        void step(JsonNode step) throws Exception {
            String text = step.toString();
            switch (step.path("do").asString()) {
                case "wait" -> {
                    Element element = element(step);
                    CompletableFuture<WaitResult> result = new CompletableFuture<>();
                    Resident agent = agents.get(step.path("agent").asString());
                    calls.put(step.path("as").asString(), new Call(element, nanos(step), agent.thread(), result));
                    agent.begin(() -> {
                        try {
                            return result.complete(element.await(expected(step), nanos(step)));
                        } catch (Throwable e) {
                            return result.completeExceptionally(e);
                        }
                    });
                }
                case "waitAsync" -> {
                    Element element = element(step);
                    CompletableFuture<WaitResult> result = new CompletableFuture<>();
                    Call call = new Call(element, nanos(step), null, result);
                    on(step, () -> {
                        element.awaitAsync(expected(step), nanos(step)).whenComplete((r, e) -> {
                            if (e == null) {
                                result.complete(r);
                            } else {
                                result.completeExceptionally(e);
                            }
                        });
                        return null;
                    });
                    assertTrue(step.path("expect").path("async").asBoolean(), text);
                    calls.put(step.path("as").asString(), call);
                }
                case "parked" ->
                    step.path("calls").valueStream().map(c -> calls.get(c.asString())).forEach(this::parked);
                case "notify" -> assertEquals(step.path("expect").asString(), String.valueOf(wake(step)), text);
                case "notifyThenCheckUnsettled" -> {
                    Thread waker = Thread.currentThread();
                    CompletableFuture<Thread> reaction = calls.get(step.path("call").asString()).result()
                            .thenApply(r -> Thread.currentThread());
                    assertEquals(step.path("expect").asString(), String.valueOf(wake(step)), text);
                    assertNotEquals(waker, reaction.get(60, TimeUnit.SECONDS), "it has not run the reaction itself");
                }
                case "op" -> {
                    List<String> arguments = step.path("args").valueStream().map(JsonNode::asString).toList();
                    BigInteger result = on(step, () -> views.get(step.path("view").asString()).operate(
                            step.path("op").asString(), Oracle.saturated(step.path("index").asString()), arguments));
                    if (step.has("expect")) {
                        assertEquals(new BigInteger(step.path("expect").asString()), result, text);
                    }
                }
                case "pending" ->
                    pending(step.path("calls").valueStream().map(c -> calls.get(c.asString())).toList(), text);
                case "result" -> {
                    Call call = calls.get(step.path("call").asString());
                    assertEquals(result(step.path("result").asString()), call.result().get(60, TimeUnit.SECONDS), text);
                    long ended = call.ended()[0] == 0 ? System.nanoTime() : call.ended()[0];
                    assertTrue(ended - call.begun() >= TimeUnit.MILLISECONDS.toNanos(step.path("minMs").asLong(0)),
                            text);
                }
                case "call" -> call(step);
                case "grow" -> ((SharedBuffer) buffers.get(step.path("memory").asString()))
                        .grow(step.path("bytes").asLong());
                case "terminate" -> {
                    Resident agent = agents.get(step.path("agent").asString());
                    agent.thread().interrupt();
                    Threads.until(() -> calls.values().stream().anyMatch(c -> c.result().isCompletedExceptionally()));
                }
                default -> throw new AssertionError(text);
            }
        }

        private void call(JsonNode step) throws Exception {
            String text = step.toString();
            assertEquals("main", step.path("agent").asString(), text);
            Element element = element(step);
            if (step.has("throws")) {
                Class<? extends Exception> exception = switch (step.path("throws").asString()) {
                    case "RangeError" -> IndexOutOfBoundsException.class;
                    case "TypeError" -> UnsupportedOperationException.class;
                    default -> throw new AssertionError(text);
                };
                assertThrows(exception, () -> {
                    switch (step.path("fn").asString()) {
                        case "wait" -> element.await(expected(step), nanos(step));
                        case "waitAsync" -> element.awaitAsync(expected(step), nanos(step));
                        default -> wake(step);
                    }
                }, text);
            } else if (step.path("fn").asString().equals("wait")) {
                assertEquals(result(step.path("result").asString()), element.await(expected(step), nanos(step)), text);
            } else {
                CompletableFuture<WaitResult> future = element.awaitAsync(expected(step), nanos(step));
                assertTrue(future.isDone(), text);
                assertEquals(result(step.path("result").path("value").asString()), future.resultNow(), text);
            }
        }

        private <T> T on(JsonNode step, java.util.concurrent.Callable<T> body) throws Exception {
            Resident agent = agents.get(step.path("agent").asString("main"));
            return agent == null ? body.call() : agent.call(body);
        }

        private int wake(JsonNode step) throws Exception {
            String count = step.path("count").asString();
            int most = count.equals("omitted")
                    ? Integer.MAX_VALUE
                    : Math.clamp(Oracle.saturated(count), Integer.MIN_VALUE, Integer.MAX_VALUE);
            return on(step, () -> element(step).wake(most));
        }

        private Element element(JsonNode step) {
            String name = step.path("view").asString();
            return new Element(views.get(name).view(), bufferOf.get(name) instanceof SharedBuffer b ? b : null,
                    Oracle.saturated(step.path("index").asString()));
        }

        /** Returns when all waits that have begun on the element are in the queue or over, the given one for sure. */
        private void parked(Call call) {
            assertNotNull(call.element().buffer());
            long address = call.element().address();
            Threads.until(() -> call.result().isDone() || ParkingLot.waiting(null, address) >= calls.values().stream()
                    .filter(c -> !c.result().isDone() && c.element().buffer() != null
                            && c.element().address() == address)
                    .count());
        }

        /**
         * Fails if a wait is over, or its place in the queue is gone, before its time is up. V8's scenarios look after some
         * milliseconds. Here, what a wake does to the queue it has done when it returns, and a thread that comes back for no
         * reason has done so when it is parked again: in its wait, or behind it.
         */
        private static void pending(List<Call> waits, String text) {
            for (Call call : waits) {
                if (call.thread() != null) {
                    Threads.untilParked(call.thread());
                }
                boolean over = call.result().isDone();
                int queued = ParkingLot.waiting(null, call.element().address());
                long awaited = waits.stream().filter(c -> c.element().address() == call.element().address())
                        .filter(c -> !c.isTimeUp()).count(); // after the look at the queue, as time goes on
                assertTrue(queued >= awaited, text);
                assertTrue(!over || call.isTimeUp(), text);
            }
        }

        /** Lets every wait end, and with it every agent. */
        @Override
        public void close() {
            List<Resident> left = new ArrayList<>(agents.values());
            calls.values().forEach(c -> c.result().cancel(true));
            left.forEach(a -> {
                FutureTask<Object> end = a.begin(() -> null);
                Threads.until(() -> {
                    if (!end.isDone()) {
                        a.thread().interrupt();
                    }
                    return end.isDone() || !a.thread().isAlive();
                });
            });
            buffers.values().forEach(b -> {
                if (b instanceof OwnedBuffer owned) {
                    owned.close();
                }
            });
        }

        private static BigInteger expected(JsonNode step) {
            return new BigInteger(step.path("value").asString());
        }

        private static WaitResult result(String text) {
            return switch (text) {
                case "ok" -> WaitResult.WOKEN;
                case "not-equal" -> WaitResult.NOT_EQUAL;
                case "timed-out" -> WaitResult.TIMED_OUT;
                default -> throw new AssertionError(text);
            };
        }

        /** A timeout in nanoseconds; NaN is for ever, as in ECMAScript. */
        private static long nanos(JsonNode step) {
            String timeout = step.path("timeout").asString();
            if (timeout.equals("omitted")) {
                return Long.MAX_VALUE;
            }
            double millis = Double.parseDouble(timeout);
            return Double.isNaN(millis) ? Long.MAX_VALUE : (long) (millis * 1_000_000);
        }
    }

    // ---- programs: the scenario tells the rule and the words that are left

    private static JsonNode program(String name) {
        return CASES.stream().map(c -> c.path("program")).filter(p -> p.path("name").asString("").equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void check(JsonNode program, Int32View words) {
        assertFalse(program.path("expect").isEmpty());
        program.path("expect").propertyStream().forEach(e -> assertEquals(e.getValue().asString(),
                String.valueOf(words.get(Long.parseLong(e.getKey().substring("word".length())))), e.getKey()));
    }

    @ParameterizedTest
    @EnumSource
    void aLockOfCompareExchangeWaitAndNotifyExcludes(Kind kind) {
        JsonNode program = program("futex-mutex");
        Int32View words = Int32View.of(SharedBuffer.allocate(64));
        Threads.race(kind, program.path("agents").asInt(), 1, round -> {
        }, (racer, round) -> {
            for (int i = program.path("iterations").asInt(); i > 0; i--) {
                if (words.compareAndExchange(0, 0, 1) != 0) {
                    while (words.getAndSet(0, 2) != 0) {
                        words.await(0, 2);
                    }
                }
                words.setPlain(1, words.getPlain(1) + 1);
                if (words.getAndSet(0, 0) == 2) {
                    words.wake(0, 1);
                }
            }
        });
        check(program, words);
    }

    @ParameterizedTest
    @EnumSource
    void agentsMeetAtABarrierAgainAndAgain(Kind kind) {
        JsonNode program = program("barrier");
        int agents = program.path("agents").asInt();
        Int32View words = Int32View.of(SharedBuffer.allocate(64));
        Threads.race(kind, agents, 1, round -> {
        }, (racer, round) -> {
            for (int r = 0; r < program.path("rounds").asInt(); r++) {
                words.getAndAdd(2, r);
                int generation = words.get(1);
                if (words.getAndAdd(0, 1) + 1 == agents) {
                    words.set(0, 0);
                    words.getAndAdd(1, 1);
                    words.wake(1, Integer.MAX_VALUE);
                } else {
                    while (words.get(1) == generation) {
                        words.await(1, generation);
                    }
                }
            }
        });
        check(program, words);
    }

    @ParameterizedTest
    @EnumSource
    void everyItemOfAOneSlotQueueArrivesOnceAndInOrder(Kind kind) {
        JsonNode program = program("slot-queue");
        Int32View words = Int32View.of(SharedBuffer.allocate(64));
        Threads.race(kind, program.path("agents").asInt(), 1, round -> {
        }, (racer, round) -> {
            for (int i = 0; i < program.path("items").asInt(); i++) {
                int mine = racer == 0 ? 0 : 1;
                while (words.get(0) != mine) {
                    words.await(0, 1 - mine);
                }
                if (racer == 0) {
                    words.setPlain(1, 7 * i + 3);
                } else {
                    words.setPlain(2, (int) ((words.getPlain(2) + (long) words.getPlain(1) * (i + 1)) % 1_000_003));
                }
                words.set(0, 1 - mine);
                words.wake(0, 1);
            }
        });
        check(program, words);
    }
}
