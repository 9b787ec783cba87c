/* SPDX-License-Identifier: Apache-2.0
 * The shape of a packed op, and how its accumulators become outputs.
 */
#ifndef NNQ_SHAPE_STRUCTURES_H
#define NNQ_SHAPE_STRUCTURES_H

#include <stdint.h>

/* An op on whole maps, NHWC. For dense, the input is 1 x 1 x n, the output 1 x 1 x m, and the window 1 x 1. Pads after
 * the map follow from the extents. A channel of a depthwise convolution has kernel_height * kernel_width weights. */
typedef struct nnq_shape {
    uint16_t in_height;
    uint16_t in_width;
    uint16_t in_channels;
    uint16_t out_height;
    uint16_t out_width;
    uint16_t out_channels;
    uint8_t kernel_height;
    uint8_t kernel_width;
    uint8_t stride_height;
    uint8_t stride_width;
    uint8_t pad_top; /* smaller than the kernel, as pad_left is */
    uint8_t pad_left;
    int8_t in_zero_point;
    uint8_t away; /* nnq_scale_high's */
} nnq_shape;

/* How an accumulator becomes an output, zero point included. */
typedef struct nnq_high_scale {
    int32_t multiplier; /* 0 .. 2^31 - 1 */
    int32_t addend;     /* |addend| <= 2^30 - 2^8 */
    int32_t shift;      /* 1 .. 31 */
} nnq_high_scale;

/* One output channel's constants but its weights. */
typedef struct nnq_channel {
    int32_t bias;
    nnq_high_scale scale;
} nnq_channel;

#endif
