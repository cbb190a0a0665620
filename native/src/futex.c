/* Sleeping and waking on a word of memory: Linux's futex(2), in its form for several processes. */
#include "handoff.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NANOS_PER_SECOND 1000000000

int32_t handoff_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_nanos) {
    struct timespec timeout = {
        .tv_sec = timeout_nanos / NANOS_PER_SECOND,
        .tv_nsec = timeout_nanos % NANOS_PER_SECOND,
    };
    if (syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_nanos < 0 ? NULL : &timeout, NULL, 0) == 0) {
        return HANDOFF_FUTEX_WOKEN;
    }
    switch (errno) {
    case EAGAIN:
        return HANDOFF_FUTEX_VALUE_DIFFERS;
    case ETIMEDOUT:
        return HANDOFF_FUTEX_TIMED_OUT;
    case EINTR:
        return HANDOFF_FUTEX_INTERRUPTED;
    default:
        return HANDOFF_FUTEX_WOKEN;
    }
}

int32_t handoff_futex_wake(const uint32_t *word, int32_t count) {
    if (count <= 0) { /* the kernel would wake one */
        return 0;
    }
    long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
    return woken < 0 ? 0 : (int32_t)woken;
}
