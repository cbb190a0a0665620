package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryStatisticsTest {
    /** Runs alone in a JVM, so that all figures are its own. */
    static final class Figures {
        private Figures() {
        }

        private static void print(String when) {
            MemoryStatistics s = MemoryStatistics.snapshot();
            System.out.println(when + ": " + (s.bytesInUse() >> 20) + " " + (s.bytesPooled() >> 20) + " "
                    + (s.bytesInFlight() >> 20) + " " + (s.peakBytes() >> 20) + " " + s.blocksReclaimed() + " "
                    + (s.bytesReclaimed() >> 20));
        }

        public static void main(String[] args) {
            print("nothing");
            owned();
            List<OwnedBuffer> other = new ArrayList<>(List.of(shared()));
            collectUntil(2 << 20);
            print("not shared");
            other.removeFirst().close();
            OwnedBuffer.allocate(2 << 20);
            collectUntil(0);
            print("dropped");
        }

        private static void owned() {
            OwnedBuffer buffer = OwnedBuffer.allocate(8 << 20);
            print("owned");
            buffer = buffer.transfer();
            print("in flight");
            List<OwnedBuffer> parts = buffer.split(4, 1);
            print("in parts");
            parts.get(0).claim();
            print("one claimed");
            Threads.on(Kind.PLATFORM, "mortal", () -> parts.get(1).claim());
            print("of the dead");
            parts.get(2).close();
            print("one closed");
            parts.forEach(OwnedBuffer::close);
            print("closed");
        }

        private static OwnedBuffer shared() {
            Block block = Allocator.lease(8 << 20, true);
            MemorySegment shared = block.shared(0, 100);
            block.pin();
            print("shared");
            OwnedBuffer other = OwnedBuffer.allocate(2 << 20);
            print("two blocks");
            Reference.reachabilityFence(shared);
            return other;
        }

        /** What only the frames of methods that have returned had reached. */
        private static void collectUntil(long bytesInUse) {
            for (int i = 0; MemoryStatistics.snapshot().bytesInUse() > bytesInUse && i < 1_000; i++) {
                System.gc();
            }
        }
    }

    @Test
    void everyByteIsCountedWhereItIs() {
        var run = ChildJvm.run(Figures.class);
        assertEquals("""
                nothing: 0 0 0 0 0 0
                owned: 8 0 0 8 0 0
                in flight: 8 0 8 8 0 0
                in parts: 8 0 8 8 0 0
                one claimed: 8 0 6 8 0 0
                of the dead: 8 0 6 8 0 0
                one closed: 8 0 4 8 0 0
                closed: 0 8 0 8 0 0
                shared: 8 0 0 8 0 0
                two blocks: 10 0 0 10 0 0
                not shared: 2 0 0 10 0 0
                dropped: 0 2 0 10 1 2""", run.out(), run::err);
    }
}
