/* SPDX-License-Identifier: Apache-2.0
 * average_pool_int16: the mean of each channel under a window of int16 activations, of the elements inside of the map.
 */
#include "../int16.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_average_pool_int16_params *p = &params->average_pool_int16;
    const nnq_window window = {p->stride_height, p->kernel_height, p->pad_top};
    return window;
}

/* Whether all windows lie inside of the map, so that there is one multiplier only. */
static int32_t is_uniform(const nnq_average_pool_int16_params *p) {
    return (p->pad_top | p->pad_bottom | p->pad_left | p->pad_right) == 0;
}

static int32_t check_multipliers(nnq_check *check) {
    const nnq_average_pool_int16_params *p = &check->call.params.average_pool_int16;
    const uint64_t elements = (uint64_t)(uint32_t)p->kernel_height * (uint32_t)p->kernel_width;
    const uint64_t count = is_uniform(p) ? 1 : elements;
    if (32768 * elements > (uint32_t)INT32_MAX >> p->pre_shift) {
        return nnq_fail_field(check, NNQ_ERROR_OVERFLOW, NNQ_FIELD_INDEX(average_pool_int16, pre_shift));
    }
    const int32_t error = nnq_check_data(check, NNQ_FIELD_INDEX(average_pool_int16, multipliers), 4 * count);
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
    const nnq_average_pool_int16_params *p = &check->call.params.average_pool_int16;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, p->kernel_width, p->pad_left};
    int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    if (in->channels != out->channels ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    if ((error = nnq_check_pads(check, NNQ_FIELD_INDEX(average_pool_int16, kernel_height))) != NNQ_OK ||
        (error = nnq_check_clamp(check, NNQ_FIELD_INDEX(average_pool_int16, act_min))) != NNQ_OK) {
        return error;
    }
    return check_multipliers(check);
}

/* One output pixel: for each channel the sum over rows `down` and columns `across` of the window at (top, left), at
 * most 2^15 * kernel_height * kernel_width in magnitude, scaled. */
static void pixel(const nnq_call *call, int32_t top, nnq_taps down, int32_t left, nnq_taps across, int16_t *output) {
    const nnq_average_pool_int16_params *p = &call->params.average_pool_int16;
    const nnq_tensor *in = &call->in;
    const int32_t n = (down.end - down.first) * (across.end - across.first);
    const size_t entry = is_uniform(p) ? 0 : (size_t)(n - 1);
    const int32_t multiplier = nnq_load_i32(nnq_constants(call, p->multipliers) + 4 * entry);
    for (int32_t c = 0; c < in->channels; c++) {
        int32_t acc = 0;
        for (int32_t i = down.first; i < down.end; i++) {
            const int16_t *input = nnq_row_s16(call, in, top + i) + (left + across.first) * in->channels + c;
            for (int32_t j = across.first; j < across.end; j++, input += in->channels) {
                acc += *input;
            }
        }
        const int32_t scaled = nnq_scale_once(acc * (int32_t)((uint32_t)1 << p->pre_shift), multiplier, p->shift);
        output[c] = (int16_t)nnq_clamp(scaled, p->act_min, p->act_max);
    }
}

void nnq_average_pool_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_average_pool_int16_params *p = &call->params.average_pool_int16;
    for (int32_t y = first; y < first + count; y++) {
        const int32_t top = y * p->stride_height - p->pad_top;
        const nnq_taps down = nnq_taps_inside(top, 1, p->kernel_height, call->in.height);
        int16_t *output = nnq_row_s16(call, &call->out, y);
        for (int32_t x = 0; x < call->out.width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            pixel(call, top, down, left, nnq_taps_inside(left, 1, p->kernel_width, call->in.width), output);
            output += call->out.channels;
        }
    }
}

NNQ_DEFINE_TYPED_OP(average_pool_int16, check, rows, 1, 0);
