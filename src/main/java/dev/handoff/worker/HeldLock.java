package dev.handoff.worker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@linkplain Locks named lock} in somebody's hands, until it is closed. It may be passed on, and closed by any thread;
 * it is let go for a thread that has ended, if that thread got it by {@link Locks#acquire}, {@link Locks#tryAcquire} or
 * {@link Locks#steal}. Thread-safe.
 */
public final class HeldLock implements AutoCloseable {
    /** Changed by {@link NamedLock} only. */
    enum State {
        PENDING,
        HELD,
        LOST,
        OVER
    }

    private final String name;
    private final Locks.Mode mode;
    private final Thread client;
    /** The request whose body holds it, or null where that is the client itself. */
    final @Nullable LockRequest<?> request;
    /** Run when it is granted after a wait; not under any lock. */
    final Runnable onGrant;
    /** Written inside of {@link Locks#update}; read without by those who only want to know. */
    volatile State state = State.PENDING;
    /** Waits for the end of the client while others wait for the lock; guarded as {@link #state} is. */
    @Nullable Thread watch;

    HeldLock(String name, Locks.Mode mode, @Nullable LockRequest<?> request, Runnable onGrant) {
        this.name = Objects.requireNonNull(name, "name");
        this.mode = Objects.requireNonNull(mode, "mode");
        this.client = Thread.currentThread();
        this.request = request;
        this.onGrant = onGrant;
    }

    /**
     * The name of the lock.
     *
     * @return the name that it was asked for by
     */
    public String name() {
        return name;
    }

    /**
     * Whether others may hold it at the same time.
     *
     * @return the mode that it was asked for in
     */
    public Locks.Mode mode() {
        return mode;
    }

    /** The thread that asked for it. */
    Thread client() {
        return client;
    }

    /** Whether the client itself holds it, and not the body of a request. */
    boolean isClients() {
        return request == null;
    }

    /** Whether it is held by a thread that has ended, and can't give it back any more. */
    boolean isAbandoned() {
        return isClients() && !client.isAlive(); // which orders what it did before what the next holder does
    }

    /**
     * Whether the lock is still held; if it is not, it was closed, stolen or let go. It may be stolen right afterwards.
     *
     * @return false once and for all when it is held no more
     */
    public boolean isHeld() {
        return state == State.HELD;
    }

    /**
     * Lets the lock go, and those who come next get it. Does nothing if it is held no more, also where it was stolen.
     * What was done before happens-before what the next holder does.
     */
    @Override
    public void close() {
        Locks.release(this, State.OVER);
    }

    @Override
    public String toString() {
        return "HeldLock['" + name + "', " + mode + (isHeld() ? "" : ", no more") + "]";
    }
}
