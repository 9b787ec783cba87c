/* SPDX-License-Identifier: Apache-2.0
 * dense: a fully connected layer. Filter [out, in].
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (out->height != 1 || out->width != 1) {
        return nnq_fail_shape(check);
    }
    const nnq_filter_layout layout = {
        .channels = out->channels,
        .taps = (uint64_t)nnq_row_bytes(in) * (uint32_t)in->height,
        .interleaved = 0,
    };
    return nnq_check_affine(check, NNQ_AFFINE_FIELD(dense), &layout);
}

/* acc = bias[o] + sum of filter * input over all inputs; |acc| <= |bias| + 128 * sum |filter|, which the op's
 * certificate bounds. */
void nnq_dense_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const int8_t *input = nnq_row(call, in, 0);
    const int32_t length = in->height * in->width * in->channels;
    int8_t *output = nnq_row(call, &call->out, first);
    nnq_requant requant;
    (void)count;
    nnq_requant_open(&requant, call, NNQ_AFFINE_FIELD(dense), length);
    for (int32_t channel = 0; channel < call->out.channels; channel++) {
        const int8_t *filter = requant.filter + (size_t)channel * (size_t)length;
        const int32_t acc = nnq_requant_bias(&requant, channel) + nnq_dot(input, filter, length);
        output[channel] = nnq_requantize(&requant, acc, channel);
    }
}

NNQ_DEFINE_OP(dense, check, nnq_rows_all);
