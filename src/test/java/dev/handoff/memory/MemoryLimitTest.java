package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each program runs in a JVM of its own, where the limit is 40 MiB unless it says otherwise. */
class MemoryLimitTest {
    private static final int MIB = 1 << 20;

    private static void assertPrints(String expected, Class<?> program, long limit) {
        var run = ChildJvm.run(program, "-D" + MemoryLimit.PROPERTY + "=" + limit);
        assertEquals(expected, run.out(), run::err);
        assertEquals(0, run.exit());
    }

    static final class Refused {
        private Refused() {
        }

        public static void main(String[] args) {
            List<OwnedBuffer> kept = new ArrayList<>();
            kept.add(OwnedBuffer.allocate(10 * MIB));
            kept.add(OwnedBuffer.allocate(4 * MIB).transfer());
            try (Resident other = Threads.resident(Kind.PLATFORM, "hoarder")) {
                other.run(() -> kept.add(OwnedBuffer.allocate(20 * MIB)));
                try {
                    OwnedBuffer.allocate(7 * MIB);
                } catch (MemoryLimitError e) {
                    System.out.println(e.getMessage());
                    System.out.println(e.limit() + " " + e.requested());
                }
            }
            try (OwnedBuffer rest = OwnedBuffer.allocate(6 * MIB)) {
                System.out.println(rest.segment().byteSize() + " " + kept.size());
            }
            try {
                OwnedBuffer.allocate(41 * MIB);
            } catch (OutOfMemoryError e) {
                System.out.println(e instanceof MemoryLimitError);
            }
        }
    }

    @Test
    void whatIsRefusedIsToldWithTheLimitTheSizeAndWhoHoldsTheMost() {
        assertPrints(
                """
                        7340032 more bytes would exceed the limit of 41943040 bytes (dev.handoff.memory.maxBytes): 35651584 are in \
                        use and 0 pooled, thread 'hoarder' owns 20971520, thread 'main' owns 10485760, 4194304 are unclaimed
                        41943040 7340032
                        6291456 3
                        true""",
                Refused.class, 40 * MIB);
    }

    static final class Dropped {
        private Dropped() {
        }

        public static void main(String[] args) {
            for (int i = 0; i < 20; i++) {
                OwnedBuffer.allocate((i % 3 + 10) * MIB).segment().fill((byte) 1);
            }
            System.out.println(MemoryLimit.peak() <= MemoryLimit.BYTES);
        }
    }

    @Test
    void whatWasDroppedMakesRoomAlsoWithViewsLeftOpen() {
        assertPrints("true", Dropped.class, 40 * MIB);
    }

    static final class Cached {
        private Cached() {
        }

        public static void main(String[] args) {
            try (Resident other = Threads.resident(Kind.PLATFORM, "idle")) {
                other.run(() -> {
                    List<OwnedBuffer> all = new ArrayList<>();
                    for (int i = 0; i < 6; i++) {
                        all.add(OwnedBuffer.allocate(1 << 16));
                    }
                    all.forEach(OwnedBuffer::close);
                });
                System.out.println(MemoryStatistics.snapshot().bytesPooled() >> 16);
                try (OwnedBuffer most = OwnedBuffer.allocate(7 << 17)) {
                    System.out.println(most.byteSize() >> 16);
                }
            }
        }
    }

    @Test
    void whatAnIdleThreadHasInItsCacheMakesRoom() {
        assertPrints("6\n14", Cached.class, MIB);
    }

    static final class Race {
        private Race() {
        }

        public static void main(String[] args) {
            int[] sizes = {16 * MIB, 12 * MIB, 20 * MIB, 3 * MIB, 1000, 14 * MIB};
            Threads.race(Kind.PLATFORM, 2, 300, round -> {
            }, (racer, round) -> {
                try (OwnedBuffer buffer = OwnedBuffer.allocate(sizes[(round + racer) % sizes.length])) {
                    buffer.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
                }
            });
            System.out.println(MemoryLimit.peak() <= MemoryLimit.BYTES);
        }
    }

    @Test
    void ofTwoThreadsThatTakeTheLastBytesNoneIsRefusedWithoutNeedAndTheLimitHolds() {
        assertPrints("true", Race.class, 40 * MIB);
    }

    static final class Small {
        private Small() {
        }

        public static void main(String[] args) {
            for (int i = 0; i < 100; i++) {
                OwnedBuffer.allocate(1 << 19).segment().fill((byte) 1);
            }
            System.out.println("all");
        }
    }

    @Test
    void whatTheJvmRefusesWaitsForWhatWasDropped() {
        var run = ChildJvm.run(Small.class, "-XX:MaxDirectMemorySize=4m");
        assertEquals("all", run.out(), run::err);
    }

    static final class NoSuchMemory {
        private NoSuchMemory() {
        }

        public static void main(String[] args) {
            try {
                OwnedBuffer.allocate(1L << 47);
            } catch (OutOfMemoryError e) {
                System.out.println(e instanceof MemoryLimitError);
                System.out.println(e.getMessage());
            }
            OwnedBuffer.allocate(5 * MIB).close();
            System.out.println(MemoryLimit.peak() > 1L << 46);
        }
    }

    @Test
    void whatTheSystemRefusesIsToldWithItsSizeAndLeavesNothingBehind() {
        var run = ChildJvm.run(NoSuchMemory.class, "-D" + MemoryLimit.PROPERTY + "=" + Long.MAX_VALUE);
        List<String> lines = run.out().lines().toList();
        assertEquals(3, lines.size(), run::err);
        assertEquals("false", lines.get(0));
        assertTrue(lines.get(1).contains(String.valueOf(1L << 47)), lines.get(1));
    }
}
