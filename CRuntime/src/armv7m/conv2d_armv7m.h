/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for Armv7-M share: how the taps of a window are cut into slices, and what lies
 * where in scratch.
 */
#ifndef NNQ_CONV2D_ARMV7M_H
#define NNQ_CONV2D_ARMV7M_H

#include "../shape.h"

/* Of the eight pixels computed together, each tap takes five words. */
enum {
    NNQ_EIGHT_WORDS = 5,
    NNQ_EIGHT_BYTES = 4 * NNQ_EIGHT_WORDS,
    NNQ_EIGHT_MOST_TAPS = 128,   /* in the only slice of a window */
    NNQ_EIGHT_SLICE_TAPS = 96,   /* in one of several */
    NNQ_EIGHT_MOST_GROUP = 64,   /* channels computed together, where that needs memory for each */
    NNQ_EIGHT_SUM_BYTES = 4 * 8, /* of one channel */
    NNQ_EIGHT_WEIGHT = 4095      /* the most that |w| of a channel may sum up to in a slice: 128 * 4095 < 2^19 */
};

static inline int32_t nnq_eight_taps(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline int32_t nnq_eight_pixels(const nnq_shape *shape) {
    return shape->out_height * shape->out_width;
}

static inline int32_t nnq_eight_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* Neighbours in a row of windows follow each other in memory, over the ends of rows too. */
static inline int32_t nnq_eight_flat(const nnq_shape *shape) {
    return shape->kernel_height == 1 && shape->kernel_width == 1 && shape->stride_height == 1 &&
           shape->stride_width == 1;
}

/* Scratch has, in this order: five zeros and the words of a slice; one kernel row of eight windows; where the map has
 * less than eight pixels, eight pixels of output; the sums of channels between slices. */
static inline int32_t nnq_eight_words_bytes(int32_t taps) {
    return NNQ_EIGHT_BYTES * (1 + taps);
}

static inline int32_t nnq_eight_patch_bytes(const nnq_shape *shape, int32_t taps) {
    const int32_t row = shape->kernel_width * shape->in_channels;
    return nnq_eight_flat(shape) && nnq_eight_pixels(shape) >= 8 ? 0 : 8 * nnq_eight_least(taps, row);
}

static inline int32_t nnq_eight_output_bytes(const nnq_shape *shape) {
    return nnq_eight_pixels(shape) >= 8 ? 0 : 8 * nnq_eight_least(shape->out_channels, NNQ_EIGHT_MOST_GROUP);
}

static inline int32_t nnq_eight_slice_bytes(const nnq_shape *shape, int32_t taps) {
    return nnq_eight_words_bytes(taps) + nnq_eight_patch_bytes(shape, taps) + nnq_eight_output_bytes(shape);
}

static inline int32_t nnq_eight_scratch(const nnq_shape *shape) {
    const int32_t taps = nnq_eight_taps(shape);
    return taps <= NNQ_EIGHT_MOST_TAPS
               ? nnq_eight_slice_bytes(shape, taps)
               : nnq_eight_slice_bytes(shape, NNQ_EIGHT_SLICE_TAPS) +
                     NNQ_EIGHT_SUM_BYTES * nnq_eight_least(shape->out_channels, NNQ_EIGHT_MOST_GROUP);
}

/* Channels that are computed together: all where nothing is kept for each of them, else as many as there is room for. */
static inline int32_t nnq_eight_group(const nnq_shape *shape, int32_t slice_taps) {
    const int32_t room = (nnq_eight_scratch(shape) - nnq_eight_slice_bytes(shape, slice_taps)) / NNQ_EIGHT_SUM_BYTES;
    const int32_t sums = slice_taps < nnq_eight_taps(shape) ? room : UINT16_MAX;
    const int32_t outputs = nnq_eight_pixels(shape) >= 8 ? UINT16_MAX : NNQ_EIGHT_MOST_GROUP;
    return nnq_eight_least(nnq_eight_least(sums, outputs), shape->out_channels);
}

/* Bytes of a channel's constants in a slice: weights up to a multiple of 4, in the first slice the bias, in the last one
 * the scale. */
static inline int32_t nnq_eight_block_bytes(const nnq_shape *shape, int32_t first_tap, int32_t taps) {
    return (taps + 3) / 4 * 4 + (first_tap == 0 ? 4 : 0) + (first_tap + taps == nnq_eight_taps(shape) ? 12 : 0);
}

#endif
