/* SPDX-License-Identifier: Apache-2.0
 * constant: values from the file.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *out = &check->call.out;
    return nnq_check_data(check, NNQ_FIELD_INDEX(constant, values), (uint64_t)nnq_row_bytes(out) * out->height);
}

/* Elements are little-endian in the file and in the machine's byte order in the arena. */
static void load_row(int8_t *output, const uint8_t *values, size_t length, int32_t type) {
    if (type == NNQ_INT8) {
        memcpy(output, values, length);
        return;
    }
    for (size_t at = 0; at < length; at += (size_t)1 << type) {
        const int16_t half = (int16_t)nnq_load_u16(values + at);
        const int32_t word = type == NNQ_INT32 ? nnq_load_i32(values + at) : 0;
        memcpy(output + at, type == NNQ_INT32 ? (const void *)&word : (const void *)&half, (size_t)1 << type);
    }
}

void nnq_constant_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *out = &call->out;
    const size_t length = nnq_row_bytes(out);
    const uint8_t *values = nnq_constants(call, call->params.constant.values);
    for (int32_t y = first; y < first + count; y++) {
        load_row(nnq_row(call, out, y), values + (size_t)y * length, length, out->type);
    }
}

NNQ_DEFINE_TYPED_OP(constant, check, nnq_rows_each, 1, 0);
