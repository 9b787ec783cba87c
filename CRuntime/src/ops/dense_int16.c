/* SPDX-License-Identifier: Apache-2.0
 * dense_int16: a fully connected layer of int16 activations. Filter [out, in].
 */
#include "../int16.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    if (out->height != 1 || out->width != 1) {
        return nnq_fail_shape(check);
    }
    return nnq_check_affine_s16(check, NNQ_AFFINE_FIELD(dense_int16),
                                (uint64_t)(uint32_t)nnq_row_length(in) * in->height, 0);
}

/* acc = bias[o] + sum of filter * input over all inputs; |acc| <= |bias| + 2^15 * sum |filter|, which the op's
 * certificate bounds. */
void nnq_dense_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const int16_t *input = nnq_row_s16(call, in, 0);
    const int32_t length = in->height * nnq_row_length(in);
    int16_t *output = nnq_row_s16(call, &call->out, first);
    nnq_requant_s16 requant;
    (void)count;
    nnq_requant_s16_open(&requant, call, NNQ_AFFINE_FIELD(dense_int16), length);
    for (int32_t channel = 0; channel < call->out.channels; channel++) {
        const int8_t *filter = requant.filter + (size_t)channel * (size_t)length;
        output[channel] = nnq_requantize_s16(&requant, nnq_dot_s16(input, filter, length), channel);
    }
}

NNQ_DEFINE_TYPED_OP(dense_int16, check, nnq_rows_all, 1, 0);
