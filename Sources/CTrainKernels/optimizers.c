// SPDX-License-Identifier: Apache-2.0
// Parameter updates.
#include "train_kernels.h"
#include "wide.h"

#include <math.h>

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
