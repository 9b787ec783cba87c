/* SPDX-License-Identifier: Apache-2.0
 * What kernels of packed ops see: a shape, constants and addresses, no file and no plan, so that the interpreter and
 * generated C call the same function. For every output element a kernel computes
 *
 *     acc = bias[oc] + sum of filter * input over the window, padding being the input's zero point
 *     out = saturate_int8(nnq_scale_high(acc, scale[oc], away))
 *
 * and its caller clamps to act_min, act_max where they are not -128, 127.
 */
#ifndef NNQ_SHAPE_H
#define NNQ_SHAPE_H

#include "nnq/shape.h"

#include <stddef.h>

/* --- Instruction sets: which kernels this build has --- */

#if defined(__ARM_FEATURE_MVE)
#define NNQ_ISA_MVE 1
#else
#define NNQ_ISA_MVE 0
#endif
#if defined(__arm__) && defined(__thumb2__) && defined(__ARM_FEATURE_DSP) && !NNQ_ISA_MVE
#define NNQ_ISA_DSP 1
#else
#define NNQ_ISA_DSP 0
#endif
#if defined(__ARM_ARCH_7M__)
#define NNQ_ISA_ARMV7M 1
#else
#define NNQ_ISA_ARMV7M 0
#endif
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define NNQ_ISA_ARMV6M 1
#else
#define NNQ_ISA_ARMV6M 0
#endif
#if defined(__riscv) && __riscv_xlen == 32 && defined(__riscv_mul) && !defined(__riscv_32e)
#define NNQ_ISA_RV32 1
#else
#define NNQ_ISA_RV32 0
#endif
#if NNQ_ISA_MVE || NNQ_ISA_DSP || NNQ_ISA_ARMV7M || NNQ_ISA_ARMV6M || NNQ_ISA_RV32
#define NNQ_ISA_OTHER 0
#else
#define NNQ_ISA_OTHER 1
#endif

/* Weights of 4 bits take no instructions that C does not have. */
#define NNQ_ISA_INT4 1

/* `yes` where the build has the instruction set, else `no`. */
#define NNQ_NATIVE(ISA, yes, no) NNQ_CHOOSE(NNQ_ISA_##ISA, yes, no)
#define NNQ_CHOOSE(flag, yes, no) NNQ_CHOOSE_AGAIN(flag, yes, no)
#define NNQ_CHOOSE_AGAIN(flag, yes, no) NNQ_CHOOSE_##flag(yes, no)
#define NNQ_CHOOSE_0(yes, no) no
#define NNQ_CHOOSE_1(yes, no) yes

/* (high word of acc * 2^8 * multiplier, plus addend) >> shift, where |acc| < 2^23.
 * Rounding once is that; so is rounding twice where nothing below the zero point gets through the clamp, because
 * floor(floor(x) / n) = floor(x / n): both roundings are in the addend. Otherwise (`away`) a negative product is moved
 * down by one unit of the first rounding, 2^7 here, so that ties of the second go away from zero. */
static inline int32_t nnq_scale_high(int32_t acc, const nnq_high_scale *scale, int32_t away) {
    int32_t high = (int32_t)((int64_t)(acc * 256) * scale->multiplier >> 32);
    if (away) {
        high += 64;
        high -= high < 0 ? 128 : 0;
    }
    return (high + scale->addend) >> scale->shift;
}

/* Kernels read `constants` (at a multiple of 4), the whole input, and nothing beside them; they write the whole output
 * and, at a multiple of 16, as many bytes of scratch as the form's `scratch` says. Input and output lie at multiples of
 * 4 and do not overlap. */
typedef void nnq_packed_kernel(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                               uint8_t *scratch);

#define NNQ_PACKED(code, op, name, NAME, ISA) nnq_packed_kernel nnq_##name;
#include "nnq/kernels.def"

#endif
