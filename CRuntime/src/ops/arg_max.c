/* SPDX-License-Identifier: Apache-2.0
 * arg_max: which channel of each pixel holds the largest value, or the smallest.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->type != NNQ_INT8) {
        return nnq_fail(check, NNQ_ERROR_TYPE, check->record + NNQ_OP_HEAD_BYTES);
    }
    if (out->type != NNQ_INT32) {
        return nnq_fail_type(check);
    }
    if (in->height != out->height || in->width != out->width || out->channels != 1) {
        return nnq_fail_shape(check);
    }
    return NNQ_OK;
}

/* The first place of the largest of `sign` * values. */
static int32_t find(const int8_t *values, int32_t count, int32_t sign) {
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++) {
        if (sign * values[i] > sign * values[best]) {
            best = i;
        }
    }
    return best;
}

void nnq_arg_max_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const int32_t sign = call->params.arg_max.smallest ? -1 : 1;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < in->width; x++) {
            const int32_t place = find(input, in->channels, sign);
            memcpy(output, &place, sizeof place);
            output += sizeof place;
            input += in->channels;
        }
    }
}

NNQ_DEFINE_TYPED_OP(arg_max, check, nnq_rows_each, 1, 0);
