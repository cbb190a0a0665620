package dev.handoff.benchmarks;

import static dev.handoff.benchmarks.CloneResults.BY_HAND;
import static dev.handoff.benchmarks.CloneResults.BY_HAND_WITH_IDENTITY_TABLE;
import static dev.handoff.benchmarks.CloneResults.FORY;
import static dev.handoff.benchmarks.CloneResults.KRYO;
import static dev.handoff.benchmarks.CloneResults.NODE;
import static dev.handoff.benchmarks.CloneResults.OURS;
import static dev.handoff.benchmarks.Figures.figures;
import static dev.handoff.benchmarks.Figures.plain;
import static dev.handoff.benchmarks.Figures.size;
import static dev.handoff.benchmarks.Shape.BYTES;
import static dev.handoff.benchmarks.Shape.CYCLIC_GRAPH;
import static dev.handoff.benchmarks.Shape.LIST_OF_INTEGERS;
import static dev.handoff.benchmarks.Shape.MAP_OF_IMMUTABLE_RECORDS;
import static dev.handoff.benchmarks.Shape.RECORD_OF_IMMUTABLES;
import static dev.handoff.benchmarks.Shape.RECORD_WITH_ARRAY;
import static dev.handoff.benchmarks.Tables.AVERAGE;
import static dev.handoff.benchmarks.Tables.BATCH;
import static dev.handoff.benchmarks.Tables.SAMPLE;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What should hold: a row for each target whose result is kept. */
final class Targets {
    private static final String KIB = "1024";
    private static final String KIB_64 = "65536";
    private static final String MIB_100 = "104857600";
    private static final String GIB = "1073741824";
    /** A reference, as long as the heap is below 32 GiB. */
    private static final int SLOT = 4;

    private final Table table = new Table("what", "target", "measured", "holds");
    private boolean any;

    private Targets() {
    }

    /** Nothing where no result is kept. */
    static Optional<String> table(Project project) {
        Targets targets = new Targets();
        targets.add(project, Tables.ROUND_TRIP, targets::roundTrip);
        targets.add(project, Tables.HANDOFF_COST, targets::handoffCost);
        targets.add(project, Tables.ACCESS, targets::access);
        targets.add(project, Tables.ALLOCATION, targets::allocation);
        targets.add(project, Tables.WAKE, targets::wake);
        targets.add(project, Tables.PING_PONG, targets::pingPong);
        targets.add(project, Tables.RINGS, targets::rings);
        targets.add(project, Tables.CHANNELS,
                results -> targets.channels(results, Results.read(project, Tables.CHANNELS + Tables.NODE)));
        targets.add(project, Tables.CHANNEL_TRIPS,
                results -> targets.channelTrips(results, Results.read(project, Tables.CHANNEL_TRIPS + Tables.NODE)));
        targets.add(project, Tables.CHANNEL_COST, targets::channelCost);
        targets.add(project, Tables.WORKER_START,
                results -> targets.workerStart(results, Results.read(project, Tables.WORKER_START + Tables.NODE)));
        targets.add(project, Tables.POOL,
                results -> targets.pool(results, Results.read(project, Tables.POOL + Tables.NODE)));
        targets.add(project, Tables.PIXELS, targets::pixels);
        CloneResults.read(project).ifPresent(results -> {
            targets.any = true;
            targets.clone(results);
        });
        return targets.any ? Optional.of(targets.table.toString()) : Optional.empty();
    }

    private void add(Project project, String result, Consumer<Results> rows) {
        Results.read(project, result).ifPresent(results -> {
            any = true;
            rows.accept(results);
        });
    }

    private void roundTrip(Results results) {
        Function<String, Double> trip = bytes -> results
                .get("RoundTrip.transferred", SAMPLE, bytes, Payload.FIRST_BYTE.name()).p50();
        atMost("round trip of a transfer, first byte touched: 100 MiB / 1 KiB, p50", 1.2, "",
                trip.apply(MIB_100) / trip.apply(KIB));
    }

