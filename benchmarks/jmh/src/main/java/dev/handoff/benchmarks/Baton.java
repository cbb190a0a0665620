package dev.handoff.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A number that two threads send back and forth, in some way; and the thread at the other end.
 *
 * <p>
 * A sample is the time of a batch of round trips. Batches of 1,000 tell what a trip costs; where a trip takes as long as
 * a few readings of the clock, nothing else can. Batches of one trip show the spread. A mean over a whole iteration
 * would be mostly about the moments in which the machine did something else.
 */
@State(Scope.Thread)
public abstract class Baton {
    /** Numbers count from 1, so that 0 is what lies there before the first. */
    private static final int STOP = -1;

    /** Round trips in a sample. */
    @Param({"1", "1000"}) public int batch;

    /** Who sends first. */
    Thread sender;
    private Partner partner;
    private int sent;

    /** Sends a number. */
    abstract void send(int value) throws InterruptedException;

    /** Waits until the partner has sent it back. */
    abstract void awaitAnswer(int value) throws InterruptedException;

    /** The partner's part: waits for the number that comes after this one. */
    abstract int receive(int last) throws InterruptedException;

    /** The partner's part: sends it back. */
    abstract void answer(int value) throws InterruptedException;

    @Setup
    public void setUp() {
        partner = Partner.start(() -> {
            for (int value = receive(0); value != STOP; value = receive(value)) {
                answer(value);
            }
        });
    }

    @TearDown
    public void tearDown() throws InterruptedException {
        send(STOP);
        partner.join();
    }

    final Thread receiver() {
        return partner.thread();
    }

    final int trips() throws InterruptedException {
        sender = Thread.currentThread();
        int value = sent;
        for (int i = 0; i < batch; i++) {
            value++;
            send(value);
            awaitAnswer(value);
        }
        sent = value;
        return value;
    }
}
