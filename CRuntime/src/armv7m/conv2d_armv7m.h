/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for Armv7-M share: how the taps of a window are cut into slices, and what lies
 * where in scratch.
 */
#ifndef NNQ_CONV2D_ARMV7M_H
#define NNQ_CONV2D_ARMV7M_H

#include "../shape.h"

enum {
    NNQ_EIGHT_HEAD = 80,
    NNQ_EIGHT_WORDS = 5,         /* of eight pixels for a tap */
    NNQ_EIGHT_MOST_WEIGHT = 4095, /* that |w| of a channel may sum up to in a slice: 128 * 4095 < 2^19 */
    NNQ_EIGHT_MOST_TAPS = 128,   /* in the only slice of a window */
    NNQ_EIGHT_SLICE_TAPS = 80,   /* in one of several; of shorter windows too */
    NNQ_EIGHT_MOST_SUMS = 64,    /* channels whose sums are kept between slices */
    NNQ_EIGHT_SUM_BYTES = 4 * 8
};

static inline int32_t nnq_eight_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t nnq_eight_taps(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline int32_t nnq_eight_pixels(const nnq_shape *shape) {
    return shape->out_height * shape->out_width;
}

/* Eight windows follow each other in memory, wherever they begin. */
static inline int32_t nnq_eight_flat(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->stride_height * shape->stride_width == 1 &&
           nnq_eight_pixels(shape) >= 8;
}

/* Scratch has NNQ_EIGHT_HEAD bytes for the kernel's state; five zeros and the words of a slice; the patch, where windows
 * are copied that do not lie in the map as they should, eight neighbours in a row of the kernel or each of them; the sums
 * of channels between slices. */
static inline int32_t nnq_eight_patch_bytes(const nnq_shape *shape, int32_t slice) {
    const int32_t row = nnq_eight_least(slice, shape->kernel_width * shape->in_channels);
    const int32_t neighbours = (7 * shape->stride_width * shape->in_channels + row + 3) / 4 * 4;
    return nnq_eight_flat(shape) ? 0 : neighbours > 8 * slice ? neighbours : 8 * slice;
}

/* All but the sums. */
static inline int32_t nnq_eight_slice_bytes(const nnq_shape *shape, int32_t slice) {
    return NNQ_EIGHT_HEAD + 4 * NNQ_EIGHT_WORDS * (1 + slice) + nnq_eight_patch_bytes(shape, slice);
}

static inline int32_t nnq_eight_scratch(const nnq_shape *shape) {
    const int32_t taps = nnq_eight_taps(shape);
    return taps <= NNQ_EIGHT_MOST_TAPS
               ? nnq_eight_slice_bytes(shape, taps)
               : nnq_eight_slice_bytes(shape, NNQ_EIGHT_SLICE_TAPS) +
                     NNQ_EIGHT_SUM_BYTES * nnq_eight_least(shape->out_channels, NNQ_EIGHT_MOST_SUMS);
}

/* Channels that go through all slices together: all if there is one slice, else those whose sums have room. Outputs of
 * maps of less than eight pixels have eight bytes a tap. */
static inline int32_t nnq_eight_group(const nnq_shape *shape, int32_t slice) {
    int32_t most = shape->out_channels;
    if (slice < nnq_eight_taps(shape)) {
        most = nnq_eight_least(
            most, (nnq_eight_scratch(shape) - nnq_eight_slice_bytes(shape, slice)) / NNQ_EIGHT_SUM_BYTES);
    }
    return nnq_eight_pixels(shape) < 8 ? nnq_eight_least(most, slice) : most;
}

/* Bytes of a channel's constants in a slice: weights up to a multiple of 4, in the first slice the bias, in the last one
 * the scale. */
static inline int32_t nnq_eight_block_bytes(const nnq_shape *shape, int32_t first_tap, int32_t taps) {
    return (taps + 3) / 4 * 4 + (first_tap == 0 ? 4 : 0) + (first_tap + taps == nnq_eight_taps(shape) ? 12 : 0);
}

#endif
