package dev.handoff.pool;

import dev.handoff.channel.MessagePort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Stream;

/**
 * The many results of one task, on their way.
 *
 * @param values the receiver's end of the channel
 * @param end the task
 * @param <V> the type of the values
 */
record Emission<V>(MessagePort<Object, V> values, CompletableFuture<?> end) {
    /** How many values wait for who takes them; then the handler waits. */
    static final int CAPACITY = 16;

    private void stop() {
        values.close();
        end.cancel(true);
    }

    /** The values; then what the task failed with, if it has. */
    Stream<V> stream() {
        Stream<V> failure = Stream.of(end).flatMap(task -> {
            task.join();
            return Stream.empty();
        });
        return Stream.concat(values.stream(), failure).onClose(this::stop);
    }

    void subscribe(Flow.Subscriber<? super V> subscriber) {
        values.publisher().subscribe(new Flow.Subscriber<V>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscriber.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        subscription.request(n);
                    }

                    @Override
                    public void cancel() {
                        subscription.cancel();
                        stop();
                    }
                });
            }

            @Override
            public void onNext(V value) {
                subscriber.onNext(value);
            }

            @Override
            public void onError(Throwable e) {
                stop();
                subscriber.onError(e);
            }

            @Override
            public void onComplete() {
                var _ = end.whenComplete((_, e) -> {
                    if (e == null) {
                        subscriber.onComplete();
                    } else {
                        subscriber.onError(e);
                    }
                });
            }
        });
    }

    /** For those whose task was not taken. */
    static void refuse(Flow.Subscriber<?> subscriber, Throwable why) {
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
        subscriber.onError(why);
    }
}
