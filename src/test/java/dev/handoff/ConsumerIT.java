package dev.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar as its users meet it, with the README's own sample as the user's program. */
class ConsumerIT {
    private static final String OUTPUT = """
            OwnedBuffer[104857600 bytes, handed to worker 'worker-1' by thread 'main']
            42
            """;

    @TempDir Path dir;

    @Test
    void theReadmesSampleRunsOnTheClassPath() throws Exception {
        Path source = sample("Hello", "");
        run("javac", "-Xlint:all", "-Werror", "-cp", jar(), "-d", dir.toString(), source.toString());
        String path = jar() + System.getProperty("path.separator") + dir;
        assertEquals(OUTPUT, run("java", "--enable-native-access=ALL-UNNAMED", "-cp", path, "Hello"));
        String warned = run("java", "-cp", path, "Hello");
        assertTrue(warned.contains("WARNING: Use --enable-native-access=ALL-UNNAMED to avoid a warning"), warned);
        assertTrue(warned.contains(OUTPUT), warned);
    }

    @Test
    void theReadmesSampleRunsOnTheModulePath() throws Exception {
        Path source = sample("Hello", "package consumer;\n");
        Path info = dir.resolve("module-info.java");
        Files.writeString(info, "module consumer { requires dev.handoff; }");
        run("javac", "-Xlint:all", "-Werror", "-p", jar(), "-d", dir.toString(), source.toString(), info.toString());
        String path = jar() + System.getProperty("path.separator") + dir;
        assertEquals(OUTPUT,
                run("java", "--enable-native-access=dev.handoff", "--illegal-native-access=deny", "-p", path,
                        "-m", "consumer/consumer.Hello"));
    }

    @Test
    void theReadmesSampleOfSharedMemoryRunsInTwoProcesses() throws Exception {
        Path source = sample("Count", "");
        run("javac", "-Xlint:all", "-Werror", "-cp", jar(), "-d", dir.toString(), source.toString());
        String path = jar() + System.getProperty("path.separator") + dir;
        String file = dir.resolve("words").toString();
        var second = new FutureTask<>(
                () -> run("java", "--enable-native-access=ALL-UNNAMED", "-cp", path, "Count", file, "1"));
        Thread.ofPlatform().start(second);
        assertEquals("true\n", run("java", "--enable-native-access=ALL-UNNAMED", "-cp", path, "Count", file, "0"));
        assertEquals("true\n", second.get());
    }

    @Test
    void theJarBringsItsLicenceAndNoDependency() throws IOException {
        try (JarFile jar = new JarFile(jar())) {
            assertTrue(jar.getEntry("META-INF/LICENSE").getSize() > 10_000);
            assertFalse(jar.stream().anyMatch(e -> e.getName().startsWith("org/")));
        }
    }

    private Path sample(String name, String head) throws IOException {
        Matcher java = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("README.md")));
        String text = java.results().map(found -> found.group(1)).filter(t -> t.contains("public class " + name + " "))
                .findFirst().orElseThrow();
        Path source = dir.resolve(name + ".java");
        Files.writeString(source, head + text);
        return source;
    }

    private static String jar() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.map(Path::toString).filter(f -> f.matches(".*handoff-[0-9.]+(-SNAPSHOT)?\\.jar"))
                    .findFirst().orElseThrow();
        }
    }

    private static String run(String tool, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), () -> command + "\n" + output);
        return output;
    }
}
