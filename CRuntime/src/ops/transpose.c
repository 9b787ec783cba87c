/* SPDX-License-Identifier: Apache-2.0
 * transpose: height, width and channels in another order.
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    return params->transpose.axis_height == 0 ? nnq_rows_each(params) : nnq_rows_all(params);
}

static int32_t extent(const nnq_tensor *tensor, int32_t axis) {
    return axis == 0 ? tensor->height : axis == 1 ? tensor->width : tensor->channels;
}

static int32_t check(nnq_check *check) {
    const nnq_transpose_params *p = &check->call.params.transpose;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if ((1 << p->axis_height | 1 << p->axis_width | 1 << p->axis_channels) != 7) {
        return nnq_fail_field(check, NNQ_ERROR_PARAMETER, NNQ_FIELD_INDEX(transpose, axis_height));
    }
    if (in->zero_point != out->zero_point || out->height != extent(in, p->axis_height) ||
        out->width != extent(in, p->axis_width) || out->channels != extent(in, p->axis_channels)) {
        return nnq_fail_shape(check);
    }
    return NNQ_OK;
}

/* Bytes from one place to the next along an axis, in a tensor that is not a ring. */
static int32_t step(const nnq_tensor *tensor, int32_t axis) {
    return axis == 0 ? (int32_t)nnq_row_bytes(tensor) : axis == 1 ? tensor->channels : 1;
}

void nnq_transpose_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_transpose_params *p = &call->params.transpose;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int32_t along_width = step(in, p->axis_width);
    const int32_t along_channels = step(in, p->axis_channels);
    for (int32_t y = first; y < first + count; y++) {
        /* Where rows stay rows, the input may be a ring. */
        const int8_t *input = p->axis_height == 0 ? nnq_row(call, in, y)
                                                  : nnq_row(call, in, 0) + y * step(in, p->axis_height);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            for (int32_t c = 0; c < out->channels; c++) {
                *output++ = input[x * along_width + c * along_channels];
            }
        }
    }
}

NNQ_DEFINE_OP(transpose, check, rows);
