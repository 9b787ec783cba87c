/* SPDX-License-Identifier: Apache-2.0
 * What the ops on int16 activations share (SPEC.md, sections 4 and 5.2): dot products, requantization to int16 and its
 * certificate. Zero points are 0; weights are int8.
 */
#ifndef NNQ_INT16_H
#define NNQ_INT16_H

#include "kernel.h"

/* Products of an int8 weight and an int16 value, at most 127 * 2^15 in magnitude, that int32 can add up. */
enum { NNQ_S16_RUN = 512 };

/* Row y of one of the call's int16 tensors: an even address, since offsets are multiples of 4. */
static inline int16_t *nnq_row_s16(const nnq_call *call, const nnq_tensor *tensor, int32_t y) {
    return (int16_t *)(void *)nnq_row(call, tensor, y);
}

/* Elements of a row. */
static inline int32_t nnq_row_length(const nnq_tensor *tensor) {
    return tensor->width * tensor->channels;
}

static inline int32_t nnq_short_dot_s16(const int16_t *input, const int8_t *weights, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += weights[i] * input[i];
    }
    return sum;
}

/* Sum of weights[i] * input[i] for any count. Requires -127 <= weights[i]. */
static inline int64_t nnq_dot_s16(const int16_t *input, const int8_t *weights, int32_t count) {
    int64_t sum = 0;
    for (; count > NNQ_S16_RUN; count -= NNQ_S16_RUN) {
        sum += nnq_short_dot_s16(input, weights, NNQ_S16_RUN);
        input += NNQ_S16_RUN;
        weights += NNQ_S16_RUN;
    }
    return sum + nnq_short_dot_s16(input, weights, count);
}

/* floor((a * multiplier + 2^(shift - 1)) / 2^shift), limited to low .. high.
 * Requires |a| < 2^47, 0 <= multiplier and 33 <= shift <= 62. With a = high * 2^16 + rest, the sum is
 * (high * multiplier + rest * multiplier / 2^16 + 2^(shift - 17)) * 2^16: |high * multiplier| < 2^62, the second is
 * below 2^31 and the third at most 2^45. What it drops is less than one unit of a power of two that is divided out. */
static inline int32_t nnq_scale_wide(int64_t a, int32_t multiplier, int32_t shift, int32_t low, int32_t high) {
    const int64_t rest = (a & 0xffff) * multiplier >> 16;
    const int64_t value = ((a >> 16) * multiplier + rest + ((int64_t)1 << (shift - 17))) >> (shift - 16);
    return value < low ? low : value > high ? high : (int32_t)value;
}

/* floor((value * 2^15 + 2^(shift - 1)) / 2^shift), where |value| < 2^47, 33 <= shift <= 62: a sum of int16 values times
 * multipliers. Half a unit is a multiple of 2^32: the low word cannot carry. */
static inline int32_t nnq_scale_sum(int64_t value, int32_t shift) {
    const int32_t high = (int32_t)(value * ((int64_t)1 << 15) >> 32);
    return (int32_t)(((int64_t)high + ((int64_t)1 << (shift - 33))) >> (shift - 32));
}

/* The requantization of an op with a filter: as nnq_requant of requant.h. */
typedef struct nnq_requant_s16 {
    const int8_t *filter;
    const uint8_t *bias;
    const uint8_t *record;
    const uint8_t *shift;
    int32_t base;
    int32_t wide;
    int32_t pre_shift;
    int32_t low;
    int32_t high;
} nnq_requant_s16;

/* Fills it in for a call whose fields from `first_field` on are those of nnq_affine, `wide` in the place of
 * `rounding`; each output channel has `taps` weights. */
void nnq_requant_s16_open(nnq_requant_s16 *requant, const nnq_call *call, int32_t first_field, int32_t taps);

/* bias + sum, requantized. Requires the op's overflow certificate. */
static inline int16_t nnq_requantize_s16(const nnq_requant_s16 *requant, int64_t sum, int32_t channel) {
    const int64_t acc = sum + nnq_load_i32(requant->bias + (size_t)channel * 4);
    const uint32_t record = nnq_load_u32(requant->record + (size_t)channel * 4);
    const nnq_scaling by = nnq_unpack_scaling(record, requant->base, requant->base > 0 ? 0 : requant->shift[channel]);
    if (requant->wide) {
        const int64_t scaled = acc * ((int64_t)1 << requant->pre_shift);
        return (int16_t)nnq_scale_wide(scaled, by.multiplier, by.shift, requant->low, requant->high);
    }
    const int32_t scaled = (int32_t)acc * (int32_t)((uint32_t)1 << requant->pre_shift);
    return (int16_t)nnq_clamp(nnq_scale_once(scaled, by.multiplier, by.shift), requant->low, requant->high);
}

/* --- The verifier's rules, src/verify_int16.c --- */

/* Whether all inputs and the output are int16. */
int32_t nnq_check_int16(nnq_check *check);
/* Everything about the fields from act_min to filter, from `field` on. The filter has `taps` weights for each output
 * channel, `interleaved` where channels lie side by side. */
int32_t nnq_check_affine_s16(nnq_check *check, int32_t field, uint64_t taps, int32_t interleaved);

#endif
