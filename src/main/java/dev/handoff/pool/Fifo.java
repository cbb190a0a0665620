package dev.handoff.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.AbstractQueue;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A queue without a bound, first in, first out: any number of threads add and take. Lock-free, but that a taker waits for
 * whoever has taken the next place and is about to fill it. What was done before an element was added happens-before what is
 * done after it was taken; and whether there is an element is read with volatile semantics after it was added, so that who
 * adds and then looks for sleepers, and who announces its sleep and then looks for elements, can't both miss each other.
 *
 * @param <T> what it holds
 */
final class Fifo<T> extends AbstractQueue<T> {
    /*
     * Elements have numbers. The tail is that of the next one to be added, the head that of the next one to be taken; slots
     * lie in a chain of chunks. A chunk is there before a place in it is taken, so whoever has a place needs no memory to
     * fill it. The head never goes back: who reads a slot and then moves the head on from its number has the element. A
     * chunk that was read through is linked to itself, so that it keeps no later one alive.
     */
    private static final class Chunk {
        /** The number of its first slot. */
        final long first;
        final @Nullable Object[] slots;
        volatile @Nullable Chunk next;

        Chunk(long first, int length) {
            this.first = first;
            slots = new @Nullable Object[length];
        }

        long end() {
            return first + slots.length;
        }
    }

    /** Of the first chunk; each one has twice as many as the one before, up to a limit. */
    private static final int FIRST_SLOTS = 16;
    private static final int MOST_SLOTS = 1024;
    /** In the place of an element that was removed. */
    private static final Object REMOVED = new Object();
    /** Where the words lie: on lines of their own; two, as they are fetched in pairs. */
    private static final int TAIL = 16;
    private static final int HEAD = 32;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle NEXT;
    private static final VarHandle HEAD_CHUNK;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(Chunk.class, "next", Chunk.class);
            HEAD_CHUNK = lookup.findVarHandle(Fifo.class, "headChunk", Chunk.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] words = new long[48];
    /** Hints: never beyond the tail, or the head. They change once in a chunk. */
    private volatile Chunk tailChunk = new Chunk(0, FIRST_SLOTS);
    private volatile Chunk headChunk = tailChunk;

    @Override
    public boolean offer(T element) {
        Objects.requireNonNull(element, "element");
        long number;
        Chunk chunk;
        do {
            Chunk hint = tailChunk; // before the tail, so that it is not beyond it
            number = tail();
            chunk = chunkOf(number, hint, true);
            if (chunk != null && chunk != hint) {
                tailChunk = chunk;
            }
        } while (chunk == null || !WORD.compareAndSet(words, TAIL, number, number + 1));
        SLOT.setRelease(chunk.slots, (int) (number - chunk.first), element); // pairs with poll()
        return true;
    }

    /** The chunk of a slot; null if the slot was taken long ago, or if its chunk is not there and shall not be made. */
    private @Nullable Chunk chunkOf(long number, Chunk start, boolean make) {
        Chunk c = start;
        while (number >= c.end()) {
            Chunk next = c.next;
            if (next == null) {
                if (!make) {
                    return null;
                }
                Chunk made = new Chunk(c.end(), Math.min(2 * c.slots.length, MOST_SLOTS));
                next = (Chunk) NEXT.compareAndExchange(c, (Chunk) null, made);
                if (next == null) {
                    next = made;
                }
            }
            if (next == c) {
                next = headChunk;
                if (next.first > number) {
                    return null;
                }
            }
            c = next;
        }
        return number >= c.first ? c : null;
    }

    @Override
    @SuppressWarnings("unchecked") // only offer() and removeIf() fill slots
    public @Nullable T poll() {
        while (true) {
            Chunk hint = headChunk; // before the head, so that it is not beyond it
            long number = head();
            Chunk chunk = chunkOf(number, hint, false);
            if (chunk == null) { // nobody can have a place in a chunk that is not there
                if (tail() == number) {
                    return null;
                }
                continue;
            }
            int at = (int) (number - chunk.first);
            Object element = SLOT.getAcquire(chunk.slots, at); // pairs with offer()
            if (element == null) {
                if (tail() == number) {
                    return null;
                }
                Thread.onSpinWait(); // it was taken meanwhile, or is about to be filled
            } else if (WORD.compareAndSet(words, HEAD, number, number + 1)) {
                SLOT.setOpaque(chunk.slots, at, null);
                if (chunk != hint && HEAD_CHUNK.compareAndSet(this, hint, chunk)) {
                    for (Chunk c = hint; c != chunk;) {
                        Chunk next = Objects.requireNonNull(c.next);
                        c.next = c;
                        c = next;
                    }
                }
                if (element != REMOVED) {
                    return (T) element;
                }
            }
        }
    }

    /** Lets go of some elements; their places stay until they are met. */
    @Override
    @SuppressWarnings("unchecked") // as above
    public boolean removeIf(Predicate<? super T> filter) {
        boolean any = false;
        for (Chunk c = headChunk; c != null;) {
            for (int i = 0; i < c.slots.length; i++) {
                Object element = SLOT.getAcquire(c.slots, i); // pairs with offer()
                if (element != null && element != REMOVED && filter.test((T) element)) {
                    any |= SLOT.compareAndSet(c.slots, i, element, REMOVED);
                }
            }
            Chunk next = c.next;
            c = next == c ? null : next;
        }
        return any;
    }

    private long tail() {
        return (long) WORD.getVolatile(words, TAIL);
    }

    private long head() {
        return (long) WORD.getVolatile(words, HEAD);
    }

    @Override
    public boolean isEmpty() {
        return tail() == head();
    }

    /** Places in use, those of removed elements included. */
    @Override
    public int size() {
        long head = head(); // first, so that the difference is not negative
        return (int) Math.min(tail() - head, Integer.MAX_VALUE);
    }

    @Override
    public T peek() {
        throw new UnsupportedOperationException("who looks may find it gone; poll() it");
    }

    @Override
    public Iterator<T> iterator() {
        throw new UnsupportedOperationException("elements come and go; poll() them");
    }
}
