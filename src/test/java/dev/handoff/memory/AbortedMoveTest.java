package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.testing.NativeCall;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** A move that began with an unclaimed buffer and was given up after the mover had looked at the bytes. */
class AbortedMoveTest {
    @Test
    void leavesNoViewBehindOnABufferThatIsUnclaimedAgain() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();
        Transfer move = buffer.beginTransfer();
        MemorySegment view = buffer.segment(); // as a record's accessor may do while its message is copied
        move.abort();
        assertEquals(State.UNCLAIMED, buffer.state());
        Threads.on(Kind.PLATFORM, "next", () -> {
            buffer.segment().fill((byte) 1);
            return null;
        });
        assertThrows(IllegalStateException.class, () -> view.get(JAVA_BYTE, 0), "two threads at the same bytes");
        buffer.close();
    }

    @Test
    void noViewCanBeOpenedBetweenRevocationAndCommit() {
        for (boolean claimed : new boolean[]{true, false}) {
            OwnedBuffer buffer = OwnedBuffer.allocate(64);
            buffer = claimed ? buffer.transfer() : buffer;
            Transfer move = buffer.beginTransfer();
            move.revoke();
            assertEquals(State.OWNED, buffer.state());
            assertThrows(IllegalStateException.class, buffer::segment);
            assertThrows(IllegalStateException.class, buffer::close);
            assertThrows(IllegalStateException.class, ((OwnedBuffer) move.successor())::segment);
            move.abort();
            assertEquals(claimed ? State.UNCLAIMED : State.OWNED, buffer.state());
            buffer.segment().fill((byte) 1);
            buffer.close();
        }
    }

    @Test
    void isNotUndoneByTheAbortOfAnotherMoveOfTheSameHandle() {
        for (boolean claimed : new boolean[]{true, false}) {
            OwnedBuffer buffer = OwnedBuffer.allocate(64);
            buffer = claimed ? buffer.transfer() : buffer;
            Transfer outer = buffer.beginTransfer();
            Transfer inner = buffer.beginTransfer(); // by a transferable of the user's that comes after this one
            outer.revoke();
            assertThrows(IllegalStateException.class, inner::revoke);
            inner.abort();
            assertThrows(IllegalStateException.class, buffer::segment, "still revoked");
            assertThrows(IllegalStateException.class, () -> inner.commit("nobody"));
            OwnedBuffer next = (OwnedBuffer) outer.successor();
            outer.commit("a test");
            assertEquals(State.GONE, buffer.state());
            next.close();
        }
    }

    @Test
    void givesTheBufferBackInWhateverOrderTheMovesOfItAreAborted() {
        for (boolean innerFirst : new boolean[]{true, false}) {
            OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();
            Transfer outer = buffer.beginTransfer();
            Transfer inner = buffer.beginTransfer();
            outer.revoke();
            (innerFirst ? inner : outer).abort();
            (innerFirst ? outer : inner).abort();
            assertEquals(State.UNCLAIMED, buffer.state());
            buffer.close();
        }
    }

    @Test
    void aMoveThatIsOverOrWasNotRevokedCanNotBeCommitted() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64);
        MemorySegment view = buffer.segment();
        Transfer move = buffer.beginTransfer();
        assertThrows(IllegalStateException.class, () -> move.commit("nobody"), "two owners could write");
        assertSame(view, buffer.segment());
        move.revoke();
        OwnedBuffer next = (OwnedBuffer) move.successor();
        move.commit("a test");
        next.claim();
        assertThrows(IllegalStateException.class, () -> move.commit("nobody"));
        assertThrows(IllegalStateException.class, move::revoke);
        move.abort();
        assertSame(Thread.currentThread(), next.owner());
        next.close();
    }

    @Test
    void keepsTheBufferWhereANativeCallUsesIt() {
        OwnedBuffer buffer = OwnedBuffer.allocate(64).transfer();
        Transfer move = buffer.beginTransfer();
        MemorySegment view = buffer.segment();
        NativeCall.using(view, () -> {
            assertThrows(IllegalStateException.class, move::revoke);
            move.abort();
            assertAll(() -> assertSame(Thread.currentThread(), buffer.owner(), "or another thread could join the call"),
                    () -> assertSame(view, buffer.segment()));
        });
        buffer.close();
    }
}
