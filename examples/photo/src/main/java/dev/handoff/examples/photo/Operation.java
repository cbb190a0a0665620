package dev.handoff.examples.photo;

import dev.handoff.kernel.PixelKernels;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** What is done to the photograph: by the library's kernel, and independently of it in plain Java, to check. */
enum Operation {
    /** Red, green and blue become {@code Math.round(0.299 R + 0.587 G + 0.114 B)}. */
    GRAYSCALE {
        @Override
        void run(MemorySegment rgba) {
            PixelKernels.grayscale(rgba, rgba);
        }

        @Override
        void reference(byte[] rgba) {
            for (int i = 0; i < rgba.length; i += Picture.PIXEL_BYTES) {
                int red = Byte.toUnsignedInt(rgba[i]);
                int green = Byte.toUnsignedInt(rgba[i + 1]);
                int blue = Byte.toUnsignedInt(rgba[i + 2]);
                // In thousandths, as the sum of the products is not exact in binary floating point.
                int luma = Math.floorDiv(299 * red + 587 * green + 114 * blue + 500, 1000);
                rgba[i] = rgba[i + 1] = rgba[i + 2] = (byte) luma;
            }
        }
    },
    /** Red, green and blue become 255 minus themselves. */
    INVERT {
        @Override
        void run(MemorySegment rgba) {
            PixelKernels.invert(rgba, rgba);
        }

        @Override
        void reference(byte[] rgba) {
            for (int i = 0; i < rgba.length; i += Picture.PIXEL_BYTES) {
                for (int colour = i; colour < i + 3; colour++) {
                    rgba[colour] = (byte) (255 - Byte.toUnsignedInt(rgba[colour]));
                }
            }
        }
    };

    /** Processes pixels in place, as fast as this machine can. */
    abstract void run(MemorySegment rgba);

    /** Processes pixels in place, as plainly as can be. Alpha stays in both. */
    abstract void reference(byte[] rgba);

    /** As the user types it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
