package dev.handoff.examples.photo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private final Picture picture = new Picture(2, 2, new byte[16]);
    private final StringWriter out = new StringWriter();
    private final Comparison comparison = new Comparison(picture, Operation.INVERT, new PrintWriter(out));

    @Test
    void oneWrongByteIsFoundAndNamed() throws Failure {
        byte[] result = picture.rgba().clone();
        Operation.INVERT.reference(result);
        comparison.check("x", MemorySegment.ofArray(result));
        result[9] = 7;
        Failure failure = assertThrows(Failure.class, () -> comparison.check("x", MemorySegment.ofArray(result)));
        assertEquals("x gave a wrong result: green of the pixel at x=0, y=1 is 7 instead of 255", failure.getMessage());
    }

    @Test
    void measuresEveryRepetitionAndSaysHowFarItIs() throws Exception {
        try (Way single = new SingleThreaded(picture, Operation.INVERT);
                Way shared = new SharedWay(picture, Operation.INVERT, 2)) {
            List<Measurement> measurements = comparison.run(List.of(single, shared), 2, 7);
            assertEquals(List.of("single-threaded", "shared"), measurements.stream().map(Measurement::title).toList());
            measurements.forEach(m -> assertEquals(7, m.repetitions().size()));
        }
        assertTrue(out.toString().startsWith("warming up"), out::toString);
    }

    @Test
    void theTableIsAlignedAndComparesWithItsFirstLine() {
        String[] lines = Measurement.table(List.of(
                new Measurement("a", List.of(new Stages(0, 1_000_000, 0, 0))),
                new Measurement("bcd", List.of(new Stages(500_000, 1_000_000, 500_000, 12_345_678))))).split("\\R");
        assertEquals(3, lines.length);
        assertEquals(1, List.of(lines).stream().map(String::length).distinct().count(), () -> String.join("\n", lines));
        assertTrue(lines[1].matches("a +0 +0.000 ms +1\\.0.. ms +0.000 ms +1\\.0.. ms +1\\.00 +\\w+"), lines[1]);
        assertTrue(lines[2].matches("bcd +12,345,678 +0\\.5.. ms +1\\.0.. ms +0\\.5.. ms +2\\.0.. ms +2\\.00 +\\w+"),
                lines[2]);
    }
}
