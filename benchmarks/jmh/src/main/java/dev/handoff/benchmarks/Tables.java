package dev.handoff.benchmarks;

import static dev.handoff.benchmarks.Figures.figures;
import static dev.handoff.benchmarks.Figures.ns;
import static dev.handoff.benchmarks.Figures.percent;
import static dev.handoff.benchmarks.Figures.size;
import static dev.handoff.benchmarks.Figures.times;
import static dev.handoff.benchmarks.Figures.us;

import dev.handoff.benchmarks.Results.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tables of {@code docs/performance.md}, made from {@code benchmarks/results}. Each stands between
 * <code>&lt;!-- begin name --&gt;</code> and <code>&lt;!-- end --&gt;</code>; whatever is there is replaced, unless the
 * result it is made from was never kept. {@link #main} rewrites the page without measuring anything.
 */
public final class Tables {
    private static final Pattern BLOCK = Pattern.compile("(?s)(<!-- begin (\\S+) -->\n).*?(<!-- end -->)");
    static final String ROUND_TRIP = "round-trip";
    static final String HANDOFF_COST = "handoff-cost";
    static final String PIXELS = "pixels";
    static final String ACCESS = "access";
    static final String ALLOCATION = "allocation";
    static final String WAKE = "wake";
    static final String PING_PONG = "ping-pong";
    static final String RINGS = "rings";
    static final String LOCKS = "locks";
    static final String CLONE = "clone";
    static final String CHANNELS = "channels";
    static final String CHANNEL_TRIPS = "channel-trips";
    static final String CHANNEL_COST = "channel-cost";
    static final String WORKER_START = "worker-start";
    static final String POOL = "pool";
    /** Follows the name of a result where Node was measured beside it. */
    static final String NODE = "-node";
    static final String CLONE_NODE = CLONE + NODE;
    static final String AVERAGE = "avgt";
    static final String SAMPLE = "sample";
    /** Of the round trips that are measured in batches. */
    static final String BATCH = "1000";

    private final Project project;

    private Tables(Project project) {
        this.project = project;
    }

    /** Rewrites the page of the project. */
    public static void main(String... args) throws IOException {
        rewrite(Project.current());
    }

    static void rewrite(Project project) throws IOException {
        String page = Files.readString(project.page());
        Files.writeString(project.page(), rewritten(project, page));
    }

    static String rewritten(Project project, String page) {
        Tables tables = new Tables(project);
        return BLOCK.matcher(page).replaceAll(block -> Matcher.quoteReplacement(tables.rewritten(block)));
    }

    private String rewritten(MatchResult block) {
        return table(block.group(2)).map(table -> block.group(1) + "\n" + table + "\n" + block.group(3))
                .orElse(block.group());
    }

    private Optional<String> table(String name) {
        return switch (name) {
            case "environment-of-round-trip" -> environment(ROUND_TRIP);
            case "environment-of-handoff-cost" -> environment(HANDOFF_COST);
            case "environment-of-pixels" -> environment(PIXELS);
            case "round-trip-first-byte" -> roundTrip(Payload.FIRST_BYTE);
            case "round-trip-all-bytes" -> roundTrip(Payload.ALL_BYTES);
            case "handoff-cost" -> handoffCost();
            case "pixels" -> pixels();
            case "environment-of-access" -> environment(ACCESS);
            case "environment-of-allocation" -> environment(ALLOCATION);
            case "environment-of-wake" -> environment(WAKE);
            case "environment-of-ping-pong" -> environment(PING_PONG);
            case "atomics" -> atomics();
            case "loops" -> loops();
            case "allocation" -> allocation();
            case "wake" -> wake();
            case "ping-pong" -> pingPong();
            case "environment-of-rings" -> environment(RINGS);
            case "streams" -> streams();
            case "ring-trips" -> ringTrips();
            case "environment-of-locks" -> environment(LOCKS);
            case "locks" -> locks();
            case "lock-trips" -> lockTrips();
            case "environment-of-channels" -> environment(CHANNELS);
            case "environment-of-channel-trips" -> environment(CHANNEL_TRIPS);
            case "environment-of-channel-cost" -> environment(CHANNEL_COST);
            case "environment-of-worker-start" -> environment(WORKER_START);
            case "environment-of-pool" -> environment(POOL);
            case "pool" -> pool();
            case "pool-latency" -> poolLatency();
            case "channels" -> channels();
            case "channel-trips" -> channelTrips();
            case "channel-cost" -> channelCost();
            case "worker-start" -> workerStart();
            case "environment-of-clone" -> environment(CLONE);
            case "clone-time" -> CloneResults.read(project).map(r -> r.table(result -> figures(result.p50())));
            case "clone-ratio" -> CloneResults.read(project).map(CloneResults::ratios);
            case "clone-allocated" -> CloneResults.read(project).map(r -> r.table(Tables::allocated));
            case "targets" -> Targets.table(project);
            default -> throw new IllegalArgumentException("no table is called " + name);
        };
    }

    private Optional<String> environment(String name) {
        return Results.read(project, name).map(results -> {
            Environment e = results.environment();
            String forks = results.all().stream().map(Result::forks).distinct().map(String::valueOf)
                    .collect(Collectors.joining(" or "));
            return """
                    %s, %d cores, %s, %s, transparent huge pages %s; %s; native kernel %s; forks of the JVM: %s;
                    commit %s, finished %s; load average before %s, %s of the time stolen by the host.

                    ```
                    %s
                    ```
                    """
                    .formatted(e.cpu(), e.cores(), e.memory(), e.kernel(), e.transparentHugePages(), e.jdk(),
                            e.nativeKernel(), forks, e.commit(), e.finished(), e.loadBefore(), e.cpuStolen(),
                            e.command());
        });
    }

    private Optional<String> roundTrip(Payload reads) {
        return Results.read(project, ROUND_TRIP).map(results -> {
            Table table = new Table("payload", "clone p50", "p99", "transfer p50", "p99", "shared p50", "p99",
                    "clone / transfer, p50");
            for (String bytes : results.values("RoundTrip.transferred", "bytes")) {
                Function<String, Result> way = method -> results.get("RoundTrip." + method, SAMPLE, bytes,
                        reads.name());
                Result cloned = way.apply("cloned");
                Result transferred = way.apply("transferred");
                Result shared = way.apply("shared");
                table.row(size(bytes), us(cloned.p50()), us(cloned.p99()), us(transferred.p50()), us(transferred.p99()),
                        us(shared.p50()), us(shared.p99()), times(cloned.p50() / transferred.p50()));
            }
            return table.toString();
        });
    }

    private Optional<String> handoffCost() {
        return Results.read(project, HANDOFF_COST).map(results -> {
            Table table = new Table("operation", "size", "mean", "/ transfer's", "sampled p50", "sampled p99",
                    "allocated");
            for (String method : List.of("transferClaimTouch", "sharedArena", "confinedArena",
                    "confinedArenaNotPublished", "copy")) {
                String benchmark = "HandoffCost." + method;
                for (String bytes : results.values(benchmark, "bytes")) {
                    Result mean = results.get(benchmark, AVERAGE, bytes);
                    Result samples = results.get(benchmark, SAMPLE, bytes);
                    double ours = results.get("HandoffCost.transferClaimTouch", AVERAGE, bytes).p50();
                    table.row(code(method), size(bytes), ns(mean.p50()), times(mean.p50() / ours),
                            ns(samples.p50()), ns(samples.p99()), allocated(mean));
                }
            }
            Result clock = results.get("HandoffCost.clock", SAMPLE);
            table.row(code("clock"), "", "", "", ns(clock.p50()), ns(clock.p99()), "");
            return table.toString();
        });
    }

    private Optional<String> pixels() {
        return Results.read(project, PIXELS).map(results -> {
            Table table = new Table("operation", "how", "p50", "p99", "read + written, p50", "rate / copy's",
                    "plain loop / this, p50");
            Result copy = results.get("Pixels.copy", SAMPLE);
            for (String operation : results.values("Pixels.plainLoop", "operation")) {
                for (String method : List.of("nativeKernel", "nativeKernelInPlace", "javaTwin", "javaTwinInPlace",
                        "plainLoop", "plainLoopInPlace")) {
                    if (results.values("Pixels." + method, "operation").isEmpty()) {
                        continue; // measured where there is no native kernel
                    }
                    Result result = results.get("Pixels." + method, SAMPLE, operation);
                    String peer = method.endsWith("InPlace") ? "plainLoopInPlace" : "plainLoop";
                    Result plain = results.get("Pixels." + peer, SAMPLE, operation);
                    table.row(operation.toLowerCase(Locale.ROOT), code(method), us(result.p50()), us(result.p99()),
                            rate(result.p50()), percent(copy.p50() / result.p50()),
                            times(plain.p50() / result.p50()));
                }
            }
            table.row("", code("copy"), us(copy.p50()), us(copy.p99()), rate(copy.p50()), "", "");
            return table.toString();
        });
    }

    private Optional<String> atomics() {
        return Results.read(project, ACCESS).map(results -> {
            Table table = new Table("operation", "how", "each, p50", "p99", "/ the first's");
            for (String operation : List.of("Get", "Set", "CompareAndSet", "GetAndAdd")) {
                elements(table, results, spaced(operation), "Access.atomic" + operation, "Access.int32" + operation);
            }
            elements(table, results, "get and add", "Access.int32GetAndAdd", "Access.int16GetAndAdd",
                    "Access.int8GetAndAdd");
            return table.toString();
        });
    }

    private Optional<String> loops() {
        return Results.read(project, ACCESS).map(results -> {
            Table table = new Table("loop", "how", "each int, p50", "p99", "/ the first's");
            elements(table, results, "sum", "Access.sumArray", "Access.sumSegment", "Access.sumView");
            elements(table, results, "change in place", "Access.changeArray", "Access.changeSegment",
                    "Access.changeView");
            elements(table, results, "copy", "Access.copyArray", "Access.copyView", "Access.copySegment",
                    "Access.copySegmentLoop");
            return table.toString();
        });
    }

    private Optional<String> allocation() {
        return Results.read(project, ALLOCATION).map(results -> {
            Table table = new Table("size", "how", "mean", "/ the first's");
            for (String bytes : results.values("Allocation.ownedBuffer", "bytes")) {
                double arena = results.get("Allocation.confinedArena", AVERAGE, bytes).p50();
                for (String method : List.of("confinedArena", "ownedBuffer", "ownedBufferUninitialized", "zeroing")) {
                    double mean = results.get("Allocation." + method, AVERAGE, bytes).p50();
                    table.row(size(bytes), code(method), ns(mean), times(mean / arena));
                }
            }
            return table.toString();
        });
    }

    private Optional<String> wake() {
        return Results.read(project, WAKE).map(results -> {
            Table table = new Table("what", "how", "mean", "/ the first's");
            compare(table, results, "nobody waits", "Wake.wake", "Wake.fence", "Wake.wakeMapped", "Wake.objectNotify",
                    "Wake.conditionSignal");
            return table.toString();
        });
    }

    private Optional<String> pingPong() {
        return Results.read(project, PING_PONG).map(results -> {
            Table table = trips("/ bare words'");
            trips(table, results, "PingPong.bareWords", "PingPong.awaitChange", "PingPong.awaitWakeBusySpin",
                    "PingPong.awaitWakeAdaptive", "PingPong.synchronousQueue", "PingPong.linkedTransferQueue",
                    "PingPong.bareParking", "PingPong.awaitWakeParking");
            return table.toString();
        });
    }

    private Optional<String> streams() {
        return Results.read(project, RINGS).map(results -> {
            Table table = new Table("producers", "ring", "each message, p50", "messages", "/ the first's");
            stream(table, results, "1", "Rings.oneToOneRingBuffer", "Rings.spscRing");
            stream(table, results, "2", "Rings.manyToOneRingBuffer", "Rings.mpscRing");
            return table.toString();
        });
    }

    private Optional<String> channels() {
        return Results.read(project, CHANNELS).map(results -> {
            Table table = new Table("producers", "queue", "each message, p50", "messages", "/ the first's");
            stream(table, results, "1", "Channels.mpscUnboundedXaddArrayQueue", "Channels.linkedTransferQueue",
                    "Channels.portSpinning", "Channels.portAdaptive");
            node(CHANNELS).ifPresent(node -> stream(table, "1", node, "NodeJs.stream",
                    results.get("Channels.mpscUnboundedXaddArrayQueue", SAMPLE).p50()));
            stream(table, results, "2", "Channels.mpscUnboundedXaddArrayQueueTwo", "Channels.linkedTransferQueueTwo",
                    "Channels.portSpinningTwo", "Channels.portAdaptiveTwo");
            return table.toString();
        });
    }

    private static void stream(Table table, Results results, String producers, String... benchmarks) {
        double first = results.get(benchmarks[0], SAMPLE).p50();
        for (String benchmark : benchmarks) {
            stream(table, producers, results, benchmark, first);
        }
    }

    private static void stream(Table table, String producers, Results results, String benchmark, double first) {
        double sample = results.get(benchmark, SAMPLE).p50();
        table.row(producers, name(results, benchmark), ns(sample / Rings.MESSAGES),
                figures(1e3 * Rings.MESSAGES / sample) + " M/s", times(first / sample));
    }

    /** What Node measured beside a result, if there was a node. */
    private Optional<Results> node(String name) {
        return Results.read(project, name + NODE);
    }

    private Optional<String> channelTrips() {
        return Results.read(project, CHANNEL_TRIPS).map(results -> {
            Table table = trips("/ the first's");
            trips(table, results, "ChannelTrips.mpscArrayQueue", "ChannelTrips.mpscUnboundedXaddArrayQueue",
                    "ChannelTrips.disruptor", "ChannelTrips.portsSpinning", "ChannelTrips.portsAdaptive",
                    "ChannelTrips.synchronousQueue", "ChannelTrips.linkedTransferQueue", "ChannelTrips.bareParking",
                    "ChannelTrips.portsParking");
            node(CHANNEL_TRIPS).ifPresent(node -> trip(table, node, "NodeJs.trip",
                    results.get("ChannelTrips.mpscArrayQueue", SAMPLE, BATCH).p50()));
            return table.toString();
        });
    }

    private Optional<String> channelCost() {
        return Results.read(project, CHANNEL_COST).map(results -> {
            Table table = new Table("message", "size", "mean", "more than the empty one", "allocated");
            Result empty = results.get("ChannelCost.empty", AVERAGE);
            table.row(code("empty"), "", ns(empty.p50()), "", allocated(empty));
            for (String method : List.of("forwarded", "opened")) {
                String benchmark = "ChannelCost." + method;
                for (String bytes : results.values(benchmark, "bytes")) {
                    Result moved = results.get(benchmark, AVERAGE, bytes);
                    table.row(code(method), size(bytes), ns(moved.p50()), ns(moved.p50() - empty.p50()),
                            allocated(moved));
                }
            }
            return table.toString();
        });
    }

    private Optional<String> workerStart() {
        return Results.read(project, WORKER_START).map(results -> {
            Table table = new Table("what", "p50", "p99", "/ the bare thread's, p50");
            for (String kind : List.of("platform", "virtual")) {
                double bare = results.get("WorkerStart." + kind + "Thread", SAMPLE).p50();
                for (String what : List.of("Thread", "Worker")) {
                    Result result = results.get("WorkerStart." + kind + what, SAMPLE);
                    table.row(code(kind + what), us(result.p50()), us(result.p99()), times(result.p50() / bare));
                }
            }
            node(WORKER_START).ifPresent(node -> {
                Result result = node.get("NodeJs.workerStart", SAMPLE);
                table.row(name(node, "NodeJs.workerStart"), us(result.p50()), us(result.p99()), "");
            });
            return table.toString();
        });
    }

    private Optional<String> pool() {
        return Results.read(project, POOL).map(results -> {
            Table table = new Table("workers", "pool", "each task, p50", "tasks", "/ the first's", "allocated");
            for (String workers : List.of("1", "2")) {
                double first = results.get("Pool.threadPoolExecutor", SAMPLE, workers).p50();
                tasks(table, workers, results, results.get("Pool.threadPoolExecutor", SAMPLE, workers), first);
                tasks(table, workers, results,
                        results.get("Pool.commonPool" + (workers.equals("1") ? "One" : "Two"), SAMPLE), first);
                tasks(table, workers, results, results.get("Pool.workerPool", SAMPLE, workers), first);
                node(POOL).ifPresent(node -> node.all().stream().filter(
                        r -> r.benchmark().equals("NodeJs.piscinaMany") && r.parameters().containsValue(workers))
                        .forEach(result -> tasks(table, workers, node, result, first)));
            }
            return table.toString();
        });
    }

    private static void tasks(Table table, String workers, Results results, Result result, double first) {
        String concurrent = result.parameters().getOrDefault("concurrent", "");
        table.row(workers, name(results, result.benchmark()) + (concurrent.isEmpty() ? "" : ", " + concurrent),
                ns(result.p50() / Pool.TASKS), figures(1e3 * Pool.TASKS / result.p50()) + " M/s",
                times(first / result.p50()),
                result.allocated().map(bytes -> figures(bytes / Pool.TASKS) + " B").orElse(""));
    }

    private Optional<String> poolLatency() {
        return Results.read(project, POOL).map(results -> {
            Table table = new Table("what", "workers", "how", "p50", "p99", "/ the first's, p50");
            for (String workers : List.of("1", "2")) {
                latencies(table, results, "one after another", workers, "One");
                node(POOL).ifPresent(node -> {
                    Result result = node.get("NodeJs.piscinaOne", SAMPLE, workers);
                    table.row("one after another", workers, name(node, result.benchmark()), us(result.p50() / 1e3),
                            us(result.p99() / 1e3), times(result.p50()
                                    / results.get("Pool.threadPoolExecutorOne", SAMPLE, workers).p50()));
                });
                latencies(table, results, "after 3 ms", workers, "AfterPause");
            }
            return table.toString();
        });
    }

    private static void latencies(Table table, Results results, String what, String workers, String how) {
        double first = results.get("Pool.threadPoolExecutor" + how, SAMPLE, workers).p50();
        for (String pool : List.of("threadPoolExecutor", "workerPool")) {
            Result result = results.get("Pool." + pool + how, SAMPLE, workers);
            table.row(what, workers, code(pool + how), us(result.p50() / 1e3), us(result.p99() / 1e3),
                    times(result.p50() / first));
        }
    }

    private Optional<String> ringTrips() {
        return Results.read(project, RINGS).map(results -> {
            Table table = trips("/ the first's");
            trips(table, results, "Rings.oneToOneRingBufferTrip", "Rings.spscRingTrip");
            trips(table, results, "Rings.manyToOneRingBufferTrip", "Rings.mpscRingTrip");
            return table.toString();
        });
    }

    private static Table trips(String ratio) {
        return new Table("how", "round trip, p50 of batches", ratio, "one trip, p50", "p99");
    }

    /** Rows for round trips that are compared with that of the first. */
    private static void trips(Table table, Results results, String... benchmarks) {
        double first = results.get(benchmarks[0], SAMPLE, BATCH).p50();
        for (String benchmark : benchmarks) {
            trip(table, results, benchmark, first);
        }
    }

    private static void trip(Table table, Results results, String benchmark, double first) {
        double batch = results.get(benchmark, SAMPLE, BATCH).p50();
        Result one = results.get(benchmark, SAMPLE, "1");
        table.row(name(results, benchmark), ns(batch / Double.parseDouble(BATCH)), times(batch / first),
                ns(one.p50()), ns(one.p99()));
    }

    private Optional<String> locks() {
        return Results.read(project, LOCKS).map(results -> {
            Table table = new Table("what", "how", "mean", "/ the first's");
            compare(table, results, "lock and unlock", "Locks.reentrantLock", "Locks.sharedMutex");
            compare(table, results, "acquire and release", "Locks.semaphore", "Locks.sharedSemaphore");
            compare(table, results, "count down", "Locks.countDownLatchCountDown", "Locks.sharedLatchCountDown");
            compare(table, results, "pass an open latch", "Locks.countDownLatchAwait", "Locks.sharedLatchAwait");
            compare(table, results, "lock and unlock, 2 threads", "Locks.reentrantLockContended",
                    "Locks.sharedMutexContended");
            compare(table, results, "acquire and release, 2 threads", "Locks.semaphoreContended",
                    "Locks.sharedSemaphoreContended");
            return table.toString();
        });
    }

    private Optional<String> lockTrips() {
        return Results.read(project, LOCKS).map(results -> {
            Table table = trips("/ the first's");
            trips(table, results, "Locks.semaphoreTrip", "Locks.sharedSemaphoreTrip");
            trips(table, results, "Locks.cyclicBarrierTrip", "Locks.sharedBarrierTrip");
            return table.toString();
        });
    }

    /** Rows for loops over elements that are compared with the first. */
    private static void elements(Table table, Results results, String what, String... benchmarks) {
        double first = results.get(benchmarks[0], SAMPLE).p50();
        for (String benchmark : benchmarks) {
            Result loop = results.get(benchmark, SAMPLE);
            table.row(what, code(method(benchmark)), ns(loop.p50() / Access.LENGTH), ns(loop.p99() / Access.LENGTH),
                    times(loop.p50() / first));
        }
    }

    /** Rows for benchmarks whose means are compared with that of the first. */
    private static void compare(Table table, Results results, String what, String... benchmarks) {
        double first = results.get(benchmarks[0], AVERAGE).p50();
        for (String benchmark : benchmarks) {
            double mean = results.get(benchmark, AVERAGE).p50();
            table.row(what, code(method(benchmark)), ns(mean), times(mean / first));
        }
    }

    // ---- figures

    /** Of an image, which is read once and written once, in this many microseconds. */
    private static String rate(double microseconds) {
        return figures(2 * Pixels.BYTES / microseconds / 1e3) + " GB/s";
    }

    private static String allocated(Result result) {
        return result.allocated().map(bytes -> (bytes < 0.1 ? "0" : figures(bytes)) + " B").orElse("");
    }

    /** A benchmark's, and of a script's also what ran it. */
    private static String name(Results results, String benchmark) {
        return code(method(benchmark))
                + (benchmark.startsWith("NodeJs.") ? " of " + results.all().getFirst().vm() : "");
    }

    private static String method(String benchmark) {
        return benchmark.substring(benchmark.indexOf('.') + 1);
    }

    /** {@code CompareAndSet}: "compare and set". */
    static String spaced(String name) {
        return name.replaceAll("(?<=.)(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    private static String code(String name) {
        return "`" + name + "`";
    }
}
