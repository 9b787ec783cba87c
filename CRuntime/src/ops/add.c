/* SPDX-License-Identifier: Apache-2.0
 * add: the sum of two tensors of different scales.
 */
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_add_params *p = &check->call.params.add;
    for (int32_t i = 0; i < 2; i++) {
        nnq_tensor in;
        nnq_load_input(&in, &check->call, i);
        if (!nnq_same_shape(&in, &check->call.out)) {
            return nnq_fail_shape(check);
        }
    }
    if (nnq_magnitude(p->constant) + 128 * (uint32_t)(p->multiplier_a + p->multiplier_b) > INT32_MAX) {
        return nnq_fail_field(check, NNQ_ERROR_OVERFLOW, NNQ_FIELD_INDEX(add, constant));
    }
    return nnq_check_clamp(check, NNQ_FIELD_INDEX(add, act_min));
}

/* (a * multiplier_a + b * multiplier_b + constant) >> shift; the constant holds zero points and rounding, and the op's
 * certificate bounds the sum. */
void nnq_add_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_add_params *p = &call->params.add;
    const uint32_t length = nnq_row_bytes(&call->out);
    nnq_tensor b;
    nnq_load_input(&b, call, 1);
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *row_a = nnq_row(call, &call->in, y);
        const int8_t *row_b = nnq_row(call, &b, y);
        int8_t *output = nnq_row(call, &call->out, y);
        for (uint32_t i = 0; i < length; i++) {
            const int32_t acc = row_a[i] * p->multiplier_a + row_b[i] * p->multiplier_b + p->constant;
            output[i] = (int8_t)nnq_clamp(acc >> p->shift, p->act_min, p->act_max);
        }
    }
}

NNQ_DEFINE_OP(add, check, nnq_rows_each);
