/* SPDX-License-Identifier: Apache-2.0
 * slice: a part of a map, in steps, forwards or backwards.
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_slice_params *p = &params->slice;
    if (p->step_height < 0) {
        return nnq_rows_all(params);
    }
    const nnq_window window = {p->step_height, 1, -p->begin_height};
    return window;
}

/* Whether begin, begin + step, ... are `out` places among `in`. Below 2^31 by the ranges of the fields. */
static int32_t axis_fits(int32_t begin, int32_t step, int32_t in, int32_t out) {
    const int32_t last = begin + (out - 1) * step;
    return begin < in && last >= 0 && last < in;
}

static int32_t check(nnq_check *check) {
    const nnq_slice_params *p = &check->call.params.slice;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (p->step_height == 0 || p->step_width == 0 || p->step_channels == 0) {
        const int32_t field = p->step_height == 0  ? NNQ_FIELD_INDEX(slice, step_height)
                              : p->step_width == 0 ? NNQ_FIELD_INDEX(slice, step_width)
                                                   : NNQ_FIELD_INDEX(slice, step_channels);
        return nnq_fail_field(check, NNQ_ERROR_PARAMETER, field);
    }
    if (in->zero_point != out->zero_point || !axis_fits(p->begin_height, p->step_height, in->height, out->height) ||
        !axis_fits(p->begin_width, p->step_width, in->width, out->width) ||
        !axis_fits(p->begin_channels, p->step_channels, in->channels, out->channels)) {
        return nnq_fail_shape(check);
    }
    return NNQ_OK;
}

/* output[c] = input[c * step] */
static void copy(int8_t *output, const int8_t *input, int32_t count, int32_t step) {
    if (step == 1) {
        memcpy(output, input, (size_t)count);
        return;
    }
    for (int32_t c = 0; c < count; c++) {
        output[c] = input[c * step];
    }
}

void nnq_slice_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_slice_params *p = &call->params.slice;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int32_t begin = p->begin_width * in->channels + p->begin_channels;
    /* Whole pixels side by side are one run. */
    const int32_t joined = out->channels == in->channels && p->step_channels == 1 && p->step_width == 1;
    const int32_t runs = joined ? 1 : out->width;
    const int32_t length = joined ? out->width * out->channels : out->channels;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, p->begin_height + y * p->step_height) + begin;
        int8_t *output = nnq_row(call, out, y);
        for (int32_t run = 0; run < runs; run++) {
            copy(output + run * length, input + run * p->step_width * in->channels, length, p->step_channels);
        }
    }
}

NNQ_DEFINE_OP(slice, check, rows);
