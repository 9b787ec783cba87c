/* SPDX-License-Identifier: Apache-2.0
 * reshape: the same elements under another shape.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->type != out->type) {
        return nnq_fail_type(check);
    }
    /* A tensor takes at most 2^31 - 1 bytes, so neither product overflows. */
    if (nnq_row_bytes(in) * (uint32_t)in->height != nnq_row_bytes(out) * (uint32_t)out->height ||
        in->zero_point != out->zero_point) {
        return nnq_fail_shape(check);
    }
    if (nnq_is_ring(out)) {
        return nnq_fail(check, NNQ_ERROR_RING, nnq_rows_record(check->call.model, check->call.output));
    }
    return NNQ_OK;
}

void nnq_reshape_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const size_t row = nnq_row_bytes(out);
    /* In place, both are the same address. */
    memmove(nnq_row(call, out, first), nnq_row(call, in, 0) + (size_t)first * row, (size_t)count * row);
}

NNQ_DEFINE_TYPED_OP(reshape, check, nnq_rows_all, 1, 0);