    private void handoffCost(Results results) {
        Function<String, Double> handoff = bytes -> mean(results, "HandoffCost.transferClaimTouch", bytes);
        atMost("transfer + claim + first touch on one thread, 1 KiB, p50 of the iterations", 40, " ns",
                handoff.apply(KIB));
        atMost("transfer + claim + first touch on one thread: 100 MiB / 1 KiB, p50 of the iterations", 1.2, "",
                handoff.apply(MIB_100) / handoff.apply(KIB));
        atMost("transfer + claim + first touch on one thread: 1 GiB / 1 KiB, p50 of the iterations", 1.1, "",
                handoff.apply(GIB) / handoff.apply(KIB));
        for (String bytes : results.values("HandoffCost.sharedArena", "bytes")) {
            atLeast("shared arena, open and close / transfer + claim + first touch, " + size(bytes)
                    + ", p50 of the iterations", 500, Figures::times,
                    mean(results, "HandoffCost.sharedArena", bytes) / handoff.apply(bytes));
        }
    }

    private void access(Results results) {
        Function<String, Double> loop = method -> results.get("Access." + method, SAMPLE).p50();
        for (String operation : new String[]{"Get", "Set", "CompareAndSet", "GetAndAdd"}) {
            atMost("`Int32View` / `AtomicIntegerArray`, p50: " + Tables.spaced(operation), 1.05, "",
                    loop.apply("int32" + operation) / loop.apply("atomic" + operation));
        }
        for (String bits : new String[]{"16", "8"}) {
            atMost("`Int" + bits + "View` / `Int32View`, p50: get and add", 1.4, "",
                    loop.apply("int" + bits + "GetAndAdd") / loop.apply("int32GetAndAdd"));
        }
        for (String how : new String[]{"Segment", "View"}) {
            String name = how.toLowerCase(Locale.ROOT);
            atMost("loop that sums the ints of a confined " + name + " / of an array, p50", 1.05, "",
                    loop.apply("sum" + how) / loop.apply("sumArray"));
            atMost("loop that changes the ints of a confined " + name + " / of an array, p50", 1.1, "",
                    loop.apply("change" + how) / loop.apply("changeArray"));
        }
        atMost("copy of the ints of a confined view to another, `copyTo` / of an array to another, p50", 1.1, "",
                loop.apply("copyView") / loop.apply("copyArray"));
    }

    private void allocation(Results results) {
        for (String bytes : new String[]{KIB, KIB_64}) {
            atMost("`OwnedBuffer` / confined arena: allocate zeroed and close, " + size(bytes), 1.1, "",
                    mean(results, "Allocation.ownedBuffer", bytes) / mean(results, "Allocation.confinedArena", bytes));
        }
        atLeast("confined arena, allocate zeroed / `OwnedBuffer.allocateUninitialized`, and close, 64 KiB", 10,
                Figures::times, mean(results, "Allocation.confinedArena", KIB_64)
                        / mean(results, "Allocation.ownedBufferUninitialized", KIB_64));
        atMost("`OwnedBuffer`, allocated again and closed / zeroing the memory, 100 MiB", 1.1, "",
                mean(results, "Allocation.ownedBuffer", MIB_100) / mean(results, "Allocation.zeroing", MIB_100));
    }

    private void wake(Results results) {
        atMost("`wake` where nobody waits", 10, " ns", mean(results, "Wake.wake"));
    }

    private void pingPong(Results results) {
        Function<String, Double> trip = method -> results.get("PingPong." + method, SAMPLE, BATCH).p50();
        double bare = trip.apply("bareWords");
        double spinning = trip.apply("awaitWakeBusySpin");
        double adaptive = trip.apply("awaitWakeAdaptive");
        atMost("ping-pong, p50: `awaitChange`, spinning / bare words", 1.2, "", trip.apply("awaitChange") / bare);
        atMost("ping-pong, p50: `await` and `wake`, spinning / bare words", 2.5, "", spinning / bare);
        atMost("ping-pong, p50: `await` and `wake`, adaptive / spinning", 1.3, "", adaptive / spinning);
        atMost("ping-pong, p50: `await` and `wake`, parking / bare `LockSupport`", 1.15, "",
                trip.apply("awaitWakeParking") / trip.apply("bareParking"));
        atLeast("ping-pong, p50: `SynchronousQueue` / `await` and `wake`, adaptive", 10, Figures::times,
                trip.apply("synchronousQueue") / adaptive);
        atLeast("ping-pong, p50: `LinkedTransferQueue` / `await` and `wake`, adaptive", 10, Figures::times,
                trip.apply("linkedTransferQueue") / adaptive);
    }

