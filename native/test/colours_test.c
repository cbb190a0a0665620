/* Every colour, through every variant, in place and out of place. */
#include "pixels.h"

#include <string.h>

#define CHUNK ((size_t)1 << 16)

int main(void) {
    pixel_case cases[PIXEL_CASES_MAX];
    const size_t count = pixel_cases(cases);
    uint8_t *src = malloc(4 * CHUNK);
    uint8_t *dst = malloc(4 * CHUNK);
    uint8_t *grey = malloc(4 * CHUNK);
    uint8_t *inverse = malloc(4 * CHUNK);
    REQUIRE(src != NULL && dst != NULL && grey != NULL && inverse != NULL);

    for (uint32_t red = 0; red < 256; red++) {
        for (size_t i = 0; i < CHUNK; i++) {
            src[4 * i] = (uint8_t)red;
            src[4 * i + 1] = (uint8_t)(i >> 8);
            src[4 * i + 2] = (uint8_t)i;
            src[4 * i + 3] = (uint8_t)(i * 7 + red * 31 + (i >> 8) * 13);
        }
        reference_grayscale(grey, src, CHUNK);
        reference_invert(inverse, src, CHUNK);
        for (size_t c = 0; c < count; c++) {
            const uint8_t *expected = cases[c].reference == reference_grayscale ? grey : inverse;
            memset(dst, 0x5a, 4 * CHUNK);
            cases[c].kernel(dst, src, CHUNK);
            CHECK(memcmp(dst, expected, 4 * CHUNK) == 0, "%s, variant %u, red %u", cases[c].name,
                  (unsigned)cases[c].variant, (unsigned)red);
            memcpy(dst, src, 4 * CHUNK);
            cases[c].kernel(dst, dst, CHUNK);
            CHECK(memcmp(dst, expected, 4 * CHUNK) == 0, "%s in place, variant %u, red %u", cases[c].name,
                  (unsigned)cases[c].variant, (unsigned)red);
        }
    }
    free(src);
    free(dst);
    free(grey);
    free(inverse);
    return check_result();
}
