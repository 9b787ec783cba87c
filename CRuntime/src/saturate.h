/* SPDX-License-Identifier: Apache-2.0
 * The int8 nearest to a number: one instruction where the core has it.
 */
#ifndef NNQ_SATURATE_H
#define NNQ_SATURATE_H

#include <stdint.h>

/* clang says so of Armv8-M Baseline too, which has not the instruction. */
#if defined(__arm__) && defined(__thumb2__) && defined(__ARM_FEATURE_SAT)

static inline int32_t nnq_saturate_s8(int32_t value) {
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
}

#else

static inline int32_t nnq_saturate_s8(int32_t value) {
    return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value;
}

#endif

#endif
