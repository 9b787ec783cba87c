/* SPDX-License-Identifier: Apache-2.0
 * tflite_add: the sum or difference of two tensors with the three roundings of TensorFlow Lite Micro's ADD and SUB.
 */
#include "../broadcast.h"
#include "../requant.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const int32_t error = nnq_check_broadcast(check);
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(tflite_add, act_min));
}

/* |q - zero_point| * 2^left_shift is below 2^28, and no shift is below 31: the sum of both is below 2^29. */
static void add(const nnq_call *call, const nnq_pair *pair) {
    const nnq_tflite_add_params p = call->params.tflite_add;
    const nnq_pair at = *pair;
    const int32_t sign = p.subtract ? -1 : 1;
    const int32_t unit = (int32_t)1 << p.left_shift;
    for (int32_t i = 0; i < at.count; i++) {
        const int32_t a = (at.a[i * at.step_a] - at.zero_point_a) * unit;
        const int32_t b = (at.b[i * at.step_b] - at.zero_point_b) * unit;
        const int32_t sum = nnq_scale_twice(a, p.multiplier_a, p.shift_a) +
                            sign * nnq_scale_twice(b, p.multiplier_b, p.shift_b);
        const int32_t value = call->out.zero_point + nnq_scale_twice(sum, p.multiplier, p.shift);
        at.output[i] = (int8_t)nnq_clamp(value, p.act_min, p.act_max);
    }
}

void nnq_tflite_add_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

NNQ_DEFINE_OP(tflite_add, check, nnq_rows_each);
