/* The least that a test needs: a check that names its place and goes on, and an exit code. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

static int check_failures;

#define CHECK(condition, ...)                                                                                \
    do {                                                                                                     \
        if (!(condition) && ++check_failures <= 20) {                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                  \
            fprintf(stderr, __VA_ARGS__);                                                                    \
            fputc('\n', stderr);                                                                             \
        }                                                                                                    \
    } while (0)

/* For what a test can't go on without. */
#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s: cannot go on\n", __FILE__, __LINE__, #condition);                    \
            exit(EXIT_FAILURE);                                                                              \
        }                                                                                                    \
    } while (0)

static inline int check_result(void) {
    printf("%d check(s) failed\n", check_failures);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
