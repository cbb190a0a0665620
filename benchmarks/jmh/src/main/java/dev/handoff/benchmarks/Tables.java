package dev.handoff.benchmarks;

import dev.handoff.benchmarks.Results.Result;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.util.ArrayList;
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
    private static final String ROUND_TRIP = "round-trip";
    private static final String HANDOFF_COST = "handoff-cost";
    private static final String PIXELS = "pixels";
    private static final String AVERAGE = "avgt";
    private static final String SAMPLE = "sample";
    private static final String SMALL = "1024";
    private static final String LARGE = "104857600";

    /** So many digits of a figure count, at most. */
    private static final int DIGITS = 3;

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
            case "targets" -> targets();
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

    private Optional<String> targets() {
        Optional<Results> trips = Results.read(project, ROUND_TRIP);
        Optional<Results> costs = Results.read(project, HANDOFF_COST);
        Optional<Results> images = Results.read(project, PIXELS);
        if (trips.isEmpty() || costs.isEmpty() || images.isEmpty()) {
            return Optional.empty();
        }
        Table table = new Table("what", "target", "measured", "holds");
        Function<String, Double> trip = bytes -> trips.get()
                .get("RoundTrip.transferred", SAMPLE, bytes, Payload.FIRST_BYTE.name()).p50();
        atMost(table, "round trip of a transfer, first byte touched: 100 MiB / 1 KiB, p50", 1.2,
                trip.apply(LARGE) / trip.apply(SMALL));
        Function<String, Double> handoff = bytes -> costs.get()
                .get("HandoffCost.transferClaimTouch", AVERAGE, bytes).p50();
        atMost(table, "transfer + claim + first touch on one thread: 100 MiB / 1 KiB, p50 of the iterations", 1.2,
                handoff.apply(LARGE) / handoff.apply(SMALL));
        for (String bytes : costs.get().values("HandoffCost.sharedArena", "bytes")) {
            double arena = costs.get().get("HandoffCost.sharedArena", AVERAGE, bytes).p50();
            atLeast(table, "shared arena, open and close / transfer + claim + first touch, " + size(bytes)
                    + ", p50 of the iterations", 500, arena / handoff.apply(bytes), Tables::times);
        }
        Results pixels = images.get();
        double copy = pixels.get("Pixels.copy", SAMPLE).p50();
        for (String operation : pixels.values("Pixels.nativeKernel", "operation")) {
            String what = operation.toLowerCase(Locale.ROOT);
            double kernel = pixels.get("Pixels.nativeKernel", SAMPLE, operation).p50();
            double plain = pixels.get("Pixels.plainLoop", SAMPLE, operation).p50();
            atLeast(table, what + ", native: rate / that of a copy, p50", 0.5, copy / kernel, Tables::percent);
            atLeast(table, what + ", native: times as fast as the plain loop, p50", 4, plain / kernel, Tables::times);
        }
        return Optional.of(table.toString());
    }

    private static void atMost(Table table, String what, double target, double measured) {
        table.row(what, "≤ " + plain(target), figures(measured), measured <= target ? "yes" : "**no**");
    }

    private static void atLeast(Table table, String what, double target, double measured,
            Function<Double, String> format) {
        table.row(what, "≥ " + format.apply(target), format.apply(measured), measured >= target ? "yes" : "**no**");
    }

    // ---- figures

    private static String us(double microseconds) {
        return figures(microseconds) + " µs";
    }

    private static String ns(double nanoseconds) {
        return figures(nanoseconds) + " ns";
    }

    private static String times(double ratio) {
        return figures(ratio) + "x";
    }

    private static String percent(double ratio) {
        return figures(100 * ratio) + " %";
    }

    /** Of an image, which is read once and written once, in this many microseconds. */
    private static String rate(double microseconds) {
        return figures(2 * Pixels.BYTES / microseconds / 1e3) + " GB/s";
    }

    private static String allocated(Result result) {
        return result.allocated().map(bytes -> (bytes < 0.1 ? "0" : figures(bytes)) + " B").orElse("");
    }

    static String figures(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(DIGITS, RoundingMode.HALF_EVEN));
        int beforePoint = rounded.precision() - rounded.scale();
        return String.format(Locale.ROOT, "%,." + Math.max(0, DIGITS - beforePoint) + "f", rounded);
    }

    private static String plain(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    static String size(String bytes) {
        long size = Long.parseLong(bytes);
        int unit = Math.min(3, (Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(size, 1))) / 10);
        return size / (1L << 10 * unit) + " " + List.of("B", "KiB", "MiB", "GiB").get(unit);
    }

    private static String code(String name) {
        return "`" + name + "`";
    }

    /** A table in Markdown: the first column is text, the others are figures. */
    private static final class Table {
        private final List<String> lines = new ArrayList<>();

        Table(String... titles) {
            row(titles);
            lines.add("|---" + "|--:".repeat(titles.length - 1) + "|");
        }

        void row(String... cells) {
            lines.add("| " + String.join(" | ", cells) + " |");
        }

        @Override
        public String toString() {
            return String.join("\n", lines) + "\n";
        }
    }
}
