/* SPDX-License-Identifier: Apache-2.0
 * reduce: the sum, mean, maximum or minimum over any of the axes.
 */
#include "../kernel.h"
#include "../scale.h"
#include "../verify.h"

enum { HEIGHT = 1, WIDTH = 2, CHANNELS = 4 }; /* bits of axes */
enum { SUM, MAXIMUM, MINIMUM };               /* kinds */

static nnq_window rows(const nnq_params *params) {
    return params->reduce.axes & HEIGHT ? nnq_rows_all(params) : nnq_rows_each(params);
}

static int32_t check(nnq_check *check) {
    const nnq_reduce_params *p = &check->call.params.reduce;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint32_t height = p->axes & HEIGHT ? in->height : 1;
    const uint32_t width = p->axes & WIDTH ? in->width : 1;
    const uint32_t channels = p->axes & CHANNELS ? in->channels : 1;
    if (out->height * height != in->height || out->width * width != in->width ||
        out->channels * channels != in->channels || (p->kind != SUM && in->zero_point != out->zero_point)) {
        return nnq_fail_shape(check);
    }
    if (p->kind != SUM) {
        return NNQ_OK;
    }
    return nnq_check_scale(check, NNQ_FIELD_INDEX(reduce, shift),
                           (uint64_t)nnq_deviation(in->zero_point) * (height * width * channels));
}

/* Folds input[n] into acc[n * step]. */
static void combine(int32_t kind, int32_t *acc, int32_t step, const int8_t *input, int32_t count) {
    switch (kind) {
    case SUM:
        for (int32_t n = 0; n < count; n++) {
            acc[n * step] += input[n];
        }
        break;
    case MAXIMUM:
        for (int32_t n = 0; n < count; n++) {
            acc[n * step] = input[n] > acc[n * step] ? input[n] : acc[n * step];
        }
        break;
    default:
        for (int32_t n = 0; n < count; n++) {
            acc[n * step] = nnq_min(input[n], acc[n * step]);
        }
    }
}

/* What the outputs of one row are made of. */
typedef struct region {
    const nnq_call *call;
    nnq_taps down;
    int32_t columns; /* of the input for each output column */
    int32_t over_channels;
} region;

/* Folds what lies under output column x: all of it into acc[0], or channels `channel` .. channel + lanes - 1 into lanes
 * of their own. |acc| <= 128 * the elements of an output, which the op's certificate bounds. */
static void fold(const region *at, int32_t x, int32_t channel, int32_t lanes, int32_t *acc) {
    const nnq_tensor *in = &at->call->in;
    const int32_t runs = at->over_channels ? 1 : at->columns;
    const int32_t length = at->over_channels ? at->columns * in->channels : lanes;
    for (int32_t y = at->down.first; y < at->down.end; y++) {
        const int8_t *input = nnq_row(at->call, in, y) + x * at->columns * in->channels + channel;
        for (int32_t run = 0; run < runs; run++) {
            combine(at->call->params.reduce.kind, acc, !at->over_channels, input, length);
            input += in->channels;
        }
    }
}

static int8_t finish(const nnq_call *call, int32_t acc, int32_t elements) {
    const nnq_reduce_params *p = &call->params.reduce;
    const int32_t zero_point = call->out.zero_point;
    if (p->kind != SUM) {
        return (int8_t)acc;
    }
    const int32_t scaled =
        nnq_scale(acc - elements * call->in.zero_point, p->multiplier, p->shift, p->rounding);
    return (int8_t)(zero_point + nnq_clamp(scaled, INT8_MIN - zero_point, INT8_MAX - zero_point));
}

static void pixel(const region *at, int32_t x, int8_t *output) {
    static const int32_t starts[3] = {0, INT8_MIN, INT8_MAX};
    const nnq_call *call = at->call;
    const int32_t outputs = call->out.channels;
    const int32_t elements =
        (at->down.end - at->down.first) * at->columns * (at->over_channels ? call->in.channels : 1);
    int32_t acc[NNQ_LANES];
    for (int32_t channel = 0; channel < outputs; channel += NNQ_LANES) {
        const int32_t lanes = nnq_min(NNQ_LANES, outputs - channel);
        for (int32_t n = 0; n < lanes; n++) {
            acc[n] = starts[call->params.reduce.kind];
        }
        fold(at, x, channel, lanes, acc);
        for (int32_t n = 0; n < lanes; n++) {
            output[channel + n] = finish(call, acc[n], elements);
        }
    }
}

void nnq_reduce_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const int32_t axes = call->params.reduce.axes;
    region at;
    at.call = call;
    at.columns = axes & WIDTH ? call->in.width : 1;
    at.over_channels = (axes & CHANNELS) != 0;
    for (int32_t y = first; y < first + count; y++) {
        int8_t *output = nnq_row(call, &call->out, y);
        at.down.first = axes & HEIGHT ? 0 : y;
        at.down.end = axes & HEIGHT ? call->in.height : y + 1;
        for (int32_t x = 0; x < call->out.width; x++) {
            pixel(&at, x, output);
            output += call->out.channels;
        }
    }
}

NNQ_DEFINE_OP(reduce, check, rows);
