/* SPDX-License-Identifier: Apache-2.0
 * tflite_add where one input is multiplied by exactly a half, which is how TensorFlow Lite scales the one whose unit is
 * larger: what kernels of that form share.
 */
#ifndef NNQ_TFLITE_ADD_H
#define NNQ_TFLITE_ADD_H

#include "broadcast.h"

/* With h and o the two inputs' elements, everything twice what SPEC.md has, so that a product's high word, rounded, is
 * the first of its two roundings:
 *
 *     other = scale(other_base + o * 2^21, other_multiplier, other_addend, other_shift)
 *     output = saturate(scale(half_base + h * 2^20 + 2 * other, multiplier, addend, shift))
 *     scale(x, ...) = (floor(x * multiplier / 2^32 + 1/2) + addend - (x < 0)) >> shift
 *
 * The addend is half of the second rounding's unit, and has the output's zero point. |2 * sum| < 2^30. The order is
 * that in which assembly loads it. */
typedef struct nnq_half_sum {
    const int8_t *half;
    const int8_t *other;
    int8_t *output;
    int32_t count;
    int32_t half_base;
    int32_t other_base;
    int32_t other_multiplier;
    int32_t other_addend;
    int32_t other_shift; /* 1 .. 31 */
    int32_t multiplier;
    int32_t addend;
    int32_t shift; /* 1 .. 22 */
} nnq_half_sum;

/* A run of elements; `add_half` computes those of that form, before they are clamped. */
void nnq_tflite_add_pair(const nnq_call *call, const nnq_pair *pair, void (*add_half)(const nnq_half_sum *sum));

#endif
