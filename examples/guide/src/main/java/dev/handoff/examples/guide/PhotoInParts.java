package dev.handoff.examples.guide;

import dev.handoff.memory.OwnedBuffer;
import dev.handoff.pool.WorkerPool;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A photograph becomes grey: its rows are split among all workers, changed where they lie, and joined. */
final class PhotoInParts {
    private static final int PARTS = 16;

    static void main() throws IOException {
        BufferedImage photo = read();
        BufferedImage grey = inParts(photo, PARTS);
        Path file = Path.of(System.getProperty("guide.output", "target"), "grey.png");
        Files.createDirectories(file.toAbsolutePath().getParent());
        ImageIO.write(grey, "png", file.toFile());
        IO.println("%dx%d pixels in %d parts: %s".formatted(grey.getWidth(), grey.getHeight(), PARTS,
                file.getFileName()));
    }

    static BufferedImage inParts(BufferedImage image, int parts) {
        int width = image.getWidth();
        int height = image.getHeight();
        OwnedBuffer pixels = OwnedBuffer.allocate((long) width * height * Integer.BYTES);
        int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
        MemorySegment.copy(argb, 0, pixels.segment(), ValueLayout.JAVA_INT, 0, argb.length);
        try (WorkerPool<Void, Void> pool = WorkerPool.of((_, _) -> null);
                OwnedBuffer grey = pool.forEachPart(pixels, parts, (long) width * Integer.BYTES,
                        (part, _, _) -> makeGrey(part.segment())).join()) {
            MemorySegment.copy(grey.segment(), ValueLayout.JAVA_INT, 0, argb, 0, argb.length);
        }
        BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        result.setRGB(0, 0, width, height, argb, 0, width);
        return result;
    }

    /** Runs on the workers; nobody else can see these rows meanwhile. */
    static void makeGrey(MemorySegment rows) {
        for (long i = 0; i < rows.byteSize() / Integer.BYTES; i++) {
            rows.setAtIndex(ValueLayout.JAVA_INT, i, grey(rows.getAtIndex(ValueLayout.JAVA_INT, i)));
        }
    }

    /** By the weights of ITU-R BT.709, in 16 bits, which add up to 1. */
    static int grey(int argb) {
        int y = 13_933 * (argb >> 16 & 0xff) + 46_871 * (argb >> 8 & 0xff) + 4_732 * (argb & 0xff) >> 16;
        return argb & 0xff00_0000 | y << 16 | y << 8 | y;
    }

    static BufferedImage read() {
        try (InputStream in = PhotoInParts.class.getResourceAsStream("/images/seeding.jpg")) {
            return ImageIO.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
