/* SPDX-License-Identifier: Apache-2.0
 * average_pool: the mean of each channel under a window, of the elements inside of the map.
 */
#include "../average_pool.h"
#include "../shape.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_average_pool_params *p = &params->average_pool;
    const nnq_window window = {p->stride_height, p->kernel_height, p->pad_top};
    return window;
}

/* Whether all windows have the same number of elements inside of the map, so that there is one multiplier only. */
static int32_t is_uniform(const nnq_average_pool_params *p) {
    return p->rounding || (p->pad_top | p->pad_bottom | p->pad_left | p->pad_right) == 0;
}

static int32_t check_multipliers(nnq_check *check) {
    const nnq_average_pool_params *p = &check->call.params.average_pool;
    const uint64_t elements = (uint64_t)(uint32_t)p->kernel_height * (uint32_t)p->kernel_width;
    const uint64_t count = is_uniform(p) ? 1 : elements;
    if (255 * elements > (uint32_t)INT32_MAX >> p->pre_shift) {
        return nnq_fail_field(check, NNQ_ERROR_OVERFLOW, NNQ_FIELD_INDEX(average_pool, pre_shift));
    }
    const int32_t error = nnq_check_data(check, NNQ_FIELD_INDEX(average_pool, multipliers), 4 * count);
    if (error != NNQ_OK) {
        return error;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (uint32_t)p->multipliers + 4 * i;
        if (nnq_load_i32(check->call.model->file + at) < 0) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at);
        }
    }
    return NNQ_OK;
}

static int32_t check(nnq_check *check) {
    const nnq_average_pool_params *p = &check->call.params.average_pool;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, p->kernel_width, p->pad_left};
    int32_t error;
    if (in->channels != out->channels || (p->rounding && in->zero_point != out->zero_point) ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    if (p->rounding && p->pre_shift != 0) {
        return nnq_fail_field(check, NNQ_ERROR_PARAMETER, NNQ_FIELD_INDEX(average_pool, pre_shift));
    }
    if ((error = nnq_check_pads(check, NNQ_FIELD_INDEX(average_pool, kernel_height))) != NNQ_OK ||
        (error = nnq_check_clamp(check, NNQ_FIELD_INDEX(average_pool, act_min))) != NNQ_OK) {
        return error;
    }
    return check_multipliers(check);
}

/* Sums over `count` pixels, `step` elements apart, of eight channels. */
static void add_lanes(const int8_t *input, int32_t step, int32_t count, int32_t *acc) {
    int32_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    for (; count > 0; count--, input += step) {
        a += input[0];
        b += input[1];
        c += input[2];
        d += input[3];
        e += input[4];
        f += input[5];
        g += input[6];
        h += input[7];
    }
    acc[0] += a;
    acc[1] += b;
    acc[2] += c;
    acc[3] += d;
    acc[4] += e;
    acc[5] += f;
    acc[6] += g;
    acc[7] += h;
}

/* The same of one channel. */
static void add_lane(const int8_t *input, int32_t step, int32_t count, int32_t *acc) {
    for (; count > 0; count--, input += step) {
        *acc += *input;
    }
}

/* A window's elements inside of the map, in runs of pixels: one a row, or one in all where rows follow each other. */
typedef struct patch {
    int32_t top;  /* first row */
    int32_t left; /* elements before the first pixel of a run */
    int32_t runs;
    int32_t pixels; /* of a run */
} patch;

/* acc[n] = the sum of a patch's elements of channel + n; |acc| <= 128 * kernel_height * kernel_width. */
static void sum(const nnq_call *call, const patch *at, int32_t channel, nnq_add_lanes *add, int32_t *acc) {
    const nnq_tensor *in = &call->in;
    for (int32_t n = 0; n < NNQ_LANES; n++) {
        acc[n] = 0;
    }
    for (int32_t i = 0; i < at->runs; i++) {
        add(nnq_row(call, in, at->top + i) + at->left + channel, in->channels, at->pixels, acc);
    }
}

/* acc / n to nearest, ties away from zero. Requires n >= 1 and |acc| <= 2^31 - 1 - n. */
static int32_t mean(int32_t acc, int32_t n) {
    return (acc > 0 ? acc + n / 2 : acc - n / 2) / n;
}

/* Outputs from sums over n elements each. */
static NNQ_NOINLINE void finish(const nnq_call *call, int32_t n, const int32_t *acc, int8_t *output, int32_t lanes) {
    const nnq_average_pool_params *p = &call->params.average_pool;
    const size_t entry = is_uniform(p) ? 0 : (size_t)(n - 1);
    const int32_t multiplier = nnq_load_i32(nnq_constants(call, p->multipliers) + 4 * entry);
    const int32_t act_min = p->act_min;
    const int32_t act_max = p->act_max;
    const int32_t rounding = p->rounding;
    for (int32_t i = 0; i < lanes; i++) {
        int32_t value = 0;
        if (rounding) {
            value = mean(acc[i], n);
        } else {
            const int32_t centered = (acc[i] - n * call->in.zero_point) * (int32_t)((uint32_t)1 << p->pre_shift);
            value = call->out.zero_point + nnq_scale_once(centered, multiplier, p->shift);
        }
        output[i] = (int8_t)nnq_clamp(value, act_min, act_max);
    }
}

/* Eight channels at a time, the last eight overlapping those before; less than eight one by one. */
static NNQ_NOINLINE void pixel(const nnq_call *call, const patch *at, int8_t *output, nnq_add_lanes *add) {
    const int32_t channels = call->in.channels;
    const int32_t lanes = channels < NNQ_LANES ? 1 : NNQ_LANES;
    int32_t acc[NNQ_LANES];
    for (int32_t channel = 0; channel < channels; channel += lanes) {
        const int32_t from = nnq_min(channel, channels - lanes);
        sum(call, at, from, lanes == 1 ? add_lane : add, acc);
        finish(call, at->runs * at->pixels, acc, output + from, lanes);
    }
}

static NNQ_NOINLINE void place(const nnq_call *call, int32_t y, int32_t x, patch *at) {
    const nnq_average_pool_params *p = &call->params.average_pool;
    const nnq_tensor *in = &call->in;
    const int32_t top = y * p->stride_height - p->pad_top;
    const int32_t left = x * p->stride_width - p->pad_left;
    const nnq_taps down = nnq_taps_inside(top, 1, p->kernel_height, in->height);
    const nnq_taps across = nnq_taps_inside(left, 1, p->kernel_width, in->width);
    at->top = top + down.first;
    at->left = (left + across.first) * in->channels;
    at->runs = down.end - down.first;
    at->pixels = across.end - across.first;
    if (at->pixels == in->width && !nnq_is_ring(in)) {
        at->pixels *= at->runs;
        at->runs = 1;
    }
}

void nnq_average_pool_of(const nnq_call *call, int32_t first, int32_t count, nnq_add_lanes *add) {
    for (int32_t y = first; y < first + count; y++) {
        int8_t *output = nnq_row(call, &call->out, y);
        for (int32_t x = 0; x < call->out.width; x++) {
            patch at;
            place(call, y, x, &at);
            pixel(call, &at, output, add);
            output += call->out.channels;
        }
    }
}

void nnq_average_pool_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_average_pool_of(call, first, count, add_lanes);
}

NNQ_DEFINE_NATIVE_OP(average_pool, check, rows,
                     NNQ_NATIVE(MVE, nnq_average_pool_mve,
                                NNQ_NATIVE(DSP, nnq_average_pool_dsp, nnq_average_pool_s8_portable)));
