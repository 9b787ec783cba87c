/* SPDX-License-Identifier: Apache-2.0
 * The order of weights in depthwise convolution of any window for Armv7E-M, for its layout and its kernel.
 */
#ifndef NNQ_DEPTHWISE_ORDER_H
#define NNQ_DEPTHWISE_ORDER_H

#include "../shape.h"

/* Pairs of inputs lie along the longer side of the window: across where it is wider than high. */
static inline int32_t nnq_pairs_across(const nnq_shape *shape) {
    return shape->kernel_width > shape->kernel_height;
}

/* Taps along pairs, and how many such lines a window has. */
static inline int32_t nnq_line_taps(const nnq_shape *shape) {
    return nnq_pairs_across(shape) ? shape->kernel_width : shape->kernel_height;
}

static inline int32_t nnq_line_count(const nnq_shape *shape) {
    return nnq_pairs_across(shape) ? shape->kernel_height : shape->kernel_width;
}

/* Bytes of a line's weights: in fours, the last one filled up with zeros. */
static inline int32_t nnq_line_bytes(const nnq_shape *shape) {
    return (nnq_line_taps(shape) + 3) / 4 * 4;
}

/* Weights 0 .. 3 of four are in this order, so that 0 and 1, and 2 and 3, are at the same places of two halfwords. */
static inline int32_t nnq_line_place(int32_t tap) {
    return (tap & ~3) | (tap & 1) << 1 | (tap >> 1 & 1);
}

/* Where a channel's record has weight `tap`. */
static inline int32_t nnq_line_offset(const nnq_shape *shape, int32_t tap) {
    const int32_t y = tap / shape->kernel_width;
    const int32_t x = tap % shape->kernel_width;
    const int32_t across = nnq_pairs_across(shape);
    return (across ? y : x) * nnq_line_bytes(shape) + nnq_line_place(across ? x : y);
}

enum { NNQ_LINES_HEAD = 12 };

/* Bytes of a channel's record. */
static inline int32_t nnq_lines_record(const nnq_shape *shape) {
    return NNQ_LINES_HEAD + nnq_line_count(shape) * nnq_line_bytes(shape);
}

#endif
