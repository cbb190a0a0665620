#include "kernels.h"

uint32_t handoff_cpu_features(void) {
    uint32_t features = 0;
#if defined(__x86_64__)
    /* Constructors of other objects may run before the compiler's own, which fills in what is asked below. */
    __builtin_cpu_init();
    /* These look at XCR0 too, hence at what the operating system saves on a context switch. */
    if (__builtin_cpu_supports("sse2")) {
        features |= HANDOFF_CPU_SSE2;
    }
    if (__builtin_cpu_supports("avx2")) {
        features |= HANDOFF_CPU_AVX2;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
        features |= HANDOFF_CPU_AVX512;
    }
    if (__builtin_cpu_supports("avx512vnni")) {
        features |= HANDOFF_CPU_AVX512_VNNI;
    }
#endif
    return features;
}

const handoff_kernels *handoff_kernels_of(uint32_t variant) {
    static const handoff_kernels *const tables[] = {
        [HANDOFF_VARIANT_PORTABLE] = &handoff_kernels_portable,
#if defined(__x86_64__)
        [HANDOFF_VARIANT_AVX2] = &handoff_kernels_avx2,
        [HANDOFF_VARIANT_AVX512] = &handoff_kernels_avx512,
#endif
    };
    if (variant >= sizeof tables / sizeof *tables) {
        return NULL;
    }
    const handoff_kernels *table = tables[variant];
    return (table->needs & ~handoff_cpu_features()) == 0 ? table : NULL;
}
