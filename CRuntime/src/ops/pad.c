/* SPDX-License-Identifier: Apache-2.0
 * pad: adds rows, columns and channels of one value around a map.
 */
#include "../kernel.h"
#include "../verify.h"

static nnq_window rows(const nnq_params *params) {
    const nnq_window window = {1, 1, params->pad.pad_top};
    return window;
}

static int32_t check(nnq_check *check) {
    const nnq_pad_params *p = &check->call.params.pad;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->zero_point != out->zero_point || in->channels + p->pad_front + p->pad_back != out->channels ||
        in->height + p->pad_top + p->pad_bottom != out->height ||
        in->width + p->pad_left + p->pad_right != out->width) {
        return nnq_fail_shape(check);
    }
    return NNQ_OK;
}

/* A row between its margins: one run where no channels are added, else pixel by pixel. */
static void copy(const nnq_pad_params *p, const nnq_tensor *in, const nnq_tensor *out, const int8_t *input,
                 int8_t *output) {
    const int32_t pieces = in->channels == out->channels ? 1 : in->width;
    const size_t length = nnq_row_bytes(in) / (uint32_t)pieces;
    output += p->pad_left * out->channels + p->pad_front;
    for (int32_t piece = 0; piece < pieces; piece++) {
        memcpy(output, input, length);
        input += length;
        output += out->channels;
    }
}

void nnq_pad_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_pad_params *p = &call->params.pad;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    for (int32_t y = first; y < first + count; y++) {
        int8_t *output = nnq_row(call, out, y);
        const int32_t from = y - p->pad_top;
        memset(output, p->value, nnq_row_bytes(out));
        if (from >= 0 && from < in->height) {
            copy(p, in, out, nnq_row(call, in, from), output);
        }
    }
}

NNQ_DEFINE_OP(pad, check, rows);
