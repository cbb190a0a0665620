package dev.handoff.channel;

import dev.handoff.memory.Transferable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message as a handler of {@link MessagePort#onRequest} gets it: with the way to answer it, if its sender waits for an
 * answer. Thread-safe: it can be answered later and by any thread, while its channel is open.
 *
 * @param <M> the type of the message
 * @param <A> the type of the answer
 */
public final class Request<M, A> {
    private final M message;
    private final @Nullable Question<A> question;

    Request(M message, @Nullable Question<A> question) {
        this.message = message;
        this.question = question;
    }

    /**
     * What was sent.
     *
     * @return the receiver's own copy
     */
    public M message() {
        return message;
    }

    /**
     * Whether the sender waits for an answer.
     *
     * @return false if the message was only posted, or if the sender has given up waiting
     */
    public boolean wantsReply() {
        return question != null && !question.answer.isDone();
    }

    /**
     * Answers. The answer is cloned now, as a message is, and what is listed moves; it does not wait behind the messages
     * that are queued for the asker.
     *
     * @param answer what to answer
     * @param transfer what to move
     * @return whether it was sent; false if the sender has given up waiting: nothing was taken then
     * @throws IllegalStateException if the message was only posted, if it was answered before, or if a native call is using
     *     a listed buffer; nothing was taken
     * @throws dev.handoff.clone.DataCloneException if something in the answer can't be cloned; nothing was sent or taken
     * @throws WrongThreadException if another thread owns a buffer in the answer; nothing was sent or taken
     */
    public boolean reply(A answer, Transferable... transfer) {
        return question().reply(Objects.requireNonNull(answer, "answer"), transfer);
    }

    /**
     * Answers that it can't be answered.
     *
     * @param error why: the very object is what the sender's future fails with
     * @return whether it was sent; false if the sender has given up waiting
     * @throws IllegalStateException if the message was only posted, or if it was answered before
     */
    public boolean fail(Throwable error) {
        return question().fail(Objects.requireNonNull(error, "error"));
    }

    private Question<A> question() {
        if (question == null) {
            throw new IllegalStateException("nobody waits for an answer: the message was posted, not requested: "
                    + message);
        }
        return question;
    }

    @Override
    public String toString() {
        return "Request[" + message + "]";
    }
}
