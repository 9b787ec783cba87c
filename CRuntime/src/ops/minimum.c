/* SPDX-License-Identifier: Apache-2.0
 * minimum: the smaller of two elements.
 */
#include "../broadcast.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    nnq_tensor b;
    nnq_load_input(&b, &check->call, 1);
    if (check->call.in.zero_point != check->call.out.zero_point || b.zero_point != check->call.out.zero_point) {
        return nnq_fail_shape(check);
    }
    return nnq_check_broadcast(check);
}

static void choose(const nnq_call *call, const nnq_pair *pair) {
    const nnq_pair at = *pair;
    (void)call;
    for (int32_t i = 0; i < at.count; i++) {
        const int8_t a = at.a[i * at.step_a];
        const int8_t b = at.b[i * at.step_b];
        at.output[i] = a < b ? a : b;
    }
}

void nnq_minimum_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, choose);
}

NNQ_DEFINE_OP(minimum, check, nnq_rows_each);
