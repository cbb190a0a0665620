package dev.handoff.channel;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The messages of a port, for one subscriber that says how many it wants.
 *
 * @param <R> the type of the messages
 */
final class PortPublisher<R> implements Flow.Publisher<R> {
    private final Inbox<R> inbox;
    private final MessagePort<?, R> handle;
    private final AtomicBoolean isTaken = new AtomicBoolean();

    PortPublisher(Inbox<R> inbox, MessagePort<?, R> handle) {
        this.inbox = inbox;
        this.handle = handle;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super R> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        if (isTaken.getAndSet(true)) {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long n) {
                    // there is nothing to give
                }

                @Override
                public void cancel() {
                    // nor to take back
                }
            });
            subscriber.onError(new IllegalStateException("a message goes to one subscriber; this publisher has one"));
            return;
        }
        Subscription subscription = new Subscription(subscriber, EventLoop.executorHere());
        subscriber.onSubscribe(subscription);
        subscription.follow();
    }

    private final class Subscription implements Flow.Subscription, Runnable {
        private final Flow.Subscriber<? super R> subscriber;
        private final Executor where;
        private final AtomicLong demand = new AtomicLong();
        /** How often it was woken since it last came to rest: who moves it from zero makes it run. */
        private final AtomicInteger wakes = new AtomicInteger();
        private final AtomicBoolean isArmed = new AtomicBoolean();
        private final Registration hold;
        private volatile long badRequest = 1;
        private volatile boolean isOver;
        private volatile Registration move = () -> {
        };

        Subscription(Flow.Subscriber<? super R> subscriber, Executor where) {
            this.subscriber = subscriber;
            this.where = where;
            hold = where instanceof EventLoop loop ? loop.hold(this::cancel) : () -> {
            };
        }

        /** Hears of what ends it, also while it asks for nothing. */
        void follow() {
            move = inbox.onMove(handle, this::wake);
            if (isOver) {
                move.close(); // it was cancelled before
            }
            var _ = inbox.closed().thenRun(this::wake);
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                badRequest = n;
            } else {
                demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            }
            wake();
        }

        @Override
        public void cancel() {
            isOver = true;
            hold.close();
            move.close();
        }

        void wake() {
            if (wakes.getAndIncrement() == 0) {
                try {
                    where.execute(this);
                } catch (RejectedExecutionException e) { // its loop has ended: nobody is there to subscribe
                    cancel();
                }
            }
        }

        private void onMail() {
            isArmed.set(false);
            wake();
        }

        @Override
        public void run() {
            int seen = wakes.get();
            do {
                try {
                    publish();
                } catch (Throwable e) { // a subscriber must not throw; one that does has lost its subscription
                    cancel();
                    Thread here = Thread.currentThread();
                    here.getUncaughtExceptionHandler().uncaughtException(here, e);
                }
                seen = wakes.addAndGet(-seen);
            } while (seen != 0);
        }

        private void publish() {
            while (!isOver) {
                if (badRequest <= 0) {
                    cancel();
                    subscriber.onError(new IllegalArgumentException("request(" + badRequest + ") must be positive"));
                } else if (!inbox.isTaker(handle)) {
                    cancel();
                    subscriber.onError(handle.gone());
                } else if (inbox.isOver()) {
                    cancel();
                    subscriber.onComplete();
                } else if (demand.get() == 0) {
                    inbox.passOn(); // what this was woken for is somebody else's
                    return;
                } else {
                    R message = inbox.receive(handle);
                    if (message != null) {
                        demand.decrementAndGet();
                        MessageDeliveredEvent event = MessageDeliveredEvent.begun();
                        subscriber.onNext(message);
                        MessageDeliveredEvent.end(event, inbox, message);
                    } else if (!inbox.isOver() && (isArmed.getAndSet(true) || inbox.arm(this::onMail))) {
                        return;
                    } else {
                        isArmed.set(false);
                    }
                }
            }
            inbox.passOn();
        }
    }
}
