package dev.handoff.channel;

import dev.handoff.sync.IdleStrategy;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A queue, first in, first out, that can have a capacity and can end: any number of threads add and take. What was done
 * before an element was added happens-before what is done after it was taken.
 *
 * <p>
 * Adding is lock-free. Takers take turns: one that is stopped in the middle keeps the others waiting, as does whoever
 * adds between {@linkplain #add taking its place} and filling it.
 *
 * @param <T> what it holds
 */
class Mailbox<T> extends MailboxWords.All {
    /*
     * Elements have numbers. The tail is the number of the next one to be added, the head that of the next one to be
     * taken; the tail is shifted by one bit, which is set when the queue has ended. So one compare-and-set takes a place,
     * knows the queue to be open and not full, and orders all who add; and what is at the end stays as it is.
     *
     * Slots lie in a chain of chunks. A chunk is there before a place in it is taken: whoever has a place needs no memory
     * to fill it. A chunk that was read through is linked to itself: it keeps no later one alive, and whoever still
     * stands on it starts from the head's chunk again.
     *
     * The slot itself is what a taker waits for: null until it is filled. So takers do not read the tail while the queue
     * is busy, nor do adders the head.
     */
    enum Outcome {
        ADDED,
        FULL,
        ENDED
    }

    private static final class Chunk {
        /** The number of its first slot. */
        final long first;
        /** That of the first slot of the next chunk. */
        final long end;
        final @Nullable Object[] slots;
        volatile @Nullable Chunk next;

        Chunk(long first, int length) {
            this.first = first;
            this.end = first + length;
            this.slots = new @Nullable Object[length];
        }
    }

    /** Slots of the first chunk: most queues stay short. Each chunk has twice as many as the one before, up to a limit. */
    private static final int FIRST_SLOTS = 16;
    private static final int MOST_SLOTS = 512;
    private static final long ENDED = 1;
    private static final long ONE = 2;
    static final int UNBOUNDED = Integer.MAX_VALUE;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle TAIL = MailboxWords.TAIL;
    private static final VarHandle HEAD = MailboxWords.HEAD;
    private static final VarHandle TURN = MailboxWords.TURN;
    private static final VarHandle NEXT;
    private static final VarHandle TAIL_CHUNK;
    private static final VarHandle HEAD_CHUNK;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(Chunk.class, "next", Chunk.class);
            TAIL_CHUNK = lookup.findVarHandle(Mailbox.class, "tailChunk", Chunk.class);
            HEAD_CHUNK = lookup.findVarHandle(Mailbox.class, "headChunk", Chunk.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int capacity;
    private final IdleStrategy idle;
    private final Waiters forElements = new Waiters();
    private final Waiters forRoom = new Waiters();
    private final Waiters forDrain = new Waiters();
    private final BooleanSupplier hasElementOrEnd = this::hasElementOrEnd;
    private final BooleanSupplier hasRoomOrEnd = this::hasRoomOrEnd;
    private final BooleanSupplier isDrainedOrEnded = this::isDrainedOrEnded;
    /** A hint where the tail is, never beyond it. */
    private Chunk tailChunk;
    private Chunk headChunk;
    private volatile @Nullable String reason;
    /** Changes in turn. */
    private volatile Right right = new Right(null);

    /** The right to take, and what those who have it wait for: that there is something to take, or that they lost it. */
    private final class Right {
        final @Nullable Object taker;
        final BooleanSupplier isReady = () -> isReady() || isLost();
        final BooleanSupplier hasElementOrEnd = () -> hasElementOrEnd() || isLost();

        Right(@Nullable Object taker) {
            this.taker = taker;
        }

        boolean isLost() {
            return right != this;
        }
    }

    Mailbox() {
        this(UNBOUNDED, IdleStrategy.adaptive());
    }

    Mailbox(int capacity, IdleStrategy idle) {
        this.capacity = capacity;
        this.idle = idle;
        tailChunk = headChunk = new Chunk(0, FIRST_SLOTS);
    }

    /** Adds an element, unless this has ended; returns the reason then, else null. For those that have no bound. */
    @Nullable
    String add(T element) {
        return offer(element, null) == Outcome.ENDED ? ended() : null;
    }

    /**
     * Adds an element, if there is room.
     *
     * @param commit run when the element has its place and nobody can see it yet, and gives what is put there; it must not
     *     use this queue, nor throw
     */
    Outcome offer(T element, @Nullable UnaryOperator<T> commit) {
        Chunk hint;
        Chunk chunk;
        long tail;
        do {
            hint = (Chunk) TAIL_CHUNK.getAcquire(this); // before the tail, so that it is not beyond it; pairs with
                                                        // below
            tail = tail();
            if ((tail & ENDED) != 0) {
                return Outcome.ENDED;
            }
            if (capacity != UNBOUNDED && (tail >> 1) - head() >= capacity) {
                return Outcome.FULL;
            }
            chunk = tail >> 1 < hint.end ? hint : chunkOf(tail >> 1, hint);
            // volatile, and before the waiters are looked at: see Waiters
        } while (chunk == null || !TAIL.compareAndSet(this, tail, tail + ONE));
        long number = tail >> 1;
        if (chunk != hint) {
            TAIL_CHUNK.setRelease(this, chunk);
        }
        if (commit == null) {
            fill(chunk, number, element);
        } else {
            T committed = element;
            try {
                committed = commit.apply(element);
            } finally { // whatever happens, takers wait for this slot
                fill(chunk, number, committed);
            }
        }
        forElements.wakeOne();
        return Outcome.ADDED;
    }

    private static void fill(Chunk chunk, long number, Object element) {
        SLOT.setRelease(chunk.slots, (int) (number - chunk.first), element); // pairs with take()
    }

    /** The chunk of a slot, with all before it; null if the slot has long been taken. */
    private @Nullable Chunk chunkOf(long number, Chunk start) {
        Chunk c = start;
        while (number >= c.end) {
            Chunk next = c.next;
            if (next == null) {
                Chunk made = new Chunk(c.end, Math.min(2 * c.slots.length, MOST_SLOTS));
                next = (Chunk) NEXT.compareAndExchange(c, (Chunk) null, made);
                if (next == null) {
                    next = made;
                }
            }
            if (next == c) {
                next = (Chunk) HEAD_CHUNK.getAcquire(this); // pairs with take(), which set it before it linked c to
                                                            // itself
                if (next.first > number) {
                    return null;
                }
            }
            c = next;
        }
        return c;
    }

    /**
     * Adds an element, waiting for room if there is none.
     *
     * @throws InterruptedException if the thread is interrupted on entry or while it waits; nothing was added
     */
    Outcome offer(T element, @Nullable UnaryOperator<T> commit, long timeoutNanos) throws InterruptedException {
        Deadline deadline = new Deadline(timeoutNanos);
        boolean woken = false;
        while (true) {
            if (Thread.interrupted()) {
                if (woken) {
                    forRoom.wakeOne(); // the room that this thread was woken for is somebody else's
                }
                throw new InterruptedException();
            }
            Outcome outcome = offer(element, commit);
            long left = deadline.nanosLeft();
            if (outcome != Outcome.FULL || left <= 0) {
                return outcome;
            }
            woken = !forRoom.park(hasRoomOrEnd, left);
        }
    }

    /** Gives the right to take to somebody; those who wait for elements with the right of somebody else are told. */
    void setTaker(@Nullable Object who) {
        takeTurn();
        right = new Right(who); // volatile, and before the waiters are looked at: see Waiters
        endTurn();
        forElements.wakeAll();
    }

    boolean isTaker(Object who) {
        return who == right.taker;
    }

    /** The first element, or null where there is none; for those that nobody has a right to. */
    @Nullable
    T poll() {
        return poll(null);
    }

    /** The first element, whoever has the right to it, or null where there is none. */
    @Nullable
    T pollForAnybody() {
        return poll(right.taker);
    }

    /** The first element, as soon as there is one; for those that nobody has a right to. */
    @Nullable
    T poll(long timeoutNanos) throws InterruptedException {
        return poll(null, timeoutNanos);
    }

    /** The first element, or null where there is none, or where taking is not for the caller. */
    @Nullable
    T poll(@Nullable Object who) {
        // an element whose place is taken, but not filled yet, may have one behind it that is
        return isReady() || hasElement() ? takeInTurn(who) : null;
    }

    private @Nullable T takeInTurn(@Nullable Object who) {
        takeTurn();
        T element;
        try {
            element = who == right.taker ? take() : null;
        } finally {
            endTurn();
        }
        if (element != null && capacity != UNBOUNDED) {
            forRoom.wakeOne();
            if (isDrainedOrEnded()) {
                forDrain.wakeAll();
            }
        }
        return element;
    }

    /**
     * The first element, as soon as there is one; or null where the time is up, or this has ended and is empty, or taking
     * is no longer for the caller.
     */
    @Nullable
    T poll(@Nullable Object who, long timeoutNanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        T element = isReady() ? takeInTurn(who) : null; // the tail is not for those who have time
        return element != null ? element : await(who, timeoutNanos);
    }

    private @Nullable T await(@Nullable Object who, long timeoutNanos) throws InterruptedException {
        Deadline deadline = new Deadline(timeoutNanos);
        while (true) {
            Right mine = right;
            if (who != mine.taker) {
                passOn();
                return null;
            }
            long left = deadline.nanosLeft();
            boolean woken = false;
            if (left > 0 && !idle.idle(mine.isReady, left) && !Thread.currentThread().isInterrupted()) {
                ReceiveWaitEvent event = ReceiveWaitEvent.begun();
                woken = !forElements.park(mine.hasElementOrEnd, left);
                ReceiveWaitEvent.end(event, who);
            }
            if (Thread.interrupted()) {
                if (woken) {
                    passOn();
                }
                throw new InterruptedException();
            }
            T element = poll(who);
            if (element != null || left <= 0 || ended() != null && isEmpty()) {
                return element;
            }
        }
    }

    private void takeTurn() {
        int spins = 0;
        while (!TURN.weakCompareAndSetAcquire(this, 0L, 1L)) { // pairs with endTurn()
            spins = pause(spins);
        }
    }

    private void endTurn() {
        TURN.setRelease(this, 0L);
    }

    /** For what another thread is about to do, unless it has no core to do it on. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static int pause(int spins) {
        if (spins < 100) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
        return spins + 1;
    }

    /** In turn. */
    @SuppressWarnings("unchecked") // only offer() fills slots
    private @Nullable T take() {
        long head = (long) HEAD.get(this);
        Chunk chunk = headChunk;
        if (head == chunk.end) {
            Chunk next = chunk.next;
            if (next == null) {
                return null; // nobody can have a place in a chunk that is not there
            }
            HEAD_CHUNK.setRelease(this, next); // pairs with chunkOf()
            chunk.next = chunk;
            chunk = next;
        }
        int at = (int) (head - chunk.first);
        Object element = SLOT.getAcquire(chunk.slots, at); // pairs with fill()
        if (element == null) {
            if (tail() >> 1 == head) {
                return null;
            }
            element = awaitFill(chunk, at);
        }
        chunk.slots[at] = null;
        if (capacity == UNBOUNDED) {
            HEAD.setOpaque(this, head + 1); // for those who only count
        } else {
            HEAD.setVolatile(this, head + 1); // before the waiters are looked at: see Waiters
        }
        return (T) element;
    }

    /** The element of a slot that somebody has taken a place for. */
    private static Object awaitFill(Chunk chunk, int at) {
        int spins = 0;
        while (true) {
            Object element = SLOT.getAcquire(chunk.slots, at); // pairs with fill()
            if (element != null) {
                return element;
            }
            spins = pause(spins);
        }
    }

    /** Whether there may be something to take, at the price of looking at what takers look at anyway. */
    private boolean isReady() {
        long head = head();
        Chunk chunk = (Chunk) HEAD_CHUNK.getAcquire(this); // pairs with take()
        int at = (int) (head - chunk.first);
        if (at < 0 || at >= chunk.slots.length) { // the end of a chunk, or another taker is at it
            return chunk.next != null || reason != null;
        }
        return SLOT.getOpaque(chunk.slots, at) != null || reason != null;
    }

    private boolean hasElement() {
        return tail() >> 1 != head();
    }

    private boolean hasElementOrEnd() {
        long tail = tail();
        return tail >> 1 != head() || (tail & ENDED) != 0;
    }

    private boolean hasRoomOrEnd() {
        long tail = tail();
        return (tail >> 1) - head() < capacity || (tail & ENDED) != 0;
    }

    private boolean isDrainedOrEnded() {
        long tail = tail();
        return (tail >> 1) - head() <= capacity / 2 || (tail & ENDED) != 0;
    }

    private long tail() {
        return (long) TAIL.getVolatile(this);
    }

    private long head() {
        return (long) HEAD.getVolatile(this);
    }

    boolean isEmpty() {
        return !hasElement();
    }

    /** How many elements there are, those included whose adding is not complete. */
    long size() {
        long head = head(); // first, so that the difference is not negative
        return Math.min((tail() >> 1) - head, capacity); // some may have been taken between the two looks
    }

    /** How many elements were added so far. */
    long added() {
        return tail() >> 1;
    }

    /** How many elements were taken so far. */
    long taken() {
        return head();
    }

    /** Announces somebody who is to be told of the next element, or of the end; false if there is no need to wait. */
    boolean arm(Waiters.Waiter waiter) {
        return forElements.arm(waiter, hasElementOrEnd);
    }

    /** For those who were told of an element and do not take it. */
    void passOn() {
        if (hasElement()) {
            forElements.wakeOne();
        }
    }

    /** Announces somebody who is to be told when half of the capacity is free, or of the end; false if that is so. */
    boolean armForDrain(Waiters.Waiter waiter) {
        return forDrain.arm(waiter, isDrainedOrEnded);
    }

    boolean isFull() {
        return capacity != UNBOUNDED && !hasRoomOrEnd();
    }

    int capacity() {
        return capacity;
    }

    /** Ends this for the first time; what it holds can still be taken. */
    boolean end(String why) {
        long tail = (long) TAIL.getAndBitwiseOr(this, ENDED);
        if ((tail & ENDED) != 0) {
            return false;
        }
        tellEnd(why);
        return true;
    }

    boolean endIfEmpty(String why) {
        long tail = tail();
        if (tail >> 1 != head()) {
            return false;
        }
        if ((tail & ENDED) != 0) {
            return true;
        }
        if (!TAIL.compareAndSet(this, tail, tail | ENDED)) {
            return endIfEmpty(why);
        }
        tellEnd(why);
        return true;
    }

    private void tellEnd(String why) {
        reason = why;
        forElements.wakeAll();
        forRoom.wakeAll();
        forDrain.wakeAll();
    }

    /** Why this has ended, or null while it goes on. */
    @Nullable
    String ended() {
        if ((tail() & ENDED) == 0) {
            return null;
        }
        String why = reason;
        for (int spins = 0; why == null; why = reason) { // who ended it is about to say
            spins = pause(spins);
        }
        return why;
    }

    /** Takes all there is, and what is added meanwhile: with a capacity that may be more than fits at once. */
    List<T> drain() {
        List<T> all = new ArrayList<>();
        takeTurn();
        try {
            for (T element = take(); element != null; element = take()) {
                all.add(element);
            }
        } finally {
            endTurn();
        }
        all.forEach(_ -> forRoom.wakeOne());
        forDrain.wakeAll();
        return all;
    }
}
