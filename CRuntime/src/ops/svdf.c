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
    op->state_bias = filter + nnq_block_offset(weights);
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
        sum += is_wide ? advance_s16(op, f, (int16_t *)(void *)state + at, input)
                       : advance_s8(op, f, state + at, input);
    }
    const int64_t acc = sum > INT32_MAX ? INT32_MAX : sum < -INT32_MAX ? -INT32_MAX : sum;
    return nnq_scale_twice((int32_t)acc, op->p->multiplier, op->p->shift);
}

static int32_t check_shapes(nnq_check *check, const nnq_tensor *state) {
    const int32_t rank = check->call.params.svdf.rank;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->type != NNQ_INT8 || out->type != NNQ_INT8 || state->type > NNQ_INT16) {
        return nnq_fail_type(check);
    }
    const int32_t are_vectors = in->height == 1 && in->width == 1 && out->height == 1 && out->width == 1;
    if (!are_vectors || state->height != 1 || state->width != rank * out->channels) {
        return nnq_fail_shape(check);
    }
    return NNQ_OK;
}

/* |state_bias| + 128 * sum |w| of filter f, shifted left where its scaling is, stays in int32. */
static int32_t check_filter(nnq_check *check, const svdf *op, int32_t f) {
    const int32_t left = op->p->state_shift < 31 ? 31 - op->p->state_shift : 0;
    const int8_t *weights = op->filter + (size_t)f * (size_t)op->in;
    const uint8_t *bias = op->state_bias + 4 * (size_t)f;
    uint64_t sum = nnq_magnitude(nnq_load_i32(bias));
    for (int32_t i = 0; i < op->in; i++) {
        sum += 128u * nnq_magnitude(weights[i]);
    }
    if (sum > (uint32_t)INT32_MAX >> left) {
        return nnq_fail(check, NNQ_ERROR_OVERFLOW, (uint32_t)(bias - check->call.model->file));
    }
    return NNQ_OK;
}

static svdf describe(const nnq_call *call, const nnq_tensor *state) {
    const svdf op = {
        .p = &call->params.svdf,
        .in = call->in.channels,
        .filters = state->width,
        .memory = state->channels,
        .state_zero_point = state->zero_point,
    };
    return op;
}

static int32_t check(nnq_check *check) {
    nnq_tensor state;
    nnq_load_input(&state, &check->call, 1);
    int32_t error = check_shapes(check, &state);
    if (error != NNQ_OK) {
        return error;
    }
    svdf op = describe(&check->call, &state);
    const uint64_t filters = state.width;
    const uint64_t weights = (filters * check->call.in.channels + 3) / 4 * 4;
    const uint64_t block = 4 * filters + 4 * (uint64_t)check->call.out.channels;
    const uint64_t time = (filters * state.channels) << state.type;
    error = nnq_check_data(check, NNQ_FIELD_INDEX(svdf, filter), weights + block + time);
    if (error == NNQ_OK) {
        open_constants(&op, check->call.model->file + op.p->filter);
    }
    for (int32_t f = 0; error == NNQ_OK && f < op.filters; f++) {
        error = check_filter(check, &op, f);
    }
    return error;
}

void nnq_svdf_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const int8_t *input = nnq_row(call, &call->in, first);
    int8_t *output = nnq_row(call, &call->out, first);
    nnq_tensor tensor;
    nnq_load_input(&tensor, call, 1);
    int8_t *state = nnq_row(call, &tensor, 0);
    svdf op = describe(call, &tensor);
    (void)count;
    open_constants(&op, nnq_constants(call, op.p->filter));
    for (int32_t u = 0; u < call->out.channels; u++) {
        const int32_t value = call->out.zero_point + unit(&op, u, state, tensor.type == NNQ_INT16, input);
        output[u] = (int8_t)nnq_clamp(value, INT8_MIN, INT8_MAX);
    }
}

NNQ_DEFINE_TYPED_OP(svdf, check, nnq_rows_all, 1, 2);
