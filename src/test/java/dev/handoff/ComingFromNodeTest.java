package dev.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The second column of the tables in docs/coming-from-node.md names public API, and nothing else. */
class ComingFromNodeTest {
    private static final Path PAGE = Path.of("docs", "coming-from-node.md");
    private static final String PLANNED = "*planned:*";
    private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
    private static final List<String> PACKAGES = List.of("dev.handoff", "dev.handoff.channel", "dev.handoff.clone",
            "dev.handoff.concurrent", "dev.handoff.kernel", "dev.handoff.memory", "dev.handoff.sync",
            "dev.handoff.worker", "java.lang", "java.lang.foreign", "java.math", "java.nio", "java.time", "java.util",
            "java.util.concurrent", "java.util.regex", "jdk.jfr");

    private static List<String> columns() throws IOException {
        return Files.readAllLines(PAGE).stream().filter(line -> line.startsWith("| ") && !line.startsWith("| Node |"))
                .map(line -> line.split("(?<!\\\\)\\|", -1)[2].strip()).toList();
    }

    private static Stream<String> names(String text) {
        return SPAN.matcher(text).results().map(span -> span.group(1));
    }

    private static String built(String column) {
        int planned = column.indexOf(PLANNED);
        return planned < 0 ? column : column.substring(0, planned);
    }

    private static String planned(String column) {
        int planned = column.indexOf(PLANNED);
        return planned < 0 ? "" : column.substring(planned + PLANNED.length());
    }

    @Test
    void everyRowNamesWhatIsThereOrSaysThatNothingIs() throws IOException {
        List<String> columns = columns();
        assertTrue(columns.size() > 100, () -> "too few rows were found: " + columns.size());
        columns.forEach(column -> assertTrue(column.equals("–") || names(column).findAny().isPresent(), column));
    }

    @Test
    void whatItNamesIsPublicApi() throws IOException {
        assertEquals(List.of(), columns().stream().flatMap(column -> names(built(column)))
                .filter(name -> !isPublicApi(name)).distinct().toList());
    }

    @Test
    void whatItCallsPlannedIsNotThereYet() throws IOException {
        assertEquals(List.of(), columns().stream().flatMap(column -> names(planned(column)))
                .filter(ComingFromNodeTest::isPublicApi).distinct().toList());
    }

    @Test
    void tellsApiFromWhatIsNone() {
        assertTrue(Stream.of("Worker", "Worker.start", "OwnedBuffer.State.GONE", "MessageChannel.port1", "Thread.join")
                .allMatch(ComingFromNodeTest::isPublicApi));
        assertTrue(Stream.of("Mailbox", "Worker.loop", "Nothing", "OwnedBuffer.State.LOST", "worker", "Worker.start()")
                .noneMatch(ComingFromNodeTest::isPublicApi));
    }

    /** A class, or a public member of one, of the packages above. */
    private static boolean isPublicApi(String name) {
        Class<?> type = null;
        String[] parts = name.split("\\.");
        for (int i = 0; i < parts.length; i++) {
            Class<?> inner = type == null ? topLevel(parts[i]) : nested(type, parts[i]);
            if (inner == null) {
                return type != null && i == parts.length - 1 && hasMember(type, parts[i]);
            }
            type = inner;
        }
        return true;
    }

    private static Class<?> topLevel(String name) {
        return PACKAGES.stream().map(p -> load(p + "." + name)).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private static Class<?> load(String name) {
        try {
            Class<?> type = Class.forName(name, false, ComingFromNodeTest.class.getClassLoader());
            return Modifier.isPublic(type.getModifiers()) ? type : null;
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    private static Class<?> nested(Class<?> type, String name) {
        return Stream.of(type.getClasses()).filter(c -> c.getSimpleName().equals(name)).findFirst().orElse(null);
    }

    private static boolean hasMember(Class<?> type, String name) {
        return Stream.concat(Stream.of(type.getMethods()).map(Method::getName),
                Stream.of(type.getFields()).map(Field::getName)).anyMatch(name::equals);
    }
}
