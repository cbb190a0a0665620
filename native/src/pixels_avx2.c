#if defined(__x86_64__)

#    include "kernels.h"

#    include <immintrin.h>

#    define AVX2 __attribute__((target("avx2")))
#    define PIXELS 8
#    define BYTES 32

/*
 * y = (299 R + 587 G + 114 B + 500) >> 3 takes 15 bits, so the division by 1000 becomes one by 125 within
 * 16: floor(y / 125) = y * 33555 >> 22, exact for each y that occurs.
 */
AVX2 static inline __m256i grayscale(__m256i pixels) {
    const __m256i red_blue = _mm256_and_si256(pixels, _mm256_set1_epi32(0x00ff00ff));
    const __m256i green_alpha = _mm256_srli_epi16(pixels, 8);
    const __m256i sum =
        _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(red_blue, _mm256_set1_epi32(114 << 16 | 299)),
                                          _mm256_madd_epi16(green_alpha, _mm256_set1_epi32(587))),
                         _mm256_set1_epi32(500));
    const __m256i y = _mm256_srli_epi32(sum, 3);
    const __m256i grey = _mm256_srli_epi32(_mm256_mulhi_epu16(y, _mm256_set1_epi32(33555)), 6);
    const __m256i low_byte_to_three =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, -1, 4, 4, 4, -1, 8, 8, 8, -1, 12, 12, 12, -1));
    return _mm256_blendv_epi8(_mm256_shuffle_epi8(grey, low_byte_to_three), pixels,
                              _mm256_set1_epi32((int)0xff000000u));
}

AVX2 static void grayscale_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    for (; pixels >= PIXELS; pixels -= PIXELS, src += BYTES, dst += BYTES) {
        _mm256_storeu_si256((void *)dst, grayscale(_mm256_loadu_si256((const void *)src)));
    }
    handoff_kernels_portable.grayscale_rgba(dst, src, pixels);
}

AVX2 static void invert_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    const __m256i colours = _mm256_set1_epi32(0x00ffffff);
    for (; pixels >= PIXELS; pixels -= PIXELS, src += BYTES, dst += BYTES) {
        _mm256_storeu_si256((void *)dst, _mm256_xor_si256(_mm256_loadu_si256((const void *)src), colours));
    }
    handoff_kernels_portable.invert_rgba(dst, src, pixels);
}

const handoff_kernels handoff_kernels_avx2 = {
    .variant = HANDOFF_VARIANT_AVX2,
    .vector_bytes = BYTES,
    .needs = HANDOFF_CPU_AVX2,
    .grayscale_rgba = grayscale_rgba,
    .invert_rgba = invert_rgba,
};

#else
typedef int handoff_no_avx2; /* ISO C wants a declaration in each file. */
#endif
