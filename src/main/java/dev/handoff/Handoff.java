package dev.handoff;

import dev.handoff.kernel.NativeKernel;
import dev.handoff.memory.MemoryBacking;
import dev.handoff.sync.MappedWait;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What this build of the library is, and what it can do in this JVM. Thread-safe. */
public final class Handoff {
    private static final String VERSION = readVersion();

    private Handoff() {
    }

    /**
     * Says what the library runs on in this JVM, and why.
     *
     * @return the capabilities; the same values every time
     */
    public static Capabilities capabilities() {
        NativeKernel.Status s = NativeKernel.status();
        return new Capabilities(s.isNative(), s.variant(), s.nativeAccess(), s.reason(), MemoryBacking.current(),
                MemoryBacking.reason(), MappedWait.hasFutex(), MappedWait.reason());
    }

    /**
     * The version of the library, by the rules of <a href="https://semver.org">semantic versioning</a>.
     *
     * @return for example {@code 0.1.0-SNAPSHOT}
     */
    public static String version() {
        return VERSION;
    }

    /**
     * What the library can do in this JVM. Flags and platforms change what things cost, never what they mean.
     *
     * @param nativeKernel whether the hot loops run in C; otherwise their Java twins do, with the same results
     * @param kernelVariant the instruction set in use: {@code avx512}, {@code avx2}, {@code portable}, or {@code java}
     * @param nativeAccess whether the JVM lets the library call the restricted methods of {@code java.lang.foreign}
     * @param reason why the kernel is the one it is, in a sentence
     * @param memory what the memory of owned buffers is
     * @param memoryReason why it is that, in a sentence
     * @param futex whether those who wait on memory that processes map are woken by the operating system; otherwise they
     *     poll, and find a change up to 5 ms late
     * @param futexReason why that is so, in a sentence
     */
    public record Capabilities(boolean nativeKernel, String kernelVariant, boolean nativeAccess, String reason,
            MemoryBacking memory, String memoryReason, boolean futex, String futexReason) {
        @Override
        public String toString() {
            return "kernel " + kernelVariant + " (" + reason + "), native access "
                    + (nativeAccess ? "granted" : "denied") + ", memory " + memory + " (" + memoryReason
                    + "), waits between processes "
                    + (futex ? "by futex" : "by polling") + " (" + futexReason + ")";
        }
    }

    private static String readVersion() {
        try (@Nullable InputStream in = Handoff.class.getResourceAsStream("version.txt")) {
            return new String(Objects.requireNonNull(in, "version.txt").readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
