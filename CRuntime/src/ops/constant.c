/* SPDX-License-Identifier: Apache-2.0
 * constant: values from the file.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *out = &check->call.out;
    return nnq_check_data(check, NNQ_FIELD_INDEX(constant, values), (uint64_t)nnq_row_bytes(out) * out->height);
}

void nnq_constant_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *out = &call->out;
    const size_t length = nnq_row_bytes(out);
    const uint8_t *values = nnq_constants(call, call->params.constant.values);
    for (int32_t y = first; y < first + count; y++) {
        memcpy(nnq_row(call, out, y), values + (size_t)y * length, length);
    }
}

NNQ_DEFINE_OP(constant, check, nnq_rows_each);
