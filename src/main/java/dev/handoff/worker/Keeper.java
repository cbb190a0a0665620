package dev.handoff.worker;

/**
 * Keeps the JVM alive as long as anybody wants it: one thread for all workers that are referenced, whose own threads are
 * daemons. So a worker can change its mind while it runs, virtual threads can be waited for, and what is to be told of an
 * end can be told by any thread.
 */
final class Keeper {
    /**
     * How often the thread looks whether it is still wanted. It ends when it was not from one look to the next: to start it
     * costs what a worker does, and to wake it for each one that ends nearly as much.
     */
    private static final long LOOK_MILLIS = 10;
    /** After so many looks that found nothing changed it sleeps until the last worker ends. */
    private static final int LOOKS = 100;

    private static final Object LOCK = new Object();
    private static long held;
    private static boolean running;
    private static boolean asleep;
    private static boolean changed;

    private Keeper() {
    }

    /**
     * One more.
     *
     * @throws OutOfMemoryError if there can be no more threads; nothing has changed
     */
    static void hold() {
        synchronized (LOCK) {
            if (!running) {
                Thread.ofPlatform().name("handoff-keeper").daemon(false).inheritInheritableThreadLocals(false)
                        .stackSize(1 << 16).start(Keeper::keep);
                running = true;
            }
            held++;
            changed = true;
        }
    }

    /** One less. */
    static void release() {
        synchronized (LOCK) {
            changed = true;
            if (--held == 0 && asleep) {
                LOCK.notifyAll();
            }
        }
    }

    static long held() {
        synchronized (LOCK) {
            return held;
        }
    }

    private static void keep() {
        synchronized (LOCK) {
            int looks = 0;
            do {
                changed = false;
                asleep = held > 0 && looks == LOOKS;
                try {
                    LOCK.wait(asleep ? 0 : LOOK_MILLIS);
                } catch (InterruptedException e) {
                    // by whoever interrupts all threads that it finds: those who hold have the say
                }
                looks = changed ? 0 : Math.min(looks + 1, LOOKS);
            } while (held > 0 || changed);
            asleep = false;
            running = false;
        }
    }
}
