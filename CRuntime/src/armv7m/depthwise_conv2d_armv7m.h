/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d for Armv7-M share. The weights of a channel are cut into *strips* of
 * up to three neighbours in a kernel row, and the input is staged in strips too: what six outputs that are neighbours in
 * a row need of one row for one strip of weights, of 16 channels at a time.
 */
#ifndef NNQ_DEPTHWISE_CONV2D_ARMV7M_H
#define NNQ_DEPTHWISE_CONV2D_ARMV7M_H

#include "../shape.h"

enum {
    NNQ_STRIP_PIXELS = 6,
    NNQ_STRIP_CHANNELS = 16,
    NNQ_STRIP_MOST_BYTES = 2048 /* staged at once, unless one row of outputs needs more */
};

/* Neighbouring weights in a strip. Where the stride is wider than two, columns between are not staged. */
static inline int32_t nnq_strip_taps(const nnq_shape *shape) {
    return shape->stride_width > 2 ? 1 : 3;
}

/* Strips of a row. */
static inline int32_t nnq_strips(const nnq_shape *shape) {
    const int32_t taps = nnq_strip_taps(shape);
    return (shape->kernel_width + taps - 1) / taps;
}

/* Columns of the input in a strip. */
static inline int32_t nnq_strip_columns(const nnq_shape *shape) {
    return shape->stride_width == 2 ? 2 * NNQ_STRIP_PIXELS + 1 : NNQ_STRIP_PIXELS + 2;
}

/* Bytes staged of a row of the input. */
static inline int32_t nnq_strip_row_bytes(const nnq_shape *shape) {
    return nnq_strips(shape) * nnq_strip_columns(shape) * NNQ_STRIP_CHANNELS;
}

/* Rows of outputs computed from one staging. */
static inline int32_t nnq_strip_rows(const nnq_shape *shape) {
    const int32_t input_rows = NNQ_STRIP_MOST_BYTES / nnq_strip_row_bytes(shape);
    const int32_t rows = input_rows < shape->kernel_height ? 1
                                                           : (input_rows - shape->kernel_height) / shape->stride_height + 1;
    return rows < shape->out_height ? rows : shape->out_height;
}

/* Rows of the input that so many rows of outputs need. */
static inline int32_t nnq_strip_input_rows(const nnq_shape *shape, int32_t rows) {
    return (rows - 1) * shape->stride_height + shape->kernel_height;
}

/* Bytes of a channel's weights, four a strip. */
static inline int32_t nnq_strip_weight_bytes(const nnq_shape *shape) {
    return 4 * shape->kernel_height * nnq_strips(shape);
}

#endif
