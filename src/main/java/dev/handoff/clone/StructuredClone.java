package dev.handoff.clone;

import dev.handoff.memory.Transferable;
import org.jspecify.annotations.Nullable;

/**
 * Deep copies of values, as a message carries them from one thread to another.
 *
 * <p>
 * <em>Copied</em>: arrays, the lists, maps and sets of {@code java.util}, records, owned buffers. <em>Shared by
 * reference</em>, as nobody can change them: strings, numbers, {@code java.time}, {@code UUID}, {@code URI},
 * {@code Pattern}, {@code Locale}, {@code Currency}, enums, {@code Class}; shared buffers, which are meant to be; and
 * records whose components, by their declared types, hold nothing else, and unmodifiable collections that do not. Everything else is refused with the path to it:
 * {@code $.orders[3].connection: java.net.Socket}.
 *
 * <p>
 * Identity and cycles are kept: what was one object in the value is one object in the copy. Depth is limited by the
 * heap, not by the stack. A record is cloned through its accessors and its canonical constructor, after what it holds
 * has been, but must not touch an owned buffer, which is nobody's until the message is sent; only in a cycle can a constructor see a list with gaps or a collection that is still empty. Hash tables and
 * sorted collections are arranged anew; one that would lose elements by that, or whose keys lead back to it so that their
 * hash codes never end, is refused. The module of a record class must
 * open its package to {@code dev.handoff} unless the class and its package are public and exported.
 *
 * <p>
 * Everything is done by the calling thread, which must not let others change the value meanwhile: a concurrent change
 * ends in {@link java.util.ConcurrentModificationException} or in a copy that mixes old and new, never in a broken
 * structure. Modelled on HTML's
 * <a href="https://html.spec.whatwg.org/multipage/structured-data.html">StructuredSerializeWithTransfer</a>.
 */
public final class StructuredClone {
    private StructuredClone() {
    }

    /**
     * Copies a value of which nothing moves.
     *
     * @param value what to copy; null is its own copy
     * @param <T> its type
     * @return the copy; copies of buffers in it are unclaimed
     * @throws DataCloneException if something in the value can't be cloned
     * @throws WrongThreadException if another thread owns a buffer in the value
     */
    public static <T extends @Nullable Object> T clone(T value) {
        return Cloners.STANDARD.clone(value);
    }

    /**
     * Copies a value; what is listed moves into the copy instead.
     *
     * @param value what to copy; null is its own copy
     * @param transfer what to move: the handles of the caller are gone afterwards, in the value or not
     * @param <T> its type
     * @return the copy; moved handles in it are unclaimed
     * @throws DataCloneException if something in the value can't be cloned, or if something in the list is listed twice or
     *     gone; all handles are still the caller's then
     * @throws WrongThreadException if another thread owns a buffer in the value or in the list; all handles are still
     *     the caller's then
     * @throws IllegalStateException if a native call is using a listed buffer; all handles are still the caller's then,
     *     though views of other listed buffers may be revoked
     */
    public static <T extends @Nullable Object> T clone(T value, Transferable... transfer) {
        return Cloners.STANDARD.clone(value, transfer);
    }

    /**
     * Copies a value and begins to move what is listed, for a caller that delivers the message itself.
     *
     * @param value what to copy
     * @param transfer what to move
     * @param <T> its type
     * @return the copy, to be committed or aborted
     * @throws DataCloneException as {@link #clone} does
     * @throws WrongThreadException as {@link #clone} does
     */
    public static <T extends @Nullable Object> PreparedClone<T> prepare(T value, Transferable... transfer) {
        return Cloners.STANDARD.prepare(value, transfer);
    }

    /**
     * Copies a value and begins to move every transferable that it reaches.
     *
     * @param value what to copy
     * @param <T> its type
     * @return the copy, to be committed or aborted
     * @throws DataCloneException as {@link #clone} does
     * @throws WrongThreadException as {@link #clone} does
     */
    public static <T extends @Nullable Object> PreparedClone<T> prepareMove(T value) {
        return Cloners.STANDARD.prepareMove(value);
    }

    /**
     * What happens to objects of a class: what is shared, copied or refused, and why.
     *
     * @param type the class
     * @return a text for a reader; its form may change
     */
    public static String explain(Class<?> type) {
        return Cloners.STANDARD.explain(type);
    }
}
