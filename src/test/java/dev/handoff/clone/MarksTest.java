package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.channel.MessageChannel;
import dev.handoff.memory.Marks;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.ChildJvm;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MarksTest {
    // ---- untransferable

    private static OwnedBuffer marked() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        Marks.markUntransferable(buffer);
        return buffer;
    }

    @Test
    void aMarkedBufferInATransferListIsRefusedAndStaysWhole() {
        MessageChannel<Object, Object> channel = MessageChannel.create();
        try (OwnedBuffer other = OwnedBuffer.allocate(8); OwnedBuffer buffer = marked()) {
            assertTrue(Marks.isUntransferable(buffer));
            assertFalse(Marks.isUntransferable(other));
            buffer.segment();
            String message = assertThrows(DataCloneException.class,
                    () -> channel.port1().post(buffer, other, buffer)).getMessage();
            assertEquals("transferables[1] can't be moved: " + buffer + " is marked as untransferable", message);
            assertSame(Thread.currentThread(), other.owner(), "nothing moved");
            assertEquals(8, buffer.segment().byteSize());
        }
    }

    @Test
    void aMarkedBufferIsNotMovedWhereEverythingIs() {
        MessageChannel<Object, Object> channel = MessageChannel.create();
        try (OwnedBuffer buffer = marked()) {
            String message = assertThrows(DataCloneException.class,
                    () -> channel.port1().transfer(List.of("a", buffer))).getMessage();
            assertEquals("$[1]: " + buffer + " is marked as untransferable", message);
            assertEquals(State.OWNED, buffer.state());
        }
    }

    @Test
    void aMarkedBufferOrPortIsNotMovedAsAMessageOfItsOwn() {
        MessageChannel<Object, Object> channel = MessageChannel.create();
        MessageChannel<Object, Object> other = MessageChannel.create();
        Marks.markUntransferable(other.port1());
        try (OwnedBuffer buffer = marked()) {
            for (Transferable resource : List.of(buffer, other.port1())) {
                String expected = "the message can't be moved: " + resource + " is marked as untransferable";
                assertEquals(expected, assertThrows(DataCloneException.class,
                        () -> channel.port1().post(resource, resource)).getMessage());
                assertThrows(DataCloneException.class, () -> channel.port1().transfer(resource));
            }
            assertEquals(State.OWNED, buffer.state());
            assertTrue(other.port1().isOpen());
        }
    }

    @Test
    void aMarkedBufferIsNotTransferredByItsOwner() {
        try (OwnedBuffer buffer = marked()) {
            assertEquals(buffer + " is marked as untransferable",
                    assertThrows(IllegalStateException.class, buffer::transfer).getMessage());
            assertEquals(State.OWNED, buffer.state());
        }
    }

    @Test
    void aMarkedBufferIsStillCopiedSplitAndClosed() {
        OwnedBuffer buffer = marked();
        StructuredClone.clone(buffer).close();
        List<OwnedBuffer> parts = buffer.split(2, 1);
        parts.forEach(part -> assertFalse(Marks.isUntransferable(part), "the mark is on the handle"));
        parts.forEach(part -> part.transfer().close());
        assertEquals(State.GONE, buffer.state());
    }

    @Test
    void anyTransferableCanBeMarked() {
        Transferable mine = new Transferable() {
            @Override
            public Transfer beginTransfer() {
                throw new AssertionError("must not begin");
            }

            @Override
            public void close() {
            }
        };
        Marks.markUntransferable(mine);
        assertThrows(DataCloneException.class, () -> StructuredClone.clone("x", mine));
    }

    @Test
    void aMarkDoesNotKeepItsObjectAlive() {
        WeakReference<OwnedBuffer> reference = markAndDrop();
        while (!reference.refersTo(null)) {
            System.gc();
        }
        try (OwnedBuffer next = marked()) { // which takes out those of the dead
            assertTrue(Marks.isUntransferable(next));
        }
    }

    private static WeakReference<OwnedBuffer> markAndDrop() {
        try (OwnedBuffer buffer = marked()) {
            return new WeakReference<>(buffer);
        }
    }

    @Test
    void refusesNothing() {
        assertThrows(NullPointerException.class, () -> Marks.markUntransferable(null));
        assertThrows(NullPointerException.class, () -> Marks.markUncloneable(null));
        assertFalse(Marks.anyUncloneable(), "as those who mark for a test do so in a JVM of their own");
    }

    // ---- uncloneable: the first mark makes every clone of a JVM take another way, so another JVM does
    // it

    private static Map<String, String> outcomes;

    @BeforeAll
    static void markInAnotherJvm() {
        ChildJvm.Run run = ChildJvm.run(Program.class);
        assertEquals("0 ", run.exit() + " " + run.err(), run.out());
        outcomes = run.out().lines().filter(line -> line.startsWith("> ")) // the JVM may have something to say, too
                .map(line -> line.substring(2).split("=", 2))
                .collect(Collectors.toMap(part -> part[0], part -> part[1]));
    }

    /** Prints what becomes of clones, one a line. */
    static final class Program {
        private record Holder(Object first, Object second) {
        }

        private record Name(String text) {
        }

        private Program() {
        }

        private static <T> T marked(T object) {
            Marks.markUncloneable(object);
            return object;
        }

        private static void show(String name, Callable<?> body) {
            String outcome;
            try {
                outcome = String.valueOf(body.call());
            } catch (Exception e) {
                outcome = e.getClass().getSimpleName() + " " + e.getMessage();
            }
            System.out.println("> " + name + "=" + outcome);
        }

        public static void main(String[] arguments) {
            show("none yet", Marks::anyUncloneable);
            List<String> list = marked(new ArrayList<>(List.of("a")));
            show("is", () -> Marks.isUncloneable(list));
            show("its equal is", () -> Marks.isUncloneable(new ArrayList<>(list)));
            show("alone", () -> StructuredClone.clone(list));
            show("its equal", () -> StructuredClone.clone(new ArrayList<>(list)));
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("k", new Holder("x", new Object[]{1, list}));
            show("deep", () -> StructuredClone.clone(map));
            show("array", () -> StructuredClone.clone(List.of(marked(new int[1]))));
            show("record", () -> StructuredClone.clone(marked(new Holder(1, 2))));
            show("string", () -> StructuredClone.clone(List.of(marked("text"))));
            Name name = marked(new Name("n"));
            show("record of immutables", () -> StructuredClone.clone(name) == name);
            MessageChannel<Object, Object> channel = MessageChannel.create();
            show("posted", () -> {
                channel.port1().post(list);
                return "sent";
            });
            OwnedBuffer buffer = marked(OwnedBuffer.allocate(8));
            show("buffer copied", () -> StructuredClone.clone(List.of(buffer)).toString());
            show("buffer moved", () -> {
                try (OwnedBuffer moved = StructuredClone.clone(buffer, buffer)) {
                    return moved.byteSize();
                }
            });
            show("others", () -> StructuredClone.clone(new Holder(new int[]{1}, new ArrayList<>(List.of(2)))).second);
        }
    }

    @Test
    void aMarkIsOnOneObject() {
        assertEquals("false", outcomes.get("none yet"));
        assertEquals("true", outcomes.get("is"));
        assertEquals("false", outcomes.get("its equal is"));
        assertEquals("[a]", outcomes.get("its equal"));
    }

    @Test
    void aMarkedObjectIsRefusedAtAnyDepth() {
        assertEquals("DataCloneException $: a java.util.ArrayList is marked as uncloneable", outcomes.get("alone"));
        assertEquals("DataCloneException $[\"k\"].second[1]: a java.util.ArrayList is marked as uncloneable",
                outcomes.get("deep"));
        assertEquals("DataCloneException $[0]: a int[] is marked as uncloneable", outcomes.get("array"));
        assertTrue(outcomes.get("record").startsWith("DataCloneException $: a "), outcomes.get("record"));
        assertEquals("DataCloneException $: a java.util.ArrayList is marked as uncloneable", outcomes.get("posted"));
    }

    @Test
    void whatIsSharedIsNotCopiedAndSoNotRefused() {
        assertEquals("[text]", outcomes.get("string"));
        assertEquals("true", outcomes.get("record of immutables"));
    }

    @Test
    void aMarkedBufferIsNotCopiedButMoves() {
        assertTrue(outcomes.get("buffer copied").contains(
                "is marked as uncloneable; put it in the transfer list to move it"), outcomes.get("buffer copied"));
        assertEquals("8", outcomes.get("buffer moved"));
    }

    @Test
    void whatIsNotMarkedIsClonedAsEver() {
        assertEquals("[2]", outcomes.get("others"));
    }
}
