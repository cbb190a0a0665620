package dev.handoff.examples.photo;

import dev.handoff.Handoff;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * What the repetitions of one way cost.
 *
 * @param title the name of the way
 * @param repetitions one after another
 */
record Measurement(String title, List<Stages> repetitions) {
    static final String LEGEND = """
            bytes copied: of pixels, in each repetition
            hand out: until the last worker begins; work: until the last one is done
            collect: until the main thread has the result in one piece
            ratio: of the total to that of single-threaded""";

    private static final int SIGNIFICANT_DIGITS = 3;
    private static final String GAP = "  ";

    /** A table with a line for each way; the first is what the others are compared with. */
    static String table(List<Measurement> ways) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("", "bytes copied", "hand out", "work", "collect", "total", "ratio", "kernel"));
        ways.forEach(way -> lines.add(way.line(ways.getFirst())));
        int[] widths = new int[lines.getFirst().size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        return lines.stream().map(line -> aligned(line, widths)).collect(Collectors.joining(System.lineSeparator()));
    }

    /** Names to the left, figures to the right. */
    private static String aligned(List<String> line, int[] widths) {
        StringBuilder aligned = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - line.get(i).length());
            aligned.append(i == 0 ? line.get(i) + padding : GAP + padding + line.get(i));
        }
        return aligned.toString();
    }

    private List<String> line(Measurement baseline) {
        long total = p50(Stages::total);
        return List.of(title, String.format(Locale.ROOT, "%,d", repetitions.getLast().bytesCopied()),
                millis(p50(Stages::handOut)), millis(p50(Stages::work)), millis(p50(Stages::collect)), millis(total),
                String.format(Locale.ROOT, "%.2f", (double) total / baseline.p50(Stages::total)),
                Handoff.capabilities().kernelVariant());
    }

    private long p50(ToLongFunction<Stages> nanos) {
        Histogram histogram = new Histogram(SIGNIFICANT_DIGITS);
        repetitions.stream().mapToLong(nanos).forEach(histogram::recordValue);
        return histogram.getValueAtPercentile(50);
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", (double) nanos / TimeUnit.MILLISECONDS.toNanos(1));
    }
}
