/* SPDX-License-Identifier: Apache-2.0
 * The ops as SPEC.md defines them: one element at a time, in wide arithmetic, with no thought of speed.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "builder.h"

/* clamp(z + requantized acc) for one channel of a block; wide enough to be exact for any int32. */
int32_t reference_requantize(int64_t acc, int32_t rounding, int32_t pre_shift, int32_t multiplier, int32_t shift,
                             int32_t zero_point, int32_t act_min, int32_t act_max);

/* Computes tensors[input_count + k] from the tensors before it, for every op; each has room for its tensor. */
void reference_run(const builder *b, int8_t *const *tensors);

#endif
