package dev.handoff.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.handoff.Handoff;
import dev.handoff.internal.ffi.HandoffH;
import dev.handoff.internal.ffi.handoff_cpu_info;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.testing.ChildJvm;
import dev.handoff.testing.ChildJvm.Mode;
import dev.handoff.testing.ChildJvm.Run;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the kernel is found, checked and loaded; and that nothing which goes wrong with it stops a program. */
class NativeKernelTest {
    /** Prints the capabilities, the result of a kernel, and what an allocation brings. */
    static final class Probe {
        public static void main(String[] args) {
            Handoff.Capabilities c = Handoff.capabilities();
            System.out.println(c.nativeKernel() + " " + c.kernelVariant() + " " + c.nativeAccess());
            System.out.println(c.reason());
            MemorySegment pixel = MemorySegment.ofArray(new byte[]{10, 20, 30, 40});
            PixelKernels.grayscale(pixel, pixel);
            PixelKernels.invert(pixel, pixel);
            System.out.println(Integer.toHexString(pixel.get(ValueLayout.JAVA_INT_UNALIGNED, 0)));
            try (OwnedBuffer buffer = OwnedBuffer.allocate(8)) {
                System.out.println("allocated " + buffer.segment().byteSize() + " of " + c.memory() + " as "
                        + c.memoryReason());
            } catch (IllegalCallerException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static final String GRANT = "--enable-native-access=dev.handoff";
    private static final String DENY = "--illegal-native-access=deny";
    private static final String RESULT = "28ededed"; // 255 - gray(10, 20, 30), alpha 40

    private record Report(boolean isNative, String variant, boolean access, String reason, String memory, String err) {
        static Report of(Run run) {
            assertEquals(0, run.exit(), () -> run.out() + run.err());
            assertFalse(run.err().contains("\tat ") || run.err().contains("Exception"), run::err);
            String[] lines = run.out().split("\n");
            assertEquals(4, lines.length, run::out);
            String[] flags = lines[0].split(" ");
            assertEquals(RESULT, lines[2], "right whatever runs");
            return new Report(Boolean.parseBoolean(flags[0]), flags[1], Boolean.parseBoolean(flags[2]), lines[1],
                    lines[3], run.err());
        }

        void assertJava(String reason) {
            assertFalse(isNative);
            assertEquals("java", variant);
            assertTrue(this.reason.contains(reason), this.reason);
        }

        void assertNative(String reason) {
            assertTrue(isNative, this.reason);
            assertNotEquals("java", variant);
            assertTrue(access);
            assertTrue(this.reason.contains(reason), this.reason);
        }
    }

    private static Report probe(String... options) {
        List<String> all = new ArrayList<>(List.of(GRANT, DENY));
        all.addAll(List.of(options));
        return Report.of(ChildJvm.run(Mode.MODULE_PATH, Probe.class, all, List.of()));
    }

    private static void assumeNative() {
        assumeTrue(NativeKernel.status().isNative(), () -> "no native kernel here: " + NativeKernel.status().reason());
    }

    @TempDir private Path tmp;

    @Test
    void theStatusIsTheSameEveryTimeAndTellsWhy() {
        NativeKernel.Status status = NativeKernel.status();
        assertSame(status, NativeKernel.status());
        assertTrue(status.nativeAccess() || !status.isNative());
        assertFalse(status.reason().isBlank());
        assertEquals(status.isNative(), !status.variant().equals("java"));
        assertTrue(List.of("avx512", "avx2", "portable", "java").contains(status.variant()), status.variant());
    }

    @Nested
    class Abi {
        @BeforeEach
        void assumeKernel() {
            assumeNative();
        }

        @Test
        void theLoadedLibraryHasTheVersionOfTheBindings() {
            assertEquals(HandoffH.HANDOFF_ABI_VERSION(), HandoffH.handoff_abi_version());
        }

        @Test
        void theLoadedLibraryLaysItsStructsOutAsTheBindingsDo() {
            try (Arena arena = Arena.ofConfined()) {
                long count = HandoffH.handoff_layout(MemorySegment.NULL, 0);
                MemorySegment out = arena.allocate(ValueLayout.JAVA_INT, count + 1);
                out.setAtIndex(ValueLayout.JAVA_INT, count, -1);
                assertEquals(count, HandoffH.handoff_layout(out, count + 1));
                int[] bindings = {(int) handoff_cpu_info.layout().byteSize(),
                        (int) handoff_cpu_info.layout().byteAlignment(), (int) handoff_cpu_info.abi_version$offset(),
                        (int) handoff_cpu_info.features$offset(), (int) handoff_cpu_info.variant$offset(),
                        (int) handoff_cpu_info.vector_bytes$offset()};
                assertEquals(bindings.length, count, "every struct of the header is compared");
                assertArrayEquals(bindings, out.asSlice(0, 4 * count).toArray(ValueLayout.JAVA_INT));
                assertEquals(-1, out.getAtIndex(ValueLayout.JAVA_INT, count));
            }
        }

        @Test
        void whatTheLibrarySaysOfTheProcessorFitsTogether() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment info = handoff_cpu_info.allocate(arena);
                HandoffH.handoff_cpu_info_read(info);
                assertEquals(HandoffH.HANDOFF_ABI_VERSION(), handoff_cpu_info.abi_version(info));
                String variant = NativeKernel.status().variant();
                int vector = variant.equals("avx512") ? 64 : variant.equals("avx2") ? 32 : 0;
                assertEquals(vector, handoff_cpu_info.vector_bytes(info));
                int needed = switch (variant) {
                    case "avx512" -> HandoffH.HANDOFF_CPU_AVX512() | HandoffH.HANDOFF_CPU_AVX512_VNNI();
                    case "avx2" -> HandoffH.HANDOFF_CPU_AVX2();
                    default -> 0;
                };
                assertEquals(needed, handoff_cpu_info.features(info) & needed);
            }
        }
    }

