package dev.handoff.worker;

import dev.handoff.channel.EventLoop;
import dev.handoff.channel.Registration;
import dev.handoff.internal.future.PendingFuture;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A request whose body runs when the lock is granted, and holds it until the result is there. */
final class LockRequest<T extends @Nullable Object> extends PendingFuture<T> {
    private final Executor where;
    private final Locks.Body<? extends CompletionStage<T>> body;
    private final LockWaitEvent wait = LockWaitEvent.begun();
    private final HeldLock lock;
    private Registration hold = () -> {
    };

    LockRequest(String name, Locks.Mode mode, Executor where, Locks.Body<? extends CompletionStage<T>> body) {
        this.where = where;
        this.body = body;
        this.lock = new HeldLock(name, mode, this, this::grantedAfterWait);
    }

    void begin() {
        if (where instanceof EventLoop loop) {
            hold = loop.hold(this::loopEnded);
        }
        if (Locks.enter(lock)) {
            submit();
        }
    }

    private void grantedAfterWait() {
        wait.end(lock, true);
        submit();
    }

    private void submit() {
        try {
            where.execute(this::run);
        } catch (Throwable e) { // nobody will run the body; never one of the body's own
            finish(null, e);
        }
    }

    private void run() {
        if (!lock.isHeld()) {
            return; // stolen in the meantime: nothing has begun that would have to go on
        }
        CompletionStage<T> result;
        try {
            result = body.run(lock);
            var _ = result.whenComplete(this::finish);
        } catch (Throwable e) {
            finish(null, e);
        }
    }

    @SuppressWarnings("NullAway") // there is no value where something was thrown
    private void finish(@Nullable T value, @Nullable Throwable thrown) {
        lock.close();
        if (lock.state != HeldLock.State.LOST) {
            end(value, thrown instanceof CompletionException e && e.getCause() != null ? e.getCause() : thrown);
        }
        hold.close();
    }

    /** The lock was taken away while it was held. */
    @SuppressWarnings("NullAway") // as above
    void lost(String why) {
        end(null, new LockLostException(why));
        hold.close();
    }

    @SuppressWarnings("NullAway") // as above
    private void loopEnded() {
        String ended = "the event loop of the request has ended";
        if (withdraw()) {
            end(null, new CancellationException("lock '" + lock.name() + "' was not granted: " + ended));
        } else if (Locks.release(lock, HeldLock.State.LOST)) {
            lost("lock '" + lock.name() + "' was let go: " + ended);
        }
    }

    @Override
    protected boolean withdraw() {
        if (!Locks.withdraw(lock)) {
            return false;
        }
        wait.end(lock, false);
        hold.close();
        return true;
    }
}
