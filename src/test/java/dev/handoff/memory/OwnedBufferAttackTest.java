package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.channel.MessageChannel;
import dev.handoff.clone.StructuredClone;
import dev.handoff.internal.os.Pages;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attempts to reach memory that is somebody else's or nobody's. Those that need no more than a handle and a thread are in
 * {@link OwnedBufferTest} and {@link OwnedBufferStateTest}: use after a handoff through everything made from a view,
 * handoffs during a native call, claims and joins and closes at once, handles published by a data race, dead owners. What
 * is here needs a collector, a compiler, much memory, or odd sizes.
 */
class OwnedBufferAttackTest {
    /** What a loop reads while the handle that it came from is long forgotten. */
    enum Way {
        SLICE,
        READ_ONLY_SLICE,
        BYTE_BUFFER,
        TYPED_VIEW,
        PART,
        FROZEN,
        SHARED;

        private Object open(int bytes) {
            OwnedBuffer buffer = OwnedBuffer.allocate(bytes);
            for (long i = 0; i < bytes; i += 4) {
                buffer.segment().set(JAVA_INT, i, 1);
            }
            return switch (this) {
                case SLICE -> buffer.segment().asSlice(0, bytes);
                case READ_ONLY_SLICE -> buffer.slice(0, bytes);
                case BYTE_BUFFER -> buffer.asByteBuffer();
                case TYPED_VIEW -> Int32View.of(buffer);
                case PART -> buffer.split(1, 1).getFirst().segment();
                case FROZEN -> buffer.freeze().segment();
                case SHARED -> buffer.share().segment();
            };
        }
    }

    /**
     * Run in a JVM of its own, with the optimising compiler. Each round reads until a buffer that was dropped with the handle
     * in question has been reclaimed, and whoever takes free memory has taken all there is.
     */
    static final class Loops {
        private static final int BYTES = 1 << 18;
        private static final int PASSES = 40;
        private static final AtomicInteger THEFTS = new AtomicInteger();

        private Loops() {
        }

        public static void main(String[] args) {
            Way way = Way.valueOf(args[0]);
            List<OwnedBuffer> stolen = new ArrayList<>();
            daemon(System::gc);
            daemon(() -> {
                for (int i = 0; i < 64; i++) { // more than the pool can hold
                    stolen.add(OwnedBuffer.allocateUninitialized(BYTES));
                    stolen.getLast().segment().asSlice(0, 64).fill((byte) -1);
                }
                stolen.forEach(OwnedBuffer::close);
                stolen.clear();
                THEFTS.incrementAndGet();
            });
            for (int round = 0; round < 10; round++) {
                long reclaimed = MemoryStatistics.snapshot().blocksReclaimed();
                Object bytes = way.open(BYTES);
                OwnedBuffer.allocate(BYTES);
                do {
                    check(bytes, round);
                } while (MemoryStatistics.snapshot().blocksReclaimed() == reclaimed);
                int thefts = THEFTS.get();
                do {
                    check(bytes, round);
                } while (THEFTS.get() < thefts + 3);
            }
            System.out.println("kept");
            System.exit(0); // without waiting for the daemons
        }

        private static void check(Object bytes, int round) {
            long sum = sum(bytes);
            if (sum != PASSES * (BYTES / 4L)) {
                System.out.println("given away in round " + round + ": " + sum);
                System.exit(1);
            }
        }

        private static long sum(Object bytes) {
            return switch (bytes) {
                case MemorySegment s -> sum(s);
                case ByteBuffer b -> sum(b);
                case Int32View v -> sum(v);
                default -> throw new AssertionError(bytes);
            };
        }

        private static long sum(MemorySegment s) {
            long sum = 0;
            for (int i = 0; i < PASSES * (BYTES / 4); i++) {
                sum += s.get(JAVA_INT, i * 4L & BYTES - 1);
            }
            return sum;
        }

        private static long sum(ByteBuffer b) {
            long sum = 0;
            for (int i = 0; i < PASSES * (BYTES / 4); i++) {
                sum += b.getInt(i * 4 & BYTES - 1);
            }
            return sum;
        }

        private static long sum(Int32View v) {
            long sum = 0;
            for (int i = 0; i < PASSES * (BYTES / 4); i++) {
                sum += v.getPlain(i & BYTES / 4 - 1);
            }
            return sum;
        }

