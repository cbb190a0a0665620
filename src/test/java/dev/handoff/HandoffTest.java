package dev.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.handoff.kernel.NativeKernel;
import dev.handoff.memory.MemoryBacking;
import dev.handoff.sync.MappedWait;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HandoffTest {
    @Test
    void itsVersionIsThatOfThePom() throws Exception {
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.substring(pom.indexOf("<version>") + "<version>".length(), pom.indexOf("</version>"));
        assertFalse(version.isBlank());
        assertEquals(version, Handoff.version());
    }

    @Test
    void itsCapabilitiesAreWhatTheKernelSays() {
        NativeKernel.Status status = NativeKernel.status();
        Handoff.Capabilities capabilities = Handoff.capabilities();
        assertEquals(capabilities, Handoff.capabilities());
        assertEquals(status.isNative(), capabilities.nativeKernel());
        assertEquals(status.variant(), capabilities.kernelVariant());
        assertEquals(status.reason(), capabilities.reason());
        assertEquals(status.nativeAccess(), capabilities.nativeAccess());
        assertEquals(status.nativeAccess() ? MemoryBacking.NATIVE : MemoryBacking.MAPPED_FILES, capabilities.memory());
        assertEquals(MemoryBacking.reason(), capabilities.memoryReason());
        assertEquals(MappedWait.hasFutex(), capabilities.futex());
        assertEquals(MappedWait.reason(), capabilities.futexReason());
        assertEquals(
                "kernel java (why), native access denied, memory MAPPED_FILES (so), waits between processes by polling (y)",
                new Handoff.Capabilities(false, "java", false, "why", MemoryBacking.MAPPED_FILES, "so", false, "y")
                        .toString());
        assertEquals(
                "kernel avx2 (why), native access granted, memory NATIVE (so), waits between processes by futex (y)",
                new Handoff.Capabilities(true, "avx2", true, "why", MemoryBacking.NATIVE, "so", true, "y")
                        .toString());
    }

    @Test
    void whereNativeAccessIsDeniedItSaysThatWaitsBetweenProcessesPoll() {
        boolean linux = System.getProperty("os.name").equals("Linux");
        Handoff.Capabilities capabilities = Handoff.capabilities();
        assertEquals(linux && capabilities.nativeAccess(), capabilities.futex());
        assertEquals(capabilities.nativeKernel(), capabilities.futexReason().contains("native kernel"));
        assertEquals(!capabilities.nativeAccess(), capabilities.futexReason().equals("native access is denied"));
    }
}
