/* The shared library, opened as the JVM opens it: the public names are there, and no others. */
#include "check.h"
#include "handoff.h"

#include <dlfcn.h>
#include <string.h>

static const char *const public_names[] = {
    "handoff_abi_version",    "handoff_cpu_info_read", "handoff_layout",
    "handoff_grayscale_rgba", "handoff_invert_rgba",   "handoff_futex_wait",
    "handoff_futex_wake",     "handoff_pages_map",     "handoff_pages_unmap",
};

static const char *const private_names[] = {
    "handoff_cpu_features", "handoff_kernels_of",     "handoff_kernels_portable",
    "handoff_kernels_avx2", "handoff_kernels_avx512",
};

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < sizeof public_names / sizeof *public_names; i++) {
        CHECK(dlsym(library, public_names[i]) != NULL, "%s is missing", public_names[i]);
    }
    for (size_t i = 0; i < sizeof private_names / sizeof *private_names; i++) {
        CHECK(dlsym(library, private_names[i]) == NULL, "%s is exported", private_names[i]);
    }

    void *symbol = dlsym(library, "handoff_invert_rgba");
    void (*invert)(uint8_t *, const uint8_t *, size_t);
    REQUIRE(symbol != NULL);
    memcpy(&invert, &symbol, sizeof invert);
    uint8_t pixel[4] = {0, 1, 255, 7};
    invert(pixel, pixel, 1);
    CHECK(memcmp(pixel, (const uint8_t[]){255, 254, 0, 7}, 4) == 0, "a call through the loader");
    CHECK(dlclose(library) == 0, "%s", dlerror());
    return check_result();
}
