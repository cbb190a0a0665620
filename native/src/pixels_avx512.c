#if defined(__x86_64__)

#    include "kernels.h"

#    include <immintrin.h>

/*
 * VNNI is part of this variant, not one more: its dot products save four of ten instructions, and the few
 * processors with AVX-512 but without VNNI are also those that lower their clock most for wide vectors.
 */
#    define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#    define PIXELS 16
#    define BYTES 64

/*
 * y = (299 R + 587 G + 114 B + 500) >> 3, with the weights, too wide for bytes, as 8 * (37, 73, 14) +
 * (3, 3, 2): the multiple of 8 may be added after the shift. Then floor(y / 125) = y * 33555 >> 22, exact
 * for each y that occurs.
 */
AVX512 static inline __m512i grayscale(__m512i pixels) {
    const __m512i low = _mm512_dpbusd_epi32(_mm512_set1_epi32(500), pixels, _mm512_set1_epi32(0x00020303));
    const __m512i y =
        _mm512_dpbusd_epi32(_mm512_srli_epi32(low, 3), pixels, _mm512_set1_epi32(14 << 16 | 73 << 8 | 37));
    const __m512i grey = _mm512_srli_epi32(_mm512_mulhi_epu16(y, _mm512_set1_epi32(33555)), 6);
    const __m512i low_byte_to_three =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, -1, 4, 4, 4, -1, 8, 8, 8, -1, 12, 12, 12, -1));
    return _mm512_mask_shuffle_epi8(pixels, UINT64_C(0x7777777777777777), grey, low_byte_to_three);
}

AVX512 static inline __m512i invert(__m512i pixels) {
    return _mm512_xor_si512(pixels, _mm512_set1_epi32(0x00ffffff));
}

AVX512 static inline __mmask16 first(size_t pixels) {
    return (__mmask16)((1u << pixels) - 1);
}

/*
 * How many pixels to do first so that dst comes to a multiple of 64, as heap arrays never start there: a
 * vector across two cache lines costs two accesses. 0 if whole pixels never get it there.
 */
static inline size_t unaligned(const uint8_t *dst, size_t pixels) {
    const size_t bytes = (0 - (uintptr_t)dst) % BYTES;
    const size_t lead = bytes % 4 == 0 ? bytes / 4 : 0;
    return lead < pixels ? lead : pixels;
}

AVX512 static void grayscale_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    const size_t lead = unaligned(dst, pixels);
    if (lead > 0) {
        _mm512_mask_storeu_epi32(dst, first(lead), grayscale(_mm512_maskz_loadu_epi32(first(lead), src)));
        pixels -= lead;
        src += 4 * lead;
        dst += 4 * lead;
    }
    for (; pixels >= PIXELS; pixels -= PIXELS, src += BYTES, dst += BYTES) {
        _mm512_storeu_si512(dst, grayscale(_mm512_loadu_si512(src)));
    }
    if (pixels > 0) {
        _mm512_mask_storeu_epi32(dst, first(pixels), grayscale(_mm512_maskz_loadu_epi32(first(pixels), src)));
    }
}

AVX512 static void invert_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    const size_t lead = unaligned(dst, pixels);
    if (lead > 0) {
        _mm512_mask_storeu_epi32(dst, first(lead), invert(_mm512_maskz_loadu_epi32(first(lead), src)));
        pixels -= lead;
        src += 4 * lead;
        dst += 4 * lead;
    }
    for (; pixels >= PIXELS; pixels -= PIXELS, src += BYTES, dst += BYTES) {
        _mm512_storeu_si512(dst, invert(_mm512_loadu_si512(src)));
    }
    if (pixels > 0) {
        _mm512_mask_storeu_epi32(dst, first(pixels), invert(_mm512_maskz_loadu_epi32(first(pixels), src)));
    }
}

const handoff_kernels handoff_kernels_avx512 = {
    .variant = HANDOFF_VARIANT_AVX512,
    .vector_bytes = BYTES,
    .needs = HANDOFF_CPU_AVX512 | HANDOFF_CPU_AVX512_VNNI,
    .grayscale_rgba = grayscale_rgba,
    .invert_rgba = invert_rgba,
};

#else
typedef int handoff_no_avx512; /* ISO C wants a declaration in each file. */
#endif
