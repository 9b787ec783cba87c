/* SPDX-License-Identifier: Apache-2.0
 * max_pool: the largest value of each channel under a window.
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_max_pool_params *p = &params->max_pool;
    const nnq_window window = {p->stride_height, p->kernel_height, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_max_pool_params *p = &check->call.params.max_pool;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, p->kernel_width, p->pad_left};
    if (in->channels != out->channels || in->zero_point != out->zero_point ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    const int32_t error = nnq_check_pads(check, NNQ_FIELD_INDEX(max_pool, kernel_height));
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(max_pool, act_min));
}

/* Raises each output channel to what the pixel's channel has. */
static void raise(int8_t *output, const int8_t *input, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        output[c] = input[c] > output[c] ? input[c] : output[c];
    }
}

void nnq_max_pool_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_max_pool_params *p = &call->params.max_pool;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    for (int32_t y = first; y < first + count; y++) {
        const int32_t top = y * p->stride_height - p->pad_top;
        const nnq_taps down = nnq_taps_inside(top, 1, p->kernel_height, in->height);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            const nnq_taps across = nnq_taps_inside(left, 1, p->kernel_width, in->width);
            /* Starting from act_min clamps below. */
            memset(output, p->act_min, (size_t)out->channels);
            for (int32_t i = down.first; i < down.end; i++) {
                const int8_t *input = nnq_row(call, in, top + i) + (left + across.first) * in->channels;
                for (int32_t j = across.first; j < across.end; j++) {
                    raise(output, input, in->channels);
                    input += in->channels;
                }
            }
            for (int32_t c = 0; c < out->channels; c++) {
                output[c] = (int8_t)nnq_min(output[c], p->act_max);
            }
            output += out->channels;
        }
    }
}

NNQ_DEFINE_OP(max_pool, check, rows);
