/* Threads that share nothing but the library, on neighbouring parts of one image. */
#include "pixels.h"

#include <pthread.h>
#include <string.h>

#define THREADS 4
#define PIXELS 1021 /* odd, so that neighbours share cache lines and vectors */
#define ROUNDS 200

static uint8_t original[4 * THREADS * PIXELS];
static uint8_t image[4 * THREADS * PIXELS];
static uint8_t expected[4 * THREADS * PIXELS];

static void *work(void *part) {
    for (int round = 0; round < ROUNDS; round++) {
        handoff_invert_rgba(part, part, PIXELS);
        handoff_invert_rgba(part, part, PIXELS);
    }
    handoff_grayscale_rgba(part, part, PIXELS);
    return NULL;
}

int main(void) {
    fill(original, sizeof original, 2);
    memcpy(image, original, sizeof image);
    reference_grayscale(expected, original, (size_t)THREADS * PIXELS);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, work, image + 4 * PIXELS * i) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(memcmp(image, expected, sizeof image) == 0, "the parts differ from the whole");
    return check_result();
}
