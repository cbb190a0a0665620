/* Private: one table of kernels for each variant. */
#ifndef HANDOFF_KERNELS_H
#define HANDOFF_KERNELS_H

#include "handoff.h"

/* The contract of handoff_grayscale_rgba and handoff_invert_rgba. */
typedef void handoff_pixel_kernel(uint8_t *dst, const uint8_t *src, size_t pixels);

typedef struct handoff_kernels {
    uint32_t variant;
    uint32_t vector_bytes;
    uint32_t needs; /* HANDOFF_CPU_* bits */
    handoff_pixel_kernel *grayscale_rgba;
    handoff_pixel_kernel *invert_rgba;
} handoff_kernels;

extern const handoff_kernels handoff_kernels_portable;
#if defined(__x86_64__)
extern const handoff_kernels handoff_kernels_avx2;
extern const handoff_kernels handoff_kernels_avx512;
#endif

/* HANDOFF_CPU_* bits, asked anew each time. */
uint32_t handoff_cpu_features(void);

/* The table of a HANDOFF_VARIANT_*, or NULL where this build or this processor can't run it. */
const handoff_kernels *handoff_kernels_of(uint32_t variant);

#endif
