package dev.handoff.channel;

import dev.handoff.clone.Cloners;
import dev.handoff.clone.DataCloneException;
import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Marks;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lies in the queue of a port: a message as it is, where it needs no copy or was copied alone; a resource that moved
 * as a message of its own; else a {@link PreparedClone}; or one of these in a {@link Question}. On its way there the
 * resource is still a {@link Transfer}.
 */
final class Slot {
    private Slot() {
    }

    /** Copies a message, and begins to move what is listed. */
    static Object copy(Object message, Cloners cloners, Transferable... transfer) {
        if (transfer.length == 1 && transfer[0] == message) {
            return begin(transfer[0]);
        }
        Object copy = transfer.length == 0 ? cloners.copyAlone(message) : null;
        return copy != null && isPlain(copy) ? copy : cloners.prepare(message, transfer);
    }

    /** Copies a message, and begins to move all that it reaches. */
    static Object move(Object message, Cloners cloners) {
        return message instanceof Transferable resource ? begin(resource) : cloners.prepareMove(message);
    }

    /** A resource that is the message: it needs no copy, so what moves is all there is. */
    private static Transfer begin(Transferable resource) {
        if (Marks.isUntransferable(resource)) {
            throw new DataCloneException("the message can't be moved: " + resource + " is marked as untransferable");
        }
        try {
            return resource.beginTransfer();
        } catch (DetachedException e) {
            throw new DataCloneException("the message can't be moved: " + e.getMessage(), e);
        }
    }

    /** Whether nothing more has to be done with it than to put it there. */
    static boolean isPlain(Object slot) {
        return !(isWrapped(slot) || slot instanceof Transfer);
    }

    /** Of what lies in a queue: whether it is not the message itself. */
    static boolean isWrapped(Object slot) {
        return slot instanceof PreparedClone<?> || slot instanceof Question<?>;
    }

    /** Whether there is nothing to do with it as it gets its place: nothing moves with it, and nothing is counted. */
    static boolean isLight(Object slot) {
        return isPlain(slot) && !slot.getClass().isArray();
    }

    private static Object content(Object slot) {
        return slot instanceof Question<?> question ? question.slot : slot;
    }

    /** What moves with it. */
    static List<Transferable> moved(Object slot) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            return clone.moved();
        }
        return content instanceof Transfer transfer ? List.of(transfer.successor()) : List.of();
    }

    /** Takes what moves from its sender, or throws, and then everything is still the sender's. */
    static void revoke(Object slot) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            clone.revoke();
        } else if (content instanceof Transfer transfer) {
            try {
                transfer.revoke();
            } catch (Throwable e) { // whatever a transfer of the user's throws
                transfer.abort();
                throw e;
            }
        }
    }

    static void abort(Object slot) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            clone.abort();
        } else if (content instanceof Transfer transfer) {
            transfer.abort();
        }
    }

    /** What is to lie in the queue; asked for before the commit. */
    static Object delivered(Object slot) {
        return slot instanceof Transfer transfer ? transfer.successor() : slot;
    }

    static void commit(Object slot, String receiver) {
        Object content = content(slot);
        if (slot instanceof Question<?> question) {
            question.slot = delivered(content);
        }
        if (content instanceof PreparedClone<?> clone) {
            clone.commit(receiver);
        } else if (content instanceof Transfer transfer) {
            transfer.commit(receiver);
        }
    }

    /** The message, for its receiver. */
    static Object message(Object slot) {
        Object content = content(slot);
        return content instanceof PreparedClone<?> clone ? clone.value() : content;
    }

    /** Frees what moved: nobody will receive it. */
    static void discard(@Nullable Object slot) {
        Object content = slot == null ? "" : content(slot);
        if (content instanceof PreparedClone<?> clone) {
            clone.discard();
        } else if (content instanceof Transferable resource) {
            try {
                resource.close();
            } catch (Throwable e) { // other messages have to be freed as well
                Thread here = Thread.currentThread();
                here.getUncaughtExceptionHandler().uncaughtException(here, e);
            }
        }
    }

    /** The bytes of the sender's buffers that move with it; asked for before the commit. */
    static long bytesTransferred(Object slot) {
        return switch (content(slot)) {
            case PreparedClone<?> clone -> clone.bytesTransferred();
            case Transfer transfer when transfer.successor() instanceof OwnedBuffer buffer -> buffer.byteSize();
            default -> 0;
        };
    }

    /** The bytes of what was copied for it, where that is known without a look at all of it. */
    static long bytesCloned(Object slot) {
        return switch (content(slot)) {
            case PreparedClone<?> clone -> clone.bytesCloned() + bytesOf(clone.value());
            case Object alone -> bytesOf(alone);
        };
    }

    /** Of an array of primitives, else none. */
    private static long bytesOf(@Nullable Object message) {
        return switch (message) {
            case byte[] a -> a.length;
            case boolean[] a -> a.length;
            case short[] a -> (long) Short.BYTES * a.length;
            case char[] a -> (long) Character.BYTES * a.length;
            case int[] a -> (long) Integer.BYTES * a.length;
            case long[] a -> (long) Long.BYTES * a.length;
            case float[] a -> (long) Float.BYTES * a.length;
            case double[] a -> (long) Double.BYTES * a.length;
            case null, default -> 0;
        };
    }
}
