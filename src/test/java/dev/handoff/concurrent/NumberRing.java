package dev.handoff.concurrent;

import dev.handoff.memory.SharedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;

/** The queue that a ring is to its users: of numbers, each in a message of a length that follows from it. */
final class NumberRing {
    private final ByteRing ring;
    private final boolean varied;

    private NumberRing(ByteRing ring, boolean varied) {
        this.ring = ring;
        this.varied = varied;
    }

    /** All messages take 16 bytes, and a few fill it. There were some in each place before. */
    static NumberRing small(ByteRingTest.Kind kind) {
        NumberRing ring = new NumberRing(kind.create(memory(64), 64), false);
        for (int number = 1; number <= 5; number++) {
            if (!ring.offer(number) || ring.poll() != number) {
                throw new AssertionError("not even one after the other");
            }
        }
        return ring;
    }

    /**
     * Messages take 16 bytes, or so many that it takes a while to write them; they begin shortly before the end of a
     * memory which they do not fill.
     */
    static NumberRing wrapping(ByteRingTest.Kind kind) {
        int capacity = 4096;
        SharedBuffer buffer = memory(capacity);
        ByteRing ring = kind.create(buffer, capacity);
        for (long word : new long[]{RingLayout.TAIL_OFFSET, RingLayout.HEAD_OFFSET, RingLayout.HEAD_CACHE_OFFSET,
                RingLayout.NEXT_HEAD_OFFSET}) {
            buffer.segment().set(ValueLayout.JAVA_LONG, word, capacity - 64);
        }
        return new NumberRing(ring, true);
    }

    private static SharedBuffer memory(int capacity) {
        return SharedBuffer.wrap(MemorySegment.ofArray(new long[(int) SpscRing.bytes(capacity) / Long.BYTES]));
    }

    private int words(int number) {
        return varied ? 1 + number % 4 * 8 : 1;
    }

    /** By a copy. */
    boolean offer(int number) {
        long[] message = new long[words(number)];
        Arrays.fill(message, number);
        return ring.offer(MemorySegment.ofArray(message), 0, message.length * Long.BYTES, number);
    }

    /** By a claim. */
    boolean send(int number) {
        int length = words(number) * Long.BYTES;
        long offset = ring.claim(length, number);
        if (offset < 0) {
            return false;
        }
        for (int i = 0; i < length; i += Long.BYTES) {
            ring.segment().set(ValueLayout.JAVA_LONG, offset + i, number);
        }
        ring.commit(offset);
        return true;
    }

    /**
     * The next number, or null if there is none; -1 for a message that is torn. Where there are many producers, a poll
     * that finds nothing is no proof that nothing is there: what is claimed and not committed holds up what came after it.
     */
    Integer poll() {
        Integer[] received = new Integer[1];
        int spins = 0;
        while (ring.poll((memory, offset, length, type) -> {
            boolean whole = length == words(type) * Long.BYTES;
            for (int i = 0; i < length; i += Long.BYTES) {
                whole &= memory.get(ValueLayout.JAVA_LONG, offset + i) == type;
            }
            received[0] = whole ? type : -1;
        }, 1) == 0) {
            if (ring.size() == 0) {
                return null;
            }
            if (++spins % 256 == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait(); // to be there when a header becomes visible
            }
        }
        return received[0];
    }

    /** The specification: the same, one after the other. */
    abstract static class Queue {
        private final ArrayDeque<Integer> queue = new ArrayDeque<>();
        private final int capacity;

        Queue(int capacity) {
            this.capacity = capacity;
        }

        public boolean offer(int number) {
            return queue.size() < capacity && queue.add(number);
        }

        public boolean send(int number) {
            return offer(number);
        }

        public Integer poll() {
            return queue.poll();
        }
    }
}
