/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d for RV32 share.
 */
#ifndef NNQ_DEPTHWISE_RV32_H
#define NNQ_DEPTHWISE_RV32_H

#include "../shape.h"

enum { NNQ_DEPTHWISE_RV32_HEAD = 12 };

/* Of a channel's constants. */
static inline uint32_t nnq_depthwise_rv32_bytes(const nnq_shape *shape) {
    return NNQ_DEPTHWISE_RV32_HEAD + ((uint32_t)shape->kernel_height * shape->kernel_width + 3) / 4 * 4;
}

/* Whether the assembly takes it: 3x3 windows, of stride 1 where the map keeps its size and has two rows and columns, or of
 * stride 2 where padding is one pixel on each side, or none. */
static inline int32_t nnq_depthwise_rv32_is_fast(const nnq_shape *shape) {
    const int32_t bottom = 2 * shape->out_height + 1 - shape->pad_top - shape->in_height;
    const int32_t right = 2 * shape->out_width + 1 - shape->pad_left - shape->in_width;
    if (shape->kernel_height != 3 || shape->kernel_width != 3 || shape->stride_height != shape->stride_width ||
        shape->pad_top > 1 || shape->pad_left > 1 || shape->away) {
        return 0;
    }
    return shape->stride_width == 1
               ? shape->pad_top + shape->pad_left == 2 && shape->out_height == shape->in_height &&
                     shape->out_width == shape->in_width && shape->in_height > 1 && shape->in_width > 1
               : shape->stride_width == 2 && bottom <= 1 && right <= 1 && shape->in_width + shape->pad_left >= 3;
}

#endif
