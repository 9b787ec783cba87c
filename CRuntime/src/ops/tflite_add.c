/* SPDX-License-Identifier: Apache-2.0
 * tflite_add: the sum or difference of two tensors with the three roundings of TensorFlow Lite Micro's ADD and SUB.
 */
#include "../saturate.h"
#include "../shape.h"
#include "../tflite_add.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const int32_t error = nnq_check_broadcast(check);
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(tflite_add, act_min));
}

/* acc * multiplier / 2^(31 + shift), rounded twice. */
typedef struct scaling {
    int32_t multiplier;
    int32_t addend; /* half of the second rounding's unit, and whatever else is a multiple of it */
    int32_t away;   /* -1 where there is a second rounding: its ties go away from zero; else 0 */
    int32_t shift;
} scaling;

static scaling scaling_of(int32_t multiplier, int32_t shift) {
    const int32_t rounds = shift > 31;
    const scaling result = {multiplier, rounds ? (int32_t)1 << (shift - 32) : 0, -rounds, shift - 31};
    return result;
}

/* Of twice the accumulator, so that the first rounding leaves a high word. Ties of it go upwards. Where the second goes
 * away from zero, what is negative is less by 1: that it is the accumulator's sign and not the high word's which counts
 * makes no difference, since a high word of 0 is rounded to 0 either way. Requires |twice * multiplier| < 2^61. */
static inline int32_t scale(int32_t twice, int32_t multiplier, int32_t addend, int32_t away, int32_t shift) {
    uint64_t sum = (uint64_t)(uint32_t)(addend + ((twice >> 31) & away)) << 32 | 0x80000000u;
    sum += (uint64_t)((int64_t)twice * multiplier);
    return (int32_t)(sum >> 32) >> shift;
}

/* |q - zero_point| * 2^left_shift is below 2^28, and no shift is below 31: the sum of both is below 2^29. */
static NNQ_NOINLINE void add_any(const nnq_call *call, const nnq_pair *pair) {
    const nnq_tflite_add_params *p = &call->params.tflite_add;
    const scaling of_a = scaling_of(p->multiplier_a, p->shift_a);
    const scaling of_b = scaling_of(p->multiplier_b, p->shift_b);
    const scaling of_sum = scaling_of(p->multiplier, p->shift);
    const int32_t sign = p->subtract ? -2 : 2;
    const int32_t unit = (int32_t)2 << p->left_shift;
    const nnq_pair at = *pair;
    for (int32_t i = 0; i < at.count; i++) {
        const int32_t a = (at.a[i * at.step_a] - at.zero_point_a) * unit;
        const int32_t b = (at.b[i * at.step_b] - at.zero_point_b) * unit;
        const int32_t sum = 2 * scale(a, of_a.multiplier, of_a.addend, of_a.away, of_a.shift) +
                            sign * scale(b, of_b.multiplier, of_b.addend, of_b.away, of_b.shift);
        const int32_t scaled = scale(sum, of_sum.multiplier, of_sum.addend, of_sum.away, of_sum.shift);
        at.output[i] = (int8_t)nnq_saturate_s8(call->out.zero_point + scaled);
    }
}

static int32_t is_half(int32_t multiplier, int32_t shift) {
    return multiplier == (int32_t)1 << 30 && shift == 31;
}

/* Whether the op and its inputs have the form of `sum`, which then is filled in. */
static NNQ_NOINLINE int32_t fits_half(nnq_half_sum *sum, const nnq_call *call, const nnq_pair *pair) {
    const nnq_tflite_add_params *p = &call->params.tflite_add;
    const int32_t a_is_half = is_half(p->multiplier_a, p->shift_a);
    const int32_t other_shift = a_is_half ? p->shift_b : p->shift_a;
    if ((!a_is_half && !is_half(p->multiplier_b, p->shift_b)) || other_shift < 32 || p->shift < 32 || p->shift > 53 ||
        p->left_shift != 20 || p->subtract || pair->step_a + pair->step_b != 2) {
        return 0;
    }
    sum->half = a_is_half ? pair->a : pair->b;
    sum->other = a_is_half ? pair->b : pair->a;
    sum->output = pair->output;
    sum->count = pair->count;
    sum->half_base = -(a_is_half ? pair->zero_point_a : pair->zero_point_b) * ((int32_t)1 << 20);
    sum->other_base = -(a_is_half ? pair->zero_point_b : pair->zero_point_a) * ((int32_t)1 << 21);
    sum->other_multiplier = a_is_half ? p->multiplier_b : p->multiplier_a;
    sum->other_addend = (int32_t)1 << (other_shift - 32);
    sum->other_shift = other_shift - 31;
    sum->multiplier = p->multiplier;
    sum->addend = (call->out.zero_point * 2 + 1) * ((int32_t)1 << (p->shift - 32));
    sum->shift = p->shift - 31;
    return 1;
}

static NNQ_NOINLINE void add_half(const nnq_half_sum *sum) {
    const nnq_half_sum of = *sum;
    const int8_t *other = of.other;
    const int8_t *half = of.half;
    int8_t *output = of.output;
    for (const int8_t *end = output + of.count; output < end; output++) {
        const int32_t x = of.other_base + *other++ * ((int32_t)1 << 21);
        const int32_t scaled = scale(x, of.other_multiplier, of.other_addend, -1, of.other_shift);
        const int32_t y = of.half_base + *half++ * ((int32_t)1 << 20) + 2 * scaled;
        *output = (int8_t)nnq_saturate_s8(scale(y, of.multiplier, of.addend, -1, of.shift));
    }
}

/* Returns 0 where it has not that form. A function of its own, so that add_any does not run above `sum` on the stack. */
static NNQ_NOINLINE int32_t try_half(const nnq_call *call, const nnq_pair *pair,
                                     void (*add_half_of)(const nnq_half_sum *sum)) {
    nnq_half_sum sum;
    const int32_t fits = fits_half(&sum, call, pair);
    if (fits) {
        add_half_of(&sum);
    }
    return fits;
}

void nnq_tflite_add_pair(const nnq_call *call, const nnq_pair *pair, void (*add_half_of)(const nnq_half_sum *sum)) {
    const nnq_tflite_add_params *p = &call->params.tflite_add;
    if (!try_half(call, pair, add_half_of)) {
        add_any(call, pair);
    }
    nnq_clamp_run(pair->output, pair->count, p->act_min, p->act_max);
}

static void add(const nnq_call *call, const nnq_pair *pair) {
    nnq_tflite_add_pair(call, pair, add_half);
}

void nnq_tflite_add_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

NNQ_DEFINE_NATIVE_OP(tflite_add, check, nnq_rows_each,
                     NNQ_NATIVE(MVE, nnq_tflite_add_mve,
                                NNQ_NATIVE(DSP, nnq_tflite_add_dsp, nnq_tflite_add_s8_portable)));
