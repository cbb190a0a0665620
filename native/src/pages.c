/* Memory straight from the operating system. */
#include "handoff.h"

#include <sys/mman.h>
#include <unistd.h>

/* What x86-64 and, with pages of 4 KiB, AArch64 call a huge page. */
#define HUGE_PAGE ((size_t)2 << 20)

void *handoff_pages_map(size_t bytes) {
    size_t slack = bytes < HUGE_PAGE ? 0 : HUGE_PAGE;
    if (bytes > SIZE_MAX - slack) {
        return NULL;
    }
    uint8_t *mapped = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    if (slack == 0) {
        return mapped;
    }
    /* Whole pages all: mmap's result is the start of one, and munmap rounds a length up. */
    size_t head = -(uintptr_t)mapped % HUGE_PAGE;
    uint8_t *first = mapped + head;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (bytes + page - 1) / page * page;
    if (head != 0) {
        munmap(mapped, head);
    }
    if (slack - head > used - bytes) {
        munmap(first + used, slack - head - (used - bytes));
    }
    madvise(first, bytes, MADV_HUGEPAGE); /* advice: where it is refused, small pages do */
    return first;
}

void handoff_pages_unmap(void *address, size_t bytes) {
    munmap(address, bytes);
}
