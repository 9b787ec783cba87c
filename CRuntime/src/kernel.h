/* SPDX-License-Identifier: Apache-2.0
 * What the portable kernels share: dot products, and the part of a window that lies inside of the map.
 */
#ifndef NNQ_KERNEL_H
#define NNQ_KERNEL_H

#include "requant.h"

/* Channels that a kernel sums up side by side where memory runs along channels. */
enum { NNQ_LANES = 8 };

/* Taps first .. end - 1 of a window lie inside of the map. */
typedef struct nnq_taps {
    int32_t first;
    int32_t end;
} nnq_taps;

/* Of `kernel` taps at start, start + dilation, ..., those within 0 .. size - 1. */
nnq_taps nnq_taps_inside(int32_t start, int32_t dilation, int32_t kernel, int32_t size);

/* Sum of a[i] * b[i]. |sum| <= 2^14 * count: the caller has a certificate. */
static inline int32_t nnq_dot(const int8_t *a, const int8_t *b, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static inline int32_t nnq_min(int32_t a, int32_t b) {
    return a < b ? a : b;
}

#endif
