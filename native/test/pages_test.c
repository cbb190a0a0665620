/* Pages: zero, writable from the first to the last byte, aligned, and given back whole. */
#include "check.h"
#include "handoff.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define MIB ((size_t)1 << 20)

static bool is_mapped(const uint8_t *page) {
    unsigned char resident;
    return mincore((void *)(uintptr_t)page, 1, &resident) == 0;
}

int main(void) {
    const size_t sizes[] = {1,           4095,    4096,        4097,           MIB,
                            2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5 * MIB + 4095, 64 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t bytes = sizes[i];
        uint8_t *first = handoff_pages_map(bytes);
        REQUIRE(first != NULL);
        size_t boundary = bytes < 2 * MIB ? 4096 : 2 * MIB;
        CHECK((uintptr_t)first % boundary == 0, "%zu bytes begin at %p", bytes, (void *)first);
        for (size_t at = 0; at < bytes; at += 1021) {
            CHECK(first[at] == 0, "byte %zu of %zu is %d", at, bytes, first[at]);
        }
        memset(first, 0xA5, bytes);
        CHECK(first[0] == 0xA5 && first[bytes - 1] == 0xA5, "%zu bytes are not writable", bytes);
        const uint8_t *last_page = first + (bytes - 1) / 4096 * 4096;
        CHECK(is_mapped(first) && is_mapped(last_page), "%zu bytes are not mapped", bytes);
        handoff_pages_unmap(first, bytes);
        CHECK(!is_mapped(first) && !is_mapped(last_page), "%zu bytes are still mapped", bytes);
    }
    CHECK(handoff_pages_map(SIZE_MAX) == NULL, "more than there are addresses");
    CHECK(handoff_pages_map(SIZE_MAX - 4096) == NULL, "more than there are addresses");
    CHECK(handoff_pages_map((size_t)1 << 60) == NULL, "more than there is room for");
    return check_result();
}
