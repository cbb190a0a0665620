package dev.handoff.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.clone.DataCloneException;
import dev.handoff.clone.StructuredClone;
import dev.handoff.testing.Threads;
import dev.handoff.testing.Threads.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Threads of both kinds that do whatever a handle allows, at random and with the same handles. Each runs a schedule of some
 * operations and dies with what it owns. How many schedules there are is told by {@code -Dhandoff.stress=100000}, and the
 * seed of the first by {@code -Dhandoff.stress.seed}; which thread meets which is up to the machine.
 */
class OwnedBufferStressTest {
    private static final int SCHEDULES = Integer.getInteger("handoff.stress", 3_000);
    private static final long SEED = Long.getLong("handoff.stress.seed", new Random().nextLong());
    private static final int OPERATIONS = 24;
    private static final int ACTORS = 6;
    /** What the bytes are made of: an int and its complement, or zeros. Nobody cuts one. */
    private static final int CELL = 8;

    /** Where a handle is found, and the parts that it was split into. */
    private static final class Node {
        volatile OwnedBuffer handle;
        volatile List<Node> parts;

        Node(OwnedBuffer handle) {
            this.handle = handle;
        }
    }

    private record Frozen(FrozenBuffer buffer, int checksum) {
    }

    private final AtomicReferenceArray<Node> roots = new AtomicReferenceArray<>(8);
    private final AtomicReferenceArray<Frozen> frozen = new AtomicReferenceArray<>(6);
    private final AtomicReferenceArray<SharedBuffer> shared = new AtomicReferenceArray<>(6);
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final LongAdder done = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder joined = new LongAdder();

    @Test
    void whateverThreadsDoThereIsOneOwnerAndInTheEndNothingIsLeft() {
        long before = MemoryStatistics.snapshot().bytesInUse();
        AtomicInteger next = new AtomicInteger();
        List<Thread> runners = IntStream.range(0, ACTORS).mapToObj(i -> Thread.ofPlatform().start(() -> {
            for (int s = next.getAndIncrement(); s < SCHEDULES && failures.isEmpty(); s = next.getAndIncrement()) {
                Random random = new Random(SEED + s);
                Thread actor = Kind.values()[random.nextInt(2)].unstarted("actor-" + s, () -> run(random));
                actor.start();
                Threads.join(actor);
            }
        })).toList();
        runners.forEach(Threads::join);
        assertAll("seed " + SEED, failures.stream().<Executable>map(e -> () -> {
            throw e;
        }));
        System.out.println("stress: " + SCHEDULES + " schedules from seed " + SEED + ", " + done + " operations, "
                + joined + " joins, " + refused + " refused");
        assertTrue(done.sum() > refused.sum() && joined.sum() > 0, "most must have succeeded, else it proves nothing");
        for (int i = 0; i < roots.length(); i++) {
            roots.set(i, null);
        }
        for (int i = 0; i < frozen.length(); i++) {
            frozen.set(i, null);
            shared.set(i, null);
        }
        for (int i = 0; i < 1_000 && MemoryStatistics.snapshot().bytesInUse() > before; i++) {
            System.gc();
            Thread.yield();
        }
        assertTrue(MemoryStatistics.snapshot().bytesInUse() <= before,
                "seed " + SEED + ": " + before + " bytes in use before, now " + MemoryStatistics.snapshot());
    }

    private void run(Random random) {
        for (int i = 0; i < OPERATIONS && failures.isEmpty(); i++) {
            try {
                act(random);
                done.increment();
            } catch (WrongThreadException | DetachedException | DataCloneException e) {
                refused.increment(); // another one was faster
            } catch (IllegalStateException e) {
                if (!e.getMessage().endsWith("can't be used before its move is complete")) {
                    failures.add(e);
                }
            } catch (Throwable e) {
                failures.add(e);
            }
        }
    }

    private void act(Random random) {
        Node node = pick(random);
        OwnedBuffer handle = node == null ? null : node.handle;
        switch (random.nextInt(node == null ? 3 : 32)) {
            case 0, 1, 2 -> roots.set(random.nextInt(roots.length()), new Node(allocate(random))); // drops what was
                                                                                                   // there
            case 3, 4, 5, 6, 7, 8 -> use(node, handle, random);
            case 9 -> handle.claim();
            case 10, 11, 12 -> transfer(node, handle);
            case 13, 14 -> node.handle = StructuredClone.clone(handle, handle);
            case 15 -> abort(handle, random);
            case 16, 17, 18, 19 -> split(node, handle, random);
            case 20, 21, 22, 23 -> join(random);
            case 24, 25 -> resize(handle, random);
            case 26 -> handle.close();
            case 27 -> freeze(handle, random);
            case 28 -> shared.set(random.nextInt(shared.length()), handle.share());
            case 29 -> check(frozen.get(random.nextInt(frozen.length())));
            case 30 -> write(shared.get(random.nextInt(shared.length())), random);
            case 31 -> copy(handle, pick(random));
            default -> throw new AssertionError();
        }
    }

    /** Some node of a tree: the root, or any part. */
    private Node pick(Random random) {
        Node node = roots.get(random.nextInt(roots.length()));
        while (node != null && random.nextInt(4) != 0) {
            List<Node> parts = node.parts;
            if (parts == null) {
                break;
            }
            node = parts.get(random.nextInt(parts.size()));
        }
        return node;
    }

