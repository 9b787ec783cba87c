/* SPDX-License-Identifier: Apache-2.0
 * prelu: the identity above zero, and below it a multiple, by the elements of a second tensor.
 */
#include "../broadcast.h"
#include "../scale.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const uint32_t deviation = nnq_deviation(check->call.in.zero_point);
    nnq_tensor alpha;
    nnq_load_input(&alpha, &check->call, 1);
    int32_t error = nnq_check_broadcast(check);
    if (error == NNQ_OK && !nnq_same_shape(&check->call.in, &check->call.out)) {
        error = nnq_fail_shape(check);
    }
    if (error == NNQ_OK) {
        error = nnq_check_scale(check, NNQ_FIELD_INDEX(prelu, shift_positive), deviation);
    }
    if (error == NNQ_OK) {
        error = nnq_check_scale(check, NNQ_FIELD_INDEX(prelu, shift_negative),
                                deviation * nnq_deviation(alpha.zero_point));
    }
    return error;
}

/* The products are at most 255 * 255, and the op's certificate bounds what they are scaled to. */
static void activate(const nnq_call *call, const nnq_pair *pair) {
    const nnq_prelu_params p = call->params.prelu;
    const nnq_pair at = *pair;
    const int32_t zero_point = call->out.zero_point;
    for (int32_t i = 0; i < at.count; i++) {
        const int32_t input = at.a[i * at.step_a] - at.zero_point_a;
        const int32_t alpha = at.b[i * at.step_b] - at.zero_point_b;
        const int32_t scaled =
            input >= 0 ? nnq_scale(input, p.multiplier_positive, p.shift_positive, p.rounding)
                       : nnq_scale(input * alpha, p.multiplier_negative, p.shift_negative, p.rounding);
        at.output[i] = (int8_t)(zero_point + nnq_clamp(scaled, INT8_MIN - zero_point, INT8_MAX - zero_point));
    }
}

void nnq_prelu_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, activate);
}

NNQ_DEFINE_OP(prelu, check, nnq_rows_each);
