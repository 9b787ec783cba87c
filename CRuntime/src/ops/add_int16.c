/* SPDX-License-Identifier: Apache-2.0
 * add_int16: the sum, or with a negative multiplier the difference, of two int16 tensors of different scales.
 */
#include "../int16.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    nnq_tensor b;
    const int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    nnq_load_input(&b, &check->call, 1);
    if (!nnq_same_shape(&check->call.in, &check->call.out) || !nnq_same_shape(&b, &check->call.out)) {
        return nnq_fail_shape(check);
    }
    return nnq_check_clamp(check, NNQ_FIELD_INDEX(add_int16, act_min));
}

/* ((a * multiplier_a + b * multiplier_b) * 2^15 + 2^(shift - 1)) >> shift: products of 15 and 31 bits, |sum| < 2^47. */
void nnq_add_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_add_int16_params p = call->params.add_int16;
    const int32_t length = nnq_row_length(&call->out);
    nnq_tensor second;
    nnq_load_input(&second, call, 1);
    for (int32_t y = first; y < first + count; y++) {
        const int16_t *a = nnq_row_s16(call, &call->in, y);
        const int16_t *b = nnq_row_s16(call, &second, y);
        int16_t *output = nnq_row_s16(call, &call->out, y);
        for (int32_t i = 0; i < length; i++) {
            const int64_t sum = (int64_t)a[i] * p.multiplier_a + (int64_t)b[i] * p.multiplier_b;
            output[i] = (int16_t)nnq_clamp(nnq_scale_sum(sum, p.shift), p.act_min, p.act_max);
        }
    }
}

NNQ_DEFINE_TYPED_OP(add_int16, check, nnq_rows_each, 1, 0);
