package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.handoff.channel.MessageChannel;
import dev.handoff.memory.OwnedBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a message costs apart from the other core: one thread posts it at one port of a channel and polls it from the
 * other. With {@code -prof gc}: what it allocates.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.DIRECT_MEMORY})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChannelCost {
    /** A channel for an immutable message that carries nothing. */
    @State(Scope.Thread)
    public static class Empty {
        private static final Integer MESSAGE = 1;
        private final MessageChannel<Integer, Integer> channel = MessageChannel.create();
    }

    /** A channel, and a buffer that goes through it again and again. */
    @State(Scope.Thread)
    public static class Moved {
        /** 1 KiB, 1 GiB. */
        @Param({"1024", "1073741824"}) public long bytes;

        private final MessageChannel<OwnedBuffer, OwnedBuffer> channel = MessageChannel.create();
        private OwnedBuffer buffer;

        @Setup
        public void setUp() {
            buffer = OwnedBuffer.allocate(bytes);
        }

        @TearDown
        public void tearDown() {
            buffer.close();
        }

        private OwnedBuffer move() {
            channel.port1().post(buffer, buffer);
            buffer = channel.port2().poll();
            return buffer;
        }
    }

    /** Nothing moves, and nothing is copied. */
    @Benchmark
    public Integer empty(Empty state) {
        state.channel.port1().post(Empty.MESSAGE);
        return state.channel.port2().poll();
    }

    /** A buffer moves, and who gets it sends it on without looking at it. */
    @Benchmark
    public OwnedBuffer forwarded(Moved state) {
        return state.move();
    }

    /** A buffer moves, and who gets it opens its view and reads a byte. */
    @Benchmark
    public byte opened(Moved state) {
        return state.move().segment().get(JAVA_BYTE, 0);
    }
}
