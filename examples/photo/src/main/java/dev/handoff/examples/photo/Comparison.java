package dev.handoff.examples.photo;

import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes one picture in several ways, again and again: measures, and checks each result against the reference. */
final class Comparison {
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final List<String> CHANNELS = List.of("red", "green", "blue", "alpha");

    private final Picture picture;
    private final byte[] reference;
    private final PrintWriter out;

    Comparison(Picture picture, Operation operation, PrintWriter out) {
        this.picture = picture;
        this.out = out;
        reference = picture.rgba().clone();
        operation.reference(reference);
    }

    /**
     * Runs the ways in turns, so that whatever else the machine does meets them all alike.
     *
     * @param warmUp repetitions that are not measured: the JVM compiles what is hot, and memory is touched for the first
     *     time
     * @param repetitions those that are
     * @return what each way cost, in the order of the ways
     * @throws Failure if a result differs from the reference
     */
    List<Measurement> run(List<? extends Way> ways, int warmUp, int repetitions) throws Failure, InterruptedException {
        List<Measurement> measurements = ways.stream()
                .map(way -> new Measurement(way.title(), new ArrayList<>()))
                .toList();
        long nextReport = System.nanoTime();
        for (int i = -warmUp; i < repetitions; i++) {
            if (System.nanoTime() - nextReport >= 0) {
                out.println(i < 0
                        ? "warming up: %d to go".formatted(-i)
                        : "measuring: %d of %d repetitions".formatted(i, repetitions));
                nextReport += PROGRESS_NANOS;
            }
            for (int w = 0; w < ways.size(); w++) {
                Stages stages = processAndCheck(ways.get(w));
                if (i >= 0) {
                    measurements.get(w).repetitions().add(stages);
                }
            }
        }
        return measurements;
    }

    private Stages processAndCheck(Way way) throws Failure, InterruptedException {
        way.pixels().copyFrom(MemorySegment.ofArray(picture.rgba()));
        Stages stages = way.process();
        check(way.title(), way.pixels());
        return stages;
    }

    /** Compares every byte. */
    void check(String title, MemorySegment result) throws Failure {
        long at = result.mismatch(MemorySegment.ofArray(reference));
        if (at >= 0) {
            long pixel = at / Picture.PIXEL_BYTES;
            throw new Failure("%s gave a wrong result: %s of the pixel at x=%d, y=%d is %d instead of %d".formatted(
                    title, CHANNELS.get((int) (at % Picture.PIXEL_BYTES)), pixel % picture.width(),
                    pixel / picture.width(),
                    Byte.toUnsignedInt(result.get(ValueLayout.JAVA_BYTE, at)),
                    Byte.toUnsignedInt(reference[(int) at])));
        }
    }
}