    @Nested
    class FromAPath {
        @Test
        void aLibraryThatIsNotThereLeavesTheTwinAndSaysSo() {
            Report report = probe("-D" + NativeKernel.PATH_PROPERTY + "=/nonexistent/libhandoff.so");
            report.assertJava("loading the kernel failed: java.lang.UnsatisfiedLinkError");
            assertTrue(report.reason().contains("/nonexistent/libhandoff.so"), report.reason());
            assertTrue(report.access());
            assertEquals("allocated 8 of NATIVE as native access is granted", report.memory());
        }

        @ParameterizedTest
        @ValueSource(strings = {"this is no library", ""})
        void aFileThatIsNoLibraryLeavesTheTwin(String content) throws IOException {
            Path text = Files.writeString(tmp.resolve("lib.so"), content);
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + text).assertJava("UnsatisfiedLinkError");
        }

        @Test
        void anEmptyPathAndADirectoryLeaveTheTwin() {
            probe("-D" + NativeKernel.PATH_PROPERTY + "=").assertJava("loading the kernel failed");
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + tmp).assertJava("loading the kernel failed");
        }

        @Test
        void anotherLibraryLeavesTheTwin() {
            Path other = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jsig"));
            assumeTrue(Files.exists(other), () -> "this JDK has no " + other);
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + other).assertJava("loading the kernel failed");
        }

        @Test
        void theLibraryItselfIsLoadedEvenByARelativePath() throws IOException {
            Path file = kernel();
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + file)
                    .assertNative("loaded from " + NativeKernel.PATH_PROPERTY + "=" + file);
            Path relative = Path.of("").toAbsolutePath().relativize(file.toAbsolutePath());
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + relative).assertNative("=" + relative);
        }

        /** {@code handoff_abi_version} is "mov eax, 1; ret": one byte makes it another version. */
        @Test
        void aLibraryOfAnotherVersionLeavesTheTwinAndNamesBoth() throws IOException {
            Path file = kernel();
            byte[] image = Files.readAllBytes(file);
            byte[] code = {(byte) 0xB8, (byte) HandoffH.HANDOFF_ABI_VERSION(), 0, 0, 0, (byte) 0xC3};
            List<Integer> places = new ArrayList<>();
            for (int at = 0; at + code.length <= image.length; at++) {
                if (MemorySegment.ofArray(image).asSlice(at, code.length).mismatch(MemorySegment.ofArray(code)) == -1) {
                    places.add(at);
                }
            }
            assumeTrue(places.size() == 1, () -> "the function is not to be found in the library: " + places);
            image[places.getFirst() + 1] = 99;
            Files.write(file, image);
            probe("-D" + NativeKernel.PATH_PROPERTY + "=" + file).assertJava(
                    "the kernel has ABI version 99, this library needs " + HandoffH.HANDOFF_ABI_VERSION());
        }

        private Path kernel() throws IOException {
            return Files.write(tmp.resolve("kernel.so"), image());
        }
    }

    /** The library as it is in the jar. */
    private static byte[] image() throws IOException {
        assumeNative();
        try (InputStream in = NativeKernel.class.getResourceAsStream("/META-INF/native/linux-x86_64/libhandoff.so")) {
            assumeTrue(in != null, "no kernel in the jar");
            return in.readAllBytes();
        }
    }

    @Nested
    class DeniedAccess {
        @ParameterizedTest
        @EnumSource(Mode.class)
        void leavesTheTwinsSaysSoAndNamesTheFlag(Mode mode) {
            Report report = Report.of(ChildJvm.run(mode, Probe.class, List.of(DENY), List.of()));
            assertFalse(report.access());
            assertFalse(report.isNative());
            String module = mode == Mode.MODULE_PATH ? "dev.handoff" : "ALL-UNNAMED";
            assertTrue(report.memory().startsWith("allocated 8 of MAPPED_FILES as native access is denied "),
                    report.memory());
            assertTrue(report.memory().endsWith(" --enable-native-access=" + module), report.memory());
            if (!report.reason().startsWith("this jar holds no kernel")) {
                report.assertJava("native access is denied: ");
            }
            assertEquals("", report.err());
        }

        @Test
        void isToldFromALibraryThatIsNotThere() {
            Report report = Report.of(ChildJvm.run(Mode.MODULE_PATH, Probe.class,
                    List.of(DENY, "-D" + NativeKernel.PATH_PROPERTY + "=/nonexistent"), List.of()));
            report.assertJava("native access is denied");
        }

        @ParameterizedTest
        @EnumSource(Mode.class)
        void isNotWhatHappensWithoutAnyFlagThenTheJvmOnlyWarns(Mode mode) {
            Report report = Report.of(ChildJvm.run(mode, Probe.class, List.of(), List.of()));
            assertTrue(report.access());
            assertEquals("allocated 8 of NATIVE as native access is granted", report.memory());
            assertTrue(report.isNative() || report.reason().startsWith("this jar holds no kernel"), report.reason());
            assertTrue(report.err().contains("WARNING"), report.err());
        }

        @Test
        void doesNotComeToThoseWhoGrantItOnTheClassPath() {
            Report report = Report.of(ChildJvm.run(Mode.CLASS_PATH, Probe.class,
                    List.of("--enable-native-access=ALL-UNNAMED", DENY), List.of()));
            assertTrue(report.access());
            assertEquals("", report.err());
        }
    }

    @Nested
    class Extraction {
        @BeforeEach
        void assumeKernel() throws IOException {
            image();
        }

        private Report probeHere() {
            return probe("-Djava.io.tmpdir=" + tmp);
        }

        /** Everything below the directory for temporary files, links not followed. */
        private List<Path> files() throws IOException {
            try (Stream<Path> all = Files.walk(tmp)) {
                return all.filter(p -> Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)).toList();
            }
        }

        private Path extracted() throws IOException {
            probeHere().assertNative("loaded from the jar, extracted to " + tmp);
            List<Path> files = files();
            assertEquals(1, files.size(), files::toString);
            return files.getFirst();
        }

        @Test
        void isToADirectoryOfTheUsersOwnAndWhole() throws IOException {
            Path file = extracted();
            assertArrayEquals(image(), Files.readAllBytes(file));
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
            assertEquals(tmp, file.getParent().getParent());
        }

        @Test
        void isDoneOnceAndUsedByTheNextJvm() throws IOException {
            Path file = extracted();
            FileTime time = FileTime.fromMillis(1_000_000_000_000L);
            Files.setLastModifiedTime(file, time);
            Object key = Files.getAttribute(file, "unix:ino");
            assertEquals(file, extracted());
            assertEquals(time, Files.getLastModifiedTime(file));
            assertEquals(key, Files.getAttribute(file, "unix:ino"));
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 100})
        void isDoneAgainWhereTheFileIsNotWhatItWas(int kept) throws IOException {
            Path file = extracted();
            byte[] damaged = image();
            damaged[damaged.length / 2]++;
            Files.write(file, kept == 100 ? damaged : Arrays.copyOf(damaged, damaged.length * kept / 100));
            assertEquals(file, extracted());
            assertArrayEquals(image(), Files.readAllBytes(file));
        }

        @ParameterizedTest
        @ValueSource(strings = {"rwxrwxrwx", "rwxrwx---", "rwxr-xr-x", "rwx-----x"})
        void avoidsADirectoryThatOthersMayEnter(String permissions) throws IOException {
            Path file = extracted();
            byte[] planted = "planted".getBytes();
            Files.write(file, planted);
            Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString(permissions));
            Report report = probeHere();
            report.assertNative("extracted to " + tmp);
            assertFalse(report.reason().contains(file.getParent().toString()), report.reason());
            assertArrayEquals(planted, Files.readAllBytes(file), "nothing of it was touched");
            assertEquals(List.of(file), files(), "the JVM's own copy is gone with it");
            try (Stream<Path> directories = Files.list(tmp)) {
                assertEquals(1, directories.count());
            }
        }

        @Test
        void avoidsASymbolicLinkInPlaceOfTheDirectory() throws IOException {
            Path directory = extracted().getParent();
            Path elsewhere = tmp.resolve("elsewhere");
            Files.move(directory, elsewhere);
            Files.createSymbolicLink(directory, elsewhere);
            Report report = probeHere();
            report.assertNative("extracted to " + tmp);
            assertFalse(report.reason().contains(directory.toString()), report.reason());
        }

        @Test
        void avoidsAFileInPlaceOfTheDirectory() throws IOException {
            Path file = extracted();
            Path directory = file.getParent();
            Files.delete(file);
            Files.delete(directory);
            Files.writeString(directory, "in the way");
            probeHere().assertNative("extracted to " + tmp);
            assertEquals("in the way", Files.readString(directory));
        }

        @Test
        void replacesASymbolicLinkInPlaceOfTheFile() throws IOException {
            Path file = extracted();
            Path target = Files.write(tmp.resolve("target"), image());
            Files.delete(file);
            Files.createSymbolicLink(file, target);
            probeHere().assertNative("extracted to " + file);
            assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
        }

        @Test
        void thatIsNotPossibleLeavesTheTwin() {
            probe("-Djava.io.tmpdir=" + tmp.resolve("missing")).assertJava("loading the kernel failed");
        }
    }
}
