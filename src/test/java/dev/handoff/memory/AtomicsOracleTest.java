package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.Oracle.TypedArray;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The views against every case of V8's Atomics. */
class AtomicsOracleTest {
    private static final List<JsonNode> CASES = Oracle.cases("atomics-ops.jsonl.gz");

    /** Why a case has no counterpart in Java; empty for all that have one. */
    private static String withoutCounterpart(JsonNode c) {
        if (c.path("jsOnly").asBoolean(false)) {
            return "a Number for a BigInt or the reverse: the compiler refuses it, or widens it";
        }
        if (c.path("kind").asString().equals("pause")) {
            return "pause is Thread.onSpinWait, which takes no argument and returns nothing";
        }
        return switch (c.path("note").asString("")) {
            case "element type not allowed" ->
                "floating-point views have other operations; clamping is an operation here";
            case "DataView is not a typed array" -> "a segment has no operations of this kind; the compiler refuses it";
            default -> "";
        };
    }

    private static Stream<JsonNode> cases(String kind) {
        return CASES.stream().filter(c -> c.path("kind").asString().equals(kind) && withoutCounterpart(c).isEmpty());
    }

    private static String id(JsonNode c) {
        return c.path("id").asString();
    }

    private static byte[] bytes(JsonNode c, String field) {
        return HexFormat.of().parseHex(c.path(field).asString());
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asString).toList();
    }

    @Test
    void everyCaseIsRunButThoseThatHaveNoCounterpart() {
        Map<String, Integer> without = new TreeMap<>();
        Map<String, Integer> run = new TreeMap<>();
        for (JsonNode c : CASES) {
            String reason = withoutCounterpart(c);
            (reason.isEmpty() ? run : without).merge(reason.isEmpty() ? c.path("kind").asString() : reason, 1,
                    Integer::sum);
        }
        assertEquals(Map.of("op", 2044, "throws", 360, "sequence", 75, "concurrent", 14, "isLockFree", 7), run);
        assertEquals(List.of(5, 13, 32 + 2, 7), List.of(
                without.get("a segment has no operations of this kind; the compiler refuses it"),
                without.get("floating-point views have other operations; clamping is an operation here"),
                without.get("a Number for a BigInt or the reverse: the compiler refuses it, or widens it"),
                without.get("pause is Thread.onSpinWait, which takes no argument and returns nothing")));
        assertEquals(2559, CASES.size());
    }

    /** Each case on memory of its own kind and of the other: they return the same. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void operationsReturnAndLeaveWhatV8Does(boolean shared) {
        cases("op").forEach(c -> {
            byte[] before = bytes(c, "buf");
            String type = c.path("type").asString();
            long offset = c.path("byteOffset").asLong();
            long length = c.path("length").asLong();
            SharedBuffer sharedBuffer = SharedBuffer.allocate(before.length);
            try (OwnedBuffer owned = OwnedBuffer.allocate(before.length)) {
                MemorySegment memory = shared ? sharedBuffer.segment() : owned.segment();
                memory.copyFrom(MemorySegment.ofArray(before));
                TypedArray array = shared
                        ? TypedArray.of(type, sharedBuffer, offset, length)
                        : TypedArray.of(type, owned, offset, length);
                List<String> arguments = texts(c.path("args"));
                BigInteger result = array.operate(c.path("op").asString(), c.path("index").asLong(), arguments);
                String expected = c.path("ret").asString();
                if (!expected.endsWith("Infinity")) { // stored as 0, and returned as it was
                    assertEquals(new BigInteger(expected), result, id(c));
                }
                assertArrayEquals(bytes(c, "after"), memory.toArray(JAVA_BYTE), id(c));
            }
        });
    }

    @Test
    void whatV8RefusesIsRefused() {
        cases("throws").forEach(c -> {
            String type = c.path("type").asString();
            long length = c.path("length").asLong();
            List<String> arguments = texts(c.path("args"));
            long index = Oracle.saturated(c.path("index").asString());
            if (c.path("detached").asBoolean(false)) {
                OwnedBuffer buffer = OwnedBuffer.allocate(64);
                TypedArray array = TypedArray.of(type, buffer, 0, 4);
                buffer.transfer();
                assertThrows(IllegalStateException.class,
                        () -> array.operate(c.path("op").asString(), index, arguments), id(c));
            } else {
                SharedBuffer buffer = SharedBuffer.allocate(length * Oracle.bits(type) / 8);
                TypedArray array = TypedArray.of(type, buffer);
                var e = assertThrows(IndexOutOfBoundsException.class,
                        () -> array.operate(c.path("op").asString(), index, arguments), id(c));
                assertTrue(e.getMessage().contains("length " + length), id(c));
            }
        });
    }

    @Test
    void sequencesThroughSeveralViewsOfOneBufferGiveWhatV8Gives() {
        cases("sequence").forEach(c -> {
            byte[] before = bytes(c, "buf");
            SharedBuffer buffer = SharedBuffer.allocate(before.length);
            buffer.segment().copyFrom(MemorySegment.ofArray(before));
            for (JsonNode step : c.path("steps")) {
                BigInteger result = array(step, buffer).operate(step.path("op").asString(),
                        step.path("index").asLong(), texts(step.path("args")));
                assertEquals(new BigInteger(step.path("ret").asString()), result, id(c) + " " + step);
            }
            assertArrayEquals(bytes(c, "after"), buffer.segment().toArray(JAVA_BYTE), id(c));
        });
    }

    private static TypedArray array(JsonNode step, SharedBuffer buffer) {
        return TypedArray.of(step.path("type").asString(), buffer, step.path("byteOffset").asLong(),
                step.path("length").asLong());
    }

    @Test
    void threadsThatWorkAtOnceLeaveWhatV8Leaves() {
        cases("concurrent").forEach(c -> {
            byte[] before = bytes(c, "buf");
            SharedBuffer buffer = SharedBuffer.allocate(before.length);
            buffer.segment().copyFrom(MemorySegment.ofArray(before));
            JsonNode threads = c.path("threads");
            Threads.race(Kind.PLATFORM, threads.size(), 1, round -> {
            }, (racer, round) -> {
                for (JsonNode step : threads.get(racer).path("ops")) {
                    repeat(array(step, buffer), step);
                }
            });
            assertArrayEquals(bytes(c, "after"), buffer.segment().toArray(JAVA_BYTE), id(c));
        });
    }

    private static void repeat(TypedArray array, JsonNode step) {
        String operation = step.path("op").asString();
        String argument = step.path("arg").asString();
        long index = step.path("index").asLong();
        for (int n = step.path("times").asInt(); n > 0; n--) {
            if (operation.equals("casAdd")) {
                BigInteger old;
                BigInteger seen = array.operate("load", index, List.of());
                do {
                    old = seen;
                    BigInteger sum = old.add(new BigInteger(argument));
                    seen = array.operate("compareExchange", index, List.of(old.toString(), sum.toString()));
                } while (!seen.equals(old));
            } else {
                array.operate(operation, index, operation.equals("load") ? List.of() : List.of(argument));
            }
        }
    }

    @Test
    void theSameSizesAreLockFree() {
        cases("isLockFree").forEach(c -> assertEquals(c.path("ret").asBoolean(),
                SharedBuffer.isLockFree(c.path("size").asLong()), id(c)));
    }
}
