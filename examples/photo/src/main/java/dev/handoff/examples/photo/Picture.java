package dev.handoff.examples.photo;

import java.awt.AlphaComposite;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A picture in memory.
 *
 * @param width pixels in a row
 * @param height rows
 * @param rgba four bytes a pixel, sRGB, alpha not premultiplied; row after row from the top, without gaps
 */
record Picture(int width, int height, byte[] rgba) {
    static final int PIXEL_BYTES = 4;
    /** Less than the longest array that a JVM makes. */
    private static final long MAX_BYTES = Integer.MAX_VALUE - 8;

    /**
     * Decodes whatever ImageIO can read, and scales it up where it is narrower or lower than wanted. The aspect ratio
     * is kept, so one side may become longer than wanted.
     *
     * @throws Failure if the file can't be read, is no image, is broken, or is too large
     */
    static Picture read(Path file, int minWidth, int minHeight) throws Failure {
        BufferedImage image = decode(file);
        double toWidth = (double) minWidth / image.getWidth();
        double toHeight = (double) minHeight / image.getHeight();
        double scale = Math.max(1, Math.max(toWidth, toHeight));
        long width = Math.round(image.getWidth() * scale);
        long height = Math.round(image.getHeight() * scale);
        if (width > MAX_BYTES / PIXEL_BYTES / height) {
            throw new Failure("%s has %dx%d pixels; scaled to %dx%d, it is too large".formatted(file, image.getWidth(),
                    image.getHeight(), width, height));
        }
        BufferedImage argb = scaled(argb(image), (int) width, (int) height);
        return new Picture((int) width, (int) height, rgba(argb));
    }

    private static BufferedImage decode(Path file) throws Failure {
        if (Files.isDirectory(file)) {
            throw new Failure(file + " is a directory, not an image");
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new Failure(file + " does not exist");
        } catch (IOException e) {
            throw new Failure(file + " can't be read: " + e);
        }
        var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes));
        Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
        if (!readers.hasNext()) {
            throw new Failure(file + " is not an image of a kind that Java reads: "
                    + String.join(", ", ImageIO.getReaderFileSuffixes()));
        }
        List<String> warnings = new ArrayList<>();
        ImageReader reader = readers.next();
        BufferedImage image;
        try {
            reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
            reader.setInput(input, true, true);
            image = reader.read(0);
        } catch (IOException | RuntimeException e) { // readers throw all sorts of things at a broken file
            throw new Failure(file + " is broken: " + (e.getMessage() != null ? e.getMessage() : e));
        } finally {
            reader.dispose();
        }
        for (String warning : warnings) { // of a JPEG that ends too early the rest is grey, with no more than this
            if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                throw new Failure(file + " is broken: " + warning);
            }
        }
        return image;
    }

    private static BufferedImage argb(BufferedImage image) {
        int width = image.getWidth();
        BufferedImage source = image.getColorModel() instanceof ComponentColorModel model
                && model.getColorSpace().getType() == ColorSpace.TYPE_GRAY ? asRgb(image, model) : image;
        BufferedImage argb = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_INT_ARGB);
        int[] row = new int[width];
        for (int y = 0; y < image.getHeight(); y++) {
            argb.setRGB(0, y, width, 1, source.getRGB(0, y, width, 1, row, 0, width), 0, width);
        }
        return argb;
    }

    /** The same samples, as three equal colours: ImageIO takes gray for linear light, and getRGB would brighten it. */
    private static BufferedImage asRgb(BufferedImage gray, ColorModel model) {
        int[] bands = model.hasAlpha() ? new int[]{0, 0, 0, 1} : new int[]{0, 0, 0};
        ColorModel rgb = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), model.hasAlpha(),
                model.isAlphaPremultiplied(), model.getTransparency(), model.getTransferType());
        return new BufferedImage(rgb,
                gray.getRaster().createWritableChild(0, 0, gray.getWidth(), gray.getHeight(), 0, 0, bands),
                model.isAlphaPremultiplied(), null);
    }

    private static BufferedImage scaled(BufferedImage image, int width, int height) {
        if (width == image.getWidth() && height == image.getHeight()) {
            return image;
        }
        BufferedImage scaled = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        Graphics2D g = scaled.createGraphics();
        g.setComposite(AlphaComposite.Src); // alpha is kept, not blended with what is below
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        g.drawImage(image, 0, 0, width, height, null);
        g.dispose();
        return scaled;
    }

    private static byte[] rgba(BufferedImage argb) {
        byte[] rgba = new byte[argb.getWidth() * argb.getHeight() * PIXEL_BYTES];
        int[] row = new int[argb.getWidth()];
        int at = 0;
        for (int y = 0; y < argb.getHeight(); y++) {
            for (int pixel : argb.getRGB(0, y, row.length, 1, row, 0, row.length)) {
                rgba[at++] = (byte) (pixel >> 16);
                rgba[at++] = (byte) (pixel >> 8);
                rgba[at++] = (byte) pixel;
                rgba[at++] = (byte) (pixel >> 24);
            }
        }
        return rgba;
    }

    /** Writes a PNG with exactly these bytes. */
    void writePng(Path file) throws IOException {
        int[] redGreenBlueAlpha = {0, 1, 2, 3};
        ColorModel model = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), true, false,
                Transparency.TRANSLUCENT, DataBuffer.TYPE_BYTE);
        var raster = Raster.createInterleavedRaster(new DataBufferByte(rgba, rgba.length), width, height, rowBytes(),
                PIXEL_BYTES, redGreenBlueAlpha, null);
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(new BufferedImage(model, raster, false, null), "png", out);
        }
    }

    int rowBytes() {
        return width * PIXEL_BYTES;
    }

    int byteSize() {
        return rgba.length;
    }
}
