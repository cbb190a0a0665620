package dev.handoff.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The typed views are written once, in src/main/templates, and so are their stress tests, in src/jcstress/templates. Where a source differs from what its template gives, this fails:
 * {@code mvn test -Dtest=TypedViewSourcesTest -Dviews=write} rewrites the sources.
 */
class TypedViewSourcesTest {
    private static final String PACKAGE = "dev/handoff/memory";
    private static final Path SOURCES = Path.of("src/main/java", PACKAGE);

    /** What the template wants to know; its head says what each of it means. */
    enum Element {
        INT8("signed 8-bit integers", "byte", 8, "int"),
        INT16("signed 16-bit integers", "short", 16, "int"),
        INT32("signed 32-bit integers", "int", 32, "long"),
        INT64("signed 64-bit integers", "long", 64, ""),
        FLOAT32("32-bit floating-point numbers", "float", 32, ""),
        FLOAT64("64-bit floating-point numbers", "double", 64, "");

        private final Map<String, Object> model;

        Element(String noun, String type, int bits, String unsigned) {
            boolean lane = bits < 32;
            boolean floating = List.of("float", "double").contains(type);
            model = Map.of("name", viewName(), "noun", noun, "type", type, "operand", lane ? "int" : type, "bits", bits,
                    "shift", Integer.numberOfTrailingZeros(bits / 8), "lane", lane, "floating", floating, "waits",
                    !lane && !floating, "unsigned", unsigned);
        }

        String viewName() {
            return name().charAt(0) + name().substring(1).toLowerCase(java.util.Locale.ROOT) + "View";
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyViewIsWhatTheTemplateGives(Element element) throws IOException, TemplateException {
        check(element, Path.of("src/main/templates", PACKAGE, "View.java.ftl"),
                SOURCES.resolve(element.viewName() + ".java"));
    }

    @ParameterizedTest
    @EnumSource
    void everyStressTestOfAViewIsWhatTheTemplateGives(Element element) throws IOException, TemplateException {
        String name = element.viewName().replace("View", "Ordering.java");
        check(element, Path.of("src/jcstress/templates/Ordering.java.ftl"),
                Path.of("src/jcstress/java/dev/handoff/stress", name));
    }

    private static void check(Element element, Path template, Path file) throws IOException, TemplateException {
        Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
        configuration.setDirectoryForTemplateLoading(template.getParent().toFile());
        configuration.setNumberFormat("computer");
        StringWriter source = new StringWriter();
        configuration.getTemplate(template.getFileName().toString()).process(element.model, source);
        if ("write".equals(System.getProperty("views"))) {
            Files.writeString(file, source.toString());
        }
        assertEquals(source.toString(), Files.readString(file),
                "run mvn test -Dtest=TypedViewSourcesTest -Dviews=write");
    }
}