    private void rings(Results results) {
        Function<String, Double> stream = method -> results.get("Rings." + method, SAMPLE).p50();
        Function<String, Double> trip = method -> results.get("Rings." + method, SAMPLE, BATCH).p50();
        atLeast("messages of 64 bytes a second: `SpscRing` / Agrona's `OneToOneRingBuffer`", 1, Figures::times,
                stream.apply("oneToOneRingBuffer") / stream.apply("spscRing"));
        atMost("round trip of 64 bytes, p50: `SpscRing` / Agrona's `OneToOneRingBuffer`", 1, "",
                trip.apply("spscRingTrip") / trip.apply("oneToOneRingBufferTrip"));
        atLeast("messages of 64 bytes a second, 2 producers: `MpscRing` / Agrona's `ManyToOneRingBuffer`", 1,
                Figures::times, stream.apply("manyToOneRingBuffer") / stream.apply("mpscRing"));
    }

    /** Through ports as they are by default, and through such whose receiver spins. */
    private void channels(Results results, Optional<Results> node) {
        Function<String, Double> stream = method -> results.get("Channels." + method, SAMPLE).p50();
        for (String idle : List.of("Spinning", "Adaptive")) {
            for (String producers : List.of("", "Two")) {
                String what = ", " + idle.toLowerCase(Locale.ROOT) + (producers.isEmpty() ? "" : ", 2 producers");
                double ours = stream.apply("port" + idle + producers);
                atLeast("messages a second: port / JCTools' `MpscUnboundedXaddArrayQueue`" + what, 0.7, Figures::times,
                        stream.apply("mpscUnboundedXaddArrayQueue" + producers) / ours);
                atLeast("messages a second: port / `LinkedTransferQueue`" + what, 3, Figures::times,
                        stream.apply("linkedTransferQueue" + producers) / ours);
                node.ifPresent(n -> atLeast("messages a second: port / Node's" + what, 20, Figures::times,
                        n.get("NodeJs.stream", SAMPLE).p50() / ours));
            }
        }
    }

    /** The pair of JCTools' queues that is the faster one is what ours are held against. */
    private void channelTrips(Results results, Optional<Results> node) {
        Function<String, Double> trip = method -> results.get("ChannelTrips." + method, SAMPLE, BATCH).p50();
        double bare = Math.min(trip.apply("mpscArrayQueue"), trip.apply("mpscUnboundedXaddArrayQueue"));
        for (String idle : List.of("Spinning", "Adaptive")) {
            String what = "round trip, p50: ports, " + idle.toLowerCase(Locale.ROOT) + " / ";
            double ours = trip.apply("ports" + idle);
            atMost(what + "JCTools' MPSC queues", 1.25, "", ours / bare);
            atMost(what + "Disruptor", 1, "", ours / trip.apply("disruptor"));
        }
        double ours = trip.apply("portsAdaptive");
        atLeast("round trip, p50: `SynchronousQueue` / ports, adaptive", 10, Figures::times,
                trip.apply("synchronousQueue") / ours);
        atLeast("round trip, p50: `LinkedTransferQueue` / ports, adaptive", 10, Figures::times,
                trip.apply("linkedTransferQueue") / ours);
        node.ifPresent(n -> atLeast("round trip, p50: Node's `postMessage` / ports, adaptive", 100, Figures::times,
                n.get("NodeJs.trip", SAMPLE, BATCH).p50() / ours));
        atMost("round trip, p50: ports, parking / bare `LockSupport`", 1.2, "",
                trip.apply("portsParking") / trip.apply("bareParking"));
    }

