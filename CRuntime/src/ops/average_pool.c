/* SPDX-License-Identifier: Apache-2.0
 * average_pool: the mean of each channel under a window, of the elements inside of the map.
 */
#include "../kernel.h"
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

/* A window's elements inside of the map. */
typedef struct patch {
    int32_t top;
    int32_t rows;
    int32_t left;
    int32_t columns;
} patch;

/* acc[n] = sum of `lanes` channels from `channel` on; |acc| <= 128 * kernel_height * kernel_width. */
static void sum(const nnq_call *call, const nnq_tensor *in, const patch *at, int32_t channel, int32_t lanes,
                int32_t *acc) {
    memset(acc, 0, (size_t)lanes * sizeof *acc);
    for (int32_t i = 0; i < at->rows; i++) {
        const int8_t *row = nnq_row(call, in, at->top + i);
        for (int32_t j = at->left; j < at->left + at->columns; j++) {
            const int8_t *input = row + j * in->channels + channel;
            for (int32_t n = 0; n < lanes; n++) {
                acc[n] += input[n];
            }
        }
    }
}

/* acc / n to nearest, ties away from zero. Requires n >= 1 and |acc| <= 2^31 - 1 - n. */
static int32_t mean(int32_t acc, int32_t n) {
    return (acc > 0 ? acc + n / 2 : acc - n / 2) / n;
}

static void pixel(const nnq_call *call, const nnq_tensor *in, const nnq_tensor *out, const patch *at, int8_t *output) {
    const nnq_average_pool_params *p = &call->params.average_pool;
    const int32_t n = at->rows * at->columns;
    const int32_t entry = is_uniform(p) ? 0 : n - 1;
    const int32_t multiplier = nnq_load_i32(nnq_constants(call, p->multipliers) + (size_t)entry * 4);
    const int32_t pre_scale = (int32_t)((uint32_t)1 << p->pre_shift);
    int32_t acc[NNQ_LANES];
    for (int32_t channel = 0; channel < in->channels; channel += NNQ_LANES) {
        const int32_t lanes = nnq_min(NNQ_LANES, in->channels - channel);
        sum(call, in, at, channel, lanes, acc);
        for (int32_t lane = 0; lane < lanes; lane++) {
            const int32_t value =
                p->rounding ? mean(acc[lane], n)
                            : out->zero_point +
                                  nnq_scale_once((acc[lane] - n * in->zero_point) * pre_scale, multiplier, p->shift);
            output[channel + lane] = (int8_t)nnq_clamp(value, p->act_min, p->act_max);
        }
    }
}

void nnq_average_pool_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_average_pool_params *p = &call->params.average_pool;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    patch at;
    for (int32_t y = first; y < first + count; y++) {
        const int32_t top = y * p->stride_height - p->pad_top;
        const nnq_taps down = nnq_taps_inside(top, 1, p->kernel_height, in->height);
        int8_t *output = nnq_row(call, out, y);
        at.top = top + down.first;
        at.rows = down.end - down.first;
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            const nnq_taps across = nnq_taps_inside(left, 1, p->kernel_width, in->width);
            at.left = left + across.first;
            at.columns = across.end - across.first;
            pixel(call, in, out, &at, output);
            output += out->channels;
        }
    }
}

NNQ_DEFINE_OP(average_pool, check, rows);
