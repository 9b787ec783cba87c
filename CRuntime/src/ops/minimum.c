/* SPDX-License-Identifier: Apache-2.0
 * minimum: the smaller of two elements.
 */
#include "../broadcast.h"

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

NNQ_DEFINE_OP(minimum, nnq_check_choice, nnq_rows_each);
