package dev.handoff.examples.guide;

import dev.handoff.memory.SharedBuffer;
import dev.handoff.pool.WorkerPool;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Counts the lines and words of a text of 50 MB that all workers see where it lies: in a file that is mapped once. */
final class LogAnalysis {
    static final long BYTES = 50_000_000;
    private static final int SLICE = 1 << 20;

    /** What a task is: some whole lines of a text, which is not copied. */
    record Slice(SharedBuffer text, long from, long to) {
    }

    record Counts(long lines, long words, Map<String, Long> byWord) {
        static final Counts NONE = new Counts(0, 0, Map.of());

        Counts plus(Counts other) {
            Map<String, Long> sum = new HashMap<>(byWord);
            other.byWord.forEach((word, n) -> sum.merge(word, n, Long::sum));
            return new Counts(lines + other.lines, words + other.words, sum);
        }

        List<String> mostFrequent(int n) {
            return byWord.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed()
                            .thenComparing(Map.Entry.comparingByKey()))
                    .limit(n).map(entry -> entry.getKey() + " " + entry.getValue()).toList();
        }
    }

    static void main() throws IOException {
        Path file = Path.of(System.getProperty("guide.output", "target"), "log.txt");
        Files.createDirectories(file.toAbsolutePath().getParent());
        long bytes = write(file, BYTES);
        Counts counts = analyse(file);
        IO.println("bytes          %,d".formatted(bytes));
        IO.println("lines          %,d".formatted(counts.lines()));
        IO.println("words          %,d".formatted(counts.words()));
        IO.println("most frequent  " + String.join(", ", counts.mostFrequent(5)));
        Files.delete(file);
    }

    /** Lincoln's address at Gettysburg, again and again. Returns how long it has become. */
    static long write(Path file, long bytes) throws IOException {
        byte[] text;
        try (InputStream in = LogAnalysis.class.getResourceAsStream("gettysburg.txt")) {
            text = in.readAllBytes();
        }
        long written = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            for (; written < bytes; written += text.length) {
                out.write(text);
            }
        }
        return written;
    }

    static Counts analyse(Path file) throws IOException {
        SharedBuffer text = SharedBuffer.map(file, Files.size(file));
        try (WorkerPool<Slice, Counts> pool = WorkerPool.of((slice, _) -> count(slice))) {
            return pool.submitAll(slices(text)).stream().map(CompletableFuture::join)
                    .reduce(Counts.NONE, Counts::plus);
        }
    }

    /** Of about a megabyte each; the next one begins after the end of a line. */
    static List<Slice> slices(SharedBuffer text) {
        List<Slice> slices = new ArrayList<>();
        for (long from = 0; from < text.byteSize();) {
            long to = Math.min(text.byteSize(), from + SLICE);
            while (to < text.byteSize() && text.segment().get(ValueLayout.JAVA_BYTE, to - 1) != '\n') {
                to++;
            }
            slices.add(new Slice(text, from, to));
            from = to;
        }
        return slices;
    }

    /** Runs on the workers. */
    private static Counts count(Slice slice) {
        MemorySegment bytes = slice.text().segment().asSlice(slice.from(), slice.to() - slice.from());
        String text = new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        Map<String, Long> byWord = new HashMap<>();
        long words = 0;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || !Character.isLetter(text.charAt(i))) {
                if (i > start) {
                    words++;
                    byWord.merge(text.substring(start, i).toLowerCase(Locale.ROOT), 1L, Long::sum);
                }
                start = i + 1;
            }
        }
        return new Counts(text.lines().count(), words, byWord);
    }
}
