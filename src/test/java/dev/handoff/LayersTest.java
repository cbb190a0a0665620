package dev.handoff;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.AccessibleObject;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The arrows of docs/design.md, section 3, and what the library must never do. */
class LayersTest {
    private static final JavaClasses LIBRARY = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPath(Path.of("target/classes"));

    @Test
    void packagesUseOnlyWhatLiesBelow() {
        assertTrue(LIBRARY.size() > 40, () -> "too few classes were found: " + LIBRARY.size());
        layeredArchitecture().consideringOnlyDependenciesInAnyPackage("dev.handoff..")
                .layer("top").definedBy("dev.handoff")
                .layer("pool").definedBy("dev.handoff.pool")
                .layer("worker").definedBy("dev.handoff.worker")
                .layer("channel").definedBy("dev.handoff.channel")
                .layer("clone").definedBy("dev.handoff.clone")
                .layer("concurrent").definedBy("dev.handoff.concurrent")
                .layer("memory").definedBy("dev.handoff.memory")
                .layer("sync").definedBy("dev.handoff.sync")
                .layer("os").definedBy("dev.handoff.internal.os")
                .layer("kernel").definedBy("dev.handoff.kernel")
                .layer("future").definedBy("dev.handoff.internal.future")
                .layer("ffi").definedBy("dev.handoff.internal.ffi")
                .whereLayer("top").mayOnlyAccessLayers("memory", "sync", "kernel")
                .whereLayer("pool").mayOnlyAccessLayers("worker", "channel", "clone", "memory", "sync")
                .whereLayer("worker").mayOnlyAccessLayers("channel", "clone", "memory", "sync", "future", "kernel")
                .whereLayer("channel").mayOnlyAccessLayers("clone", "memory", "sync", "kernel")
                .whereLayer("clone").mayOnlyAccessLayers("memory", "sync", "kernel")
                .whereLayer("concurrent").mayOnlyAccessLayers("memory", "sync")
                .whereLayer("memory").mayOnlyAccessLayers("sync", "os", "kernel")
                .whereLayer("sync").mayOnlyAccessLayers("os", "future", "kernel")
                .whereLayer("os").mayOnlyAccessLayers("kernel", "ffi")
                .whereLayer("kernel").mayOnlyAccessLayers("ffi")
                .whereLayer("future").mayNotAccessAnyLayer()
                .whereLayer("ffi").mayNotAccessAnyLayer()
                .ensureAllClassesAreContainedInArchitecture()
                .check(LIBRARY);
    }

    @Test
    void nothingButTheJdkIsNeededAtRunTime() {
        classes().should().onlyDependOnClassesThat(
                resideInAnyPackage("dev.handoff..", "java..", "jdk.jfr", "com.sun.management",
                        "org.jspecify.annotations"))
                .check(LIBRARY);
    }

    @Test
    void onlyMemoryAndWhatIsBelowReinterprets() {
        noClasses().that(not(resideInAnyPackage("dev.handoff.memory", "dev.handoff.internal..")))
                .should().callMethod(MemorySegment.class, "reinterpret", long.class)
                .orShould()
                .callMethod(MemorySegment.class, "reinterpret", java.lang.foreign.Arena.class, Consumer.class)
                .orShould().callMethod(MemorySegment.class, "reinterpret", long.class, java.lang.foreign.Arena.class,
                        Consumer.class)
                .check(LIBRARY);
    }

    @Test
    void nothingIsForcedOpen() {
        noClasses().should().callMethod(AccessibleObject.class, "setAccessible", boolean.class)
                .orShould().callMethod(AccessibleObject.class, "trySetAccessible")
                .check(LIBRARY);
    }
}
