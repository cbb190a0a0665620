package dev.handoff.benchmarks;

import dev.handoff.Handoff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * JMH's own command line, and five things more: the forks are interleaved, Node's figures are measured where there are
 * any to compare with, the figures end up as JSON in
 * {@code benchmarks/jmh/target}, a failed benchmark fails the build, and with {@code -Djmh.result=<name>} the result is
 * kept, with what it was measured on, in {@code benchmarks/results}, and the tables of {@code docs/performance.md} are
 * written anew.
 *
 * <p>
 * JMH runs all forks of one benchmark and then all of the next: a slow minute of the machine would fall on one peer and
 * not on the other. Here {@code -f 5} means five rounds, each of which measures every benchmark in one fork.
 */
public final class Main {
    /** As many as are needed to tell one JIT compilation from the next, where {@code -f} does not say. */
    private static final int ROUNDS = 3;

    private Main() {
    }

    /** Takes JMH's options. */
    public static void main(String... args) throws Exception {
        CommandLineOptions given = new CommandLineOptions(args);
        if (given.shouldHelp() || given.shouldList() || given.shouldListWithParams() || given.shouldListProfilers()
                || given.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        Project project = Project.current();
        Path raw = project.root().resolve("benchmarks/jmh/target/jmh.json");
        Path node = raw.resolveSibling("node.json");
        Files.createDirectories(raw.getParent());
        Files.deleteIfExists(node);
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given)
                .shouldFailOnError(given.shouldFailOnError().orElse(true));
        Handoff.Capabilities capabilities = Handoff.capabilities();
        if (!capabilities.nativeKernel()) {
            System.out.println("SKIPPED the native kernels: " + capabilities.reason());
            given.getExcludes().forEach(options::exclude); // the first exclude of one's own hides the parent's
            options.exclude("Pixels\\.nativeKernel");
        }

        Environment.Load before = Environment.Load.now();
        List<RunResult> results;
        try {
            results = run(options, given.getForkCount().orElse(ROUNDS), project, node);
        } catch (NoBenchmarksException e) {
            System.err.println("No benchmark matches: " + String.join(" ", args));
            System.exit(2);
            return;
        }
        ResultFormatFactory.getInstance(ResultFormatType.TEXT, System.out).writeOut(results);
        ResultFormatFactory.getInstance(ResultFormatType.JSON, raw.toString()).writeOut(results);
        Environment environment = Environment.of(project, before, args);

        String name = System.getProperty("jmh.result", "");
        if (!name.isEmpty()) {
            Results.keep(project, name, raw, environment);
            Results.keepOrForget(project, name + Tables.NODE, node, environment);
            Tables.rewrite(project);
        }
    }

    /** Measures everything in one fork, and Node, as many times as there are to be forks; with 0 in this JVM, once. */
    private static List<RunResult> run(ChainedOptionsBuilder options, int forks, Project project, Path node)
            throws RunnerException, IOException, InterruptedException {
        options.forks(Math.min(forks, 1));
        Map<BenchmarkParams, List<BenchmarkResult>> results = new LinkedHashMap<>();
        for (int round = 1; round <= Math.max(forks, 1); round++) {
            System.out.println("Round " + round + " of " + Math.max(forks, 1));
            Collection<RunResult> measured = new Runner(options.build()).run();
            for (RunResult result : measured) {
                results.computeIfAbsent(result.getParams(), params -> new ArrayList<>())
                        .addAll(result.getBenchmarkResults());
            }
            NodeJs.measure(project, measured, node);
        }
        return results.entrySet().stream().map(e -> new RunResult(e.getKey(), e.getValue())).toList();
    }
}
