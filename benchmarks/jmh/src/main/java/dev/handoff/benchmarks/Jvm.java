package dev.handoff.benchmarks;

/** The flags of every forked JVM; nothing is inherited from the launcher. All else is the JVM's default. */
final class Jvm {
    /** What a user would set: the library reinterprets memory and calls C. */
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    /** For JMH 1.37 itself, which uses {@code Unsafe} and would have the JVM warn in each fork. */
    static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow";
    /** Room for two buffers of 1 GiB; the default is a quarter of the machine. */
    static final String DIRECT_MEMORY = "-XX:MaxDirectMemorySize=3g";
    /** For what is as short as the objects that it makes: a heap that does not grow meanwhile. */
    static final String HEAP = "-Xms2g";
    static final String MAX_HEAP = "-Xmx2g";
    /** Nor is touched for the first time: the page faults of a young JVM take longer than a handoff. */
    static final String TOUCHED = "-XX:+AlwaysPreTouch";
    /** A path with no library: the Java twin of each kernel runs. */
    static final String NO_NATIVE_KERNEL = "-Ddev.handoff.library.path=/nonexistent";
    /** For those who copy recursively what is nested deeply: reserved, and touched only as far as it is needed. */
    static final String DEEP_STACKS = "-Xss256m";
    /** For Agrona, which uses the JDK's own {@code Unsafe}. */
    static final String AGRONA = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED";

    private Jvm() {
    }
}
