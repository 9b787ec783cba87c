/* SPDX-License-Identifier: Apache-2.0
 * conv2d: a convolution, grouped and dilated too. Filter [out_c, kernel_height, kernel_width, in_c / groups].
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_conv2d_params *p = &params->conv2d;
    const nnq_window window = {p->stride_height, (p->kernel_height - 1) * p->dilation_height + 1, p->pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_conv2d_params *p = &check->call.params.conv2d;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const nnq_window across = {p->stride_width, (p->kernel_width - 1) * p->dilation_width + 1, p->pad_left};
    if (in->channels % p->groups != 0 || out->channels % p->groups != 0 ||
        !nnq_window_fits(rows(&check->call.params), p->pad_bottom, in->height, out->height) ||
        !nnq_window_fits(across, p->pad_right, in->width, out->width)) {
        return nnq_fail_shape(check);
    }
    const nnq_filter_layout layout = {
        .channels = out->channels,
        .taps = (uint64_t)(p->kernel_height * p->kernel_width) * (uint32_t)(in->channels / p->groups),
        .interleaved = 0,
    };
    return nnq_check_affine(check, NNQ_AFFINE_FIELD(conv2d), &layout);
}

/* One output pixel's view of the input. */
typedef struct patch {
    const nnq_call *call;
    int32_t group_channels; /* in_c / groups */
    nnq_taps rows;
    nnq_taps columns;
    int32_t first_slot; /* of the first row inside of the map */
    int32_t runs;       /* contiguous runs of input in a kernel row, `run` bytes each */
    int32_t run;
} patch;

/* Sum over the taps inside of the map for one output channel. `input` is at the first such tap's column in row 0. */
static int32_t sum_inside(const patch *at, const int8_t *input, const int8_t *filter) {
    const nnq_conv2d_params *p = &at->call->params.conv2d;
    const nnq_tensor *in = &at->call->in;
    const int32_t step = p->dilation_width * in->channels;
    int32_t slot = at->first_slot;
    int32_t sum = 0;
    for (int32_t i = at->rows.first; i < at->rows.end; i++) {
        const int8_t *a = input + (size_t)slot * nnq_row_bytes(in);
        const int8_t *b = filter + (i * p->kernel_width + at->columns.first) * at->group_channels;
        for (int32_t run = 0; run < at->runs; run++) {
            sum += nnq_dot(a + run * step, b + run * at->run, at->run);
        }
        slot += p->dilation_height;
        if (slot >= in->rows_held) {
            slot -= in->rows_held;
        }
    }
    return sum;
}

/* Sum of one output channel's filter over the taps outside of the map. */
static int32_t filter_outside(const patch *at, const int8_t *filter) {
    const nnq_conv2d_params *p = &at->call->params.conv2d;
    int32_t sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        const int32_t row_inside = i >= at->rows.first && i < at->rows.end;
        for (int32_t j = 0; j < p->kernel_width; j++) {
            const int32_t inside = row_inside && j >= at->columns.first && j < at->columns.end;
            for (int32_t k = 0; !inside && k < at->group_channels; k++) {
                sum += filter[k];
            }
            filter += at->group_channels;
        }
    }
    return sum;
}

/* All channels of one output pixel. */
static void pixel(const patch *at, const nnq_requant *requant, const int8_t *input, int8_t *output) {
    const nnq_conv2d_params *p = &at->call->params.conv2d;
    const int32_t channels = at->call->out.channels;
    const int32_t zero_point = at->call->in.zero_point;
    const int32_t taps = p->kernel_height * p->kernel_width * at->group_channels;
    const int32_t clipped = at->rows.end - at->rows.first < p->kernel_height ||
                            at->columns.end - at->columns.first < p->kernel_width;
    const int8_t *filter = requant->filter;
    int32_t left_in_group = channels / p->groups;
    for (int32_t channel = 0; channel < channels; channel++) {
        int32_t acc = nnq_requant_bias(requant, channel) + sum_inside(at, input, filter);
        if (clipped && zero_point != 0) {
            acc += zero_point * filter_outside(at, filter);
        }
        output[channel] = nnq_requantize(requant, acc, channel);
        filter += taps;
        if (--left_in_group == 0) {
            left_in_group = channels / p->groups;
            input += at->group_channels;
        }
    }
}

/* acc = bias[oc] + sum of filter * input over kernel rows, kernel columns and the group's channels; |acc| <= |bias| +
 * 128 * sum |filter|, which the op's certificate bounds. */
void nnq_conv2d_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_conv2d_params *p = &call->params.conv2d;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int8_t *memory = nnq_row(call, in, 0);
    const int32_t joined = p->groups == 1 && p->dilation_width == 1;
    nnq_requant requant;
    patch at;
    at.call = call;
    at.group_channels = in->channels / p->groups;
    nnq_requant_open(&requant, call, NNQ_AFFINE_FIELD(conv2d),
                     p->kernel_height * p->kernel_width * at.group_channels);
    for (int32_t y = first; y < first + count; y++) {
        const int32_t top = y * p->stride_height - p->pad_top;
        int8_t *output = nnq_row(call, out, y);
        at.rows = nnq_taps_inside(top, p->dilation_height, p->kernel_height, in->height);
        at.first_slot = at.rows.first < at.rows.end ? nnq_slot(in, top + at.rows.first * p->dilation_height) : 0;
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t left = x * p->stride_width - p->pad_left;
            at.columns = nnq_taps_inside(left, p->dilation_width, p->kernel_width, in->width);
            const int32_t columns = at.columns.end - at.columns.first;
            const int32_t column = columns > 0 ? left + at.columns.first * p->dilation_width : 0;
            at.runs = joined ? columns > 0 : columns;
            at.run = joined ? columns * in->channels : at.group_channels;
            pixel(&at, &requant, memory + column * in->channels, output + x * out->channels);
        }
    }
}

NNQ_DEFINE_OP(conv2d, check, rows);
