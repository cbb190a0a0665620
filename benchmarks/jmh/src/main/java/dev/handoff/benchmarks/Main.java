package dev.handoff.benchmarks;

import dev.handoff.Handoff;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * JMH's own command line, and three things more: the figures end up as JSON in {@code benchmarks/jmh/target}, a failed
 * benchmark fails the build, and with {@code -Djmh.result=<name>} the result is kept, with what it was measured on, in
 * {@code benchmarks/results}, and the tables of {@code docs/performance.md} are written anew.
 */
public final class Main {
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
        Files.createDirectories(raw.getParent());
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given)
                .resultFormat(ResultFormatType.JSON).result(raw.toString())
                .shouldFailOnError(given.shouldFailOnError().orElse(true));
        Handoff.Capabilities capabilities = Handoff.capabilities();
        if (!capabilities.nativeKernel()) {
            System.out.println("SKIPPED the native kernels: " + capabilities.reason());
            given.getExcludes().forEach(options::exclude); // the first exclude of one's own hides the parent's
            options.exclude("Pixels\\.nativeKernel");
        }

        Environment.Load before = Environment.Load.now();
        try {
            new Runner(options.build()).run();
        } catch (NoBenchmarksException e) {
            System.err.println("No benchmark matches: " + String.join(" ", args));
            System.exit(2);
        }
        Environment environment = Environment.of(project, before, args);

        String name = System.getProperty("jmh.result", "");
        if (!name.isEmpty()) {
            Results.keep(project, name, raw, environment);
            Tables.rewrite(project);
        }
    }
}
