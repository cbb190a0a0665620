package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All the programs as the reader runs them, in a JVM that has to end by itself. */
@Timeout(120)
class GuideTest {
    @TempDir private Path folder;

    @Test
    void readmeShowsWhatTheProgramsPrint() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String shown = readme.substring(readme.indexOf("```text\n") + "```text\n".length(), readme.lastIndexOf("```"));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%n",
                "-Dguide.output=" + folder, "-cp",
                System.getProperty("java.class.path"), Guide.class.getName())
                .redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertEquals(0, process.waitFor());
        assertEquals(List.of("WARNING: worker 'pool-?' of pool 'pool' was lost: it ended in the middle of a task"),
                Files.readAllLines(err).stream().map(line -> line.replaceAll("pool-\\d", "pool-?")).toList());
        assertEquals(timeless(shown), timeless(Files.readString(out)));
    }

    @Test
    void anUnknownNameIsRefusedAndTheKnownOnesAreTold() {
        var e = assertThrows(IllegalArgumentException.class, () -> Guide.main("Hello", "Helo"));
        assertTrue(e.getMessage().startsWith("[Hello, Helo] should be names out of [Hello, RunWorker,"),
                e.getMessage());
    }

    private static List<String> timeless(String text) {
        return text.lines().map(line -> line
                .replaceAll("^\\d{4}-\\d\\d-\\d\\dT\\S+Z", "TIME")
                .replaceAll(" +[\\d.]+ ms( +[\\d.]+x)?", " MILLIS ms"))
                .filter(line -> !line.matches(" +\\d+ +[\\d,]+ MILLIS ms")) // one for each number of workers
                .toList();
    }
}
