package dev.handoff.clone;

import dev.handoff.memory.Transferable;
import org.jspecify.annotations.Nullable;

/**
 * Deep copies of values, as a message carries them from one thread to another.
 *
 * <p>
 * What happens to an object is a matter of its exact class, and {@link #explain} tells it:
 *
 * <table class="striped">
 * <caption>What is copied, shared and refused</caption>
 * <thead><tr><th scope="col">What</th><th scope="col">The copy</th></tr></thead>
 * <tbody>
 * <tr><th scope="row">{@code null}, strings, boxed primitives, {@code BigInteger}, {@code BigDecimal}, {@code java.time},
 * enums, {@code Class}, {@code UUID}, {@code URI}, {@code URL}, {@code Pattern}, {@code Locale}, {@code Currency},
 * {@code Charset}, {@code File}, {@code Path} of the JDK's file systems in {@code java.base}, {@code InetAddress},
 * {@code InetSocketAddress}, {@code OptionalInt} and its like; shared and frozen buffers</th>
 * <td>is the original: nobody can change it, or all are meant to see it when somebody does</td></tr>
 * <tr><th scope="row">records; {@code List.of}, {@code Set.of}, {@code Map.of}, {@code Map.entry}, {@code Stream.toList()};
 * {@code Collections.empty…}, {@code singleton…}, {@code nCopies}; {@code Optional}</th>
 * <td>is the original where nothing in it had to be copied, else one of the same class, made from the copies</td></tr>
 * <tr><th scope="row">arrays; the public lists, sets, maps, queues and deques of {@code java.util} and
 * {@code java.util.concurrent}, and {@code Arrays.asList}</th>
 * <td>has the same class, order, bound and comparator. A comparator is shared, and must show that it can be: it captures
 * nothing, reverses such a one, or is an enum constant, a record of immutables, or of a class that is registered with
 * {@link Cloner#shared()}</td></tr>
 * <tr><th scope="row">{@code Collections.unmodifiable…}, {@code synchronized…}, {@code newSetFromMap}, {@code asLifoQueue}</th>
 * <td>has the same class. What is beneath it can't be seen: it becomes an {@code ArrayList} or {@code LinkedList}, a
 * {@code LinkedHashSet} or {@code LinkedHashMap}, a {@code TreeSet} or {@code TreeMap}, an {@code IdentityHashMap} if that
 * is what a set is made from</td></tr>
 * <tr><th scope="row">views: {@code subList}, {@code keySet}, {@code values}, {@code entrySet}, {@code headMap},
 * {@code descendingSet}, {@code reversed()}, and single entries of maps</th>
 * <td>is a collection of its own with the elements of the view, of the nearest kind: {@code ArrayList}, {@code ArrayDeque},
 * {@code LinkedHashSet}, {@code TreeMap}, {@code SimpleEntry} and so on. {@linkplain Cloners.Builder#strict() Strict}
 * cloners refuse views</td></tr>
 * <tr><th scope="row">{@code Date}, {@code java.sql.Timestamp}, {@code Calendar}, {@code TimeZone}, {@code BitSet},
 * {@code StringBuilder}, {@code StringBuffer}, the atomics, {@code LongAdder}, {@code DoubleAdder}, {@code Properties}</th>
 * <td>has the same class and the value of the moment</td></tr>
 * <tr><th scope="row">buffers of {@code java.nio}, memory segments in the heap</th>
 * <td>has the same class, position, limit and byte order. One that shows its array lies over the copy of that array, all
 * of it: two views of one array stay such. Of others, direct and read-only ones, the bytes up to the capacity are copied,
 * for each anew; a direct copy lies in memory that the garbage collector frees</td></tr>
 * <tr><th scope="row">owned buffers</th><td>has the bytes in view, unless it is moved</td></tr>
 * <tr><th scope="row">classes of yours</th>
 * <td>is made as {@link StructuredCloneable}, a registered {@link Cloner} or {@link Cloners.Builder#open} say</td></tr>
 * <tr><th scope="row">everything else: subclasses of the classes above, exceptions, lambdas, inner classes, threads, locks,
 * streams, iterators, native segments, {@code WeakHashMap}, {@code Collections.checked…}, generators of random numbers
 * …</th>
 * <td>is refused, with the path to it and what to do instead: {@code $.orders[3].connection: java.net.Socket can't be
 * cloned; …}</td></tr>
 * </tbody>
 * </table>
 *
 * <p>
 * Identity and cycles are kept: what was one object in the value is one object in the copy. Depth is limited by the
 * heap, not by the stack. A record is cloned through its accessors and its canonical constructor, after what it holds
 * has been, but must not touch an owned buffer, which is nobody's until the message is sent; only in a cycle can a constructor see a list with gaps or a collection that is still empty. Hash tables and
 * sorted collections are arranged anew; one that would lose elements by that, or whose keys lead back to it so that their
 * hash codes never end, or are known too late, is refused. The module of a record class must
 * open its package to {@code dev.handoff}, or call {@link Cloners#open}, unless the class and its package are public and
 * exported. Constructors, accessors and cloners may run twice for one clone, where a first attempt is given up.
 *
 * <p>
 * Everything is done by the calling thread, which must not let others change the value meanwhile: a concurrent change
 * ends in a {@link DataCloneException}, with what a collection threw as its cause, or in a copy that mixes old and new,
 * never in a broken structure. Modelled on HTML's
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
