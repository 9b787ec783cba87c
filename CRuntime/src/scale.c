/* SPDX-License-Identifier: Apache-2.0
 * Scaling by a multiplier and a shift that an op's fields hold.
 */
#include "scale.h"
#include "verify.h"

int32_t nnq_scale(int32_t acc, int32_t multiplier, int32_t shift, int32_t rounding) {
    if (rounding) {
        return nnq_scale_twice(acc, multiplier, shift);
    }
    /* The product is below 2^62 and the half at most 2^61. */
    return (int32_t)(((int64_t)acc * multiplier + ((int64_t)1 << (shift - 1))) >> shift);
}

int32_t nnq_check_scale(nnq_check *check, int32_t field, uint64_t bound) {
    int32_t shift;
    memcpy(&shift, nnq_field_in(&check->call.params, field), sizeof shift);
    const int32_t left = shift < 31 ? 31 - shift : 0;
    return bound <= (uint32_t)INT32_MAX >> left ? NNQ_OK : nnq_fail_field(check, NNQ_ERROR_OVERFLOW, field);
}
