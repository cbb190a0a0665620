package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.handoff.clone.StructuredClone;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CloneOrJsonTest {
    private final Map<String, Object> order = CloneOrJson.order();

    @Test
    void aCloneKeepsEveryTypeAndValue() {
        Map<String, Object> cloned = StructuredClone.clone(order);
        assertEquals(List.copyOf(order.keySet()), List.copyOf(cloned.keySet()));
        order.forEach((key, value) -> assertSame(value.getClass(), cloned.get(key).getClass(), key));
        assertArrayEquals((byte[]) order.remove("digest"), (byte[]) cloned.remove("digest"));
        assertEquals(order, cloned);
    }

    @Test
    void aCloneKeepsWhatIsOneObjectAndACycle() {
        order.put("self", order);
        Map<String, Object> cloned = StructuredClone.clone(order);
        assertSame(cloned.get("items"), cloned.get("gifts"));
        assertNotSame(order.get("items"), cloned.get("items"));
        assertSame(cloned, cloned.get("self"));
    }

    @Test
    void jsonKeepsOnlyWhatJavaScriptHad() {
        Map<?, ?> json = CloneOrJson.throughJson(order);
        assertEquals(List.of("items", "gifts"), order.keySet().stream()
                .filter(key -> order.get(key).getClass() == json.get(key).getClass()).toList());
        assertNotSame(json.get("items"), json.get("gifts"));
        assertEquals(Map.of("1", "seeds", "10", "spade"), json.get("stock"));
    }

    @Test
    void jsonHasNoCycles() {
        order.put("self", order);
        assertEquals("StreamConstraintsException", CloneOrJson.jsonOfCycle(order));
    }
}
