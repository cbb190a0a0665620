package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.handoff.channel.MessageChannel;
import dev.handoff.testing.ChildJvm;
import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an exception tells about a handle that is gone. */
class DetachedExceptionTest {
    private static String message(OwnedBuffer gone) {
        DetachedException e = assertThrows(DetachedException.class, gone::segment);
        assertNull(e.getCause(), "not traced");
        return e.getMessage();
    }

    private static String me() {
        return " by thread '" + Thread.currentThread().getName() + "'";
    }

    @Test
    void namesTheWorkerThatGotTheBuffer() {
        OwnedBuffer first = OwnedBuffer.allocate(8);
        OwnedBuffer second = OwnedBuffer.allocate(8);
        try (Worker<OwnedBuffer, Object> worker = Worker.start(scope -> {
            scope.receive().close();
            scope.receive().close();
        }, WorkerOptions.defaults().name("resize-2"))) {
            worker.post(first, first);
            worker.transfer(second);
        }
        assertEquals("this buffer of 8 bytes is gone: handed to worker 'resize-2'" + me(), message(first));
        assertEquals("this buffer of 8 bytes is gone: handed to worker 'resize-2'" + me(), message(second));
    }

    @Test
    void namesThePortThatGotTheBuffer() {
        OwnedBuffer buffer = OwnedBuffer.allocate(8);
        MessageChannel<OwnedBuffer, Object> channel = MessageChannel.create("the sender", "the scaler");
        channel.port1().post(buffer, buffer);
        assertEquals("this buffer of 8 bytes is gone: handed to the scaler" + me(), message(buffer));
        channel.port2().close();
    }

    @Test
    void hasTheCauseThatItIsGiven() {
        Throwable where = new Throwable();
        assertSame(where, new DetachedException("gone", where).getCause());
        assertNull(new DetachedException("gone").getCause());
    }

    /** Run in a JVM of its own, as the property is read once. */
    static final class Traced {
        private Traced() {
        }

        public static void main(String[] args) {
            OwnedBuffer buffer = OwnedBuffer.allocate(8);
            giveAway(buffer);
            try {
                buffer.segment();
            } catch (DetachedException e) {
                Throwable where = e.getCause();
                System.out.println(where == null ? "untraced" : where.getMessage() + " in " + caller(where));
            }
        }

        private static void giveAway(OwnedBuffer buffer) {
            buffer.transfer().close();
        }

        private static String caller(Throwable where) {
            for (StackTraceElement frame : where.getStackTrace()) {
                if (!frame.getClassName().startsWith(OwnedBuffer.class.getName())) {
                    return frame.getMethodName();
                }
            }
            return "nowhere";
        }
    }

    @ParameterizedTest
    @CsvSource({"handoff, transferred by thread 'main' in giveAway", "nothing, untraced"})
    void tellsWhereTheBufferWasGivenAwayIfAskedTo(String trace, String expected) {
        var run = ChildJvm.run(Traced.class, "-Ddev.handoff.trace=" + trace);
        assertEquals("", run.err());
        assertEquals(expected, run.out());
    }
}
