package dev.handoff.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The free blocks of the whole JVM, by size class, of {@value #MAX_BYTES_PROPERTY} bytes at most. Last in, first out, as
 * the last one used is still in a processor's cache; so what sinks to the bottom of its class, and stays there for a
 * whole period ({@value #PERIOD_PROPERTY}), was not needed, and is freed. A thread of its own sees to that, for as long
 * as anything is pooled. Thread-safe and lock-free.
 */
final class Pool {
    static final String MAX_BYTES_PROPERTY = "dev.handoff.memory.maxPooledBytes";
    static final String PERIOD_PROPERTY = "dev.handoff.memory.idleMillis";
    static final String TRIMMER = "handoff-trimmer";

    static final long MAX_BYTES = Long.getLong(MAX_BYTES_PROPERTY,
            Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8));
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS
            .toNanos(Math.max(1, Long.getLong(PERIOD_PROPERTY, 10_000)));

    private static final List<ConcurrentLinkedDeque<Block>> FREE = new ArrayList<>();
    private static final AtomicLong BYTES = new AtomicLong();
    private static final AtomicBoolean TRIMMING = new AtomicBoolean();
    private static final AtomicInteger PERIOD = new AtomicInteger();

    static {
        for (int i = 0; i <= Allocator.sizeClass(Allocator.MAX_BYTES); i++) {
            FREE.add(new ConcurrentLinkedDeque<>());
        }
    }

    private Pool() {
    }

    static @Nullable Block poll(int sizeClass) {
        Block block = FREE.get(sizeClass).pollFirst();
        if (block != null) {
            BYTES.addAndGet(-block.bytes);
        }
        return block;
    }

    /** Takes a block without a lease, or frees it if there is no room. */
    static void offer(Block block) {
        long bytes = block.bytes;
        if (BYTES.addAndGet(bytes) > MAX_BYTES) {
            BYTES.addAndGet(-bytes);
            block.free();
            return;
        }
        block.root.forgetOwner();
        block.period = PERIOD.get();
        try {
            FREE.get(block.sizeClass).addFirst(block);
        } catch (Error e) { // no heap: the block is the cleaner's
            BYTES.addAndGet(-bytes);
            throw e;
        }
        if (!TRIMMING.get()) {
            startTrimming();
        }
    }

    /** Frees all. */
    static void trim() {
        for (int i = 0; i < FREE.size(); i++) {
            for (Block block = poll(i); block != null; block = poll(i)) {
                block.free();
            }
        }
    }

    /** Ends a period: frees what has been here since before its beginning. */
    static void endPeriod() {
        int ended = PERIOD.getAndIncrement();
        for (ConcurrentLinkedDeque<Block> blocks : FREE) {
            for (Block block = blocks.pollLast(); block != null; block = blocks.pollLast()) {
                if (ended - block.period <= 0) {
                    blocks.addLast(block);
                    break;
                }
                BYTES.addAndGet(-block.bytes);
                block.free();
            }
        }
    }

    private static void startTrimming() {
        if (TRIMMING.compareAndSet(false, true)) {
            try {
                Thread.ofPlatform().daemon().name(TRIMMER).inheritInheritableThreadLocals(false)
                        .start(Pool::keepTrimming);
            } catch (OutOfMemoryError e) { // no thread is to be had now
                TRIMMING.set(false); // so the next block that comes tries again
            }
        }
    }

    private static void keepTrimming() {
        do {
            long deadline = System.nanoTime() + PERIOD_NANOS;
            for (long left = PERIOD_NANOS; left > 0; left = deadline - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            endPeriod();
        } while (BYTES.get() > 0);
        TRIMMING.set(false);
        if (BYTES.get() > 0) { // of somebody who has found the thread still there
            startTrimming();
        }
    }
}
