// SPDX-License-Identifier: Apache-2.0
// What int8 inference computes, in floats that hold whole steps of a scale: the arithmetic of the runtime's ops
// (SPEC.md, sections 4 and 5), exact to the integer.
#include "train_kernels.h"
#include "wide.h"

#define GRAIN 4096

INLINE int32_t nearest(double x) {
    // Ties to even; what is beyond int32 saturates everything anyway.
    const double limited = x > 2147483647.0 ? 2147483647.0 : x < -2147483648.0 ? -2147483648.0 : x;
    return (int32_t)((limited + 0x1.8p52) - 0x1.8p52);
}

INLINE int32_t clamp(int32_t x, int32_t low, int32_t high) {
    const int32_t above = x > low ? x : low;
    return above < high ? above : high;
}

struct call {
    float *y;
    const float *a, *b;
    const nnq_channels *channels;
    const nnq_sum *sum;
    const float *table;
    float scale;
    int32_t zero_point;
};

INLINE void steps(const struct call *at, size_t first, size_t last) {
    const float scale = at->scale;
    for (size_t i = first; i < last; i++) at->y[i] = ((at->a[i] / scale) + 0x1.8p23f) - 0x1.8p23f;
}

// Rows are pixels of one block of channels.
INLINE void rescale(const struct call *at, size_t first, size_t last) {
    const nnq_channels *p = at->channels;
    for (size_t row = first; row < last; row++) {
        const size_t begin = row / p->pixels % p->blocks * p->lanes;
        const float *restrict x = at->a + row * p->lanes;
        float *restrict y = at->y + row * p->lanes;
        for (size_t k = 0; k < p->lanes; k++) {
            const size_t c = begin + k;
            const int32_t acc = (int32_t)((uint32_t)nearest((double)x[k] * p->inverse[c]) << p->pre_shift[c]);
            const int64_t sum = (int64_t)acc * p->multiplier[c] + p->addend[c];
            const int32_t q = p->base[c] + (int32_t)(sum >> p->shift[c]);
            y[k] = at->scale * (float)(clamp(q, p->low[c], p->high[c]) - at->zero_point);
        }
    }
}

INLINE void add(const struct call *at, size_t first, size_t last) {
    const nnq_sum p = *at->sum;
    for (size_t i = first; i < last; i++) {
        const int64_t a = nearest((double)at->a[i] * p.inverse_a), b = nearest((double)at->b[i] * p.inverse_b);
        const int32_t q = (int32_t)((a * p.multiplier_a + b * p.multiplier_b + p.addend) >> p.shift);
        at->y[i] = at->scale * (float)(clamp(q, p.low, p.high) - at->zero_point);
    }
}

INLINE void look_up(const struct call *at, size_t first, size_t last) {
    for (size_t i = first; i < last; i++) {
        const int32_t q = nearest((double)at->a[i] / (double)at->scale) + at->zero_point;
        at->y[i] = at->table[clamp(q, -128, 127) + 128];
    }
}

// Each loop twice: for this file's processor and for a wide one.
#define TWICE(loop)                                                                                                    \
    WIDE static void loop##_wide(void *call, size_t part, size_t first, size_t last) {                                 \
        (void)part;                                                                                                    \
        loop(call, first, last);                                                                                       \
    }                                                                                                                  \
    static void loop##_portable(void *call, size_t part, size_t first, size_t last) {                                  \
        (void)part;                                                                                                    \
        loop(call, first, last);                                                                                       \
    }
TWICE(steps)
TWICE(rescale)
TWICE(add)
TWICE(look_up)
#define RUN(loop, count, grain, call) nnq_parallel_for(count, grain, HAS_WIDE ? loop##_wide : loop##_portable, call)

void nnq_integers(float *y, const float *x, size_t count, float scale) {
    struct call call = {.y = y, .a = x, .scale = scale};
    RUN(steps, count, GRAIN, &call);
}

void nnq_rescale_channels(
    float *y, const float *x, size_t planes, const nnq_channels *channels, float scale, int32_t zero_point) {
    struct call call = {.y = y, .a = x, .channels = channels, .scale = scale, .zero_point = zero_point};
    RUN(rescale, planes * channels->pixels, GRAIN / channels->lanes + 1, &call);
}

void nnq_add_integers(
    float *y, const float *a, const float *b, size_t count, const nnq_sum *sum, float scale, int32_t zero_point) {
    struct call call = {.y = y, .a = a, .b = b, .sum = sum, .scale = scale, .zero_point = zero_point};
    RUN(add, count, GRAIN, &call);
}

void nnq_look_up(float *y, const float *x, size_t count, const float *table, float scale, int32_t zero_point) {
    struct call call = {.y = y, .a = x, .table = table, .scale = scale, .zero_point = zero_point};
    RUN(look_up, count, GRAIN, &call);
}
