#include "kernels.h"

#include <string.h>

/* Where the bytes of a pixel end up when it is loaded as one word. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#    define RED 0
#    define GREEN 8
#    define BLUE 16
#    define ALPHA 24
#else
#    define RED 24
#    define GREEN 16
#    define BLUE 8
#    define ALPHA 0
#endif
#define COLOURS (~(UINT32_C(0xff) << ALPHA))

/*
 * Pixels go through a local block: dst may be src, and only behind a copy can the compiler see that the
 * pixels don't depend on each other and use the vectors of the base architecture.
 */
#define BLOCK 64

/*
 * In floats, since SSE2 multiplies four of those at once, but not four integers of 32 bits. It's exact all
 * the same: the sum is below 2^18, so that its .5 still fits; the .5 keeps a thousandth of it at least 1/2000
 * away from any integer, and the product is off by less than 2^-14.
 */
static inline uint32_t grayscale(uint32_t pixel) {
    const float red = (float)(int32_t)(pixel >> RED & 0xff);
    const float green = (float)(int32_t)(pixel >> GREEN & 0xff);
    const float blue = (float)(int32_t)(pixel >> BLUE & 0xff);
    const float sum = red * 299.0f + green * 587.0f + blue * 114.0f + 500.5f;
    const uint32_t grey = (uint32_t)(int32_t)(sum * 0.001f);
    return (pixel & ~COLOURS) | grey << RED | grey << GREEN | grey << BLUE;
}

static inline uint32_t invert(uint32_t pixel) {
    return pixel ^ COLOURS;
}

static void grayscale_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    uint32_t block[BLOCK];
    for (; pixels >= BLOCK; pixels -= BLOCK, src += sizeof block, dst += sizeof block) {
        memcpy(block, src, sizeof block);
        for (size_t i = 0; i < BLOCK; i++) {
            block[i] = grayscale(block[i]);
        }
        memcpy(dst, block, sizeof block);
    }
    for (; pixels > 0; pixels--, src += 4, dst += 4) {
        memcpy(block, src, 4);
        *block = grayscale(*block);
        memcpy(dst, block, 4);
    }
}

static void invert_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    uint32_t block[BLOCK];
    for (; pixels >= BLOCK; pixels -= BLOCK, src += sizeof block, dst += sizeof block) {
        memcpy(block, src, sizeof block);
        for (size_t i = 0; i < BLOCK; i++) {
            block[i] = invert(block[i]);
        }
        memcpy(dst, block, sizeof block);
    }
    for (; pixels > 0; pixels--, src += 4, dst += 4) {
        memcpy(block, src, 4);
        *block = invert(*block);
        memcpy(dst, block, 4);
    }
}

const handoff_kernels handoff_kernels_portable = {
    .variant = HANDOFF_VARIANT_PORTABLE,
    .vector_bytes = 0,
    .needs = 0,
    .grayscale_rgba = grayscale_rgba,
    .invert_rgba = invert_rgba,
};
