package dev.handoff.examples.guide;

import dev.handoff.pool.PoolOptions;
import dev.handoff.pool.WorkerPool;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.consumer.RecordingStream;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;

/**
 * The primes below 10,000,000: on one thread, then by pools of 2, 4 and as many workers as there are processors. What is
 * marked and measured are events of Flight Recorder, and an observer in the same program hears of them: so the same marks
 * show up in a recording of a program in production.
 */
final class Primes {
    static final int BELOW = 10_000_000;
    private static final int RANGE = 50_000;

    /** Numbers from the first to before the second. */
    record Range(int from, int to) {
    }

    /** @param workers 0 for one thread without a pool */
    record Row(int workers, Duration time, int[] primes) {
    }

    /** A moment. */
    @Name("handoff.examples.Mark")
    @Category("Handoff examples")
    @StackTrace(false)
    static final class Mark extends Event {
        @Label("Name") String name;

        static void at(String name) {
            Mark mark = new Mark();
            mark.name = name;
            mark.commit();
        }
    }

    /** The time from one moment to another. */
    @Name("handoff.examples.Measure")
    @Category("Handoff examples")
    @StackTrace(false)
    static final class Measure extends Event {
        @Label("Name") String name;
        @Label("Workers") int workers;
    }

    static void main() throws Exception {
        List<Row> rows = measure(BELOW, IntStream.of(0, 2, 4, Runtime.getRuntime().availableProcessors()).distinct()
                .toArray());
        print(rows);
        Path output = Path.of(System.getProperty("guide.output", "target"));
        Files.createDirectories(output);
        IO.println(draw(rows, output.resolve("primes.png")));
    }

    /** Times are those that the observer has heard of. */
    static List<Row> measure(int below, int... workers) throws InterruptedException {
        ConcurrentLinkedQueue<String> marks = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Duration> times = new ConcurrentLinkedQueue<>();
        List<int[]> results = new ArrayList<>();
        try (RecordingStream observer = new RecordingStream()) {
            observer.enable(Mark.class);
            observer.enable(Measure.class).withoutThreshold();
            observer.onEvent("handoff.examples.Mark", event -> marks.add(event.getString("name")));
            observer.onEvent("handoff.examples.Measure", event -> times.add(event.getDuration()));
            observer.startAsync();
            primesBelow(below / 10, 0); // for the JIT compiler
            for (int n : workers) {
                results.add(measured(below, n));
            }
            observer.stop(); // when everything has been heard
        }
        if (marks.size() != 2 * workers.length || times.size() != workers.length) {
            throw new IllegalStateException("the observer heard " + marks + " and " + times);
        }
        List<Row> rows = new ArrayList<>();
        for (int n : workers) {
            rows.add(new Row(n, times.remove(), results.get(rows.size())));
        }
        for (Row row : rows) {
            if (!Arrays.equals(row.primes(), rows.getFirst().primes())) {
                throw new AssertionError(
                        row.workers() + " workers find other primes than " + rows.getFirst().workers());
            }
        }
        return rows;
    }

    private static int[] measured(int below, int workers) {
        Mark.at("start of " + workers);
        Measure measure = new Measure();
        measure.name = "primes below " + below;
        measure.workers = workers;
        measure.begin();
        int[] primes = primesBelow(below, workers);
        measure.commit();
        Mark.at("end of " + workers);
        return primes;
    }

    static int[] primesBelow(int below, int workers) {
        List<Range> ranges = IntStream.iterate(0, from -> from < below, from -> from + RANGE)
                .mapToObj(from -> new Range(from, Math.min(below, from + RANGE))).toList();
        if (workers == 0) {
            return joined(ranges.stream().map(Primes::primesIn).toList());
        }
        try (WorkerPool<Range, int[]> pool = WorkerPool.of((range, _) -> primesIn(range),
                PoolOptions.defaults().workers(workers))) {
            return joined(pool.submitAll(ranges).stream().map(CompletableFuture::join).toList());
        }
    }

    private static int[] joined(List<int[]> parts) {
        return parts.stream().flatMapToInt(IntStream::of).toArray();
    }

    private static int[] primesIn(Range range) {
        return IntStream.range(range.from(), range.to()).filter(Primes::isPrime).toArray();
    }

    private static boolean isPrime(int n) {
        if (n < 4) {
            return n > 1;
        }
        if (n % 2 == 0 || n % 3 == 0) {
            return false;
        }
        for (int d = 5; d * d <= n; d += 6) {
            if (n % d == 0 || n % (d + 2) == 0) {
                return false;
            }
        }
        return true;
    }

    private static void print(List<Row> rows) {
        double first = rows.getFirst().time().toNanos();
        IO.println("workers      primes        time  speed-up");
        for (Row row : rows) {
            IO.println("%7s  %,10d  %7.1f ms  %7.2fx".formatted(row.workers() == 0 ? "none" : row.workers(),
                    row.primes().length, row.time().toNanos() / 1e6, first / row.time().toNanos()));
        }
    }

    /** Returns what to say of it. */
    private static String draw(List<Row> rows, Path file) throws IOException {
        DefaultCategoryDataset bars = new DefaultCategoryDataset();
        rows.forEach(row -> bars.addValue(row.time().toMillis(), "time",
                row.workers() == 0 ? "one thread, no pool" : row.workers() + " workers"));
        System.setProperty("java.awt.headless", "true");
        try {
            JFreeChart chart = ChartFactory.createBarChart("Primes below 10,000,000", null, "milliseconds", bars,
                    PlotOrientation.HORIZONTAL, false, false, false);
            CategoryPlot plot = chart.getCategoryPlot();
            plot.setBackgroundPaint(Color.WHITE);
            plot.setRangeGridlinePaint(Color.LIGHT_GRAY);
            BarRenderer renderer = (BarRenderer) plot.getRenderer();
            renderer.setBarPainter(new StandardBarPainter());
            renderer.setSeriesPaint(0, new Color(0x2a6f97));
            renderer.setMaximumBarWidth(0.15);
            ChartUtils.saveChartAsPNG(file.toFile(), chart, 900, 120 + 70 * rows.size());
            return "the bar chart: " + file.getFileName();
        } catch (LinkageError | InternalError e) { // a JDK without fonts can't write a label
            return "no bar chart: this JDK finds no fonts (on Debian: apt-get install fontconfig fonts-dejavu-core)";
        }
    }
}
