package dev.handoff.clone;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the objects of one class are cloned. Made at the first use of the class; immutable but for guesses, so that it may be
 * published by a data race.
 */
abstract class Plan {
    final Class<?> type;
    /** Whether such an object is its own copy, as nobody can change it. */
    final boolean isShared;

    /**
     * How many copies the last graph took that began with such an object: messages of one kind are alike. A mere guess,
     * written by a data race.
     */
    int lastCopies;

    /** How many graphs are to be tracked before one that begins with such an object is taken for a tree; a guess, too. */
    int tracked;

    Plan(Class<?> type, boolean isShared) {
        this.type = type;
        this.isShared = isShared;
    }

    /** For the {@link Descent}: the copy, at once. May throw anything. */
    abstract Object copy(Object original, Descent descent);

    /**
     * For the {@link Copier}: the copy where it holds nothing, else a {@link Frame} that will have it. Throws a
     * {@link DataCloneException} without a path where the object is refused.
     */
    abstract Object open(Object original, Moves moves);

    /**
     * The classes of all that is copied with such an object, if by its declaration no class comes up twice: then nothing
     * in it can be the same object, and no identity has to be kept. Null if that is not so.
     */
    @Nullable
    Set<Class<?>> tree() {
        return null;
    }

    /** The copy of a {@link #tree}. May throw anything. */
    Object copyTree(Object original) {
        throw new AssertionError("not a tree: " + type);
    }

    /**
     * The copy of an object that nothing else is copied with, if no identity has to be kept for it, as it is a
     * {@link #tree}, or turns out to hold nothing but what is shared; else null. May throw anything.
     */
    @Nullable
    Object copyAlone(Object original, Plans plans) {
        return null;
    }

    /** What such an object has by its declaration: a name, a type, and the plan of all its values, if the type tells. */
    record Part(String name, Class<?> type, @Nullable Plan plan) {
    }

    /** Its parts, where they are known before there is an object. */
    List<Part> parts() {
        return List.of();
    }

    /** What happens to such an object itself, for a reader, in a line. */
    abstract String explain();
}
