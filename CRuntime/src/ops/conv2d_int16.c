/* SPDX-License-Identifier: Apache-2.0
 * conv2d_int16: a convolution of int16 activations, grouped and dilated too. Filter [out_c, kernel_height,
 * kernel_width, in_c / groups].
 */
#include "../int16.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_conv2d_int16_params *p = &params->conv2d_int16;
    const nnq_window window = {p->stride_height, (p->kernel_height - 1) * p->dilation_height + 1, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_conv2d_int16_params *p = &check->call.params.conv2d_int16;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, (p->kernel_width - 1) * p->dilation_width + 1, p->pad_left};
    const int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    if (in->channels % p->groups != 0 || out->channels % p->groups != 0 ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    const uint64_t taps = (uint64_t)(p->kernel_height * p->kernel_width) * (uint32_t)(in->channels / p->groups);
    return nnq_check_affine_s16(check, NNQ_AFFINE_FIELD(conv2d_int16), taps, 0);
}

/* One output pixel's view of the input. */
typedef struct patch {
    const nnq_call *call;
    int32_t group_channels; /* in_c / groups */
    int32_t top;            /* may be negative */
    nnq_taps rows;
    nnq_taps columns;
    int32_t column; /* elements of a row before the first tap inside of the map */
    int32_t runs;   /* contiguous runs of input in a kernel row, `run` elements each */
    int32_t run;
} patch;

/* Sum over the taps inside of the map; those outside are 0. `input` is the group's first channel, `filter` the output
 * channel's. */
static int64_t sum_inside(const patch *at, int32_t group_channel, const int8_t *filter) {
    const nnq_conv2d_int16_params *p = &at->call->params.conv2d_int16;
    const nnq_tensor *in = &at->call->in;
    const int32_t step = p->dilation_width * in->channels;
    int64_t sum = 0;
    for (int32_t i = at->rows.first; i < at->rows.end; i++) {
        const int16_t *a = nnq_row_s16(at->call, in, at->top + i * p->dilation_height) + at->column + group_channel;
        const int8_t *b = filter + (i * p->kernel_width + at->columns.first) * at->group_channels;
        for (int32_t run = 0; run < at->runs; run++) {
            sum += nnq_dot_s16(a + run * step, b + run * at->run, at->run);
        }
    }
    return sum;
}

/* All channels of one output pixel. */
static void pixel(const patch *at, const nnq_requant_s16 *requant, int16_t *output) {
    const nnq_conv2d_int16_params *p = &at->call->params.conv2d_int16;
    const int32_t channels = at->call->out.channels;
    const int32_t taps = p->kernel_height * p->kernel_width * at->group_channels;
    const int8_t *filter = requant->filter;
    int32_t left_in_group = channels / p->groups;
    int32_t group_channel = 0;
    for (int32_t channel = 0; channel < channels; channel++) {
        output[channel] = nnq_requantize_s16(requant, sum_inside(at, group_channel, filter), channel);
        filter += taps;
        if (--left_in_group == 0) {
            left_in_group = channels / p->groups;
            group_channel += at->group_channels;
        }
    }
}

/* acc = bias[oc] + sum of filter * input over kernel rows, kernel columns and the group's channels; |acc| <= |bias| +
 * 2^15 * sum |filter|, which the op's certificate bounds. */
void nnq_conv2d_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_conv2d_int16_params *p = &call->params.conv2d_int16;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int32_t joined = p->groups == 1 && p->dilation_width == 1;
    nnq_requant_s16 requant;
    patch at;
    at.call = call;
    at.group_channels = in->channels / p->groups;
    nnq_requant_s16_open(&requant, call, NNQ_AFFINE_FIELD(conv2d_int16),
                         p->kernel_height * p->kernel_width * at.group_channels);
    for (int32_t y = first; y < first + count; y++) {
        int16_t *output = nnq_row_s16(call, out, y);
        at.top = y * p->stride_height - p->pad_top;
        at.rows = nnq_taps_inside(at.top, p->dilation_height, p->kernel_height, in->height);
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            at.columns = nnq_taps_inside(left, p->dilation_width, p->kernel_width, in->width);
            const int32_t columns = at.columns.end - at.columns.first;
            at.column = columns > 0 ? (left + at.columns.first * p->dilation_width) * in->channels : 0;
            at.runs = joined ? columns > 0 : columns;
            at.run = joined ? columns * in->channels : at.group_channels;
            pixel(&at, &requant, output + x * out->channels);
        }
    }
}

NNQ_DEFINE_TYPED_OP(conv2d_int16, check, rows, 1, 0);
