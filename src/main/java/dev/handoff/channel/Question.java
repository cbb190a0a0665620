package dev.handoff.channel;

import dev.handoff.clone.PreparedClone;
import dev.handoff.memory.Transferable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A message that waits for an answer, as it lies in a queue. The answer goes straight to the future, past the queue of the
 * asker.
 *
 * @param <A> the type of the answer
 */
final class Question<A> {
    /** The message, as it would lie in the queue if nobody waited for an answer. Changes before others can see it. */
    Object slot;
    final CompletableFuture<A> answer = new CompletableFuture<>();
    private final MessagePort<?, A> asker;
    private final AtomicBoolean isAnswered = new AtomicBoolean();

    Question(Object slot, MessagePort<?, A> asker) {
        this.slot = slot;
        this.asker = asker;
    }

    /** Sends an answer, unless nobody waits for it any more. */
    boolean reply(A value, Transferable... transfer) {
        requireFirst();
        PreparedClone<A> message;
        try {
            message = asker.cloners().prepare(value, transfer);
            message.revoke();
        } catch (Throwable e) { // nothing was sent: another answer can be
            isAnswered.set(false);
            throw e;
        }
        if (answer.isDone()) {
            message.abort();
            return false;
        }
        message.commit(asker.toString());
        EventLoop.onVirtualThread(() -> { // not here: what hangs on the future is none of the answerer's business
            if (!answer.complete(message.value())) {
                message.discard();
            }
        });
        return true;
    }

    boolean fail(Throwable error) {
        requireFirst();
        if (answer.isDone()) {
            return false;
        }
        EventLoop.onVirtualThread(() -> answer.completeExceptionally(error));
        return true;
    }

    private void requireFirst() {
        if (isAnswered.getAndSet(true)) {
            throw new IllegalStateException("a request is answered once: " + Slot.message(slot));
        }
    }

    /** Nobody will answer, unless somebody has. */
    void giveUp(RuntimeException why) {
        if (!isAnswered.getAndSet(true)) {
            EventLoop.onVirtualThread(() -> answer.completeExceptionally(why));
        }
    }

    /** Nobody can answer any more, whoever has tried. */
    void portClosed(String reason) {
        EventLoop.onVirtualThread(() -> answer.completeExceptionally(new PortClosedException(asker, reason)));
    }
}
