package dev.handoff.examples.photo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The program as the user sees it: in a JVM of its own, or where only its messages matter, in this one. */
@Timeout(120)
class PhotoCommandTest {
    private static final Path PHOTO = Path.of("images/seeding.jpg").toAbsolutePath();

    /** What a run of the program gave. */
    private record Result(int exitCode, String out, String err) {
    }

    @TempDir private Path dir;

    @Test
    void succeedsWithPathsRelativeToTheWorkingDirectory() throws Exception {
        Files.copy(PHOTO, dir.resolve("in.jpg"));
        Result result = inItsOwnJvm("in.jpg", "--operation", "invert", "-w", "3", "-n", "2", "--warm-up", "1", "-o",
                "out");
        assertEquals("", result.err());
        assertEquals(0, result.exitCode());
        assertTrue(result.out().contains("in.jpg: 2560x1440 pixels, invert by 3 workers"), result.out());
        byte[] expected = Picture.read(PHOTO, 1, 1).rgba();
        Operation.INVERT.reference(expected);
        for (String way : List.of("clone", "transfer", "shared")) {
            assertTrue(result.out().lines().anyMatch(line -> line.startsWith(way + " ")), result.out());
            assertArrayEquals(expected, Picture.read(dir.resolve("out").resolve(way + ".png"), 1, 1).rgba(), way);
        }
    }

    @Test
    void aMissingFileIsExitCode1InOneLine() throws Exception {
        Result result = inItsOwnJvm("missing.jpg");
        assertEquals(1, result.exitCode());
        assertEquals("photo: missing.jpg does not exist", result.err().strip());
    }

    @Test
    void wrongUsageIsExitCode2InOneLine() throws Exception {
        Result result = inItsOwnJvm(PHOTO.toString(), "-w", "0");
        assertEquals(2, result.exitCode());
        assertEquals("photo: --workers must be at least 1, not 0; --help tells more", result.err().strip());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "-w -1                | --workers must be at least 1, not -1",
            "-w 1441              | --workers must be at most the 1440 rows of the picture, not 1441",
            "-w two               | 'two' is not an int",
            "-n 0                 | --repetitions must be at least 1, not 0",
            "--warm-up -1         | --warm-up must not be negative: -1",
            "--operation sharpen  | expected one of [GRAYSCALE, INVERT] (case-insensitive)",
            "--unknown            | Unknown option: '--unknown'",
            "second.jpg           | Unmatched argument at index 1: 'second.jpg'"})
    void namesWhatIsWrongInTheUsage(
            String args, String message) {
        Result result = here((PHOTO + " " + args).split(" "));
        assertEquals(2, result.exitCode());
        assertTrue(result.err().contains(message), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    @Test
    void withoutAnImageTheUsageIsWrong() {
        Result result = here();
        assertEquals(2, result.exitCode());
        assertTrue(result.err().contains("IMAGE"), result.err());
    }

    @Test
    void anOutputThatCannotBeWrittenIsAFailure() throws Exception {
        Path file = Files.createFile(dir.resolve("file"));
        Result result = here(PHOTO.toString(), "-n", "1", "--warm-up", "0", "-o", file.toString());
        assertEquals(1, result.exitCode());
        assertTrue(result.err().contains("can't be written"), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version"})
    void helpAndVersionSucceed(String option) {
        Result result = here(option);
        assertEquals(0, result.exitCode());
        assertTrue(result.out().contains(option.equals("--help") ? "--repetitions" : "Handoff 0."), result.out());
    }

    private static Result here(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = PhotoCommand.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Result(command.execute(args), out.toString(), err.toString());
    }

    private Result inItsOwnJvm(String... args) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                        PhotoCommand.class.getName()));
        command.addAll(List.of(args));
        Path out = dir.resolve("stdout");
        Path err = dir.resolve("stderr");
        Process process = new ProcessBuilder(command).directory(dir.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile()).start();
        return new Result(process.waitFor(), Files.readString(out), Files.readString(err));
    }
}