        private static void daemon(Runnable body) {
            Thread.ofPlatform().daemon().start(() -> {
                while (true) {
                    body.run();
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aCollectorUnderACompiledLoopTakesNothingAway(Way way) {
        var run = ChildJvm.run(ChildJvm.Mode.MODULE_PATH, Loops.class,
                List.of("--enable-native-access=dev.handoff", "-XX:TieredStopAtLevel=4", "-Xmx64m"),
                List.of(way.name()));
        assertEquals("kept", run.out(), run.err());
    }

    @Test
    void closingRacesWithTheCleanerAndNoBlockIsGivenAwayTwice() {
        int bytes = 67_890; // a size class that no other test uses
        AtomicReference<Thread> collector = new AtomicReference<>();
        Threads.race(Kind.PLATFORM, 2, 1, round -> {
        }, (racer, round) -> {
            if (racer == 0) {
                collector.set(Thread.currentThread());
                for (int i = 0; i < 60; i++) {
                    System.gc();
                }
                collector.set(null);
            } else {
                int stamp = 0;
                do {
                    OwnedBuffer kept = stamped(bytes, ++stamp);
                    stamped(bytes, ++stamp).close(); // its last use
                    stamped(bytes, ++stamp); // the cleaner's
                    OwnedBuffer other = stamped(bytes, ++stamp);
                    assertEquals(stamp - 3, kept.segment().get(JAVA_INT, 0), "given away twice");
                    assertEquals(stamp, other.segment().get(JAVA_INT, 0));
                    kept.close();
                    other.close();
                } while (stamp < 1_000 || collector.get() != null);
            }
        });
    }

    private static OwnedBuffer stamped(int bytes, int stamp) {
        OwnedBuffer buffer = OwnedBuffer.allocateUninitialized(bytes);
        buffer.segment().set(JAVA_INT, 0, stamp);
        return buffer;
    }

    @Test
    void whatIsPostedAndNeverClaimedComesBackWithItsPort() {
        int bytes = 16 << 20;
        long before = MemoryStatistics.snapshot().bytesReclaimed();
        post(bytes);
        for (int i = 0; i < 1_000 && MemoryStatistics.snapshot().bytesReclaimed() < before + 2 * bytes; i++) {
            System.gc();
            Thread.yield();
        }
        assertTrue(MemoryStatistics.snapshot().bytesReclaimed() >= before + 2 * bytes);
    }

    private static void post(int bytes) {
        MessageChannel<OwnedBuffer, Object> channel = MessageChannel.create("a", "b");
        OwnedBuffer moved = OwnedBuffer.allocateUninitialized(bytes);
        channel.port1().post(moved, moved);
        OwnedBuffer copied = OwnedBuffer.allocateUninitialized(bytes);
        channel.port1().post(copied);
        copied.close();
    }

    @Test
    void aBufferOfNoBytesDoesAllThatOthersDo() {
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(0, 0);
        assertEquals(0, buffer.segment().byteSize());
        assertEquals(0, buffer.asByteBuffer().capacity());
        assertEquals(0, buffer.slice(0, 0).byteSize());
        assertEquals(0, Int32View.of(buffer).length());
        buffer.copyTo(MemorySegment.ofArray(new byte[1]), 1);
        buffer.copyTo(buffer, 0);
        buffer.resize(0);
        assertThrows(IllegalArgumentException.class, () -> buffer.resize(1));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.segment().get(JAVA_BYTE, 0));
        OwnedBuffer copy = StructuredClone.clone(buffer);
        OwnedBuffer moved = StructuredClone.clone(copy, copy);
        OwnedBuffer joined = OwnedBuffer.join(moved.transfer().split(1, 8, 64));
        assertEquals(0, Leases.keep(joined.freeze()).byteSize());
        assertEquals(0, Leases.keep(buffer.share()).byteSize());
        assertEquals(State.GONE, buffer.state());
    }

    /** Run in a JVM of its own that may have so much memory. It touches both ends, and what lies on the seams. */
    static final class Large {
        private static final long BYTES = 5L << 30;
        private static final long[] TOUCHED = {0, Integer.MAX_VALUE, 1L << 31, (1L << 32) - 1, 1L << 32, BYTES - 1};

        private Large() {
        }

        public static void main(String[] args) {
            OwnedBuffer buffer = OwnedBuffer.allocateUninitialized(BYTES);
            for (int i = 0; i < TOUCHED.length; i++) {
                buffer.segment().set(JAVA_BYTE, TOUCHED[i], (byte) (i + 1));
            }
            buffer = buffer.transfer();
            check(buffer.segment());
            try {
                buffer.asByteBuffer();
                System.out.println("a ByteBuffer of " + BYTES);
            } catch (UnsupportedOperationException e) {
                System.out.println(e.getMessage());
            }
            System.out.println(buffer.slice(1L << 32, 1).get(JAVA_BYTE, 0));
            List<OwnedBuffer> parts = buffer.split(3, 3, 64);
            parts.forEach(part -> System.out.println(part.byteSize()));
            System.out.println(parts.getLast().segment().get(JAVA_BYTE, parts.getLast().byteSize() - 1));
            OwnedBuffer whole = OwnedBuffer.join(OwnedBuffer.join(parts.reversed()).splitAt(1L << 32));
            check(whole.segment());
            whole.resize(1L << 32);
            whole.resize((1L << 32) + 1);
            System.out.println(whole.segment().get(JAVA_BYTE, 1L << 32));
            whole.resize(1L << 32);
            FrozenBuffer frozen = whole.freeze();
            System.out.println(frozen + " " + frozen.segment().get(JAVA_BYTE, (1L << 32) - 1));
        }

        private static void check(MemorySegment bytes) {
            for (int i = 0; i < TOUCHED.length; i++) {
                if (bytes.get(JAVA_BYTE, TOUCHED[i]) != i + 1) {
                    System.out.println("lost at " + TOUCHED[i]);
                }
            }
        }
    }

    @Test
    void moreThanFourGibibytesAreNothingSpecial() {
        assumeTrue(Pages.available(), "else all of it is touched");
        var run = ChildJvm.run(Large.class, "-XX:MaxDirectMemorySize=8g",
                "-Ddev.handoff.memory.maxBytes=" + (8L << 30));
        assertEquals("", run.err());
        assertEquals("""
                a ByteBuffer holds no more than 2147483647 bytes, and these are 5368709120; make one of a slice of \
                segment()
                5
                1789569792
                1789569792
                1789569536
                6
                0
                FrozenBuffer[4294967296 bytes] 4""", run.out());
    }
}
