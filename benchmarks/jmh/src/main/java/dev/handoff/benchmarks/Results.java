package dev.handoff.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A measurement that was kept: JMH's JSON in {@code benchmarks/results/<name>.json}, and what it was measured on in
 * {@code <name>.environment.json}. What Node measured in the same run is in {@code <name>-node.json}, in the same layout.
 *
 * <p>
 * The JSON is JMH's, number by number, but for what names a machine: the path of the JVM is cut to its last part, and
 * that of the project, where it occurs in the arguments, to a dot. The number of forks is that of the forks there are.
 * It is also laid out with fewer line breaks.
 *
 * @param all one for each benchmark, mode and set of parameters
 * @param environment what they were measured on
 */
record Results(List<Result> all, Environment environment) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    private static final ObjectWriter WRITER = JSON.writer().with(new DefaultPrettyPrinter(
            Separators.createDefaultInstance().withObjectNameValueSpacing(Spacing.AFTER)
                    .withArrayElementSpacing(Spacing.NONE).withObjectEmptySeparator("").withArrayEmptySeparator(""))
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultPrettyPrinter.NopIndenter()));

    /**
     * What JMH measured for one benchmark in one mode with one set of parameters.
     *
     * @param benchmark its class and method, as in {@code RoundTrip.cloned}
     * @param mode {@code avgt} or {@code sample}
     * @param parameters by name
     * @param vm what measured it
     * @param forks how many JVMs measured it
     * @param score the mean, in the unit of the benchmark
     * @param percentiles by their names in the JSON ({@code 50.0}): of all samples, or of the means of the iterations
     * @param allocated bytes for each operation, by all threads; nothing where {@code -prof gc} was not given
     */
    record Result(String benchmark, String mode, Map<String, String> parameters, String vm, int forks, double score,
            Map<String, Double> percentiles, Optional<Double> allocated) {
        double p50() {
            return percentiles.get("50.0");
        }

        double p99() {
            return percentiles.get("99.0");
        }

        /** Allocated, in whole bytes: what is left of one is the profiler's own. */
        double bytesAllocated() {
            return Math.rint(allocated.orElseThrow(() -> new IllegalArgumentException("-prof gc was not given")));
        }
    }

    /** Keeps what JMH has written. */
    static void keep(Project project, String name, Path raw, Environment environment) throws IOException {
        ArrayNode runs = (ArrayNode) JSON.readTree(raw);
        for (JsonNode run : runs) {
            anonymise((ObjectNode) run, project.root());
            countForks((ObjectNode) run);
        }
        Files.createDirectories(project.results());
        write(json(project, name), runs);
        write(environmentJson(project, name), environment);
    }

    /** Keeps what was measured beside it, if anything was; else what is kept under this name is of another run. */
    static void keepOrForget(Project project, String name, Path raw, Environment environment) throws IOException {
        if (Files.exists(raw)) {
            keep(project, name, raw, environment);
        } else {
            Files.deleteIfExists(json(project, name));
            Files.deleteIfExists(environmentJson(project, name));
        }
    }

    /** Cuts off what names a machine. */
    static void anonymise(ObjectNode run, Path root) {
        run.put("jvm", Path.of(run.get("jvm").asString()).getFileName().toString());
        ArrayNode arguments = run.withArray("jvmArgs");
        for (int i = 0; i < arguments.size(); i++) {
            arguments.set(i, arguments.get(i).asString().replace(root.toString(), "."));
        }
    }

    /** JMH was told of one fork, as many times as there were to be: see {@link Main}. */
    private static void countForks(ObjectNode run) {
        JsonNode metric = run.get("primaryMetric");
        run.put("forks", metric.path(metric.has("rawData") ? "rawData" : "rawDataHistogram").size());
    }

    private static void write(Path file, Object value) throws IOException {
        Files.writeString(file, WRITER.writeValueAsString(value) + "\n");
    }

    /** What is kept under this name, if anything is. */
    static Optional<Results> read(Project project, String name) {
        if (!Files.exists(json(project, name))) {
            return Optional.empty();
        }
        List<Result> all = new ArrayList<>();
        for (JsonNode run : JSON.readTree(json(project, name))) {
            String benchmark = run.get("benchmark").asString();
            JsonNode metric = run.get("primaryMetric");
            Map<String, String> parameters = new HashMap<>();
            run.path("params").forEachEntry((key, value) -> parameters.put(key, value.asString()));
            Map<String, Double> percentiles = new HashMap<>();
            metric.get("scorePercentiles").forEachEntry((key, value) -> percentiles.put(key, value.asDouble()));
            JsonNode allocated = run.path("secondaryMetrics").path("gc.alloc.rate.norm").path("score");
            all.add(new Result(benchmark.substring(Main.class.getPackageName().length() + 1),
                    run.get("mode").asString(), parameters,
                    run.path("vmName").asString("") + " " + run.path("vmVersion").asString(""),
                    run.get("forks").asInt(), metric.get("score").asDouble(),
                    percentiles, allocated.isNumber() ? Optional.of(allocated.asDouble()) : Optional.empty()));
        }
        return Optional.of(new Results(List.copyOf(all),
                JSON.readValue(environmentJson(project, name), Environment.class)));
    }

    private static Path json(Project project, String name) {
        return project.results().resolve(name + ".json");
    }

    private static Path environmentJson(Project project, String name) {
        return project.results().resolve(name + ".environment.json");
    }

    /** The one result for a benchmark, in a mode, with parameters of these values. */
    Result get(String benchmark, String mode, String... values) {
        Predicate<Result> wanted = r -> r.benchmark.equals(benchmark) && r.mode.equals(mode)
                && r.parameters.values().containsAll(List.of(values));
        List<Result> found = all.stream().filter(wanted).toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    found.size() + " results for " + benchmark + ", " + mode + ", " + List.of(values));
        }
        return found.getFirst();
    }

    /** The values of a parameter, in the order in which they were measured. */
    List<String> values(String benchmark, String parameter) {
        return all.stream().filter(r -> r.benchmark.equals(benchmark)).map(r -> r.parameters.get(parameter)).distinct()
                .toList();
    }
}
