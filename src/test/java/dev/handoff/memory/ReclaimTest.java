package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of memory that is dropped without {@code close}. Each test has a size class of its own. */
class ReclaimTest {
    /** Collects until the condition holds; far more often than it can take. */
    private static void collectUntil(BooleanSupplier condition) {
        for (int i = 0; i < 1_000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            System.gc();
            Thread.yield();
        }
        assertTrue(condition.getAsBoolean(), "1,000 collections did not bring it about");
    }

    /** Collects until what was dropped before this call, and nothing else reaches, has surely been reclaimed. */
    private static void collectWhatWasDropped() {
        for (int i = 0; i < 3; i++) { // what is dropped together need not be found together
            Chunk dropped = drop(size(0));
            collectUntil(() -> !dropped.isLeased());
        }
    }

    /** A size of a class of its own. */
    private static int size(int test) {
        return (int) Allocator.classBytes(34 + test);
    }

    private static Chunk drop(int bytes) {
        return Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> buffer.segment().fill((byte) 7));
    }

    @Test
    void droppedBuffersAreReclaimedAndCounted() {
        collectWhatWasDropped();
        MemoryStatistics before = MemoryStatistics.snapshot();
        int bytes = size(12);
        for (int i = 0; i < 10; i++) {
            drop(bytes);
        }
        assertEquals(before.bytesInUse() + 10 * bytes, MemoryStatistics.snapshot().bytesInUse());
        collectUntil(() -> MemoryStatistics.snapshot().bytesReclaimed() >= before.bytesReclaimed() + 10 * bytes);
        MemoryStatistics after = MemoryStatistics.snapshot();
        assertEquals(before.blocksReclaimed() + 10, after.blocksReclaimed());
        collectUntil(() -> MemoryStatistics.snapshot().bytesInUse() == before.bytesInUse());
    }

    @Test
    void aReclaimedBlockIsZeroedAndServesAgain() {
        int bytes = size(1);
        Chunk chunk = drop(bytes);
        collectUntil(() -> !chunk.isLeased());
        List<OwnedBuffer> again = new ArrayList<>();
        do {
            again.add(OwnedBuffer.allocate(bytes));
            assertEquals(-1, again.getLast().segment().mismatch(MemorySegment.ofArray(new byte[bytes])));
        } while (!chunk.isLeased());
        again.removeLast(); // and is reclaimed a second time
        collectUntil(() -> !chunk.isLeased());
        again.forEach(OwnedBuffer::close);
    }

    @Test
    void aClosedBufferIsNotCountedAsReclaimed() {
        collectWhatWasDropped();
        long before = MemoryStatistics.snapshot().blocksReclaimed();
        for (int i = 0; i < 10; i++) {
            OwnedBuffer.allocate(1 << 12).close();
        }
        collectWhatWasDropped();
        assertEquals(before + 3, MemoryStatistics.snapshot().blocksReclaimed(), "the three dropped on purpose");
    }

    /** What can be all that is left of a buffer whose handle is dropped. */
    enum Remainder {
        SLICE,
        BYTE_BUFFER,
        VIEW,
        READ_ONLY,
        PART,
        SUCCESSOR,
        MOVE_IN_FLIGHT;

        Object of(OwnedBuffer buffer) {
            MemorySegment segment = buffer.segment();
            return switch (this) {
                case SLICE -> segment.asSlice(100, 10);
                case BYTE_BUFFER -> segment.asByteBuffer().slice(100, 10);
                case VIEW -> Int32View.of(buffer, 100, 2);
                case READ_ONLY -> segment.asReadOnly();
                case PART -> buffer.split(3, 1).get(1);
                case SUCCESSOR -> buffer.transfer();
                case MOVE_IN_FLIGHT -> buffer.beginTransfer().successor();
            };
        }

        byte read(Object rest) {
            return switch (rest) {
                case MemorySegment s -> s.get(JAVA_BYTE, 0);
                case ByteBuffer b -> b.get(0);
                case Int32View v -> (byte) v.get(0);
                case OwnedBuffer b when this == MOVE_IN_FLIGHT -> 7; // not readable before its commit
                case OwnedBuffer b -> b.segment().get(JAVA_BYTE, 0);
                default -> throw new AssertionError(rest);
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Remainder.class)
    void whateverIsLeftKeepsTheMemoryAndItsEndFreesIt(Remainder remainder) {
        int bytes = size(2 + remainder.ordinal());
        List<Object> left = new ArrayList<>();
        Chunk chunk = Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> {
            buffer.segment().fill((byte) 7);
            left.add(remainder.of(buffer));
        });
        collectWhatWasDropped();
        assertTrue(chunk.isLeased(), "given away under a live view");
        assertEquals(7, remainder.read(left.getFirst()));
        left.clear();
        collectUntil(() -> !chunk.isLeased());
    }

    @Test
    void aSplitBufferIsReclaimedOnceWhenItsLastPartIsDropped() {
        collectWhatWasDropped();
        int bytes = size(9);
        List<OwnedBuffer> parts = new ArrayList<>();
        Chunk chunk = Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> parts.addAll(buffer.split(3, 1)));
        parts.getFirst().close();
        MemoryStatistics before = MemoryStatistics.snapshot();
        parts.removeFirst();
        parts.removeFirst();
        collectWhatWasDropped();
        assertEquals(before.blocksReclaimed() + 3, MemoryStatistics.snapshot().blocksReclaimed());
        assertTrue(chunk.isLeased());
        parts.clear();
        collectUntil(() -> !chunk.isLeased());
        collectUntil(() -> MemoryStatistics.snapshot().blocksReclaimed() >= before.blocksReclaimed() + 4);
        assertEquals(before.blocksReclaimed() + 4, MemoryStatistics.snapshot().blocksReclaimed());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatATerminatedThreadForgotIsReclaimed(Kind kind) {
        int bytes = size(10 + kind.ordinal());
        Chunk chunk = Threads.on(kind, "forgetful", () -> drop(bytes));
        collectUntil(() -> !chunk.isLeased());
    }

    @Test
    void aBlockOfSpecialAlignmentIsReclaimedAndCountedOnce() {
        collectWhatWasDropped();
        MemoryStatistics before = MemoryStatistics.snapshot();
        assertEquals(0, OwnedBuffer.allocate(10_000, 4096).segment().address() % 4096);
        collectUntil(() -> MemoryStatistics.snapshot().bytesReclaimed() >= before.bytesReclaimed() + 10_000);
        assertEquals(before.blocksReclaimed() + 1, MemoryStatistics.snapshot().blocksReclaimed());
        collectWhatWasDropped();
        assertEquals(before.blocksReclaimed() + 4, MemoryStatistics.snapshot().blocksReclaimed());
        assertEquals(before.bytesInUse(), MemoryStatistics.snapshot().bytesInUse());
    }

    /** How a handle goes, up to the end of the lease. */
    enum End {
        CLOSED,
        TRANSFERRED,
        HANDED_OVER,
        ABORTED,
        SPLIT_AND_JOINED;

        /** All handles that there were. */
        List<OwnedBuffer> of(OwnedBuffer buffer) {
            List<OwnedBuffer> handles = new ArrayList<>(List.of(buffer));
            switch (this) {
                case CLOSED -> {
                }
                case TRANSFERRED -> handles.add(buffer.transfer());
                case HANDED_OVER, ABORTED -> {
                    Transfer move = buffer.beginTransfer();
                    handles.add((OwnedBuffer) move.successor());
                    move.revoke();
                    if (this == ABORTED) {
                        move.abort();
                    } else {
                        move.commit("a test");
                    }
                }
                case SPLIT_AND_JOINED -> {
                    handles.addAll(buffer.split(3, 1));
                    handles.add(OwnedBuffer.join(handles.subList(1, 4)));
                }
            }
            handles.forEach(OwnedBuffer::close);
            return handles;
        }
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void handlesThatAreGoneDoNotKeepALaterLeaseOfTheirBlock(End end) {
        int bytes = size(13);
        List<OwnedBuffer> gone = new ArrayList<>();
        Chunk chunk = Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> gone.addAll(end.of(buffer)));
        List<OwnedBuffer> again = new ArrayList<>();
        do {
            again.add(OwnedBuffer.allocate(bytes));
        } while (!chunk.isLeased());
        again.removeLast();
        collectUntil(() -> !chunk.isLeased());
        assertEquals(bytes, gone.getFirst().byteSize());
        again.forEach(OwnedBuffer::close);
    }

    @Test
    void aHandleThatWasHandedOverDoesNotKeepWhatItsReceiverDrops() {
        int bytes = size(13);
        List<Object> kept = new ArrayList<>();
        Chunk chunk = Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> {
            Transfer move = buffer.beginTransfer();
            move.revoke();
            move.commit("a test");
            kept.addAll(List.of(buffer, move));
        });
        collectUntil(() -> !chunk.isLeased());
        assertThrows(IllegalStateException.class, ((Transfer) kept.get(1))::successor);
        assertEquals(State.GONE, ((OwnedBuffer) kept.getFirst()).state());
    }

    @Test
    void aDeadViewDoesNotKeepALaterLeaseOfItsBlock() {
        int bytes = size(13);
        List<MemorySegment> dead = new ArrayList<>();
        Chunk chunk = Chunks.of(() -> OwnedBuffer.allocate(bytes), buffer -> {
            dead.add(buffer.segment());
            buffer.close();
        });
        List<OwnedBuffer> again = new ArrayList<>();
        do {
            again.add(OwnedBuffer.allocate(bytes));
        } while (!chunk.isLeased());
        again.removeLast();
        collectUntil(() -> !chunk.isLeased());
        assertFalse(dead.getFirst().scope().isAlive());
        again.forEach(OwnedBuffer::close);
    }

    @Test
    void sharedMemoryLivesAsLongAsAViewOfIt() {
        Int32View view = Int32View.of(SharedBuffer.allocate(1 << 20), 4096, 8);
        view.set(3, 42);
        collectWhatWasDropped();
        assertEquals(42, view.get(3));
    }
}
