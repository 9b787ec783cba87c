/* SPDX-License-Identifier: Apache-2.0
 * svdf: a layer whose filters see the input's newest features over time, factored by singular values, with the
 * arithmetic of TensorFlow Lite Micro's int8 kernel (Nakkiran et al., 2015).
 */
#include "../kernel.h"
#include "../verify.h"

/* The constants at an op's DATA field. */
typedef struct svdf {
    const nnq_svdf_params *p;
    const int8_t *filter;      /* I8 [filters, in] */
    const uint8_t *state_bias; /* I32 [filters] */
    const uint8_t *bias;       /* I32 [units] */
    const uint8_t *time;       /* of the state's type, [filters, memory] */
    int32_t in;
    int32_t filters;
    int32_t memory;
    int32_t state_zero_point;
} svdf;

static void open_constants(svdf *op, const uint8_t *filter) {
    const size_t weights = (size_t)op->filters * (size_t)op->in;
    op->filter = (const int8_t *)filter;
    op->state_bias = filter + (weights + 3) / 4 * 4;
    op->bias = op->state_bias + 4 * (size_t)op->filters;
    op->time = op->bias + 4 * (size_t)(op->filters / op->p->rank);
}

/* What filter f makes of the input, before saturation to the state's type; its certificate bounds acc. */
static int32_t feature(const svdf *op, int32_t f, const int8_t *input) {
    const int32_t dot = nnq_dot(input, op->filter + (size_t)f * (size_t)op->in, op->in);
    const int32_t acc = nnq_load_i32(op->state_bias + 4 * (size_t)f) + dot;
    return op->state_zero_point + nnq_scale_twice(acc, op->p->state_multiplier, op->p->state_shift);
}

/* Moves the state of a filter on by one step, and weighs it on the way: one load, one store, one product an element.
 * |sum| <= 2^30 * memory < 2^46. */
static int64_t advance_s8(const svdf *op, int32_t f, int8_t *state, const int8_t *input) {
    const int8_t *time = (const int8_t *)op->time + (size_t)f * (size_t)op->memory;
    int64_t sum = 0;
    for (int32_t m = 0; m < op->memory - 1; m++) {
        state[m] = state[m + 1];
        sum += state[m] * time[m];
    }
    state[op->memory - 1] = (int8_t)nnq_clamp(feature(op, f, input), INT8_MIN, INT8_MAX);
    return sum + state[op->memory - 1] * time[op->memory - 1];
}

static int64_t advance_s16(const svdf *op, int32_t f, int16_t *state, const int8_t *input) {
    const uint8_t *time = op->time + 2 * (size_t)f * (size_t)op->memory;
    int64_t sum = 0;
    for (int32_t m = 0; m < op->memory - 1; m++) {
        state[m] = state[m + 1];
        sum += state[m] * (int16_t)nnq_load_u16(time + 2 * (size_t)m);
    }
    state[op->memory - 1] = (int16_t)nnq_clamp(feature(op, f, input), INT16_MIN, INT16_MAX);
    return sum + state[op->memory - 1] * (int16_t)nnq_load_u16(time + 2 * (size_t)(op->memory - 1));
}

/* The output of a unit, before its zero point: what its filters, rank after rank, add up to. The sum saturates to
 * int32; shift is at least 31, so that scaling does not shift it up. */
static int32_t unit(const svdf *op, int32_t u, int8_t *state, int32_t is_wide, const int8_t *input) {
    int64_t sum = nnq_load_i32(op->bias + 4 * (size_t)u);
    for (int32_t f = u * op->p->rank; f < (u + 1) * op->p->rank; f++) {
        const size_t at = (size_t)f * (size_t)op->memory;
        sum += is_wide ? advance_s16(op, f, (int16_t *)(void *)state + at, input) : advance_s8(op, f, state + at, input);
    }
    const int64_t acc = sum > INT32_MAX ? INT32_MAX : sum < -INT32_MAX ? -INT32_MAX : sum;
    return nnq_scale_twice((int32_t)acc, op->p->multiplier, op->p->shift);
}
