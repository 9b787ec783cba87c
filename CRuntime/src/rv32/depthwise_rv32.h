/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for RV32, in both of its forms: for each channel I32 multiplier, I32 addend,
 * I32 bias * 256 + shift, then I8 weights [kernel_height][kernel_width] up to a multiple of 4.
 */
#ifndef NNQ_DEPTHWISE_RV32_H
#define NNQ_DEPTHWISE_RV32_H

#include "../shape.h"

enum { NNQ_DEPTHWISE_RV32_HEAD = 12 };

/* Of a channel. */
static inline uint32_t nnq_depthwise_rv32_bytes(const nnq_shape *shape) {
    return NNQ_DEPTHWISE_RV32_HEAD + ((uint32_t)shape->kernel_height * shape->kernel_width + 3) / 4 * 4;
}

#endif
