package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaitAndNotifyTest {
    @RepeatedTest(20) // whoever comes first
    void theWaiterSeesTheChange() throws Exception {
        assertEquals(175, WaitAndNotify.changeSeen());
    }
}
