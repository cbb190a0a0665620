package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WorkerLogsTest {
    @TempDir private Path folder;

    @Test
    void eachWorkerWritesItsOwnFileWithTimesAndLevels() throws Exception {
        assertEquals(List.of(42, 15), WorkerLogs.run(folder));
        assertEquals(List.of("INFO    started", "INFO    the sum is 42"), entries("north.log"));
        assertEquals(List.of("INFO    started", "WARNING not a number: many", "INFO    the sum is 15"),
                entries("south.log"));
    }

    /** What follows the timestamps, which must be such, and in order. */
    private List<String> entries(String file) throws IOException {
        List<String> entries = new ArrayList<>();
        Instant last = Instant.MIN;
        for (String line : Files.readAllLines(folder.resolve(file))) {
            String[] parts = line.split(" ", 2);
            Instant time = Instant.parse(parts[0]);
            assertFalse(time.isBefore(last), line);
            last = time;
            entries.add(parts[1]);
        }
        return entries;
    }
}
