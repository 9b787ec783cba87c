/* SPDX-License-Identifier: Apache-2.0
 * gather: each element of the input picks a row of a table.
 */
#include "../requant.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_gather_params *p = &check->call.params.gather;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->type != NNQ_INT8 && in->type != NNQ_INT32) {
        return nnq_fail(check, NNQ_ERROR_TYPE, check->record + NNQ_OP_HEAD_BYTES);
    }
    if (out->type != NNQ_INT8) {
        return nnq_fail_type(check);
    }
    if ((int64_t)in->height * in->width * in->channels != (int64_t)out->height * out->width) {
        return nnq_fail_shape(check);
    }
    return nnq_check_data(check, NNQ_FIELD_INDEX(gather, values), (uint64_t)(uint32_t)p->count * out->channels);
}

/* Element `index` of a tensor, less its zero point. */
static int32_t load_index(const nnq_tensor *tensor, const int8_t *elements, int32_t index) {
    int32_t wide;
    if (tensor->type == NNQ_INT8) {
        return elements[index] - tensor->zero_point;
    }
    memcpy(&wide, elements + (size_t)index * sizeof wide, sizeof wide);
    return wide;
}

void nnq_gather_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_gather_params *p = &call->params.gather;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int8_t *indices = nnq_row(call, in, 0);
    const int8_t *values = (const int8_t *)nnq_constants(call, p->values);
    for (int32_t y = first; y < first + count; y++) {
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            const int32_t index = nnq_clamp(load_index(in, indices, y * out->width + x), 0, p->count - 1);
            memcpy(output, values + (size_t)index * out->channels, out->channels);
            output += out->channels;
        }
    }
}

NNQ_DEFINE_TYPED_OP(gather, check, nnq_rows_all, 1, 0);
