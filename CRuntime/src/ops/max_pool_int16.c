/* SPDX-License-Identifier: Apache-2.0
 * max_pool_int16: the largest element of each channel under a window of int16 activations.
 */
#include "../int16.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_max_pool_int16_params *p = &params->max_pool_int16;
    const nnq_window window = {p->stride_height, p->kernel_height, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_max_pool_int16_params *p = &check->call.params.max_pool_int16;
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
    error = nnq_check_pads(check, NNQ_FIELD_INDEX(max_pool_int16, kernel_height));
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(max_pool_int16, act_min));
}

/* Raises each output channel to what the pixel's channel has. */
static void raise(int16_t *output, const int16_t *input, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        output[c] = input[c] > output[c] ? input[c] : output[c];
    }
}

void nnq_max_pool_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_max_pool_int16_params *p = &call->params.max_pool_int16;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    for (int32_t y = first; y < first + count; y++) {
        const int32_t top = y * p->stride_height - p->pad_top;
        const nnq_taps down = nnq_taps_inside(top, 1, p->kernel_height, in->height);
        int16_t *output = nnq_row_s16(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            const nnq_taps across = nnq_taps_inside(left, 1, p->kernel_width, in->width);
            /* Starting from act_min clamps below. */
            for (int32_t c = 0; c < out->channels; c++) {
                output[c] = (int16_t)p->act_min;
            }
            for (int32_t i = down.first; i < down.end; i++) {
                const int16_t *input = nnq_row_s16(call, in, top + i) + (left + across.first) * in->channels;
                for (int32_t j = across.first; j < across.end; j++) {
                    raise(output, input, in->channels);
                    input += in->channels;
                }
            }
            for (int32_t c = 0; c < out->channels; c++) {
                output[c] = (int16_t)nnq_min(output[c], p->act_max);
            }
            output += out->channels;
        }
    }
}

NNQ_DEFINE_TYPED_OP(max_pool_int16, check, rows, 1, 0);
