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

/* A multiplier and a shift in TensorFlow Lite Micro's way; src/requant.c. */
int32_t nnq_scale_twice(int32_t acc, int32_t multiplier, int32_t shift);

/* What a channel's accumulator is scaled by: multiplier / 2^shift. */
typedef struct nnq_scaling {
    int32_t multiplier;
    int32_t shift;
} nnq_scaling;

/* A channel's record, in either form. Packed, where the op has a base shift: the multiplier without its highest bit,
 * 2^30, and above that the shift less the base. Wide, where the base is 0: the multiplier; the shift is a byte apart. */
static inline nnq_scaling nnq_unpack_scaling(uint32_t record, int32_t base, int32_t wide_shift) {
    nnq_scaling scaling = {(int32_t)record, wide_shift};
    if (base > 0) {
        scaling.multiplier = (int32_t)((record & 0x3fffffffu) | 0x40000000u);
        scaling.shift = base + (int32_t)(record >> 30);
    }
    return scaling;
}

/* Where the block lies after a filter of that many bytes. */
static inline uint32_t nnq_block_offset(uint64_t filter_bytes) {
    return (uint32_t)((filter_bytes + 3) / 4 * 4);
}

/* The requantization of an op: a block of n channels, `I32 bias[n], U32 record[n]` and, where the records are wide,
 * `U8 shift[n]`. */
typedef struct nnq_requant {
    const int8_t *filter;
    const uint8_t *bias;
    const uint8_t *record;
    const uint8_t *shift;
    int32_t base; /* 0: the records are wide */
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
    int32_t shift; /* the base of packed records, or 0 */
    int32_t filter;
} nnq_affine;

/* The number of an op's first such field; does not compile where they are not the op's last six. */
#define NNQ_AFFINE_FIELD(op)                                                                                           \
    (NNQ_FIELD_INDEX(op, act_min) +                                                                                    \
     0 * (int32_t)sizeof(char[sizeof(nnq_##op##_params) == offsetof(nnq_##op##_params, act_min) + sizeof(nnq_affine)   \
                                  ? 1                                                                                  \
                                  : -1]))

/* Field by field, so that generated C, where parameters are constants, becomes code for their values. */
static inline void nnq_load_affine(nnq_affine *affine, const nnq_params *params, int32_t first_field) {
    const int32_t *fields = (const int32_t *)(const void *)params + first_field + 1;
    affine->act_min = fields[0];
    affine->act_max = fields[1];
    affine->rounding = fields[2];
    affine->pre_shift = fields[3];
    affine->shift = fields[4];
    affine->filter = fields[5];
}

/* Fills in the requantization, and the filter, of a call whose nnq_affine fields begin with `first_field`; each output
 * channel has `taps` weights. */
void nnq_requant_open(nnq_requant *requant, const nnq_call *call, int32_t first_field, int32_t taps);

static inline int32_t nnq_requant_bias(const nnq_requant *requant, int32_t channel) {
    return nnq_load_i32(requant->bias + (size_t)channel * 4);
}

/* Requires the op's overflow certificate: acc * 2^pre_shift, or acc * 2^left, is within int32. */
static inline int8_t nnq_requantize(const nnq_requant *requant, int32_t acc, int32_t channel) {
    const uint32_t record = nnq_load_u32(requant->record + (size_t)channel * 4);
    const nnq_scaling by = nnq_unpack_scaling(record, requant->base, requant->base > 0 ? 0 : requant->shift[channel]);
    const int32_t scaled = requant->twice ? nnq_scale_twice(acc, by.multiplier, by.shift)
                                          : nnq_scale_once(acc * requant->pre_scale, by.multiplier, by.shift);
    return (int8_t)(requant->zero_point + nnq_clamp(scaled, requant->low, requant->high));
}

#endif
