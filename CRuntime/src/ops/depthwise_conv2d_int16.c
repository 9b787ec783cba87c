/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d_int16: a convolution of each channel of int16 activations on its own. Filter [kernel_height,
 * kernel_width, c].
 */
#include "../int16.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_depthwise_conv2d_int16_params *p = &params->depthwise_conv2d_int16;
    const nnq_window window = {p->stride_height, (p->kernel_height - 1) * p->dilation_height + 1, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_depthwise_conv2d_int16_params *p = &check->call.params.depthwise_conv2d_int16;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, (p->kernel_width - 1) * p->dilation_width + 1, p->pad_left};
    const int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    if (in->channels != out->channels ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    return nnq_check_affine_s16(check, NNQ_AFFINE_FIELD(depthwise_conv2d_int16),
                                (uint64_t)(p->kernel_height * p->kernel_width), 1);
}

/* One output pixel's window. */
typedef struct patch {
    const nnq_call *call;
    int32_t top; /* may be negative, as may left */
    int32_t left;
    nnq_taps rows;
    nnq_taps columns;
} patch;

/* acc[n] = the sum of filter * input over kernel row i, for `lanes` channels from `channel` on. At most 255 products:
 * int32 has room for 512. */
static void sum_row(const patch *at, const int8_t *filter, int32_t i, int32_t channel, int32_t lanes, int32_t *acc) {
    const nnq_depthwise_conv2d_int16_params *p = &at->call->params.depthwise_conv2d_int16;
    const nnq_tensor *in = &at->call->in;
    const int16_t *row = nnq_row_s16(at->call, in, at->top + i * p->dilation_height);
    for (int32_t n = 0; n < lanes; n++) {
        acc[n] = 0;
    }
    for (int32_t j = at->columns.first; j < at->columns.end; j++) {
        const int8_t *weights = filter + (i * p->kernel_width + j) * in->channels + channel;
        const int16_t *input = row + (at->left + j * p->dilation_width) * in->channels + channel;
        for (int32_t n = 0; n < lanes; n++) {
            acc[n] += weights[n] * input[n];
        }
    }
}

/* All channels of one output pixel, NNQ_LANES at a time. */
static void pixel(const patch *at, const nnq_requant_s16 *requant, int16_t *output) {
    const int32_t channels = at->call->out.channels;
    int64_t acc[NNQ_LANES];
    int32_t part[NNQ_LANES];
    for (int32_t channel = 0; channel < channels; channel += NNQ_LANES) {
        const int32_t lanes = nnq_min(NNQ_LANES, channels - channel);
        for (int32_t n = 0; n < lanes; n++) {
            acc[n] = 0;
        }
        for (int32_t i = at->rows.first; i < at->rows.end; i++) {
            sum_row(at, requant->filter, i, channel, lanes, part);
            for (int32_t n = 0; n < lanes; n++) {
                acc[n] += part[n];
            }
        }
        for (int32_t n = 0; n < lanes; n++) {
            output[channel + n] = nnq_requantize_s16(requant, acc[n], channel + n);
        }
    }
}

/* acc = bias[c] + sum of filter * input over kernel rows and columns, those outside of the map 0; |acc| <= |bias| + 2^15
 * * sum |filter|, which the op's certificate bounds. */
void nnq_depthwise_conv2d_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_depthwise_conv2d_int16_params *p = &call->params.depthwise_conv2d_int16;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    nnq_requant_s16 requant;
    patch at;
    nnq_requant_s16_open(&requant, call, NNQ_AFFINE_FIELD(depthwise_conv2d_int16),
                         p->kernel_height * p->kernel_width);
    at.call = call;
    for (int32_t y = first; y < first + count; y++) {
        int16_t *output = nnq_row_s16(call, out, y);
        at.top = y * p->stride_height - p->pad_top;
        at.rows = nnq_taps_inside(at.top, p->dilation_height, p->kernel_height, in->height);
        for (int32_t x = 0; x < out->width; x++) {
            at.left = x * p->stride_width - p->pad_left;
            at.columns = nnq_taps_inside(at.left, p->dilation_width, p->kernel_width, in->width);
            pixel(&at, &requant, output + x * out->channels);
        }
    }
}

NNQ_DEFINE_TYPED_OP(depthwise_conv2d_int16, check, rows, 1, 0);
