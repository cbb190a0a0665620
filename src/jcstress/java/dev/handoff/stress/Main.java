package dev.handoff.stress;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;

/**
 * jcstress's own command line, and two things more: a test that did not run fails the build, as a forbidden outcome does
 * (jcstress passes over tests that it can't schedule or that do not link), and all outcomes of all tests end up in
 * {@code report.txt}.
 */
public final class Main {
    private static final Path REPORT = Path.of("report.txt");

    private Main() {
    }

    /** Takes jcstress's options. */
    public static void main(String... args) throws Exception {
        Options options = new Options(args);
        if (!options.parse()) {
            System.exit(2);
        }
        if (options.shouldList() || options.shouldParse()) {
            org.openjdk.jcstress.Main.main(args);
            return;
        }
        JCStress jcstress = new JCStress(options);
        Files.deleteIfExists(REPORT);
        Set<String> missing = new TreeSet<>(jcstress.getTests());
        boolean passed = false;
        try {
            jcstress.run(); // throws if an outcome was forbidden or a test failed
            passed = true;
        } catch (AssertionError e) {
            System.err.println(e.getMessage());
        }
        Path blob = Path.of(options.getResultFile());
        if (Files.exists(blob)) {
            List<TestResult> results = results(blob);
            results.stream().filter(r -> r.status() != Status.API_MISMATCH).map(TestResult::getName)
                    .forEach(missing::remove);
            report(results, missing, args);
            Files.delete(blob);
            System.out.println("All outcomes: " + REPORT.toAbsolutePath());
        } else {
            System.err.println("NO TEST WAS RUN");
            passed = false;
        }
        if (!missing.isEmpty()) {
            System.err.println("NOT RUN: " + missing);
            passed = false;
        }
        System.exit(passed ? 0 : 1);
    }

    private static List<TestResult> results(Path blob) throws IOException, ClassNotFoundException {
        InProcessCollector all = new InProcessCollector();
        DiskReadCollector disk = new DiskReadCollector(blob.toString(), all);
        disk.dump();
        disk.close();
        List<TestResult> byName = ReportUtils.mergedByName(all.getTestResults());
        byName.sort(Comparator.comparing(TestResult::getName));
        return byName;
    }

    private static void report(List<TestResult> results, Set<String> missing, String... args) throws IOException {
        long samples = results.stream().mapToLong(TestResult::getTotalCount).sum();
        long failed = results.stream().filter(r -> !ReportUtils.statusToPassed(r)).count();
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(REPORT))) {
            out.printf("jcstress %s%ncommit %s, %s%n", String.join(" ", args), commit(),
                    Instant.now().truncatedTo(ChronoUnit.MINUTES));
            out.printf("Java %s, %s %s, %d processors%n", Runtime.version(), System.getProperty("os.name"),
                    System.getProperty("os.arch"), Runtime.getRuntime().availableProcessors());
            out.printf("%d tests, %d of them failed, %d not run; %,d samples%n%n", results.size() + missing.size(),
                    failed, missing.size(), samples);
            missing.forEach(name -> out.printf("      [NOT RUN] %s%n%n", name));
            results.forEach(result -> ReportUtils.printResult(out, result, true));
        }
    }

    private static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*").start();
        try (BufferedReader out = git.inputReader()) {
            return Objects.requireNonNullElse(out.readLine(), "unknown");
        }
    }
}