    private Node pickSplit(Random random) {
        Node found = null;
        Node node = roots.get(random.nextInt(roots.length()));
        while (node != null) {
            List<Node> parts = node.parts;
            if (parts == null) {
                break;
            }
            found = node;
            node = parts.get(random.nextInt(parts.size()));
        }
        return found;
    }

    private OwnedBuffer allocate(Random random) {
        int bytes = CELL * random.nextInt(512);
        OwnedBuffer buffer = switch (random.nextInt(3)) {
            case 0 -> OwnedBuffer.allocate(bytes);
            case 1 -> OwnedBuffer.allocateResizable(bytes, bytes + CELL * random.nextInt(512));
            default -> {
                OwnedBuffer any = OwnedBuffer.allocateUninitialized(bytes);
                write(any.segment(), random.nextInt());
                yield any;
            }
        };
        if (buffer.maxByteSize() > bytes || random.nextBoolean()) {
            checkCells(buffer.segment());
        }
        return random.nextBoolean() ? buffer : buffer.transfer();
    }

    /** As its owner: what is there is whole, and nobody else writes. */
    private static void use(Node node, OwnedBuffer handle, Random random) {
        MemorySegment bytes = handle.segment();
        checkCells(bytes);
        int stamp = random.nextInt();
        write(bytes, stamp);
        if (random.nextBoolean()) {
            Thread.yield();
        }
        for (long i = 0; i < bytes.byteSize(); i += CELL) {
            if (bytes.get(JAVA_INT, i) != stamp || bytes.get(JAVA_INT, i + 4) != ~stamp) {
                throw new AssertionError("another owner wrote to " + handle + " at " + i);
            }
        }
        if (random.nextInt(4) != 0) {
            transfer(node, handle);
        }
    }

    private static void write(MemorySegment bytes, int stamp) {
        for (long i = 0; i < bytes.byteSize(); i += CELL) {
            bytes.set(JAVA_INT, i, stamp);
            bytes.set(JAVA_INT, i + 4, ~stamp);
        }
    }

    private static int checkCells(MemorySegment bytes) {
        int checksum = 0;
        for (long i = 0; i < bytes.byteSize(); i += CELL) {
            int stamp = bytes.get(JAVA_INT, i);
            int complement = bytes.get(JAVA_INT, i + 4);
            if (complement != ~stamp && (stamp | complement) != 0) {
                throw new AssertionError("two writers at " + i + ": " + stamp + " and " + complement);
            }
            checksum = 31 * checksum + stamp;
        }
        return checksum;
    }

    private static void transfer(Node node, OwnedBuffer handle) {
        MemorySegment view = handle.segment();
        node.handle = handle.transfer();
        requireDead(view);
    }

    private static void requireDead(MemorySegment view) {
        if (view.scope().isAlive()) {
            throw new AssertionError("a view outlived the handle: " + view);
        }
    }

    private static void abort(OwnedBuffer handle, Random random) {
        Transfer move = handle.beginTransfer();
        if (random.nextBoolean()) {
            handle.segment();
        }
        if (random.nextBoolean()) {
            move.revoke();
        }
        move.abort();
    }

    private static void split(Node node, OwnedBuffer handle, Random random) {
        int parts = 1 + random.nextInt(4);
        if (parts > 1 && handle.byteSize() / CELL < parts) {
            return;
        }
        try {
            node.parts = handle.split(parts, CELL).stream().map(Node::new).toList();
        } catch (IllegalArgumentException e) {
            if (!e.getMessage().contains("parts=")) { // it was resized meanwhile
                throw e;
            }
        }
    }

    private void join(Random random) {
        Node node = pickSplit(random);
        List<Node> parts = node == null ? null : node.parts;
        if (parts == null) {
            return;
        }
        List<OwnedBuffer> handles = new ArrayList<>();
        parts.forEach(part -> handles.add(part.handle));
        Collections.shuffle(handles, random);
        OwnedBuffer whole = OwnedBuffer.join(handles);
        node.parts = null; // before the whole can be split by another one
        node.handle = whole;
        joined.increment();
    }

    private static void resize(OwnedBuffer handle, Random random) {
        handle.claim();
        long before = handle.byteSize();
        long after = random.nextLong(handle.maxByteSize() / CELL + 1) * CELL;
        MemorySegment view = handle.segment();
        handle.resize(after);
        requireDead(view);
        for (long i = before; i < after; i += JAVA_INT.byteSize()) {
            if (handle.segment().get(JAVA_INT, i) != 0) {
                throw new AssertionError("not zero at " + i + ", grown from " + before + " to " + after);
            }
        }
    }

    private void freeze(OwnedBuffer handle, Random random) {
        int checksum = checkCells(handle.segment());
        frozen.set(random.nextInt(frozen.length()), new Frozen(handle.freeze(), checksum));
    }

    private static void check(Frozen frozen) {
        if (frozen != null && checkCells(frozen.buffer.segment()) != frozen.checksum) {
            throw new AssertionError("frozen bytes changed");
        }
    }

    private static void write(SharedBuffer buffer, Random random) {
        if (buffer != null && buffer.byteSize() > 0) {
            Int32View view = Int32View.of(buffer);
            view.set(random.nextLong(view.length()), random.nextInt());
        }
    }

    private static void copy(OwnedBuffer from, Node to) {
        OwnedBuffer target = to == null ? from : to.handle;
        if (from.byteSize() <= target.byteSize()) {
            try {
                from.copyTo(target, 0);
            } catch (IndexOutOfBoundsException e) {
                // it was resized meanwhile
            }
        }
    }
}
