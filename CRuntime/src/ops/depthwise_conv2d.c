/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d: a convolution of each channel on its own. Filter [kernel_height, kernel_width, c].
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_depthwise_conv2d_params *p = &params->depthwise_conv2d;
    const nnq_window window = {p->stride_height, (p->kernel_height - 1) * p->dilation_height + 1, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_depthwise_conv2d_params *p = &check->call.params.depthwise_conv2d;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, (p->kernel_width - 1) * p->dilation_width + 1, p->pad_left};
    if (in->channels != out->channels ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    const nnq_filter_layout layout = {
        .channels = out->channels,
        .taps = (uint64_t)(p->kernel_height * p->kernel_width),
        .interleaved = 1,
    };
    return nnq_check_affine(check, NNQ_AFFINE_FIELD(depthwise_conv2d), &layout);
}

/* One output pixel's window. */
typedef struct patch {
    const nnq_call *call;
    int32_t top; /* may be negative, as may left */
    int32_t left;
    nnq_taps rows;
    nnq_taps columns;
} patch;

/* acc[n] += filter * input for `lanes` channels from `channel` on, over all taps. */
static void accumulate(const patch *at, const int8_t *filter, int32_t channel, int32_t lanes, int32_t *acc) {
    const nnq_depthwise_conv2d_params *p = &at->call->params.depthwise_conv2d;
    const nnq_tensor *in = &at->call->in;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        const int32_t row_inside = i >= at->rows.first && i < at->rows.end;
        const int8_t *row = row_inside ? nnq_row(at->call, in, at->top + i * p->dilation_height) : NULL;
        for (int32_t j = 0; j < p->kernel_width; j++) {
            const int8_t *weights = filter + (i * p->kernel_width + j) * in->channels + channel;
            if (row_inside && j >= at->columns.first && j < at->columns.end) {
                const int8_t *input = row + (at->left + j * p->dilation_width) * in->channels + channel;
                for (int32_t n = 0; n < lanes; n++) {
                    acc[n] += weights[n] * input[n];
                }
            } else if (in->zero_point != 0) {
                for (int32_t n = 0; n < lanes; n++) {
                    acc[n] += weights[n] * in->zero_point;
                }
            }
        }
    }
}

/* All channels of one output pixel, NNQ_LANES at a time. */
static void pixel(const patch *at, const nnq_requant *requant, int8_t *output) {
    const int32_t channels = at->call->out.channels;
    int32_t acc[NNQ_LANES];
    for (int32_t channel = 0; channel < channels; channel += NNQ_LANES) {
        const int32_t lanes = nnq_min(NNQ_LANES, channels - channel);
        for (int32_t n = 0; n < lanes; n++) {
            acc[n] = nnq_requant_bias(requant, channel + n);
        }
        accumulate(at, requant->filter, channel, lanes, acc);
        for (int32_t n = 0; n < lanes; n++) {
            output[channel + n] = nnq_requantize(requant, acc[n], channel + n);
        }
    }
}

/* acc = bias[c] + sum of filter * input over kernel rows and columns; |acc| <= |bias| + 128 * sum |filter|, which the
 * op's certificate bounds. */
void nnq_depthwise_conv2d_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_depthwise_conv2d_params *p = &call->params.depthwise_conv2d;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    nnq_requant requant;
    patch at;
    nnq_requant_open(&requant, call, NNQ_AFFINE_FIELD(depthwise_conv2d), p->kernel_height * p->kernel_width);
    at.call = call;
    for (int32_t y = first; y < first + count; y++) {
        int8_t *output = nnq_row(call, out, y);
        at.top = y * p->stride_height - p->pad_top;
        at.rows = nnq_taps_inside(at.top, p->dilation_height, p->kernel_height, in->height);
        for (int32_t x = 0; x < out->width; x++) {
            at.left = x * p->stride_width - p->pad_left;
            at.columns = nnq_taps_inside(at.left, p->dilation_width, p->kernel_width, in->width);
            pixel(&at, &requant, output + x * out->channels);
        }
    }
}

NNQ_DEFINE_OP(depthwise_conv2d, check, rows);
