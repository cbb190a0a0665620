package dev.handoff.kernel;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.handoff.internal.ffi.HandoffH;
import dev.handoff.internal.ffi.handoff_cpu_info;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads the native kernel, once for each JVM, and says which one runs or why there is none.
 *
 * <p>
 * The library named by the system property {@value #PATH_PROPERTY} is taken where it is set. Otherwise the one in the
 * jar is extracted to a directory that only the user can write to, named by its digest, and kept there for the next
 * JVM. Whatever goes wrong leaves the Java twin of each kernel in use; nothing is thrown and nothing printed.
 *
 * <p>
 * Thread-safe; the first call of {@link #status()} loads, the others only read.
 */
public final class NativeKernel {
    /** Names the system property with the path of a library to load instead of the one in the jar. */
    public static final String PATH_PROPERTY = "dev.handoff.library.path";

    private static final String LIBRARY = "libhandoff.so";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private NativeKernel() {
    }

    /**
     * What runs the hot loops in this JVM.
     *
     * @param isNative whether it is the C kernel; otherwise the Java twins run
     * @param variant the instruction set in use: {@code avx512}, {@code avx2}, {@code portable}, or {@code java}
     * @param reason why this one runs, in a sentence
     * @param nativeAccess whether this module may call restricted methods; where it may not, the reason says so
     */
    public record Status(boolean isNative, String variant, String reason, boolean nativeAccess) {
    }

    /**
     * Tells what runs the hot loops in this JVM, loading the kernel on the first call.
     *
     * @return the outcome of loading, the same object every time
     */
    public static Status status() {
        return Holder.STATUS;
    }

    /** The idiom that makes loading lazy, thread-safe and free once done. */
    private static final class Holder {
        static final Status STATUS = load();
    }

    private static Status load() {
        try {
            String source = System.getProperty(PATH_PROPERTY);
            if (source != null) {
                System.load(Path.of(source).toAbsolutePath().toString());
                return loaded("loaded from " + PATH_PROPERTY + "=" + source);
            }
            String platform = platform();
            String resource = "/META-INF/native/" + platform + "/" + LIBRARY;
            byte @Nullable [] image = read(resource);
            if (image == null) {
                return java("this jar holds no kernel for " + platform, probeNativeAccess());
            }
            Path file = extract(image);
            System.load(file.toString());
            return loaded("loaded from the jar, extracted to " + file);
        } catch (IllegalCallerException e) {
            return java("native access is denied: " + e.getMessage(), false);
        } catch (IOException | RuntimeException | LinkageError e) {
            return java("loading the kernel failed: " + e, probeNativeAccess());
        }
    }

    private static Status loaded(String reason) {
        int abi = HandoffH.handoff_abi_version();
        if (abi != HandoffH.HANDOFF_ABI_VERSION()) {
            return java("the kernel has ABI version " + abi + ", this library needs "
                    + HandoffH.HANDOFF_ABI_VERSION() + " (" + reason + ")", true);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = handoff_cpu_info.allocate(arena);
            HandoffH.handoff_cpu_info_read(info);
            int v = handoff_cpu_info.variant(info);
            String variant = v == HandoffH.HANDOFF_VARIANT_AVX512()
                    ? "avx512"
                    : v == HandoffH.HANDOFF_VARIANT_AVX2() ? "avx2" : "portable";
            return new Status(true, variant, reason, true);
        }
    }

    private static Status java(String reason, boolean nativeAccess) {
        return new Status(false, "java", reason, nativeAccess);
    }

    /** Only a restricted call itself tells "warn", where it works, from "deny"; this one needs no library. */
    private static boolean probeNativeAccess() {
        try {
            Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid());
            return true;
        } catch (IllegalCallerException e) {
            return false;
        }
    }

    /** {@code linux-x86_64} and the like: CMake's names, which the build uses for the folder in the jar. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).replace(' ', '-');
        String arch = System.getProperty("os.arch");
        return os + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    private static byte @Nullable [] read(String resource) throws IOException {
        try (@Nullable InputStream in = NativeKernel.class.getResourceAsStream(resource)) {
            return in == null ? null : in.readAllBytes();
        }
    }

    /**
     * A file with these bytes that no other user could have written. It is kept under its digest for the next JVM; where
     * the shared place can't be trusted or used, it is one of this JVM's own, gone at its exit.
     */
    private static Path extract(byte[] image) throws IOException {
        var ownerOnly = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
        Path tmp = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        Path dir = tmp.resolve("handoff-" + uid(Path.of("/proc/self")) + "-" + digest(image));
        try {
            Files.createDirectory(dir, ownerOnly);
        } catch (FileAlreadyExistsException e) {
            if (!isOurs(dir)) {
                dir = Files.createTempDirectory(tmp, "handoff-", ownerOnly);
                dir.toFile().deleteOnExit();
                dir.resolve(LIBRARY).toFile().deleteOnExit();
            }
        }
        Path file = dir.resolve(LIBRARY);
        if (!Files.isRegularFile(file, NOFOLLOW_LINKS) || !Arrays.equals(Files.readAllBytes(file), image)) {
            Path part = Files.createTempFile(dir, LIBRARY, ".part", ownerOnly);
            Files.write(part, image);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE); // a JVM that is just as far sees all of it or none
        }
        return file;
    }

    /** Whether this is a real directory that the user of this JVM owns and nobody else may write to. */
    private static boolean isOurs(Path dir) throws IOException {
        return Files.isDirectory(dir, NOFOLLOW_LINKS)
                && Files.getPosixFilePermissions(dir, NOFOLLOW_LINKS).equals(OWNER_ONLY)
                && uid(dir).equals(uid(Path.of("/proc/self")));
    }

    private static Object uid(Path path) throws IOException {
        return Files.getAttribute(path, "unix:uid");
    }

    private static String digest(byte[] image) {
        try {
            byte[] sha = MessageDigest.getInstance("SHA-256").digest(image);
            return HexFormat.of().formatHex(sha, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
