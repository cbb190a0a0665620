package dev.handoff.examples.guide;

import dev.handoff.clone.StructuredClone;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** A deep copy by structured clone, and one by way of JSON: what is still what it was? */
final class CloneOrJson {
    private static final JsonMapper JSON = new JsonMapper();

    static void main() {
        Map<String, Object> order = order();
        Map<String, Object> cloned = StructuredClone.clone(order);
        Map<?, ?> json = throughJson(order);
        String row = "%-10s %-14s %-14s %s";
        IO.println(row.formatted("", "original", "clone", "JSON"));
        order.forEach((key, value) -> IO.println(row.formatted(key, type(value), type(cloned.get(key)),
                type(json.get(key)))));
        IO.println(row.formatted("one list?", order.get("items") == order.get("gifts"),
                cloned.get("items") == cloned.get("gifts"), json.get("items") == json.get("gifts")));

        order.put("self", order);
        Map<String, Object> cycle = StructuredClone.clone(order);
        IO.println(row.formatted("a cycle?", true, cycle.get("self") == cycle, jsonOfCycle(order)));
    }

    static Map<String, Object> order() {
        List<String> items = new ArrayList<>(List.of("seeds", "spade"));
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("id", UUID.fromString("01234567-89ab-4cde-8f01-23456789abcd"));
        order.put("placed", Instant.parse("2026-01-01T12:00:00Z"));
        order.put("total", new BigDecimal("19.90"));
        order.put("customer", 7L);
        order.put("discount", Double.NaN);
        order.put("digest", new byte[]{1, 2, 3});
        order.put("tags", new LinkedHashSet<>(List.of("garden", "gift")));
        order.put("stock", new TreeMap<>(Map.of(1, "seeds", 10, "spade"))); // its keys are numbers, and sorted as such
        order.put("items", items);
        order.put("gifts", items); // the same list
        return order;
    }

    static Map<?, ?> throughJson(Map<String, Object> order) {
        return JSON.readValue(JSON.writeValueAsString(order), Map.class);
    }

    static String jsonOfCycle(Map<String, Object> order) {
        try {
            return throughJson(order).keySet().toString();
        } catch (JacksonException e) {
            return e.getClass().getSimpleName();
        }
    }

    private static String type(Object value) {
        return value.getClass().getSimpleName();
    }
}
