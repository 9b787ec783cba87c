/* SPDX-License-Identifier: Apache-2.0
 * Requantization: where its constants lie, and the form that rounds twice, for the bits of TensorFlow Lite Micro's
 * kernels.
 */
#include "requant.h"

#include "fixed_point.h"

/* h = a * multiplier / 2^31 to nearest, where a = acc * 2^left; then h / 2^right to nearest, ties away from zero. Ties
 * of the first are as TFLite's rounding doubling high multiply has them: away from zero above it and towards zero
 * below, which is upwards.
 * Requires 0 <= multiplier, 1 <= shift <= 62 and |acc * 2^left| <= 2^31 - 1. Then |product| < 2^62 and
 * |h| <= 2^31 - 1, so that neither step saturates. */
int32_t nnq_scale_twice(int32_t acc, int32_t multiplier, int32_t shift) {
    const int32_t left = shift < 31 ? 31 - shift : 0;
    const int32_t right = shift > 31 ? shift - 31 : 0;
    return nnq_fixed_divide(nnq_fixed_mul(acc * ((int32_t)1 << left), multiplier), right);
}

void nnq_requant_open(nnq_requant *requant, const nnq_call *call, int32_t first_field, int32_t taps) {
    nnq_affine affine;
    nnq_load_affine(&affine, &call->params, first_field);
    requant->filter = (const int8_t *)nnq_constants(call, affine.filter);
    requant->bias = (const uint8_t *)requant->filter + nnq_block_offset((uint64_t)call->out.channels * (uint32_t)taps);
    requant->record = requant->bias + (size_t)call->out.channels * 4;
    requant->base = affine.shift;
    requant->shift = requant->bias + (size_t)call->out.channels * 8;
    requant->twice = affine.rounding;
    requant->pre_scale = (int32_t)((uint32_t)1 << affine.pre_shift);
    requant->zero_point = call->out.zero_point;
    requant->low = affine.act_min - call->out.zero_point;
    requant->high = affine.act_max - call->out.zero_point;
}