    private void channelCost(Results results) {
        Results.Result empty = results.get("ChannelCost.empty", AVERAGE);
        for (String bytes : results.values("ChannelCost.opened", "bytes")) {
            for (String method : List.of("forwarded", "opened")) {
                Results.Result moved = results.get("ChannelCost." + method, AVERAGE, bytes);
                String what = "message that moves a buffer of " + size(bytes)
                        + (method.equals("opened") ? ", its view opened" : "");
                atMost(what + " - empty message", 150, " ns", moved.p50() - empty.p50());
                atMost(what + ": allocated", method.equals("opened") ? 260 : 80, " B", moved.bytesAllocated());
            }
        }
        atMost("empty message: allocated beside its slot of " + SLOT + " B", 0, " B",
                Math.max(0, empty.bytesAllocated() - SLOT));
    }

    private void workerStart(Results results, Optional<Results> node) {
        for (String kind : List.of("platform", "virtual")) {
            double p50 = results.get("WorkerStart." + kind + "Worker", SAMPLE).p50();
            atMost("worker's start until its first message is handled, p50: " + kind,
                    kind.equals("platform") ? 150 : 40, " µs", p50);
            node.ifPresent(n -> atLeast("worker's start until its first message is handled, p50: Node's / " + kind, 50,
                    Figures::times, n.get("NodeJs.workerStart", SAMPLE).p50() / p50));
        }
    }

    private void pool(Results results, Optional<Results> piscina) {
        for (String workers : List.of("1", "2")) {
            String what = workers.equals("1") ? ", 1 worker" : ", 2 workers";
            double ours = results.get("Pool.workerPool", SAMPLE, workers).p50();
            atLeast("trivial tasks a second: `WorkerPool` / `ThreadPoolExecutor`" + what, 1, Figures::times,
                    results.get("Pool.threadPoolExecutor", SAMPLE, workers).p50() / ours);
            atLeast("trivial tasks a second: `WorkerPool` / `ForkJoinPool.commonPool()`" + what, 1, Figures::times,
                    results.get("Pool.commonPool" + (workers.equals("1") ? "One" : "Two"), SAMPLE).p50() / ours);
            piscina.ifPresent(p -> atLeast("trivial tasks a second: `WorkerPool` / Piscina" + what, 20, Figures::times,
                    p.all().stream().filter(r -> r.benchmark().equals("NodeJs.piscinaMany")
                            && r.parameters().containsValue(workers)).mapToDouble(Results.Result::p50).min()
                            .orElseThrow() / ours));
            atLeast("one trivial task after another, p50: `ThreadPoolExecutor` / `WorkerPool`" + what, 5,
                    Figures::times, results.get("Pool.threadPoolExecutorOne", SAMPLE, workers).p50()
                            / results.get("Pool.workerPoolOne", SAMPLE, workers).p50());
            atMost("a trivial task after a pause of 3 ms, p50: `WorkerPool` / `ThreadPoolExecutor`" + what, 1.1, "",
                    results.get("Pool.workerPoolAfterPause", SAMPLE, workers).p50()
                            / results.get("Pool.threadPoolExecutorAfterPause", SAMPLE, workers).p50());
            atMost("a trivial task: allocated" + what, 200, " B",
                    results.get("Pool.workerPool", SAMPLE, workers).bytesAllocated() / Pool.TASKS);
        }
        atMost("submitting 100,000 tasks behind 900,000 / to an empty queue, p50", 1.2, "",
                results.get("Pool.submitting", SAMPLE, "900000").p50()
                        / results.get("Pool.submitting", SAMPLE, "0").p50());
        atLeast("primes below 1,000,000: 1 worker's time / 2 workers'", 1.9, Figures::times,
                results.get("Pool.countingPrimes", SAMPLE, "1").p50()
                        / results.get("Pool.countingPrimes", SAMPLE, "2").p50());
    }

