package dev.handoff.memory;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Marks on objects that have to stay where they are: a buffer that others have views of must not be moved by whoever
 * happens to list it, an object that stands for something in this thread must not be copied.
 *
 * <p>
 * A mark is on one object, whatever equals it, and for good: it can't be taken off. It does not keep the object alive. It
 * is not handed on to what is made from the object, such as the parts of a split buffer. Marks are looked for by clones
 * and messages, and by {@link OwnedBuffer#transfer}; whoever carries {@link Transferable}s himself has to ask.
 *
 * <p>
 * Thread-safe; a mark counts for what happens-after it was made. As long as nothing was ever marked as uncloneable, clones
 * pay one look at a flag for that; from then on <em>all</em> clones of the JVM take the thorough way, which looks at every
 * object and costs several times as much. Modelled on Node's <a href=
 * "https://nodejs.org/api/worker_threads.html#workermarkasuncloneableobject">{@code markAsUncloneable}</a> and <a href=
 * "https://nodejs.org/api/worker_threads.html#workermarkasuntransferableobject">{@code markAsUntransferable}</a>.
 */
public final class Marks {
    private static final ReferenceQueue<Object> DEAD = new ReferenceQueue<>();
    private static final Set<Object> UNTRANSFERABLE = ConcurrentHashMap.newKeySet();
    private static final Set<Object> UNCLONEABLE = ConcurrentHashMap.newKeySet();
    /** Plain, both: who sees an object by a data race need not see its mark. */
    private static boolean anyUntransferable;
    private static boolean anyUncloneable;

    private Marks() {
    }

    /**
     * Forbids to move something: in a transfer list, by {@code port.transfer}, by {@link OwnedBuffer#transfer}. It can
     * still be used, copied, split, frozen, shared and closed.
     *
     * @param transferable what has to stay
     */
    public static void markUntransferable(Transferable transferable) {
        mark(UNTRANSFERABLE, Objects.requireNonNull(transferable, "transferable"));
        anyUntransferable = true;
    }

    /**
     * Whether something must not be moved.
     *
     * @param transferable what may have been marked
     * @return true if it was
     */
    public static boolean isUntransferable(Transferable transferable) {
        return anyUntransferable && UNTRANSFERABLE.contains(new Probe(transferable));
    }

    /**
     * Forbids to clone an object, alone or wherever it is met in a value. It has no effect on what is never copied, as its
     * class says that it is shared: strings, numbers, enums, records of such, shared and frozen buffers and the like; nor
     * does it keep a buffer from being moved.
     *
     * @param object what must not be copied
     */
    public static void markUncloneable(Object object) {
        mark(UNCLONEABLE, Objects.requireNonNull(object, "object"));
        anyUncloneable = true;
    }

    /**
     * Whether an object must not be cloned.
     *
     * @param object what may have been marked
     * @return true if it was
     */
    public static boolean isUncloneable(Object object) {
        return anyUncloneable && UNCLONEABLE.contains(new Probe(object));
    }

    /**
     * Whether anything was ever marked as uncloneable, so that it has to be looked for.
     *
     * @return false in most programs
     */
    public static boolean anyUncloneable() {
        return anyUncloneable;
    }

    private static void mark(Set<Object> marked, Object object) {
        for (Reference<?> dead = DEAD.poll(); dead != null; dead = DEAD.poll()) {
            UNTRANSFERABLE.remove(dead);
            UNCLONEABLE.remove(dead);
        }
        marked.add(new Mark(object));
    }

    /** Equal to one on the same object, and to itself when the object is no more. */
    private static final class Mark extends WeakReference<Object> {
        private final int hash;

        Mark(Object object) {
            super(object, DEAD);
            this.hash = System.identityHashCode(object);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            Object object = get();
            return this == other || object != null && other instanceof Mark mark && mark.refersTo(object);
        }
    }

    /** Finds the mark on an object. */
    private record Probe(Object object) {
        @Override
        public int hashCode() {
            return System.identityHashCode(object);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Mark mark && mark.refersTo(object);
        }
    }
}
