package dev.handoff.channel;

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
 * What lies in the queue of a port: a message as it is, where nothing moves with it; else a {@link PreparedClone}, or the
 * {@link Transfer} of a resource that is a message of its own; or one of these in a {@link Question}.
 */
final class Slot {
    private Slot() {
    }

    /** A resource that is the message: it needs no copy, so what moves is all there is. */
    static Transfer begin(Transferable resource) {
        if (Marks.isUntransferable(resource)) {
            throw new DataCloneException("the message can't be moved: " + resource + " is marked as untransferable");
        }
        try {
            return resource.beginTransfer();
        } catch (DetachedException e) {
            throw new DataCloneException("the message can't be moved: " + e.getMessage(), e);
        }
    }

    /** Whether more has to be done with it than to put it there. */
    static boolean isPlain(Object slot) {
        return !(slot instanceof PreparedClone<?> || slot instanceof Question<?> || slot instanceof Transfer);
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

    static void commit(Object slot, String receiver) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            clone.commit(receiver);
        } else if (content instanceof Transfer transfer) {
            transfer.commit(receiver);
        }
    }

    /** The message, for its receiver. */
    static Object message(Object slot) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            return clone.value();
        }
        return content instanceof Transfer transfer ? transfer.successor() : content;
    }

    /** Frees what moved: nobody will receive it. */
    static void discard(@Nullable Object slot) {
        Object content = slot == null ? "" : content(slot);
        if (content instanceof PreparedClone<?> clone) {
            clone.discard();
        } else if (content instanceof Transfer transfer) {
            try {
                transfer.successor().close();
            } catch (Throwable e) { // other messages have to be freed as well
                Thread here = Thread.currentThread();
                here.getUncaughtExceptionHandler().uncaughtException(here, e);
            }
        }
    }

    /** The bytes of the sender's buffers that move with it. */
    static long bytesTransferred(Object slot) {
        Object content = content(slot);
        if (content instanceof PreparedClone<?> clone) {
            return clone.bytesTransferred();
        }
        return content instanceof Transfer transfer && transfer.successor() instanceof OwnedBuffer buffer
                ? buffer.byteSize()
                : 0;
    }

    /** The bytes of what was copied for it, where that is known without a look at all of it. */
    static long bytesCloned(Object slot) {
        Object content = content(slot);
        return switch (content) {
            case PreparedClone<?> clone -> clone.bytesCloned() + bytesOf(clone.value());
            default -> bytesOf(content);
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
