/* Every length around the vectors' own, at every offset: right, and not a byte beside the range touched. */
#include "pixels.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VECTOR_PIXELS 16
#define OFFSETS 64
#define GUARD 64
#define LARGEST 4099

static const size_t large[] = {127, 128, 129, 1000, 1023, LARGEST};

static uint8_t expected[4 * LARGEST];
static uint8_t original[4 * LARGEST];
static uint8_t untouched[OFFSETS + GUARD];

static void verify(const pixel_case *c, const char *how, const uint8_t *actual, size_t pixels,
                   size_t dst_offset, size_t src_offset) {
    CHECK(memcmp(actual, expected, 4 * pixels) == 0, "%s, variant %u, %s: %zu pixels, offsets %zu and %zu",
          c->name, (unsigned)c->variant, how, pixels, dst_offset, src_offset);
}

/* Guard bytes on both sides, which see a write. */
static void guarded(const pixel_case *c, size_t pixels, size_t dst_offset, size_t src_offset) {
    static uint8_t dst_area[OFFSETS + 4 * LARGEST + GUARD];
    static uint8_t src_area[OFFSETS + 4 * LARGEST + GUARD];
    uint8_t *dst = dst_area + dst_offset;
    uint8_t *src = src_area + src_offset;
    memset(dst_area, 0xa5, dst_offset + 4 * pixels + GUARD);
    memset(src_area, 0xa5, src_offset + 4 * pixels + GUARD);
    memcpy(src, original, 4 * pixels);
    c->kernel(dst, src, pixels);
    verify(c, "guarded", dst, pixels, dst_offset, src_offset);
    CHECK(memcmp(src, original, 4 * pixels) == 0, "%s, variant %u: source changed, %zu pixels", c->name,
          (unsigned)c->variant, pixels);
    c->kernel(src, src, pixels);
    verify(c, "guarded in place", src, pixels, src_offset, src_offset);
    const uint8_t *const areas[] = {dst_area, src_area};
    const size_t offsets[] = {dst_offset, src_offset};
    for (size_t i = 0; i < 2; i++) {
        CHECK(memcmp(areas[i], untouched, offsets[i]) == 0 &&
                  memcmp(areas[i] + offsets[i] + 4 * pixels, untouched, GUARD) == 0,
              "%s, variant %u: guard bytes changed, %zu pixels, offset %zu", c->name, (unsigned)c->variant,
              pixels, offsets[i]);
    }
}

/* Heap blocks that end with the pixels, so that a sanitizer sees the reads of the plain C parts. */
static void exact(const pixel_case *c, size_t pixels, size_t dst_offset, size_t src_offset) {
    uint8_t *dst_block = malloc(dst_offset + 4 * pixels + (pixels == 0));
    uint8_t *src_block = malloc(src_offset + 4 * pixels + (pixels == 0));
    REQUIRE(dst_block != NULL && src_block != NULL);
    memcpy(src_block + src_offset, original, 4 * pixels);
    c->kernel(dst_block + dst_offset, src_block + src_offset, pixels);
    verify(c, "exact", dst_block + dst_offset, pixels, dst_offset, src_offset);
    c->kernel(src_block + src_offset, src_block + src_offset, pixels);
    verify(c, "exact in place", src_block + src_offset, pixels, src_offset, src_offset);
    free(dst_block);
    free(src_block);
}

typedef struct fenced_area {
    uint8_t *first;
    uint8_t *end;
} fenced_area;

/* Whole pages with an unmapped one on each side: vector reads that no sanitizer watches fault there. */
static fenced_area fence(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (4 * LARGEST + page - 1) / page * page;
    uint8_t *base = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(base != MAP_FAILED);
    REQUIRE(mprotect(base + page, inner, PROT_READ | PROT_WRITE) == 0);
    return (fenced_area){base + page, base + page + inner};
}

static void fenced(const pixel_case *c, size_t pixels, fenced_area dst, fenced_area src) {
    memcpy(src.first, original, 4 * pixels);
    c->kernel(dst.first, src.first, pixels);
    verify(c, "after a fence", dst.first, pixels, 0, 0);
    memcpy(src.end - 4 * pixels, original, 4 * pixels);
    c->kernel(dst.end - 4 * pixels, src.end - 4 * pixels, pixels);
    verify(c, "before a fence", dst.end - 4 * pixels, pixels, 0, 0);
    memcpy(src.first, original, 4 * pixels);
    c->kernel(dst.end - 4 * pixels, src.first, pixels);
    verify(c, "between fences", dst.end - 4 * pixels, pixels, 0, 0);
    /* An aligned start of dst leaves the odd pixels to the last step, which reads up to the fence. */
    memcpy(src.end - 4 * pixels, original, 4 * pixels);
    c->kernel(dst.first, src.end - 4 * pixels, pixels);
    verify(c, "up to a fence", dst.first, pixels, 0, 0);
    memcpy(src.end - 4 * pixels, original, 4 * pixels);
    c->kernel(src.end - 4 * pixels, src.end - 4 * pixels, pixels);
    verify(c, "before a fence in place", src.end - 4 * pixels, pixels, 0, 0);
}

int main(void) {
    pixel_case cases[PIXEL_CASES_MAX];
    const size_t count = pixel_cases(cases);
    const fenced_area dst = fence();
    const fenced_area src = fence();
    memset(untouched, 0xa5, sizeof untouched);
    fill(original, sizeof original, 1);

    const size_t small = 4 * VECTOR_PIXELS + 1;
    for (size_t c = 0; c < count; c++) {
        cases[c].kernel(NULL, NULL, 0);
        for (size_t n = 0; n < small + sizeof large / sizeof *large; n++) {
            const size_t pixels = n < small ? n : large[n - small];
            cases[c].reference(expected, original, pixels);
            fenced(&cases[c], pixels, dst, src);
            for (size_t offset = 0; offset < OFFSETS; offset++) {
                const size_t other = (offset * 7 + pixels * 3) % OFFSETS;
                guarded(&cases[c], pixels, offset, other);
                exact(&cases[c], pixels, offset, other);
            }
        }
    }
    return check_result();
}
