package dev.handoff.examples.photo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class WayTest {
    private static final int WIDTH = 61;
    private static final int HEIGHT = 37;

    @ParameterizedTest
    @CsvSource({"1, GRAYSCALE", "2, INVERT", "3, GRAYSCALE", "8, INVERT",
            "37, GRAYSCALE"})
    void everyWayGivesTheReferenceAgainAndAgain(int workers, Operation operation)
            throws InterruptedException {
        Picture picture = noise();
        byte[] expected = picture.rgba().clone();
        operation.reference(expected);
        for (Way way : ways(picture, operation, workers)) {
            try (way) {
                for (int i = 0; i < 20; i++) {
                    way.pixels().copyFrom(MemorySegment.ofArray(picture.rgba()));
                    way.process();
                    assertArrayEquals(expected, way.pixels().toArray(ValueLayout.JAVA_BYTE), way.title());
                }
            }
        }
    }

    @Test
    void onlyCloneCopiesAndItDoesSoThreeTimes() throws InterruptedException {
        Picture picture = noise();
        for (Way way : ways(picture, Operation.INVERT, 3)) {
            try (way) {
                long expected = way instanceof CloneWay ? 3L * WIDTH * HEIGHT * Picture.PIXEL_BYTES : 0;
                assertEquals(expected, way.process().bytesCopied(), way.title());
                assertEquals(expected, way.process().bytesCopied(), way.title());
            }
        }
    }

    @Test
    void stagesAddUpToTheTotal() throws InterruptedException {
        try (Way way = new TransferWay(noise(), Operation.INVERT, 2)) {
            long before = System.nanoTime();
            Stages stages = way.process();
            long passed = System.nanoTime() - before;
            assertTrue(stages.handOut() > 0 && stages.work() > 0 && stages.collect() > 0, stages::toString);
            assertTrue(stages.total() <= passed, stages::toString);
        }
    }

    private static List<Way> ways(Picture picture, Operation operation, int workers) {
        return List.of(new SingleThreaded(picture, operation), new CloneWay(picture, operation, workers),
                new TransferWay(picture, operation, workers), new SharedWay(picture, operation, workers));
    }

    private static Picture noise() {
        byte[] rgba = new byte[WIDTH * HEIGHT * Picture.PIXEL_BYTES];
        new Random(1).nextBytes(rgba);
        return new Picture(WIDTH, HEIGHT, rgba);
    }
}
