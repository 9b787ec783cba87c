/* SPDX-License-Identifier: Apache-2.0
 * From an accumulator to an int8 output (SPEC.md, section 4): rounding once, and rounding twice as TensorFlow Lite
 * Micro does.
 */
#ifndef NNQ_REQUANT_H
#define NNQ_REQUANT_H

#include "internal.h"

static inline int32_t nnq_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* floor((a * multiplier + 2^(shift - 1)) / 2^shift).
 * Requires 0 <= multiplier and 33 <= shift <= 62. Then a * multiplier has its high word in [-2^30, 2^30), and
 * 2^(shift - 1) is a multiple of 2^32: the low word cannot carry. The sum is below 2^30 + 2^29, the result in
 * [-2^29, 2^29]. */
static inline int32_t nnq_scale_once(int32_t a, int32_t multiplier, int32_t shift) {
    const int32_t high = (int32_t)((int64_t)a * multiplier >> 32);
    return (high + ((int32_t)1 << (shift - 33))) >> (shift - 32);
}

/* The same for 1 <= shift <= 62, limited to int32. |a * multiplier| < 2^62 and 2^(shift - 1) <= 2^61: no overflow. */
static inline int32_t nnq_scale_wide(int32_t a, int32_t multiplier, int32_t shift) {
    const int64_t scaled = ((int64_t)a * multiplier + ((int64_t)1 << (shift - 1))) >> shift;
    return scaled < INT32_MIN ? INT32_MIN : scaled > INT32_MAX ? INT32_MAX : (int32_t)scaled;
}

/* A multiplier and a shift in TensorFlow Lite Micro's way; src/requant.c. */
int32_t nnq_scale_twice(int32_t acc, int32_t multiplier, int32_t shift);

/* The requantization of an op: a block of n channels, `I32 bias[n], I32 multiplier[n], U8 shift[n]`. */
typedef struct nnq_requant {
    const int8_t *filter;
    const uint8_t *bias;
    const uint8_t *multiplier;
    const uint8_t *shift;
    int32_t twice;
    int32_t pre_scale; /* 2^pre_shift */
    int32_t zero_point;
    int32_t low; /* act_min - zero_point: clamping comes first, so that adding the zero point cannot overflow */
    int32_t high;
} nnq_requant;

/* The fields with which every op that has a filter ends, in this order. */
typedef struct nnq_affine {
    int32_t act_min;
    int32_t act_max;
    int32_t rounding;
    int32_t pre_shift;
    int32_t filter;
    int32_t requant;
} nnq_affine;

/* The number of an op's first such field; does not compile where they are not the op's last six. */
#define NNQ_AFFINE_FIELD(op)                                                                                           \
    (NNQ_FIELD_INDEX(op, act_min) +                                                                                    \
     0 * (int32_t)sizeof(char[sizeof(nnq_##op##_params) == offsetof(nnq_##op##_params, act_min) + sizeof(nnq_affine)   \
                                  ? 1                                                                                  \
                                  : -1]))

static inline void nnq_load_affine(nnq_affine *affine, const nnq_params *params, int32_t first_field) {
    memcpy(affine, (const uint8_t *)params + (size_t)(first_field + 1) * sizeof(int32_t), sizeof *affine);
}

/* Fills in the requantization, and the filter, of a call whose nnq_affine fields begin with `first_field`. */
void nnq_requant_open(nnq_requant *requant, const nnq_call *call, int32_t first_field);

static inline int32_t nnq_requant_bias(const nnq_requant *requant, int32_t channel) {
    return nnq_load_i32(requant->bias + (size_t)channel * 4);
}

/* Requires the op's overflow certificate: acc * 2^pre_shift, or acc * 2^left, is within int32. */
static inline int8_t nnq_requantize(const nnq_requant *requant, int32_t acc, int32_t channel) {
    const int32_t multiplier = nnq_load_i32(requant->multiplier + (size_t)channel * 4);
    const int32_t shift = requant->shift[channel];
    const int32_t scaled = requant->twice ? nnq_scale_twice(acc, multiplier, shift)
                                          : nnq_scale_once(acc * requant->pre_scale, multiplier, shift);
    return (int8_t)(requant->zero_point + nnq_clamp(scaled, requant->low, requant->high));
}

#endif
