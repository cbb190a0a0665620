package dev.handoff.benchmarks;

/**
 * The thread at the other end of a benchmark. The benchmark tells it to return in the way in which it tells it
 * everything else, so that nothing but that is measured.
 */
final class Partner {
    private static final long PATIENCE_MILLIS = 30_000;

    private final Thread thread;

    /** What a partner does until it is told to return. */
    interface Body {
        void run() throws Exception;
    }

    private Partner(Thread thread) {
        this.thread = thread;
    }

    static Partner start(Body body) {
        return new Partner(Thread.ofPlatform().daemon().name("partner").start(() -> {
            try {
                body.run();
            } catch (Throwable e) {
                // Who waits for a partner that is gone waits for ever.
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }));
    }

    Thread thread() {
        return thread;
    }

    /** Waits until it has returned. */
    void join() throws InterruptedException {
        thread.join(PATIENCE_MILLIS);
        if (thread.isAlive()) {
            throw new AssertionError("the partner has not returned");
        }
    }
}
