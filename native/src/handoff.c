#include "handoff.h"

#include "kernels.h"

_Static_assert(sizeof(handoff_cpu_info) == 16, "ABI 1");
_Static_assert(_Alignof(handoff_cpu_info) == 4, "ABI 1");
_Static_assert(offsetof(handoff_cpu_info, abi_version) == 0, "ABI 1");
_Static_assert(offsetof(handoff_cpu_info, features) == 4, "ABI 1");
_Static_assert(offsetof(handoff_cpu_info, variant) == 8, "ABI 1");
_Static_assert(offsetof(handoff_cpu_info, vector_bytes) == 12, "ABI 1");

/*
 * Written by the constructor alone, hence before the loader hands out any symbol, so plain loads are enough
 * ever after. A call from another object's earlier constructor finds the portable table: slow, but right.
 * Not an ifunc, since its resolver would run before a sanitizer's run time is up.
 */
static const handoff_kernels *active = &handoff_kernels_portable;
static uint32_t features;

__attribute__((constructor)) static void choose(void) {
    features = handoff_cpu_features();
    for (uint32_t variant = HANDOFF_VARIANT_AVX512; variant > HANDOFF_VARIANT_PORTABLE; variant--) {
        const handoff_kernels *table = handoff_kernels_of(variant);
        if (table != NULL) {
            active = table;
            return;
        }
    }
}

uint32_t handoff_abi_version(void) {
    return HANDOFF_ABI_VERSION;
}

void handoff_cpu_info_read(handoff_cpu_info *out) {
    *out = (handoff_cpu_info){
        .abi_version = HANDOFF_ABI_VERSION,
        .features = features,
        .variant = active->variant,
        .vector_bytes = active->vector_bytes,
    };
}

size_t handoff_layout(uint32_t *out, size_t capacity) {
    static const uint32_t layout[] = {
        sizeof(handoff_cpu_info),
        _Alignof(handoff_cpu_info),
        offsetof(handoff_cpu_info, abi_version),
        offsetof(handoff_cpu_info, features),
        offsetof(handoff_cpu_info, variant),
        offsetof(handoff_cpu_info, vector_bytes),
    };
    const size_t count = sizeof layout / sizeof *layout;
    for (size_t i = 0; i < count && i < capacity; i++) {
        out[i] = layout[i];
    }
    return count;
}

void handoff_grayscale_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    active->grayscale_rgba(dst, src, pixels);
}

void handoff_invert_rgba(uint8_t *dst, const uint8_t *src, size_t pixels) {
    active->invert_rgba(dst, src, pixels);
}
