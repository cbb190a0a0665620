package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.memory.SharedBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogAnalysisTest {
    @TempDir private Path folder;

    @Test
    void countsLinesAndWords() throws IOException {
        Path file = folder.resolve("text");
        Files.writeString(file, "to be, or\nnot To be:\n");
        assertEquals(new LogAnalysis.Counts(2, 6, Map.of("to", 2L, "be", 2L, "or", 1L, "not", 1L)),
                LogAnalysis.analyse(file));
        assertEquals(List.of("be 2", "to 2", "not 1"), LogAnalysis.analyse(file).mostFrequent(3));
    }

    @Test
    void slicesAreOfWholeLinesAndNothingIsCountedTwice() throws IOException {
        Path file = folder.resolve("text");
        long bytes = LogAnalysis.write(file, 3 << 20);
        List<LogAnalysis.Slice> slices = LogAnalysis.slices(SharedBuffer.map(file, bytes));
        assertEquals(4, slices.size());
        assertEquals(bytes, slices.getLast().to());
        try (var lines = Files.lines(file)) {
            assertEquals(lines.count(), LogAnalysis.analyse(file).lines());
        }
    }
}
