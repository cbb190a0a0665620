package dev.handoff.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.RunResult;

/** The shapes of {@link Clone} through Node's {@code structuredClone}, where there is a {@code node}. */
final class NodeJs {
    private NodeJs() {
    }

    /** Measures the shapes that one round of ours has measured, as long as they were, and adds that to the file. */
    static void measure(Project project, Collection<RunResult> round, Path raw)
            throws IOException, InterruptedException {
        List<BenchmarkParams> clones = round.stream().map(RunResult::getParams)
                .filter(params -> params.getBenchmark().startsWith(Clone.class.getName() + ".")).toList();
        if (clones.isEmpty()) {
            return;
        }
        IterationParams warmup = clones.getFirst().getWarmup();
        IterationParams measurement = clones.getFirst().getMeasurement();
        List<String> command = new ArrayList<>(List.of("node",
                project.root().resolve("benchmarks/node/structured-clone.mjs").toString(), "--file=" + raw,
                "--warmups=" + warmup.getCount(), "--warmup-ms=" + milliseconds(warmup),
                "--iterations=" + measurement.getCount(), "--ms=" + milliseconds(measurement)));
        clones.stream().map(params -> params.getParam("shape")).distinct().forEach(command::add);
        if (!isThere()) {
            System.out.println("SKIPPED Node's structuredClone: there is no node on the PATH");
            return;
        }
        System.out.println("Node's structuredClone");
        int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + exit);
        }
    }

    private static boolean isThere() {
        return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(System.getenv().getOrDefault("PATH", ""))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "node")));
    }

    private static long milliseconds(IterationParams iterations) {
        return iterations.getTime().convertTo(TimeUnit.MILLISECONDS);
    }
}
