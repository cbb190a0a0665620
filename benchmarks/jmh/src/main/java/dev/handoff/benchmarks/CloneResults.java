package dev.handoff.benchmarks;

import static dev.handoff.benchmarks.Tables.AVERAGE;

import dev.handoff.benchmarks.Results.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What was measured of {@link Clone}, and through Node in the same run.
 *
 * @param jmh of the JVM
 * @param node nothing where there was no {@code node}
 */
record CloneResults(Results jmh, Optional<Results> node) {
    static final String OURS = "handoff";
    static final String BY_HAND = "handWritten";
    static final String BY_HAND_WITH_IDENTITY_TABLE = "handWrittenWithIdentityTable";
    static final String KRYO = "kryo";
    static final String FORY = "fory";
    static final String NODE = "structuredClone";
    private static final List<String> ALL = List.of(OURS, BY_HAND, BY_HAND_WITH_IDENTITY_TABLE, KRYO, FORY,
            "serialization", "jackson", NODE);

    static Optional<CloneResults> read(Project project) {
        return Results.read(project, Tables.CLONE)
                .map(jmh -> new CloneResults(jmh, Results.read(project, Tables.CLONE_NODE)));
    }

    /** Nothing where this one does not copy this shape. */
    Optional<Result> find(String how, Shape shape) {
        return how.equals(NODE)
                ? node.flatMap(results -> find(results, "NodeJs." + NODE, shape))
                : find(jmh, "Clone." + how, shape);
    }

    private static Optional<Result> find(Results results, String benchmark, Shape shape) {
        return results.values(benchmark, "shape").contains(shape.name())
                ? Optional.of(results.get(benchmark, AVERAGE, shape.name()))
                : Optional.empty();
    }

    /** The median of the means of the iterations. */
    double mean(String how, Shape shape) {
        return result(how, shape).p50();
    }

    double allocated(String how, Shape shape) {
        return result(how, shape).bytesAllocated();
    }

    private Result result(String how, Shape shape) {
        return find(how, shape).orElseThrow(() -> new IllegalArgumentException(how + " does not copy " + shape));
    }

    /** Node's name and version, if there was one. */
    private String runtime() {
        return node.map(results -> " of " + results.all().getFirst().vm()).orElse("");
    }

    /** Shapes down, who copies across. */
    String table(Function<Result, String> figure) {
        return table((result, shape) -> figure.apply(result));
    }

    /** Multiples of the copy by hand. */
    String ratios() {
        return table((result, shape) -> Figures.times(result.p50() / mean(BY_HAND, shape)));
    }

    private String table(BiFunction<Result, Shape, String> figure) {
        List<String> titles = new ArrayList<>(List.of("shape"));
        ALL.stream().map(how -> "`" + how + "`" + (how.equals(NODE) ? runtime() : "")).forEach(titles::add);
        Table table = new Table(titles.toArray(String[]::new));
        for (Shape shape : Shape.values()) {
            List<String> row = new ArrayList<>(List.of(shape.text()));
            for (String how : ALL) {
                row.add(find(how, shape).map(result -> figure.apply(result, shape)).orElse(""));
            }
            table.row(row.toArray(String[]::new));
        }
        return table.toString();
    }
}
