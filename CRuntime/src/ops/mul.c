/* SPDX-License-Identifier: Apache-2.0
 * mul: the product of two tensors.
 */
#include "../broadcast.h"
#include "../scale.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    nnq_tensor b;
    int32_t error = nnq_check_broadcast(check);
    nnq_load_input(&b, &check->call, 1);
    if (error == NNQ_OK) {
        error = nnq_check_clamp(check, NNQ_FIELD_INDEX(mul, act_min));
    }
    if (error == NNQ_OK) {
        const uint32_t bound = nnq_deviation(check->call.in.zero_point) * nnq_deviation(b.zero_point);
        error = nnq_check_scale(check, NNQ_FIELD_INDEX(mul, shift), bound);
    }
    return error;
}

/* |acc| <= 255 * 255, and the op's certificate bounds what it is scaled to. */
static void multiply(const nnq_call *call, const nnq_pair *pair) {
    const nnq_mul_params p = call->params.mul;
    const nnq_pair at = *pair;
    const int32_t zero_point = call->out.zero_point;
    for (int32_t i = 0; i < at.count; i++) {
        const int32_t a = at.a[i * at.step_a] - at.zero_point_a;
        const int32_t b = at.b[i * at.step_b] - at.zero_point_b;
        const int32_t scaled = nnq_scale(a * b, p.multiplier, p.shift, p.rounding);
        at.output[i] =
            (int8_t)(zero_point + nnq_clamp(scaled, p.act_min - zero_point, p.act_max - zero_point));
    }
}

void nnq_mul_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, multiply);
}

NNQ_DEFINE_OP(mul, check, nnq_rows_each);
