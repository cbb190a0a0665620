package dev.handoff.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class TablesTest {
    private static final Environment ENVIRONMENT = new Environment("2026-01-02T03:04:05Z", "c0ffee", "A CPU", 2,
            "8 GiB",
            "Linux 6", "madvise", "Temurin", "avx2", "0.10", "0.0 %", "mvn verify");

    @TempDir Path root;

    /** Two sizes, one fork; the path of the JVM is one that a machine might have. */
    private void keepRoundTrip() throws IOException {
        StringBuilder json = new StringBuilder("[");
        for (String method : new String[]{"cloned", "transferred", "shared"}) {
            for (String bytes : new String[]{"1024", "104857600"}) {
                double p50 = method.equals("cloned") && bytes.length() > 4 ? 8504.25 : 1.5;
                json.append("""
                        {"benchmark": "dev.handoff.benchmarks.RoundTrip.%s", "mode": "sample", "forks": 1,
                         "jvm": "/usr/lib/jvm/some-jdk/bin/java", "jvmArgs": ["-Dlibrary=%s/lib"],
                         "params": {"bytes": "%s", "reads": "FIRST_BYTE"},
                         "primaryMetric": {"score": 2.25, "scoreError": "NaN", "scoreUnit": "us/op",
                          "scorePercentiles": {"50.0": %s, "99.0": 70.125},
                          "rawDataHistogram": [[[[1.5, 3], [70.125, 1]]]]},
                         "secondaryMetrics": {}},""".formatted(method, root, bytes, p50));
            }
        }
        json.setCharAt(json.length() - 1, ']');
        Path raw = Files.writeString(root.resolve("raw.json"), json);
        Results.keep(new Project(root), "round-trip", raw, ENVIRONMENT);
    }

    @Test
    void aTableReplacesWhatStoodBetweenItsMarkers() throws IOException {
        keepRoundTrip();
        assertEquals("""
                Before.
                <!-- begin round-trip-first-byte -->

                | payload | clone p50 | p99 | transfer p50 | p99 | shared p50 | p99 | clone / transfer, p50 |
                |---|--:|--:|--:|--:|--:|--:|--:|
                | 1 KiB | 1.50 µs | 70.1 µs | 1.50 µs | 70.1 µs | 1.50 µs | 70.1 µs | 1.00x |
                | 100 MiB | 8,500 µs | 70.1 µs | 1.50 µs | 70.1 µs | 1.50 µs | 70.1 µs | 5,670x |

                <!-- end -->
                After.
                """, Tables.rewritten(new Project(root), """
                Before.
                <!-- begin round-trip-first-byte -->
                something older
                <!-- end -->
                After.
                """));
    }

    /** One result in JMH's JSON; each histogram is one fork's. */
    private static String result(String benchmark, String mode, String params, double p50, double p99, int forks) {
        return """
                {"benchmark": "dev.handoff.benchmarks.%s", "mode": "%s", "forks": 1, "jvm": "java", "jvmArgs": [],
                 "params": %s, "primaryMetric": {"score": %s, "scoreUnit": "ns/op",
                  "scorePercentiles": {"50.0": %s, "99.0": %s}, "rawData": [%s]},
                 "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 64.0001}}}"""
                .formatted(benchmark, mode, params, p50, p50, p99,
                        String.join(", ", Collections.nCopies(forks, "[" + p50 + "]")));
    }

    private void keep(String name, List<String> results) throws IOException {
        Path raw = Files.writeString(root.resolve("raw.json"), "[" + String.join(",", results) + "]");
        Results.keep(new Project(root), name, raw, ENVIRONMENT);
    }

    @Test
    void aBatchOfRoundTripsIsShownForOneTrip() throws IOException {
        List<String> results = new ArrayList<>();
        double batch = 80_000;
        for (String how : new String[]{"bareWords", "awaitChange", "awaitWakeBusySpin", "awaitWakeAdaptive",
                "synchronousQueue", "linkedTransferQueue", "bareParking", "awaitWakeParking"}) {
            results.add(result("PingPong." + how, "sample", "{\"batch\": \"1\"}", 130, 551, 1));
            results.add(result("PingPong." + how, "sample", "{\"batch\": \"1000\"}", batch, batch, 1));
            batch *= 2;
        }
        keep("ping-pong", results);
        String page = Tables.rewritten(new Project(root), "<!-- begin ping-pong -->\n<!-- end -->\n");
        assertTrue(page.contains("| `bareWords` | 80.0 ns | 1.00x | 130 ns | 551 ns |\n"
                + "| `awaitChange` | 160 ns | 2.00x | 130 ns | 551 ns |\n"), page);
    }

    @Test
    void portsAreHeldAgainstTheBetterQueuesAndAgainstNodeWhereItWasMeasured() throws IOException {
        List<String> results = new ArrayList<>();
        Map<String, Integer> batches = Map.of("portsSpinning", 120, "portsAdaptive", 130, "portsParking", 36_000,
                "mpscArrayQueue", 100, "mpscUnboundedXaddArrayQueue", 110, "disruptor", 125, "bareParking", 30_000,
                "synchronousQueue", 1_300, "linkedTransferQueue", 1_299);
        batches.forEach((how, batch) -> results.add(trip("ChannelTrips." + how, batch)));
        keep("channel-trips", results);
        String page = "<!-- begin channel-trips -->\n<!-- end -->\n<!-- begin targets -->\n<!-- end -->\n";
        String made = Tables.rewritten(new Project(root), page);
        assertTrue(made.contains("ports, spinning / JCTools' MPSC queues | ≤ 1.25 | 1.20 | yes |\n"), made);
        assertTrue(made.contains("ports, adaptive / JCTools' MPSC queues | ≤ 1.25 | 1.30 | **no** |\n"), made);
        assertTrue(made.contains("ports, adaptive / Disruptor | ≤ 1 | 1.04 | **no** |\n"), made);
        assertTrue(made.contains("`SynchronousQueue` / ports, adaptive | ≥ 10.0x | 10.0x | yes |\n"), made);
        assertTrue(made.contains("`LinkedTransferQueue` / ports, adaptive | ≥ 10.0x | 9.99x | **no** |\n"), made);
        assertTrue(made.contains("ports, parking / bare `LockSupport` | ≤ 1.2 | 1.20 | yes |\n"), made);
        assertFalse(made.contains("Node"), made);
        keep("channel-trips-node", List.of(trip("NodeJs.trip", 13_000)));
        String withNode = Tables.rewritten(new Project(root), page);
        assertTrue(withNode.contains("Node's `postMessage` / ports, adaptive | ≥ 100x | 100x | yes |\n"), withNode);
    }

    @Test
    void poolsAreHeldAgainstThoseOfTheJdkAndAgainstPiscinaAtItsBest() throws IOException {
        List<String> results = new ArrayList<>();
        for (int workers = 1; workers <= 2; workers++) {
            results.add(pool("workerPool", workers, 1_000));
            results.add(pool("threadPoolExecutor", workers, 1_000 * workers));
            results.add(pool("workerPoolOne", workers, 100));
            results.add(pool("threadPoolExecutorOne", workers, 499));
            results.add(pool("workerPoolAfterPause", workers, 110));
            results.add(pool("threadPoolExecutorAfterPause", workers, 100));
            results.add(pool("countingPrimes", workers, 20 / workers));
        }
        results.add(result("Pool.commonPoolOne", "sample", "{}", 999, 999, 1));
        results.add(result("Pool.commonPoolTwo", "sample", "{}", 2_000, 2_000, 1));
        results.add(result("Pool.submitting", "sample", "{\"queued\": \"0\"}", 10, 10, 1));
        results.add(result("Pool.submitting", "sample", "{\"queued\": \"900000\"}", 13, 13, 1));
        keep("pool", results);
        String page = "<!-- begin pool -->\n<!-- end -->\n<!-- begin targets -->\n<!-- end -->\n";
        String made = Tables.rewritten(new Project(root), page);
        assertTrue(made.contains("`WorkerPool` / `ThreadPoolExecutor`, 2 workers | ≥ 1.00x | 2.00x | yes |\n"), made);
        assertTrue(made.contains("`ForkJoinPool.commonPool()`, 1 worker | ≥ 1.00x | 0.999x | **no** |\n"), made);
        assertTrue(made.contains("`ThreadPoolExecutor` / `WorkerPool`, 1 worker | ≥ 5.00x | 4.99x | **no** |\n"), made);
        assertTrue(made.contains("`WorkerPool` / `ThreadPoolExecutor`, 1 worker | ≤ 1.1 | 1.10 | yes |\n"), made);
        assertTrue(made.contains("behind 900,000 / to an empty queue, p50 | ≤ 1.2 | 1.30 | **no** |\n"), made);
        assertTrue(made.contains("1 worker's time / 2 workers' | ≥ 1.90x | 2.00x | yes |\n"), made);
        assertFalse(made.contains("iscina"), made);
        List<String> piscina = new ArrayList<>();
        for (int workers = 1; workers <= 2; workers++) {
            piscina.add(piscina("piscinaMany", workers, 1, 90_000));
            piscina.add(piscina("piscinaMany", workers, 8, 19_000));
            piscina.add(piscina("piscinaOne", workers, 1, 50));
        }
        keep("pool-node", piscina);
        String withPiscina = Tables.rewritten(new Project(root), page);
        assertTrue(withPiscina.contains("`WorkerPool` / Piscina, 1 worker | ≥ 20.0x | 19.0x | **no** |\n"),
                withPiscina);
        assertTrue(withPiscina.contains(", 8 at a time | "), withPiscina);
    }

    private static String pool(String benchmark, int workers, double p50) {
        return result("Pool." + benchmark, "sample", "{\"workers\": \"" + workers + "\"}", p50, p50, 1);
    }

    private static String piscina(String benchmark, int workers, int concurrent, double p50) {
        return result("NodeJs." + benchmark, "sample",
                "{\"workers\": \"" + workers + "\", \"concurrent\": \"" + concurrent + " at a time\"}", p50, p50, 1);
    }

    private static String trip(String benchmark, double batch) {
        return String.join(",", result(benchmark, "sample", "{\"batch\": \"1\"}", 1, 2, 1),
                result(benchmark, "sample", "{\"batch\": \"1000\"}", batch, batch, 1));
    }

    @Test
    void whatAMessageAllocatesBesideItsSlotIsHeldAgainstItsTargets() throws IOException {
        List<String> results = new ArrayList<>();
        results.add(result("ChannelCost.empty", "avgt", "{}", 20, 20, 1));
        results.add(result("ChannelCost.forwarded", "avgt", "{\"bytes\": \"1024\"}", 120, 120, 1));
        results.add(result("ChannelCost.opened", "avgt", "{\"bytes\": \"1024\"}", 171, 171, 1));
        keep("channel-cost", results);
        String page = Tables.rewritten(new Project(root), "<!-- begin targets -->\n<!-- end -->\n");
        assertTrue(page.contains("moves a buffer of 1 KiB - empty message | ≤ 150 ns | 100 ns | yes |\n"), page);
        assertTrue(page.contains("1 KiB, its view opened - empty message | ≤ 150 ns | 151 ns | **no** |\n"), page);
        assertTrue(page.contains("moves a buffer of 1 KiB: allocated | ≤ 80 B | 64.0 B | yes |\n"), page);
        assertTrue(page.contains("| empty message: allocated beside its slot of 4 B | ≤ 0 B | 60.0 B | **no** |\n"),
                page);
    }

    @Test
    void targetsAreThoseWhoseResultsAreKept() throws IOException {
        String page = "<!-- begin targets -->\nas it was\n<!-- end -->\n";
        assertEquals(page, Tables.rewritten(new Project(root), page));
        keep("wake", List.of(result("Wake.wake", "avgt", "{}", 10.25, 11, 1)));
        assertEquals("""
                <!-- begin targets -->

                | what | target | measured | holds |
                |---|--:|--:|--:|
                | `wake` where nobody waits | ≤ 10 ns | 10.2 ns | **no** |

                <!-- end -->
                """, Tables.rewritten(new Project(root), page));
    }

    /** Ours takes 2 ns, or 20; the copy by hand 10; fory 12, or for the record with an array 30, and kryo 25. */
    private List<String> clones() {
        List<String> results = new ArrayList<>();
        for (Shape shape : Shape.values()) {
            boolean withArray = shape == Shape.RECORD_WITH_ARRAY;
            results.add(clone("Clone.handoff", shape, shape == Shape.RECORD_OF_IMMUTABLES ? 2 : 20));
            results.add(clone("Clone.handWritten", shape, 10));
            results.add(clone("Clone.kryo", shape, 25));
            results.add(clone("Clone.fory", shape, withArray ? 30 : 12));
        }
        results.add(clone("Clone.handWrittenWithIdentityTable", Shape.CYCLIC_GRAPH, 40));
        return results;
    }

    private static String clone(String benchmark, Shape shape, double p50) {
        return result(benchmark, "avgt", "{\"shape\": \"" + shape + "\"}", p50, p50, 1);
    }

    @Test
    void cloneIsHeldAgainstTheBetterSerializerAndAgainstNodeWhereItWasMeasured() throws IOException {
        keep("clone", clones());
        String targets = "<!-- begin targets -->\n<!-- end -->\n";
        String page = Tables.rewritten(new Project(root), targets);
        assertTrue(page.contains("| clone, record of 10 immutables | ≤ 3 ns | 2.00 ns | yes |\n"
                + "| clone, record of 10 immutables: allocated | ≤ 0 B | 64.0 B | **no** |\n"), page);
        assertTrue(page.contains("| clone / hand-written, byte[1 MiB]: allocated | ≤ 1.1 | 1.00 | yes |\n"), page);
        assertTrue(page.contains("| clone / hand-written, record with an int[16] | ≤ 1.3 | 2.00 | **no** |\n"), page);
        assertTrue(page.contains("list of 1,000 Integer: each element | ≤ 1.5 ns | 0.0100 ns | yes |\n"), page);
        assertTrue(page.contains("| clone / kryo, record with an int[16] | ≤ 0.5 | 0.800 | **no** |\n"), page);
        assertTrue(page.contains("| clone / fory, record of 10 immutables | ≤ 1 | 0.167 | yes |\n"), page);
        assertTrue(page.contains(
                "| clone / hand-written with an identity table, cyclic graph of 10,000 nodes | ≤ 0.5 | 0.500 | yes |\n"),
                page);
        assertFalse(page.contains("Node"), page);
        keep("clone-node", List.of(clone("NodeJs.structuredClone", Shape.CHAIN, 199)));
        String withNode = Tables.rewritten(new Project(root), targets);
        assertTrue(withNode.contains(
                "| Node's `structuredClone` / clone, chain of 10,000 linked objects | ≥ 10.0x | 9.95x | **no** |\n"),
                withNode);
    }

    @Test
    void whoDoesNotCopyAShapeHasAnEmptyCell() throws IOException {
        keep("clone", clones());
        String page = Tables.rewritten(new Project(root), "<!-- begin clone-ratio -->\n<!-- end -->\n");
        assertTrue(page.contains("| cyclic graph of 10,000 nodes | 2.00x | 1.00x | 4.00x | 2.50x | 1.20x |  |  |  |\n"),
                page);
        assertTrue(page.contains("| byte[1 MiB] | 2.00x | 1.00x |  | 2.50x | 1.20x |  |  |  |\n"), page);
    }

    @Test
    void figuresOfNodeFromAnEarlierRunAreNotKept() throws IOException {
        Project project = new Project(root);
        keep("clone-node", List.of(clone("NodeJs.structuredClone", Shape.CHAIN, 199)));
        Results.keepOrForget(project, "clone-node", root.resolve("missing.json"), ENVIRONMENT);
        assertTrue(Results.read(project, "clone-node").isEmpty());
        assertFalse(Files.exists(project.results().resolve("clone-node.environment.json")));
    }

    /** All tables, from results for every benchmark that JMH has found: none of them is missing or called otherwise. */
    @Test
    void everyTableOfThePageIsMadeOfBenchmarksThatThereAre() throws IOException {
        Map<String, List<String>> results = new TreeMap<>();
        OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        for (BenchmarkListEntry benchmark : BenchmarkList.defaultList().getAll(silent, List.of())) {
            String name = benchmark.getUsername().substring(Main.class.getPackageName().length() + 1);
            String kept = name.substring(0, name.indexOf('.')).replaceAll("(?<=.)(?=[A-Z])", "-")
                    .toLowerCase(Locale.ROOT);
            for (String parameters : parameters(benchmark.getParams().orElse(Map.of()))) {
                results.computeIfAbsent(kept, k -> new ArrayList<>())
                        .add(result(name, benchmark.getMode().shortLabel(), parameters, 1, 2, 1));
            }
        }
        for (Shape shape : Shape.values()) {
            results.computeIfAbsent("clone-node", k -> new ArrayList<>())
                    .add(clone("NodeJs.structuredClone", shape, 2));
        }
        results.put("channels-node", List.of(result("NodeJs.stream", "sample", "{}", 1, 2, 1)));
        results.put("channel-trips-node", List.of(result("NodeJs.trip", "sample", "{\"batch\": \"1\"}", 1, 2, 1),
                result("NodeJs.trip", "sample", "{\"batch\": \"1000\"}", 1, 2, 1)));
        results.put("pool-node", List.of(piscina("piscinaMany", 1, 1, 2), piscina("piscinaMany", 2, 1, 2),
                piscina("piscinaOne", 1, 1, 2), piscina("piscinaOne", 2, 1, 2)));
        results.put("worker-start-node", List.of(result("NodeJs.workerStart", "sample", "{}", 1, 2, 1)));
        for (Map.Entry<String, List<String>> result : results.entrySet()) {
            keep(result.getKey(), result.getValue());
        }
        String page = Files.readString(Project.current().page()).replaceAll(
                "(?s)(<!-- begin \\S+ -->).*?(<!-- end -->)",
                "$1\nnever made\n$2");
        String made = Tables.rewritten(new Project(root), page);
        assertTrue(page.contains("never made"), page);
        assertFalse(made.contains("never made"), made);
    }

    /** Every combination of the values, as JSON. */
    private static List<String> parameters(Map<String, String[]> values) {
        List<String> all = List.of("");
        for (Map.Entry<String, String[]> parameter : values.entrySet()) {
            all = all.stream().flatMap(before -> Arrays.stream(parameter.getValue()).map(value -> before
                    + (before.isEmpty() ? "" : ", ") + "\"" + parameter.getKey() + "\": \"" + value + "\"")).toList();
        }
        return all.stream().map(entries -> "{" + entries + "}").toList();
    }

    @Test
    void theForksOfAllRoundsAreCounted() throws IOException {
        keep("wake", List.of(result("Wake.wake", "avgt", "{}", 2, 3, 5)));
        assertEquals(5, Results.read(new Project(root), "wake").orElseThrow().get("Wake.wake", "avgt").forks());
    }

    @Test
    void aTableWhoseResultIsMissingStaysAsItIs() {
        String page = "<!-- begin pixels -->\nas it was\n<!-- end -->\n";
        assertEquals(page, Tables.rewritten(new Project(root), page));
    }

    @Test
    void anUnknownTableIsAnError() {
        Project project = new Project(root);
        assertThrows(IllegalArgumentException.class,
                () -> Tables.rewritten(project, "<!-- begin pixel -->\n<!-- end -->\n"));
    }

    @Test
    void whatIsKeptNamesNoMachineAndChangesNoFigure() throws IOException {
        keepRoundTrip();
        String kept = Files.readString(root.resolve("benchmarks/results/round-trip.json"));
        assertFalse(kept.contains("/usr/lib"), kept);
        assertFalse(kept.contains(root.toString()), kept);
        assertTrue(kept.contains("\"-Dlibrary=./lib\""), kept);
        assertTrue(kept.contains("[[1.5,3],[70.125,1]]"), kept);
        assertTrue(kept.contains("\"NaN\""), kept);
        assertEquals(ENVIRONMENT, Results.read(new Project(root), "round-trip").orElseThrow().environment());
    }

    @ParameterizedTest
    @CsvSource({"0.8412, 0.841", "8.25, 8.25", "53.26, 53.3", "999.6, '1,000'", "61068.2, '61,100'", "0, 0.00",
            "0.0123, 0.0123"})
    void figuresHaveThreeDigits(double value, String text) {
        assertEquals(text, Figures.figures(value));
    }

    @ParameterizedTest
    @CsvSource({"1, 1 B", "1024, 1 KiB", "65536, 64 KiB", "104857600, 100 MiB",
            "1073741824, 1 GiB"})
    void sizesAreInTheLargestUnitThatFits(String bytes, String text) {
        assertEquals(text, Figures.size(bytes));
    }

    @Test
    void thePageShowsTheResultsThatAreKept() throws IOException {
        Project project = Project.current();
        String page = Files.readString(project.page());
        assertEquals(Tables.rewritten(project, page), page, "docs/performance.md says how to write the tables anew");
    }
}
