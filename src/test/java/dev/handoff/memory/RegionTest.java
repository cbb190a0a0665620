package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import dev.handoff.testing.Threads.Resident;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who holds what of a block, as the allocator is told. */
class RegionTest {
    private static List<String> holdings(Region root) {
        List<String> found = new ArrayList<>();
        root.visit((owner, bytes) -> found.add((owner == null ? "nobody" : owner.getName()) + " " + bytes));
        return found.stream().sorted().toList();
    }

    private static String me(long bytes) {
        return Thread.currentThread().getName() + " " + bytes;
    }

    @Test
    void aBufferIsHeldByItsOwnerThenByNobodyThenByTheNextOwner() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        assertEquals(List.of(me(100)), holdings(root));
        OwnedBuffer next = buffer.transfer();
        assertEquals(List.of("nobody 100"), holdings(root));
        try (Resident other = Threads.resident(Kind.VIRTUAL, "other")) {
            other.run(next::claim);
            assertEquals(List.of("other 100"), holdings(root));
        }
        assertEquals(List.of("nobody 100"), holdings(root), "its owner has terminated");
        next.close();
        assertEquals(List.of(), holdings(root));
    }

    @Test
    void aBufferInAMoveIsInFlightUntilItIsCommittedOrAborted() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        Transfer move = buffer.beginTransfer();
        assertEquals(List.of(me(100)), holdings(root));
        move.revoke();
        assertEquals(List.of("nobody 100"), holdings(root));
        move.abort();
        assertEquals(List.of(me(100)), holdings(root));
        move = buffer.beginTransfer();
        OwnedBuffer successor = (OwnedBuffer) move.successor();
        move.revoke();
        move.commit("a test");
        assertEquals(List.of("nobody 100"), holdings(root));
        successor.claim();
        assertEquals(List.of(me(100)), holdings(root));
        successor.close();
        assertEquals(List.of(), holdings(root));
    }

    @Test
    void partsAreHeldEachByItsOwnerOnEveryLevelAndTheWholeAgainAfterTheJoin() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        List<OwnedBuffer> parts = buffer.splitAt(10, 40);
        parts.get(0).claim();
        List<OwnedBuffer> inner = parts.get(1).splitAt(7);
        assertEquals(List.of(me(10), "nobody 23", "nobody 60", "nobody 7").stream().sorted().toList(), holdings(root));
        OwnedBuffer joined = OwnedBuffer.join(inner).claim();
        assertEquals(List.of(me(10), me(30), "nobody 60").stream().sorted().toList(), holdings(root));
        OwnedBuffer whole = OwnedBuffer.join(List.of(parts.get(0), joined, parts.get(2)));
        assertEquals(List.of("nobody 100"), holdings(root));
        whole.close();
    }

    @Test
    void whatIsFrozenSharedOrClosedIsHeldByNoHandle() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        List<OwnedBuffer> parts = buffer.splitAt(10, 40, 60);
        Leases.keep(parts.get(0).freeze());
        Leases.keep(parts.get(1).share());
        parts.get(2).close();
        assertEquals(List.of("nobody 40"), holdings(root));
        parts.get(3).close();
    }

    @Test
    void aMoveThatWasAbortedTooLateLeavesTheBytesWithWhoGotThemInBetween() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Transfer move = buffer.beginTransfer();
        OwnedBuffer next = buffer.transfer();
        assertThrows(DetachedException.class, move::revoke);
        move.abort();
        assertEquals(List.of("nobody 100"), holdings(next.region));
        next.close();
    }

    @Test
    void aLeaseBeginsWithoutThePartsOfTheLastOne() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        List<OwnedBuffer> parts = buffer.splitAt(10, 40);
        parts.get(1).split(2, 1).forEach(OwnedBuffer::close);
        parts.forEach(OwnedBuffer::close);
        assertEquals(List.of(), holdings(root));
        root.lease(0, 70, 80);
        assertEquals(List.of(me(80)), holdings(root));
        root.vacated();
    }

    @Test
    void roomToGrowIsHeldToo() {
        OwnedBuffer buffer = OwnedBuffer.allocateResizable(10, 100);
        assertEquals(List.of(me(100)), holdings(buffer.region));
        buffer.close();
    }

    @Test
    void aFailedJoinLeavesThePartsWithWhomTheyWere() {
        OwnedBuffer buffer = OwnedBuffer.allocate(100);
        Region root = buffer.region;
        List<OwnedBuffer> parts = buffer.splitAt(10, 40);
        try (Resident other = Threads.resident(Kind.PLATFORM, "other")) {
            other.run(parts.get(2)::claim);
            assertThrows(WrongThreadException.class, () -> OwnedBuffer.join(parts));
            assertEquals(List.of("nobody 10", "nobody 30", "other 60"), holdings(root));
        }
        OwnedBuffer.join(parts).close();
    }

    @Test
    void theLevelsMayBeMoreThanAStackIsDeep() {
        OwnedBuffer buffer = OwnedBuffer.allocate(1);
        Region root = buffer.region;
        for (int i = 0; i < 100_000; i++) {
            buffer = buffer.split(1, 1).getFirst();
        }
        assertEquals(List.of("nobody 1"), holdings(root));
        for (int i = 0; i < 100_000; i++) {
            buffer = OwnedBuffer.join(List.of(buffer));
        }
        assertEquals(root, buffer.region);
        buffer.close();
    }

    @ParameterizedTest
    @EnumSource(Kind.class) // the block goes to the thread's cache, or to the pool
    void aFreeBlockDoesNotKeepTheThreadThatClosedIt(Kind kind) {
        WeakReference<Thread> closer = Threads.on(kind, "closer", () -> {
            // Of a size class that no other test uses.
            OwnedBuffer.allocate(78_901).split(2, 1).forEach(OwnedBuffer::close);
            return new WeakReference<>(Thread.currentThread());
        });
        for (int i = 0; i < 100 && closer.get() != null; i++) { // or the pool would be trimmed
            System.gc();
            Thread.yield();
        }
        assertNull(closer.get());
    }
}
