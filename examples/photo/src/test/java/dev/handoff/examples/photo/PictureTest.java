package dev.handoff.examples.photo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureTest {
    private static final Path PHOTO = Path.of("images/seeding.jpg");

    @TempDir private Path dir;

    @Test
    void whatIsWrittenIsReadBack() throws Exception {
        Picture picture = new Picture(2, 1, new byte[]{1, 2, 3, 4, (byte) 250, (byte) 128, 0, 0});
        Path file = dir.resolve("x.png");
        picture.writePng(file);
        Picture back = Picture.read(file, 1, 1);
        assertEquals(2, back.width());
        assertEquals(1, back.height());
        assertArrayEquals(picture.rgba(), back.rgba(), "alpha too, and the colour under a transparent pixel");
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_BYTE_INDEXED, BufferedImage.TYPE_USHORT_565_RGB})
    void everyColourModelBecomesRgba(
            int type) throws Exception {
        BufferedImage image = new BufferedImage(1, 1, type);
        image.setRGB(0, 0, 0xFFFF0000);
        assertArrayEquals(new byte[]{-1, 0, 0, -1}, read(image).rgba());
    }

    @ParameterizedTest
    @CsvSource({BufferedImage.TYPE_BYTE_GRAY + ", 128",
            BufferedImage.TYPE_USHORT_GRAY + ", " + 128 * 257})
    void grayKeepsItsBrightness(int type, int sample)
            throws Exception {
        BufferedImage image = new BufferedImage(1, 1, type);
        image.getRaster().setSample(0, 0, 0, sample);
        assertArrayEquals(new byte[]{(byte) 128, (byte) 128, (byte) 128, -1}, read(image).rgba());
    }

    @ParameterizedTest
    @CsvSource({"192, 54, 3840, 1080", "96, 108, 1920, 2160", "1, 1, 1920, 1920", "2000, 540, 4000, 1080",
            "2000, 1100, 2000, 1100"})
    void whatIsTooSmallIsScaledUpAndKeepsItsShape(int width, int height, int toWidth,
            int toHeight) throws Exception {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        int[] green = new int[width * height];
        Arrays.fill(green, 0x8000FF00);
        image.setRGB(0, 0, width, height, green, 0, width);
        ImageIO.write(image, "png", dir.resolve("x.png").toFile());
        Picture picture = Picture.read(dir.resolve("x.png"), 1920, 1080);
        assertEquals(toWidth, picture.width());
        assertEquals(toHeight, picture.height());
        for (int i = 0; i < picture.byteSize(); i += Picture.PIXEL_BYTES) {
            assertEquals(0, picture.rgba()[i]);
            assertEquals((byte) 255, picture.rgba()[i + 1]);
            assertEquals((byte) 128, picture.rgba()[i + 3]);
        }
    }

    @Test
    void thePhotographNeedsNoScaling() throws Exception {
        Picture picture = Picture.read(PHOTO, 1920, 1080);
        assertEquals(2560, picture.width());
        assertEquals(1440, picture.height());
    }

    @Test
    void whatCannotBeReadIsAFailureThatSaysWhy() throws IOException {
        assertFails(dir.resolve("missing.png"), "does not exist");
        assertFails(dir, "is a directory");
        assertFails(Files.writeString(dir.resolve("x.txt"), "text"), "is not an image");
        assertFails(Files.writeString(dir.resolve("x.jpg"), ""), "is not an image");
        byte[] jpg = Files.readAllBytes(PHOTO);
        assertFails(Files.write(dir.resolve("x.jpg"), Arrays.copyOf(jpg, 100)), "is broken");
        assertFails(Files.write(dir.resolve("x.jpg"), Arrays.copyOf(jpg, jpg.length / 2)), "is broken");
        Path png = dir.resolve("x.png");
        ImageIO.write(new BufferedImage(100, 100, BufferedImage.TYPE_INT_RGB), "png", png.toFile());
        assertFails(Files.write(png, Arrays.copyOf(Files.readAllBytes(png), 60)), "is broken");
    }

    @Test
    void whatWouldBecomeTooLargeIsAFailure() throws IOException {
        ImageIO.write(new BufferedImage(1, 5000, BufferedImage.TYPE_INT_RGB), "png", dir.resolve("x.png").toFile());
        assertFails(dir.resolve("x.png"), "scaled to 1920x9600000, it is too large");
    }

    private static void assertFails(Path file, String why) {
        String message = assertThrows(Failure.class, () -> Picture.read(file, 1920, 1080)).getMessage();
        assertTrue(message.contains(why) && message.contains(file.toString()), message);
        assertEquals(1, message.lines().count(), message);
    }

    private Picture read(BufferedImage image) throws Exception {
        Path file = dir.resolve("x.png");
        assertTrue(ImageIO.write(image, "png", file.toFile()), "a writer was found");
        return Picture.read(file, 1, 1);
    }
}
