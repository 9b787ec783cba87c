/* SPDX-License-Identifier: Apache-2.0
 * Fixed-point arithmetic on int32 as gemmlowp defines it (SPEC.md, section 4): products, quotients and saturated
 * multiples by powers of two.
 */
#ifndef NNQ_FIXED_POINT_H
#define NNQ_FIXED_POINT_H

#include "internal.h"

/* a * b / 2^31 to nearest, ties upwards. Requires that not both are -2^31. */
static inline int32_t nnq_fixed_mul(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* a / 2^shift to nearest, ties away from zero. Requires 0 <= shift <= 31. */
static inline int32_t nnq_fixed_divide(int32_t a, int32_t shift) {
    const uint32_t mask = ((uint32_t)1 << shift) - 1;
    return (a >> shift) + (((uint32_t)a & mask) > (mask >> 1) + (a < 0));
}

/* a * 2^shift, or the int32 nearest to it. Requires 0 <= shift <= 30. */
static inline int32_t nnq_fixed_saturate(int32_t a, int32_t shift) {
    const int32_t limit = INT32_MAX >> shift;
    return a > limit ? INT32_MAX : a < -limit - 1 ? INT32_MIN : a * ((int32_t)1 << shift);
}

#endif
