/* SPDX-License-Identifier: Apache-2.0
 * transpose_conv2d: a transposed convolution: every input pixel adds its multiple of the filter to the output, `stride`
 * pixels apart. Filter [out_c, kernel_height, kernel_width, in_c / groups].
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_transpose_conv2d_params *p = &check->call.params.transpose_conv2d;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->channels % p->groups != 0 || out->channels % p->groups != 0) {
        return nnq_fail_shape(check);
    }
    const nnq_filter_layout layout = {
        .channels = out->channels,
        .taps = (uint64_t)(p->kernel_height * p->kernel_width) * (uint32_t)(in->channels / p->groups),
        .interleaved = 0,
    };
    return nnq_check_affine(check, NNQ_AFFINE_FIELD(transpose_conv2d), &layout);
}

/* How taps and input places meet along one axis: tap t of output position o lies on input place
 * (o + pad - t * dilation) / stride, where that is a whole number. */
typedef struct axis {
    int32_t kernel;
    int32_t stride;
    int32_t dilation;
    int32_t pad;
    int32_t size;   /* of the input */
    int32_t period; /* taps from one that meets a place to the next ... */
    int32_t back;   /* ... and how far back that place is */
} axis;

static axis make_axis(int32_t kernel, int32_t stride, int32_t dilation, int32_t pad, int32_t size) {
    axis result = {kernel, stride, dilation, pad, size, 1, 0};
    while (result.period * dilation % stride != 0) {
        result.period++;
    }
    result.back = result.period * dilation / stride;
    return result;
}

/* The first tap of an output position that meets a place inside of the map, and that place; tap = kernel where none
 * does. The following ones are taps tap + period, ... at place - back, ... for as long as that is not negative. */
typedef struct meeting {
    int32_t tap;
    int32_t place;
} meeting;

static meeting first_meeting(const axis *along, int32_t position) {
    int32_t distance = position + along->pad;
    int32_t tap = 0;
    while (tap < along->kernel && distance >= 0 &&
           (distance % along->stride != 0 || distance / along->stride >= along->size)) {
        distance -= along->dilation;
        tap++;
    }
    const meeting result = {distance >= 0 ? tap : along->kernel, distance >= 0 ? distance / along->stride : 0};
    return result;
}

/* Sum of (input - zero_point) * filter over `count` channels. */
static int32_t dot(const int8_t *input, const int8_t *filter, int32_t count, int32_t zero_point) {
    int32_t sum = 0;
    for (int32_t k = 0; k < count; k++) {
        sum += (input[k] - zero_point) * filter[k];
    }
    return sum;
}

/* One output channel while it is computed. */
typedef struct plane {
    const nnq_call *call;
    axis down;
    axis across;
    const int8_t *filter; /* of the channel */
    int32_t depth;        /* in_c / groups */
    int32_t group;        /* the group's first channel of the input */
} plane;

/* Sum over the taps of output (y, x) that lie on the input. */
static int32_t sum_taps(const plane *at, meeting row, int32_t x) {
    const nnq_tensor *in = &at->call->in;
    int32_t sum = 0;
    for (; row.tap < at->down.kernel && row.place >= 0; row.tap += at->down.period, row.place -= at->down.back) {
        const int8_t *input = nnq_row(at->call, in, row.place) + at->group;
        const int8_t *filter = at->filter + row.tap * at->across.kernel * at->depth;
        meeting column = first_meeting(&at->across, x);
        while (column.tap < at->across.kernel && column.place >= 0) {
            sum += dot(input + column.place * in->channels, filter + column.tap * at->depth, at->depth, in->zero_point);
            column.tap += at->across.period;
            column.place -= at->across.back;
        }
    }
    return sum;
}

/* Rows first .. first + count - 1 of one output channel. Taps that lie on no input count as the zero point: they are
 * part of `base`, from which each tap that does lie on one differs by (input - zero_point) * filter. Whatever the taps
 * added so far, the sum is one of filter * (input or zero point), which the op's certificate bounds. */
static void channel_rows(const plane *at, const nnq_requant *requant, int32_t channel, int32_t first, int32_t count) {
    const nnq_tensor *out = &at->call->out;
    int32_t base = nnq_requant_bias(requant, channel);
    for (int32_t k = 0; k < at->down.kernel * at->across.kernel * at->depth; k++) {
        base += at->call->in.zero_point * at->filter[k];
    }
    for (int32_t y = first; y < first + count; y++) {
        const meeting row = first_meeting(&at->down, y);
        int8_t *output = nnq_row(at->call, out, y) + channel;
        for (int32_t x = 0; x < out->width; x++) {
            *output = nnq_requantize(requant, base + sum_taps(at, row, x), channel);
            output += out->channels;
        }
    }
}

void nnq_transpose_conv2d_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_transpose_conv2d_params *p = &call->params.transpose_conv2d;
    const nnq_tensor *in = &call->in;
    const int32_t depth = in->channels / p->groups;
    const int32_t taps = p->kernel_height * p->kernel_width * depth;
    nnq_requant requant;
    nnq_requant_open(&requant, call, NNQ_AFFINE_FIELD(transpose_conv2d), taps);
    plane at = {
        .call = call,
        .down = make_axis(p->kernel_height, p->stride_height, p->dilation_height, p->pad_top, in->height),
        .across = make_axis(p->kernel_width, p->stride_width, p->dilation_width, p->pad_left, in->width),
        .filter = requant.filter,
        .depth = depth,
    };
    const int32_t group_outputs = call->out.channels / p->groups;
    for (int32_t channel = 0; channel < call->out.channels; channel++) {
        at.group = channel / group_outputs * depth;
        channel_rows(&at, &requant, channel, first, count);
        at.filter += taps;
    }
}

NNQ_DEFINE_OP(transpose_conv2d, check, nnq_rows_all);
