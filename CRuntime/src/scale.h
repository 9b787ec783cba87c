/* SPDX-License-Identifier: Apache-2.0
 * Scaling by a multiplier and a shift that an op's fields hold, rounded once or twice.
 */
#ifndef NNQ_SCALE_H
#define NNQ_SCALE_H

#include "requant.h"

/* acc * multiplier / 2^shift, rounded once (rounding 0) or twice (1).
 * Requires 0 <= multiplier, 1 <= shift <= 62 and |acc| * 2^max(0, 31 - shift) <= 2^31 - 1, which nnq_check_scale
 * certifies; |result| <= 2^31 - 1. */
int32_t nnq_scale(int32_t acc, int32_t multiplier, int32_t shift, int32_t rounding);

/* Whether accumulators of magnitude up to `bound` can be scaled by the shift in `field` without overflow. */
int32_t nnq_check_scale(nnq_check *check, int32_t field, uint64_t bound);

/* The largest |q - zero_point|. */
static inline uint32_t nnq_deviation(int32_t zero_point) {
    return (uint32_t)(zero_point < 0 ? INT8_MAX - zero_point : zero_point - INT8_MIN);
}

#endif
