package dev.handoff.benchmarks;

import dev.handoff.Handoff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a result was measured on and how. No part of it is typed in by anybody, and none names the machine.
 *
 * @param finished when, in UTC
 * @param commit of this project; "-dirty" where the working tree differed
 * @param cpu the model, as the system names it
 * @param cores as many as the JVM may use
 * @param memory of the machine
 * @param kernel the name and release of the operating system
 * @param transparentHugePages the system's setting
 * @param jdk the JVM that measured
 * @param nativeKernel the variant of the library's kernel
 * @param loadBefore runnable threads on the machine in the minute before: 0 is a quiet one
 * @param cpuStolen share of the time, during the measurement, that the host gave to others
 * @param command what to type to measure again
 */
record Environment(String finished, String commit, String cpu, int cores, String memory, String kernel,
        String transparentHugePages, String jdk, String nativeKernel, String loadBefore, String cpuStolen,
        String command) {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Path LOADAVG = Path.of("/proc/loadavg");
    private static final Path STAT = Path.of("/proc/stat");
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    private static final String UNKNOWN = "unknown";

    /** What the machine has done since it started. */
    record Load(String average, long stolen, long total) {
        static Load now() throws IOException {
            String average = find(LOADAVG, "^(\\S+)");
            String cpu = find(STAT, "^cpu +(.*)");
            if (cpu.equals(UNKNOWN)) {
                return new Load(average, 0, 0);
            }
            // user nice system idle iowait irq softirq steal; guest time, which follows, is part of user
            long[] times = Arrays.stream(cpu.split(" ")).limit(8).mapToLong(Long::parseLong).toArray();
            return new Load(average, times[7], Arrays.stream(times).sum());
        }
    }

    static Environment of(Project project, Load before, String... args) throws IOException, InterruptedException {
        Load after = Load.now();
        String stolen = after.total == before.total
                ? UNKNOWN
                : "%.1f %%".formatted(100.0 * (after.stolen - before.stolen) / (after.total - before.total));
        String memory = find(MEMINFO, "^MemTotal: +(\\d+) kB");
        String name = System.getProperty("jmh.result", "");
        return new Environment(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), project.commit(),
                find(CPUINFO, "(?m)^model name\\s*: (.*)$"), Runtime.getRuntime().availableProcessors(),
                memory.equals(UNKNOWN) ? memory : Math.round(Long.parseLong(memory) / (double) (1 << 20)) + " GiB",
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                find(HUGE_PAGES, "\\[(.*)]"),
                System.getProperty("java.vendor.version") + " (" + System.getProperty("java.vm.name") + " "
                        + System.getProperty("java.vm.version") + ")",
                Handoff.capabilities().kernelVariant(), before.average, stolen,
                "mvn -B -ntp -f benchmarks verify \"-Djmh.args=" + String.join(" ", args) + "\""
                        + (name.isEmpty() ? "" : " -Djmh.result=" + name));
    }

    private static String find(Path file, String pattern) throws IOException {
        try {
            Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
            return matcher.find() ? matcher.group(1) : UNKNOWN;
        } catch (NoSuchFileException e) {
            return UNKNOWN; // not a Linux
        }
    }
}
