package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.testing.Leases;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EnvironmentDataTest {
    private final EnvironmentData jvm = EnvironmentData.current();

    @AfterEach
    void clear() {
        jvm.keys().forEach(jvm::delete);
    }

    @Test
    void aWorkerBeginsWithWhatItsParentHas() throws Exception {
        jvm.set("limit", 7);
        CompletableFuture<Integer> seen = new CompletableFuture<>();
        Worker.<Void, Void>start(scope -> seen.complete(scope.environmentData().get("limit", Integer.class))).join();
        assertEquals(7, seen.get());
    }

    @Test
    void grandchildrenInheritWhatTheirParentHasByThen() throws Exception {
        jvm.set("a", "jvm");
        jvm.set("b", "jvm");
        jvm.set("c", "jvm");
        CompletableFuture<Map<String, String>> seen = new CompletableFuture<>();
        Worker.<Void, Void>start(_ -> {
            EnvironmentData mine = EnvironmentData.current();
            mine.set("b", "worker");
            mine.delete("c");
            Worker.<Void, Void>start(scope -> {
                EnvironmentData its = scope.environmentData();
                seen.complete(Map.of("a", its.get("a", String.class), "b", its.get("b", String.class), "keys",
                        its.toString()));
            }).join();
        }).join();
        assertEquals(Map.of("a", "jvm", "b", "worker", "keys", "EnvironmentData[a, b]"), seen.get());
        assertEquals("jvm", jvm.get("b", String.class), "nothing goes up");
        assertEquals("jvm", jvm.get("c", String.class));
    }

    @Test
    void laterChangesReachNoWorkerThatRuns() throws Exception {
        jvm.set("kept", "before");
        jvm.set("changed", "before");
        CountDownLatch changed = new CountDownLatch(1);
        CompletableFuture<List<String>> seen = new CompletableFuture<>();
        Worker<Void, Void> worker = Worker.start(scope -> {
            changed.await();
            seen.complete(List.of(scope.environmentData().get("kept", String.class),
                    scope.environmentData().get("changed", String.class)));
        });
        jvm.delete("kept");
        jvm.set("changed", "after");
        changed.countDown();
        worker.join();
        assertEquals(List.of("before", "before"), seen.get());
    }

    @Test
    void plainThreadsHaveOneSet() {
        Threads.on(Kind.VIRTUAL, "other", () -> {
            EnvironmentData.current().set("from", "other");
            return null;
        });
        assertEquals("other", jvm.get("from", String.class));
        assertSame(jvm, EnvironmentData.current());
        assertEquals(Set.of("from"), jvm.keys());
    }

    @Test
    void whatIsDeletedIsGone() {
        jvm.set("x", 1);
        jvm.delete("x");
        jvm.delete("never there");
        assertNull(jvm.get("x", Integer.class));
        assertEquals(Set.of(), jvm.keys());
    }

    @Test
    void valuesAreClonedOnTheWayInAndOut() {
        List<String> list = new ArrayList<>(List.of("a"));
        jvm.set("list", list);
        list.add("b");
        List<?> got = jvm.get("list", List.class);
        assertEquals(List.of("a"), got);
        got.clear();
        assertEquals(List.of("a"), jvm.get("list", List.class));
        assertNotSame(got, jvm.get("list", List.class));
    }

    @Test
    void whatIsImmutableOrSharedIsNotCopied() {
        SharedBuffer buffer = Leases.keep(SharedBuffer.allocate(8));
        jvm.set("buffer", buffer);
        assertSame(buffer, jvm.get("buffer", SharedBuffer.class));
    }

    @Test
    void whatCannotBeClonedIsRefusedAtOnce() {
        jvm.set("x", "old");
        assertThrows(DataCloneException.class, () -> jvm.set("x", new Object()));
        assertEquals("old", jvm.get("x", String.class));
    }

    @Test
    void aBufferWithOneOwnerIsRefusedAndNotTaken() {
        long before = Leases.bytes();
        try (OwnedBuffer buffer = OwnedBuffer.allocate(64)) {
            String message = assertThrows(DataCloneException.class, () -> jvm.set("x", List.of(buffer))).getMessage();
            assertTrue(message.startsWith("environment data 'x' has to be cloned for each use, but $[0]: "), message);
            assertSame(Thread.currentThread(), buffer.owner());
            assertEquals(Set.of(), jvm.keys());
        }
        assertEquals(before, Leases.bytes(), "the copy was freed");
    }

    @Test
    void refusesWhatIsMissingOrOfAnotherClass() {
        assertThrows(NullPointerException.class, () -> jvm.set(null, 1));
        assertThrows(NullPointerException.class, () -> jvm.set("x", null));
        assertThrows(NullPointerException.class, () -> jvm.get(null, String.class));
        assertThrows(NullPointerException.class, () -> jvm.delete(null));
        jvm.set("x", 1);
        assertThrows(ClassCastException.class, () -> jvm.get("x", String.class));
    }
}
