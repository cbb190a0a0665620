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

/** What Node has to compare with some of the benchmarks, measured by scripts, where there is a {@code node}. */
final class NodeJs {
    private NodeJs() {
    }

    /** Measures what one round of ours has something of, as long as that took, and adds the figures to the file. */
    static void measure(Project project, Collection<RunResult> round, Path raw)
            throws IOException, InterruptedException {
        List<BenchmarkParams> all = round.stream().map(RunResult::getParams).toList();
        List<BenchmarkParams> clones = of(Clone.class, all);
        run(project, "structured-clone.mjs", clones,
                clones.stream().map(params -> params.getParam("shape")).distinct().toList(), raw);
        run(project, "worker-threads.mjs", of(Channels.class, all), List.of("stream"), raw);
        run(project, "worker-threads.mjs", of(ChannelTrips.class, all), List.of("trip"), raw);
        run(project, "worker-threads.mjs", of(WorkerStart.class, all), List.of("start"), raw);
        run(project, "pool.mjs", of(Pool.class, all), List.of("many", "one"), raw);
    }

    private static List<BenchmarkParams> of(Class<?> benchmarks, List<BenchmarkParams> all) {
        return all.stream().filter(params -> params.getBenchmark().startsWith(benchmarks.getName() + ".")).toList();
    }

    /** Has a script measure what bears these names, if any of ours was measured. */
    private static void run(Project project, String script, List<BenchmarkParams> ours, List<String> names, Path raw)
            throws IOException, InterruptedException {
        if (ours.isEmpty()) {
            return;
        }
        if (!isThere()) {
            System.out.println("SKIPPED Node's " + names + ": there is no node on the PATH");
            return;
        }
        IterationParams warmup = ours.getFirst().getWarmup();
        IterationParams measurement = ours.getFirst().getMeasurement();
        List<String> command = new ArrayList<>(List.of("node",
                project.root().resolve("benchmarks/node").resolve(script).toString(), "--file=" + raw,
                "--warmups=" + warmup.getCount(), "--warmup-ms=" + milliseconds(warmup),
                "--iterations=" + measurement.getCount(), "--ms=" + milliseconds(measurement)));
        command.addAll(names);
        System.out.println("Node's " + names);
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
