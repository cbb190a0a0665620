package dev.handoff.testing;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

/** Runs a main class of the tests in a JVM of its own, with the library as a module or on the class path. */
public final class ChildJvm {
    /** What came of it; the texts are stripped. */
    public record Run(int exit, String out, String err) {
    }

    /** How the library is put before the JVM. */
    public enum Mode {
        MODULE_PATH,
        CLASS_PATH
    }

    private ChildJvm() {
    }

    /** Runs with the library as a module that may use native access, as the tests themselves do. */
    public static Run run(Class<?> main, String... jvmOptions) {
        List<String> options = new ArrayList<>(List.of("--enable-native-access=dev.handoff",
                "--illegal-native-access=deny"));
        options.addAll(List.of(jvmOptions));
        return run(Mode.MODULE_PATH, main, options, List.of());
    }

    /** Runs with these options only. */
    public static Run run(Mode mode, Class<?> main, List<String> jvmOptions, List<String> arguments) {
        return run(List.of(), mode, main, jvmOptions, arguments);
    }

    /** Lets a command, of which these are the first words, run the JVM. */
    public static Run run(List<String> launcher, Mode mode, Class<?> main, List<String> jvmOptions,
            List<String> arguments) {
        Path library = root("/module-info.class");
        Path tests = root("/" + main.getName().replace('.', '/') + ".class");
        List<String> command = new ArrayList<>(launcher);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
        command.addAll(jvmOptions);
        if (mode == Mode.MODULE_PATH) {
            command.addAll(List.of("--module-path", library.toString(), "--patch-module", "dev.handoff=" + tests, "-m",
                    "dev.handoff/" + main.getName()));
        } else {
            command.addAll(List.of("-cp", library + File.pathSeparator + tests, main.getName()));
        }
        command.addAll(arguments);
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
            Process process = builder.start();
            process.getOutputStream().close();
            FutureTask<String> err = new FutureTask<>(() -> text(process.getErrorStream()));
            Thread.ofVirtual().start(err);
            String out = text(process.getInputStream());
            return new Run(process.waitFor(), out, err.get());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new AssertionError("while running " + command, e);
        }
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** The directory (or jar) that a class file lies in; the tests are patched into the module, but lie elsewhere. */
    private static Path root(String resource) {
        URL url = ChildJvm.class.getResource(resource);
        if (url == null) {
            throw new AssertionError(resource + " is not there");
        }
        String text = url.toString();
        if (text.startsWith("jar:")) {
            text = text.substring(4, text.indexOf("!/"));
        } else {
            text = text.substring(0, text.length() - resource.length() + 1);
        }
        return Path.of(URI.create(text));
    }
}
