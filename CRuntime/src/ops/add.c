/* SPDX-License-Identifier: Apache-2.0
 * add: the sum, or with a negative multiplier the difference, of two tensors of different scales.
 */
#include "../broadcast.h"
#include "../kernel.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_add_params *p = &check->call.params.add;
    const uint32_t multipliers = nnq_magnitude(p->multiplier_a) + nnq_magnitude(p->multiplier_b);
    const int32_t error = nnq_check_broadcast(check);
    if (error == NNQ_OK && nnq_magnitude(p->constant) + 128 * multipliers > INT32_MAX) {
        return nnq_fail_field(check, NNQ_ERROR_OVERFLOW, NNQ_FIELD_INDEX(add, constant));
    }
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(add, act_min));
}

/* (a * multiplier_a + b * multiplier_b + constant) >> shift; the constant holds zero points and rounding, and the op's
 * certificate bounds the sum. */
static void add(const nnq_call *call, const nnq_pair *pair) {
    const nnq_add_params p = call->params.add;
    const nnq_pair at = *pair;
    for (int32_t i = 0; i < at.count; i++) {
        const int32_t a = at.a[i * at.step_a];
        const int32_t b = at.b[i * at.step_b];
        const int32_t acc = a * p.multiplier_a + b * p.multiplier_b + p.constant;
        at.output[i] = (int8_t)nnq_clamp(acc >> p.shift, p.act_min, p.act_max);
    }
}

void nnq_add_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

NNQ_DEFINE_OP(add, check, nnq_rows_each);
