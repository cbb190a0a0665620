package dev.handoff.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.handoff.testing.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What workers and channels leave behind when they were used at random, with faults, for some time: nothing. */
@Tag("soak")
class SoakTest {
    @Test
    void nothingIsLeftOfRandomWorkersPortsAndFaults() {
        String seconds = System.getProperty("soak.seconds", "5");
        long seed = Long.getLong("soak.seed", System.nanoTime());
        var run = ChildJvm.run(ChildJvm.Mode.MODULE_PATH, Soak.class,
                List.of("--enable-native-access=dev.handoff", "--add-modules", "jdk.management",
                        "-XX:TieredStopAtLevel=4", "-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch",
                        "-Ddev.handoff.memory.idleMillis=100", "-XX:-OmitStackTraceInFastThrow"),
                List.of(seconds, Long.toString(seed)));
        assertEquals(0, run.exit(), () -> "-Dsoak.seed=" + seed + "\n" + run.out() + "\n" + run.err());
    }
}
