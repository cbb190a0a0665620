/* What the library says about itself agrees with the header and with the processor. */
#include "check.h"
#include "kernels.h"

static void version(void) {
    CHECK(handoff_abi_version() == HANDOFF_ABI_VERSION, "%u", (unsigned)handoff_abi_version());
}

static void layout(void) {
    const uint32_t expected[] = {16, 4, 0, 4, 8, 12};
    const size_t count = sizeof expected / sizeof *expected;
    CHECK(handoff_layout(NULL, 0) == count, "%zu", handoff_layout(NULL, 0));
    for (size_t capacity = 0; capacity <= count + 2; capacity++) {
        uint32_t out[sizeof expected / sizeof *expected + 2];
        for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
            out[i] = 0xdeadbeef;
        }
        CHECK(handoff_layout(out, capacity) == count, "capacity %zu", capacity);
        for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
            const uint32_t wanted = i < count && i < capacity ? expected[i] : 0xdeadbeef;
            CHECK(out[i] == wanted, "value %zu of capacity %zu: %u", i, capacity, (unsigned)out[i]);
        }
    }
}

static void cpu_info(void) {
    handoff_cpu_info info = {0};
    handoff_cpu_info_read(&info);
    printf("features=%#x variant=%u vector_bytes=%u\n", (unsigned)info.features, (unsigned)info.variant,
           (unsigned)info.vector_bytes);
    CHECK(info.abi_version == HANDOFF_ABI_VERSION, "%u", (unsigned)info.abi_version);
    CHECK(info.features == handoff_cpu_features(), "%#x", (unsigned)info.features);
    const handoff_kernels *used = handoff_kernels_of(info.variant);
    REQUIRE(used != NULL);
    CHECK(info.variant == used->variant, "%u", (unsigned)info.variant);
    CHECK(info.vector_bytes == used->vector_bytes, "%u", (unsigned)info.vector_bytes);
    for (uint32_t better = info.variant + 1; better <= HANDOFF_VARIANT_AVX512; better++) {
        CHECK(handoff_kernels_of(better) == NULL, "variant %u was not taken", (unsigned)better);
    }
    CHECK(handoff_kernels_of(HANDOFF_VARIANT_AVX512 + 1) == NULL, "no such variant");
#if defined(__x86_64__)
    CHECK(info.features & HANDOFF_CPU_SSE2, "%#x", (unsigned)info.features);
#else
    CHECK(info.features == 0 && info.variant == HANDOFF_VARIANT_PORTABLE, "%#x", (unsigned)info.features);
#endif
}

int main(void) {
    version();
    layout();
    cpu_info();
    return check_result();
}
