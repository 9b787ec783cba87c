/* SPDX-License-Identifier: Apache-2.0
 * A small generator of random numbers (xorshift64*, Vigna 2016), seeded by NNQ_SEED or the clock; the seed is printed.
 */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct rng {
    uint64_t state;
} rng;

static inline uint64_t rng_next(rng *r) {
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1du;
}

/* A number from low to high, both included. */
static inline int32_t rng_range(rng *r, int32_t low, int32_t high) {
    const uint64_t span = (uint64_t)((int64_t)high - low) + 1;
    return (int32_t)((int64_t)low + (int64_t)((rng_next(r) >> 16) % span));
}

/* True once in n times. */
static inline int rng_once_in(rng *r, int32_t n) {
    return rng_range(r, 1, n) == 1;
}

static inline rng rng_seeded(const char *test) {
    const char *text = getenv("NNQ_SEED");
    const uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    rng r = {seed * 0x9e3779b97f4a7c15u + 1};
    printf("%s: seed %llu (NNQ_SEED repeats it)\n", test, (unsigned long long)seed);
    rng_next(&r);
    return r;
}

#endif
