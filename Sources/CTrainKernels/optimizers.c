// SPDX-License-Identifier: Apache-2.0
// Parameter updates.
#include "train_kernels.h"
#include "wide.h"

#include <math.h>

// Eight sums side by side, so that they can be lanes.
INLINE double squares_loop(const float *restrict x, size_t count) {
    double sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++) sums[lane] += (double)x[i + lane] * x[i + lane];
    for (; i < count; i++) sums[0] += (double)x[i] * x[i];
    for (size_t lane = 1; lane < 8; lane++) sums[0] += sums[lane];
    return sums[0];
}

WIDE static double squares_wide(const float *x, size_t count) { return squares_loop(x, count); }

double nnq_sum_of_squares(const float *x, size_t count) {
    return HAS_WIDE ? squares_wide(x, count) : squares_loop(x, count);
}

void nnq_scale_values(float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

INLINE void sgd_loop(
    float *restrict w, const float *restrict g, float *restrict velocity, size_t count, float rate, float momentum,
    float decay, int nesterov) {
    if (!velocity) {
        for (size_t i = 0; i < count; i++) w[i] -= rate * (g[i] + decay * w[i]);
    } else if (nesterov) {
        for (size_t i = 0; i < count; i++) {
            const float gradient = g[i] + decay * w[i];
            velocity[i] = momentum * velocity[i] + gradient;
            w[i] -= rate * (gradient + momentum * velocity[i]);
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            velocity[i] = momentum * velocity[i] + (g[i] + decay * w[i]);
            w[i] -= rate * velocity[i];
        }
    }
}

WIDE static void sgd_wide(
    float *w, const float *g, float *velocity, size_t count, float rate, float momentum, float decay, int nesterov) {
    sgd_loop(w, g, velocity, count, rate, momentum, decay, nesterov);
}

void nnq_sgd(
    float *w, const float *g, float *velocity, size_t count, float rate, float momentum, float decay,
    int32_t nesterov) {
    if (HAS_WIDE) sgd_wide(w, g, velocity, count, rate, momentum, decay, nesterov);
    else sgd_loop(w, g, velocity, count, rate, momentum, decay, nesterov);
}

INLINE void adam_loop(
    float *restrict w, const float *restrict g, float *restrict m, float *restrict v, size_t count,
    const nnq_adam_settings s) {
    const float step = s.rate / s.correction1;
    const float root = 1 / sqrtf(s.correction2);
    const float keep = 1 - s.rate * s.decoupled;
    for (size_t i = 0; i < count; i++) {
        const float gradient = g[i] + s.decay * w[i];
        m[i] = s.beta1 * m[i] + (1 - s.beta1) * gradient;
        v[i] = s.beta2 * v[i] + (1 - s.beta2) * gradient * gradient;
        w[i] = keep * w[i] - step * m[i] / (sqrtf(v[i]) * root + s.epsilon);
    }
}

WIDE static void adam_wide(
    float *w, const float *g, float *m, float *v, size_t count, const nnq_adam_settings *settings) {
    adam_loop(w, g, m, v, count, *settings);
}

void nnq_adam(float *w, const float *g, float *m, float *v, size_t count, const nnq_adam_settings *settings) {
    if (HAS_WIDE) adam_wide(w, g, m, v, count, settings);
    else adam_loop(w, g, m, v, count, *settings);
}
