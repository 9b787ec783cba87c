/* SPDX-License-Identifier: Apache-2.0
 * table: any function of one element, as a table of its 256 values.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (!nnq_same_shape(in, out)) {
        return nnq_fail_shape(check);
    }
    return nnq_check_data(check, NNQ_FIELD_INDEX(table, values), 256);
}

void nnq_table_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int8_t *values = (const int8_t *)nnq_constants(call, call->params.table.values) + 128;
    const uint32_t length = nnq_row_bytes(out);
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, out, y);
        for (uint32_t i = 0; i < length; i++) {
            output[i] = values[input[i]];
        }
    }
}

NNQ_DEFINE_OP(table, check, nnq_rows_each);
