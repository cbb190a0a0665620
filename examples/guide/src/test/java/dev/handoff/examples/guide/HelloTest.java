package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HelloTest {
    @Test
    void bothGreetAndTheExitComesLast() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Hello.hello(lines::add);
        assertEquals(List.of("the parent got: Hello from Ada! You said: Hello from the parent!",
                "Ada ended with exit code 0"), lines);
    }
}
