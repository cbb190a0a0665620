package dev.handoff.memory;

import java.lang.foreign.MemorySegment;

/**
 * What the memory of {@link OwnedBuffer}s is in this JVM. It decides what a handoff costs, never what it means.
 */
public enum MemoryBacking {
    /** Memory outside the heap; a handoff takes some nanoseconds. */
    NATIVE,
    /** Mapped temporary files that no directory lists; a handoff unmaps and maps, which takes some microseconds. */
    MAPPED_FILES;

    private static final String REASON;
    private static final MemoryBacking CURRENT;

    static {
        String denied = null;
        try {
            MemorySegment.NULL.reinterpret(0); // only a restricted call itself tells "warn", where it works, from
                                               // "deny"
        } catch (IllegalCallerException e) {
            denied = e.getMessage();
        }
        Module module = MemoryBacking.class.getModule();
        CURRENT = denied == null ? NATIVE : MAPPED_FILES;
        REASON = denied == null
                ? "native access is granted"
                : "native access is denied (" + denied + "), grant it with --enable-native-access="
                        + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }

    /**
     * The one that this JVM uses.
     *
     * @return the same every time
     */
    public static MemoryBacking current() {
        return CURRENT;
    }

    /**
     * Why this JVM uses that one.
     *
     * @return a sentence
     */
    public static String reason() {
        return REASON;
    }
}
