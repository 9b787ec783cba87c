/* SPDX-License-Identifier: Apache-2.0
 * add: the sum, or with a negative multiplier the difference, of two tensors of different scales.
 */
#include "../add.h"
#include "../saturate.h"
#include "../shape.h"
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
static inline int8_t sum(const nnq_add_params *p, int32_t a, int32_t b) {
    return (int8_t)nnq_saturate_s8((a * p->multiplier_a + b * p->multiplier_b + p->constant) >> p->shift);
}

void nnq_add_pair(const nnq_call *call, const nnq_pair *pair) {
    const nnq_add_params p = call->params.add;
    const int8_t *a = pair->a;
    const int8_t *b = pair->b;
    int8_t *output = pair->output;
    const int8_t *end = output + pair->count;
    if (pair->step_a + pair->step_b == 2) {
        while (output < end) {
            *output++ = sum(&p, *a++, *b++);
        }
    } else {
        for (; output < end; a += pair->step_a, b += pair->step_b) {
            *output++ = sum(&p, *a, *b);
        }
    }
    nnq_clamp_run(pair->output, pair->count, p.act_min, p.act_max);
}

void nnq_add_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, nnq_add_pair);
}

NNQ_DEFINE_NATIVE_OP(add, check, nnq_rows_each,
                     NNQ_NATIVE(MVE, nnq_add_mve, NNQ_NATIVE(DSP, nnq_add_dsp, nnq_add_s8_portable)));
