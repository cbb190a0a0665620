/* Sleeping and waking, in one thread, between threads, and between processes. */
#include "check.h"
#include "handoff.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURNS 2000

/* Two players take turns: the word says whose turn it is. */
typedef struct {
    _Atomic uint32_t turn;
    uint32_t count; /* plain: handed over by turn */
} game;

static void play(game *g, uint32_t me) {
    for (int i = 0; i < TURNS; i++) {
        uint32_t turn;
        while ((turn = atomic_load(&g->turn)) != me) {
            handoff_futex_wait((const uint32_t *)&g->turn, turn, -1);
        }
        g->count++;
        atomic_store(&g->turn, 1 - me);
        handoff_futex_wake((const uint32_t *)&g->turn, 1);
    }
}

static void *play_second(void *g) {
    play(g, 1);
    return NULL;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(void) {
    uint32_t word = 7;
    CHECK(handoff_futex_wait(&word, 8, -1) == HANDOFF_FUTEX_VALUE_DIFFERS, "the value is compared first");
    CHECK(handoff_futex_wait(&word, 7, 0) == HANDOFF_FUTEX_TIMED_OUT, "no time at all");
    int64_t begun = now();
    CHECK(handoff_futex_wait(&word, 7, 20000000) == HANDOFF_FUTEX_TIMED_OUT, "20 ms");
    CHECK(now() - begun >= 20000000, "woke up early");
    CHECK(handoff_futex_wait(&word, 7, 1000000) == HANDOFF_FUTEX_TIMED_OUT, "a time of less than a second");
    CHECK(handoff_futex_wake(&word, 1) == 0, "nobody sleeps");
    CHECK(handoff_futex_wake(&word, 0) == 0 && handoff_futex_wake(&word, -1) == 0, "nobody is to be woken");

    game between_threads = {0};
    pthread_t second;
    REQUIRE(pthread_create(&second, NULL, play_second, &between_threads) == 0);
    play(&between_threads, 0);
    REQUIRE(pthread_join(second, NULL) == 0);
    CHECK(between_threads.count == 2 * TURNS, "%u turns", between_threads.count);

    game *between_processes =
        mmap(NULL, sizeof(game), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(between_processes != MAP_FAILED);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        play(between_processes, 1);
        _exit(EXIT_SUCCESS);
    }
    play(between_processes, 0);
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, "the child's status is %d", status);
    CHECK(between_processes->count == 2 * TURNS, "%u turns", between_processes->count);
    return check_result();
}
