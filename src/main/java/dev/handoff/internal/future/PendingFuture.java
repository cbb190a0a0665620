package dev.handoff.internal.future;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future of something that can be called off until it begins. Whoever completes it from outside ({@code cancel},
 * {@code orTimeout} and so on) calls it off first; once it has begun nothing but its own {@link #end} completes it. The
 * exception are {@code obtrudeValue} and {@code obtrudeException}, which call it off, too, and then do what they always do.
 *
 * @param <T> the type of the result
 */
public abstract class PendingFuture<T extends @Nullable Object> extends CompletableFuture<T> {
    /**
     * Calls it off.
     *
     * @return false if it has begun, or was called off before
     */
    protected abstract boolean withdraw();

    /**
     * Completes it on a virtual thread: what depends on it must not run where the event came from.
     *
     * @param value its result, if nothing was thrown
     * @param thrown what it fails with, or null
     */
    protected final void end(T value, @Nullable Throwable thrown) {
        Thread.ofVirtual().name("handoff-result").inheritInheritableThreadLocals(false).start(() -> {
            if (thrown != null) {
                super.completeExceptionally(thrown);
            } else {
                super.complete(value);
            }
        });
    }

    /**
     * Completes it on the calling thread, which is one that what depends on it may use.
     *
     * @param value its result
     */
    protected final void endHere(T value) {
        super.complete(value);
    }

    @Override
    public boolean complete(T value) {
        return withdraw() && super.complete(value);
    }

    @Override
    public boolean completeExceptionally(Throwable e) {
        Objects.requireNonNull(e);
        return withdraw() && super.completeExceptionally(e);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return withdraw() ? super.cancel(mayInterruptIfRunning) : isCancelled();
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
        Objects.requireNonNull(supplier);
        executor.execute(() -> { // as it is in CompletableFuture, where it does not call complete
            if (isDone()) {
                return;
            }
            try {
                complete(supplier.get());
            } catch (Throwable e) {
                completeExceptionally(e);
            }
        });
        return this;
    }

    @Override
    public void obtrudeValue(T value) {
        withdraw();
        super.obtrudeValue(value);
    }

    @Override
    public void obtrudeException(Throwable e) {
        Objects.requireNonNull(e);
        withdraw();
        super.obtrudeException(e);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
