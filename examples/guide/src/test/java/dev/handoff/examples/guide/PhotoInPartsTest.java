package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PhotoInPartsTest {
    @Test
    void everyPixelIsMadeGreyOnce() {
        BufferedImage image = PhotoInParts.read().getSubimage(100, 100, 67, 53); // no multiple of anything
        BufferedImage grey = PhotoInParts.inParts(image, 7);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                assertEquals(PhotoInParts.grey(image.getRGB(x, y)), grey.getRGB(x, y));
            }
        }
    }

    @Test
    void whiteStaysWhiteAndBlackStaysBlack() {
        assertEquals(0xffff_ffff, PhotoInParts.grey(0xffff_ffff));
        assertEquals(0xff00_0000, PhotoInParts.grey(0xff00_0000));
    }
}
