package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Cases that real V8 decided (see src/test/resources/oracle/README.md), and ECMAScript's Atomics in terms of our views. */
public final class Oracle {
    private Oracle() {
    }

    /** All cases of a file, in its order. */
    public static List<JsonNode> cases(String file) {
        JsonMapper json = JsonMapper.shared();
        try (InputStream in = Oracle.class.getResourceAsStream("/oracle/" + file)) {
            assertNotNull(in, file);
            return new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8)).lines()
                    .map(json::readTree).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How wide an element of a typed array is, in bits. */
    static int bits(String type) {
        return Integer.parseInt(type.replaceAll("\\D", ""));
    }

    /** The integer that a Number or a BigInt is converted to: fractions are cut, NaN and what has no end is 0. */
    static BigInteger integer(String type, String value) {
        if (type.startsWith("Big")) {
            return new BigInteger(value);
        }
        double number = Double.parseDouble(value);
        return Double.isFinite(number) ? new BigDecimal(number).toBigInteger() : BigInteger.ZERO;
    }

    /** What is left of an integer in an element: reduced modulo its width, with or without a sign. */
    static BigInteger reduced(String type, BigInteger value) {
        BigInteger low = value.and(BigInteger.ONE.shiftLeft(bits(type)).subtract(BigInteger.ONE));
        boolean negative = !type.contains("Uint") && low.testBit(bits(type) - 1);
        return negative ? low.subtract(BigInteger.ONE.shiftLeft(bits(type))) : low;
    }

    /** An index or a count, which ECMAScript does not bound. */
    static long saturated(String value) {
        return (long) Double.parseDouble(value);
    }

    /** A typed array: what is read is what ECMAScript reads; what is written has been converted to an integer. */
    record TypedArray(String type, Object view) {
        static TypedArray of(String type, SharedBuffer buffer) {
            return new TypedArray(type, switch (bits(type)) {
                case 8 -> Int8View.of(buffer);
                case 16 -> Int16View.of(buffer);
                case 32 -> Int32View.of(buffer);
                default -> Int64View.of(buffer);
            });
        }

        static TypedArray of(String type, SharedBuffer buffer, long byteOffset, long length) {
            return new TypedArray(type, switch (bits(type)) {
                case 8 -> Int8View.of(buffer, byteOffset, length);
                case 16 -> Int16View.of(buffer, byteOffset, length);
                case 32 -> Int32View.of(buffer, byteOffset, length);
                default -> Int64View.of(buffer, byteOffset, length);
            });
        }

        static TypedArray of(String type, OwnedBuffer buffer, long byteOffset, long length) {
            return new TypedArray(type, switch (bits(type)) {
                case 8 -> Int8View.of(buffer, byteOffset, length);
                case 16 -> Int16View.of(buffer, byteOffset, length);
                case 32 -> Int32View.of(buffer, byteOffset, length);
                default -> Int64View.of(buffer, byteOffset, length);
            });
        }

        /** Does an operation of Atomics and returns what ECMAScript returns, for these arguments as they were written. */
        BigInteger operate(String operation, long index, List<String> arguments) {
            List<BigInteger> integers = arguments.stream().map(a -> integer(type, a)).toList();
            long first = integers.isEmpty() ? 0 : integers.get(0).longValue();
            long second = integers.size() < 2 ? 0 : integers.get(1).longValue();
            if (operation.equals("store")) {
                set(index, first);
                return integers.get(0); // what was converted, not what was stored
            }
            long old = switch (operation) {
                case "load" -> get(index);
                case "add" -> getAndAdd(index, first);
                case "sub" -> getAndAdd(index, -first);
                case "and" -> getAndBitwiseAnd(index, first);
                case "or" -> getAndBitwiseOr(index, first);
                case "xor" -> getAndBitwiseXor(index, first);
                case "exchange" -> getAndSet(index, first);
                case "compareExchange" -> compareAndExchange(index, first, second);
                default -> throw new AssertionError(operation);
            };
            return reduced(type, BigInteger.valueOf(old));
        }

        private long get(long index) {
            return switch (view) {
                case Int8View v -> v.get(index);
                case Int16View v -> v.get(index);
                case Int32View v -> v.get(index);
                case Int64View v -> v.get(index);
                default -> throw new AssertionError(view);
            };
        }

        private void set(long index, long value) {
            switch (view) {
                case Int8View v -> v.set(index, (int) value);
                case Int16View v -> v.set(index, (int) value);
                case Int32View v -> v.set(index, (int) value);
                case Int64View v -> v.set(index, value);
                default -> throw new AssertionError(view);
            }
        }

        private long getAndSet(long index, long value) {
            return switch (view) {
                case Int8View v -> v.getAndSet(index, (int) value);
                case Int16View v -> v.getAndSet(index, (int) value);
                case Int32View v -> v.getAndSet(index, (int) value);
                case Int64View v -> v.getAndSet(index, value);
                default -> throw new AssertionError(view);
            };
        }

        private long getAndAdd(long index, long value) {
            return switch (view) {
                case Int8View v -> v.getAndAdd(index, (int) value);
                case Int16View v -> v.getAndAdd(index, (int) value);
                case Int32View v -> v.getAndAdd(index, (int) value);
                case Int64View v -> v.getAndAdd(index, value);
                default -> throw new AssertionError(view);
            };
        }

        private long getAndBitwiseAnd(long index, long value) {
            return switch (view) {
                case Int8View v -> v.getAndBitwiseAnd(index, (int) value);
                case Int16View v -> v.getAndBitwiseAnd(index, (int) value);
                case Int32View v -> v.getAndBitwiseAnd(index, (int) value);
                case Int64View v -> v.getAndBitwiseAnd(index, value);
                default -> throw new AssertionError(view);
            };
        }

        private long getAndBitwiseOr(long index, long value) {
            return switch (view) {
                case Int8View v -> v.getAndBitwiseOr(index, (int) value);
                case Int16View v -> v.getAndBitwiseOr(index, (int) value);
                case Int32View v -> v.getAndBitwiseOr(index, (int) value);
                case Int64View v -> v.getAndBitwiseOr(index, value);
                default -> throw new AssertionError(view);
            };
        }

        private long getAndBitwiseXor(long index, long value) {
            return switch (view) {
                case Int8View v -> v.getAndBitwiseXor(index, (int) value);
                case Int16View v -> v.getAndBitwiseXor(index, (int) value);
                case Int32View v -> v.getAndBitwiseXor(index, (int) value);
                case Int64View v -> v.getAndBitwiseXor(index, value);
                default -> throw new AssertionError(view);
            };
        }

        private long compareAndExchange(long index, long expected, long value) {
            return switch (view) {
                case Int8View v -> v.compareAndExchange(index, (int) expected, (int) value);
                case Int16View v -> v.compareAndExchange(index, (int) expected, (int) value);
                case Int32View v -> v.compareAndExchange(index, (int) expected, (int) value);
                case Int64View v -> v.compareAndExchange(index, expected, value);
                default -> throw new AssertionError(view);
            };
        }
    }
}
