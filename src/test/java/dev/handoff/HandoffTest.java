package dev.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.kernel.NativeKernel;
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
        assertTrue(capabilities.nativeAccess());
        assertEquals("kernel " + status.variant() + " (" + status.reason() + "), native access granted",
                capabilities.toString());
        assertTrue(new Handoff.Capabilities(false, "java", false, "why").toString()
                .endsWith("(why), native access denied"));
    }
}
