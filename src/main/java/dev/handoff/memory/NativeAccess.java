package dev.handoff.memory;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Whether this JVM lets the library reinterpret memory, without which there is no owned buffer. */
final class NativeAccess {
    private static final @Nullable String DENIED = probe();

    private NativeAccess() {
    }

    /**
     * Returns where native access is granted.
     *
     * @throws IllegalCallerException where it is not, with the flag that grants it
     */
    static void require() {
        if (DENIED != null) {
            throw new IllegalCallerException(DENIED);
        }
    }

    private static @Nullable String probe() {
        try {
            MemorySegment.NULL.reinterpret(0);
            return null;
        } catch (IllegalCallerException e) {
            Module module = NativeAccess.class.getModule();
            return "an OwnedBuffer needs native access, which this JVM denies; grant it with --enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED") + " (" + e.getMessage() + ")";
        }
    }
}
