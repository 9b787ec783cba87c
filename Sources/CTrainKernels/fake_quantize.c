// SPDX-License-Identifier: Apache-2.0
// Rounding to integers and back, and its gradients: straight through for the values, LSQ's for the scales (Esser et al.,
// "Learned Step Size Quantization", 2020, equations 1 to 3), here for their logarithms.
#include "train_kernels.h"
#include "wide.h"

#include <math.h>

#define GRAIN 16384
#define MOST_PARTS 256

#define LOG_OF_2 0.6931471805599453

// To nearest, ties to even, for |x| below 2^22; what is larger was clamped before.
INLINE float round_steps(float x) {
    return (x + 0x1.8p23f) - 0x1.8p23f;
}

INLINE float clamp(float x, float low, float high) {
    const float above = x > low ? x : low;
    return above < high ? above : high;
}

struct call {
    float *y;
    const float *dy, *x;
    float low, high, scale;
    double *sums;
};

INLINE void forward(const struct call *at, size_t first, size_t last) {
    for (size_t i = first; i < last; i++) {
        at->y[i] = round_steps(clamp(at->x[i] / at->scale, at->low, at->high)) * at->scale;
    }
}

WIDE static void forward_wide(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    forward(context, first, last);
}

static void forward_portable(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    forward(context, first, last);
}

void nnq_fake_quantize(float *y, const float *x, size_t count, nnq_steps steps) {
    struct call call = {y, 0, x, steps.low, steps.high, exp2f(*steps.log2_scale), 0};
    nnq_parallel_for(count, GRAIN, HAS_WIDE ? forward_wide : forward_portable, &call);
}

// Eight sums side by side, so that the compiler may keep them in one register.
INLINE void backward(const struct call *at, size_t part, size_t first, size_t last) {
    const float inverse = 1 / at->scale;
    double sum = 0;
    for (size_t begin = first; begin < last; begin += 512) {
        const size_t end = begin + 512 < last ? begin + 512 : last;
        float own[8] = {0};
        size_t i = begin;
        for (; i + 8 <= end; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                const float steps = at->x[i + k] * inverse;
                const float limited = clamp(steps, at->low, at->high);
                const float inside = steps == limited ? 1.0f : 0.0f;
                own[k] += at->dy[i + k] * (round_steps(limited) - inside * steps);
                at->y[i + k] = at->dy[i + k] * inside;
            }
        }
        for (; i < end; i++) {
            const float steps = at->x[i] * inverse;
            const float limited = clamp(steps, at->low, at->high);
            const float inside = steps == limited ? 1.0f : 0.0f;
            own[0] += at->dy[i] * (round_steps(limited) - inside * steps);
            at->y[i] = at->dy[i] * inside;
        }
        for (size_t k = 0; k < 8; k++) sum += own[k];
    }
    at->sums[part] = sum;
}

WIDE static void backward_wide(void *context, size_t part, size_t first, size_t last) {
    backward(context, part, first, last);
}

static void backward_portable(void *context, size_t part, size_t first, size_t last) {
    backward(context, part, first, last);
}

void nnq_fake_quantize_gradient(
    float *dx, float *dlog2, const float *dy, const float *x, size_t count, nnq_steps steps, float factor) {
    double sums[MOST_PARTS] = {0};
    struct call call = {dx, dy, x, steps.low, steps.high, exp2f(*steps.log2_scale), sums};
    // Parts of at least a 256th, so that their sums have places.
    const size_t grain = count / MOST_PARTS + 1 > GRAIN ? count / MOST_PARTS + 1 : GRAIN;
    nnq_parallel_for(count, grain, HAS_WIDE ? backward_wide : backward_portable, &call);
    double sum = 0;
    for (size_t part = 0; part < MOST_PARTS; part++) sum += sums[part];
    *dlog2 = (float)(sum * LOG_OF_2 * call.scale * factor);
}

void nnq_fake_quantize_weights(
    float *y, float *integers, const float *w, const int32_t *channel, size_t count, const float *log2_scale,
    float most) {
    for (size_t i = 0; i < count; i++) {
        const float step = exp2f(log2_scale[channel[i]]);
        integers[i] = round_steps(clamp(w[i] / step, -most, most));
        y[i] = integers[i] * step;
    }
}

void nnq_fake_quantize_weights_gradient(
    float *gradient, float *dlog2, double *sums, const float *w, const int32_t *channel, size_t count,
    const float *log2_scale, size_t channels, float most, float factor) {
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t i = 0; i < count; i++) {
        const float steps = w[i] / exp2f(log2_scale[channel[i]]);
        const float limited = clamp(steps, -most, most);
        const float inside = steps == limited ? 1.0f : 0.0f;
        sums[channel[i]] += (double)(gradient[i] * (round_steps(limited) - inside * steps));
        gradient[i] *= inside;
    }
    for (size_t c = 0; c < channels; c++) dlog2[c] = (float)(sums[c] * LOG_OF_2 * exp2f(log2_scale[c]) * factor);
}
