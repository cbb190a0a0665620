/* What the pixel tests share: the plainest reading of the contract, and every variant to hold against it. */
#ifndef PIXELS_H
#define PIXELS_H

#include "check.h"
#include "kernels.h"

typedef struct pixel_case {
    const char *name;
    uint32_t variant;
    handoff_pixel_kernel *kernel;
    handoff_pixel_kernel *reference;
} pixel_case;

static inline void reference_grayscale(uint8_t *dst, const uint8_t *src, size_t pixels) {
    for (size_t i = 0; i < 4 * pixels; i += 4) {
        const uint32_t grey = (299u * src[i] + 587u * src[i + 1] + 114u * src[i + 2] + 500u) / 1000u;
        const uint8_t alpha = src[i + 3];
        dst[i] = dst[i + 1] = dst[i + 2] = (uint8_t)grey;
        dst[i + 3] = alpha;
    }
}

static inline void reference_invert(uint8_t *dst, const uint8_t *src, size_t pixels) {
    for (size_t i = 0; i < 4 * pixels; i++) {
        dst[i] = i % 4 == 3 ? src[i] : (uint8_t)(255 - src[i]);
    }
}

#define PIXEL_CASES_MAX 8

/* The public functions, and each variant that this processor can run. */
static inline size_t pixel_cases(pixel_case cases[PIXEL_CASES_MAX]) {
    size_t count = 0;
    cases[count++] = (pixel_case){"public grayscale", 0, handoff_grayscale_rgba, reference_grayscale};
    cases[count++] = (pixel_case){"public invert", 0, handoff_invert_rgba, reference_invert};
    for (uint32_t variant = HANDOFF_VARIANT_PORTABLE; variant <= HANDOFF_VARIANT_AVX512; variant++) {
        const handoff_kernels *table = handoff_kernels_of(variant);
        if (table == NULL) {
            printf("variant %u: not on this processor\n", (unsigned)variant);
            continue;
        }
        cases[count++] = (pixel_case){"grayscale", variant, table->grayscale_rgba, reference_grayscale};
        cases[count++] = (pixel_case){"invert", variant, table->invert_rgba, reference_invert};
    }
    return count;
}

/* Bytes without a period that a vector could hide; the seed keeps two buffers apart. */
static inline void fill(uint8_t *bytes, size_t length, uint32_t seed) {
    uint32_t state = seed * 2654435761u + 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

#endif
