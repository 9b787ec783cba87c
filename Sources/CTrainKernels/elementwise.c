// SPDX-License-Identifier: Apache-2.0
// Small loops over elements: step, running statistics, dropout, finiteness.
#include "train_kernels.h"

void nnq_step(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = x[i] >= 0 ? 1.0f : 0.0f;
}

void nnq_move_towards(float *running, const float *batch, size_t count, float momentum) {
    for (size_t i = 0; i < count; i++) running[i] = (1 - momentum) * running[i] + momentum * batch[i];
}

// The finalizer of MurmurHash3 (Appleby), 64 bits.
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
}

void nnq_dropout(float *y, const float *x, size_t count, float rate, uint64_t seed, uint64_t step, uint64_t layer) {
    const uint64_t key = mix(mix(mix(seed) + step) + layer);
    const uint32_t threshold = (uint32_t)((double)rate * 0x1p24);
    const float scale = 1 / (1 - rate);
    for (size_t i = 0; i < count; i++) {
        const uint32_t draw = (uint32_t)(mix(key + i) >> 40);
        y[i] = draw < threshold ? 0 : x[i] * scale;
    }
}

int32_t nnq_all_finite(const float *x, size_t count) {
    // x - x is 0 for finite x and NaN otherwise; the sum keeps NaN.
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i] - x[i];
    return sum == 0;
}
