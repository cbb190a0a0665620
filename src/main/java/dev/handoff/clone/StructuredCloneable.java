package dev.handoff.clone;

import org.jspecify.annotations.Nullable;

/**
 * A mutable class that can be cloned: it says what it holds, makes an empty object of its own class, and takes the copies
 * of what the original holds. As with a {@link Cloner}, the library copies the contents; a class never clones by itself
 * what it holds, so that identity, cycles and any depth come out right.
 *
 * <pre>{@code
 * final class Account implements StructuredCloneable {
 *     private final String id;
 *     private List<Order> orders = new ArrayList<>();
 *
 *     public @Nullable Object[] cloneContents() {
 *         return new Object[] {orders};
 *     }
 *
 *     public Account cloneEmpty() {
 *         return new Account(id);
 *     }
 *
 *     public void cloneFill(@Nullable Object[] copies) {
 *         orders = (List<Order>) copies[0];
 *     }
 * }
 * }</pre>
 *
 * <p>
 * The methods are called by the thread that clones; sometimes again for one object, the first copy being dropped. An exception
 * from one of them is a {@link DataCloneException} with it as cause. A subclass has to override them all: a copy of
 * another class than the original's is refused.
 */
public interface StructuredCloneable {
    /**
     * What this holds and what has to be copied with it.
     *
     * @return the contents, in an order of its own
     */
    @Nullable
    Object[] cloneContents();

    /**
     * Makes an object of the same class, with all that is immutable in this one and without its contents, which must not
     * be looked into.
     *
     * @return a new object
     */
    StructuredCloneable cloneEmpty();

    /**
     * Takes the copies; called on what {@link #cloneEmpty} made, once or several times with the same.
     *
     * @param copies of what {@link #cloneContents} returned, in the same order
     */
    void cloneFill(@Nullable Object[] copies);
}