    private void pixels(Results results) {
        double copy = results.get("Pixels.copy", SAMPLE).p50();
        for (String operation : results.values("Pixels.nativeKernel", "operation")) {
            String what = operation.toLowerCase(Locale.ROOT);
            double kernel = results.get("Pixels.nativeKernel", SAMPLE, operation).p50();
            double plain = results.get("Pixels.plainLoop", SAMPLE, operation).p50();
            atLeast(what + ", native: rate / that of a copy, p50", 0.5, Figures::percent, copy / kernel);
            atLeast(what + ", native: times as fast as the plain loop, p50", 4, Figures::times, plain / kernel);
        }
    }

    private void clone(CloneResults results) {
        Function<Shape, Double> ours = shape -> results.mean(OURS, shape);
        Function<Shape, Double> byHand = shape -> results.mean(BY_HAND, shape);
        atMost("clone, " + RECORD_OF_IMMUTABLES.text(), 3, " ns", ours.apply(RECORD_OF_IMMUTABLES));
        atMost("clone, " + RECORD_OF_IMMUTABLES.text() + ": allocated", 0, " B",
                results.allocated(OURS, RECORD_OF_IMMUTABLES));
        atLeast("`byte[].clone()` / clone, " + BYTES.text(), 0.95, Figures::percent,
                byHand.apply(BYTES) / ours.apply(BYTES));
        atMost("clone / hand-written, " + RECORD_WITH_ARRAY.text(), 1.3, "",
                ours.apply(RECORD_WITH_ARRAY) / byHand.apply(RECORD_WITH_ARRAY));
        for (Shape shape : List.of(RECORD_WITH_ARRAY, LIST_OF_INTEGERS, MAP_OF_IMMUTABLE_RECORDS, BYTES)) {
            atMost("clone / hand-written, " + shape.text() + ": allocated", 1.1, "",
                    results.allocated(OURS, shape) / results.allocated(BY_HAND, shape));
        }
        for (Shape shape : List.of(LIST_OF_INTEGERS, MAP_OF_IMMUTABLE_RECORDS)) {
            atMost("clone - bare copy of the container, " + shape.text() + ": each element", 1.5, " ns",
                    (ours.apply(shape) - byHand.apply(shape)) / Shape.ELEMENTS);
        }
        for (Shape shape : Shape.values()) {
            if (results.find(OURS, shape).isPresent()) {
                peers(results, shape);
            }
        }
    }

    /** Half the time of the better serializer where that one is far from the copy by hand; a tenth of Node's. */
    private void peers(CloneResults results, Shape shape) {
        double ours = results.mean(OURS, shape);
        if (shape == CYCLIC_GRAPH) {
            atMost("clone / hand-written with an identity table, " + shape.text(), 0.5, "",
                    ours / results.mean(BY_HAND_WITH_IDENTITY_TABLE, shape));
        }
        double kryo = results.mean(KRYO, shape);
        double fory = results.mean(FORY, shape);
        double better = Math.min(kryo, fory);
        atMost("clone / " + (kryo <= fory ? "kryo" : "fory") + ", " + shape.text(),
                better > 2 * results.mean(BY_HAND, shape) ? 0.5 : 1, "", ours / better);
        results.find(NODE, shape).ifPresent(node -> atLeast("Node's `structuredClone` / clone, " + shape.text(), 10,
                Figures::times, node.p50() / ours));
    }

    /** The median of the means of the iterations. */
    private static double mean(Results results, String benchmark, String... values) {
        return results.get(benchmark, AVERAGE, values).p50();
    }

    private void atMost(String what, double target, String unit, double measured) {
        table.row(what, "≤ " + plain(target) + unit, figures(measured) + unit, measured <= target ? "yes" : "**no**");
    }

    private void atLeast(String what, double target, Function<Double, String> format, double measured) {
        table.row(what, "≥ " + format.apply(target), format.apply(measured), measured >= target ? "yes" : "**no**");
    }
}
