/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for RV32 share: sizes, and what lies where in the constants and in scratch.
 */
#ifndef NNQ_CONV2D_RV32_H
#define NNQ_CONV2D_RV32_H

#include "../shape.h"

/* Sums of eight pixels are computed in five words, which is exact for a slice of taps whose |w| sum up to this:
 * 128 * 4079 <= 127 * 2^12 + 2^11 - 1. 32 taps of 127 are less. */
enum { NNQ_OCTET_MOST_WEIGHT = 4079, NNQ_OCTET_SAFE_TAPS = 32 };

enum {
    NNQ_OCTET_PIXELS = 8,
    NNQ_OCTET_WORDS = 5,
    NNQ_OCTET_TAP_BYTES = 20,
    NNQ_OCTET_WHOLE_TAPS = 160,  /* as many are staged at once */
    NNQ_OCTET_SLICE_TAPS = 128,  /* where there are more of them, slices are at most this long ... */
    NNQ_OCTET_SLAB_BLOCKS = 16,  /* ... and totals are kept for so many blocks of channels */
    NNQ_OCTET_BLOCK = 4,         /* channels */
    NNQ_OCTET_TOTALS_BYTES = 128, /* of a block */
    NNQ_OCTET_CHANNEL_BYTES = 12,
    NNQ_OCTET_HEAD_BYTES = 4,
    NNQ_OCTET_WORK_BYTES = 288
};

static inline int32_t nnq_octet_taps(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline int32_t nnq_octet_blocks(const nnq_shape *shape) {
    return (shape->out_channels + NNQ_OCTET_BLOCK - 1) / NNQ_OCTET_BLOCK;
}

static inline int32_t nnq_octet_block_bytes(int32_t taps) {
    return NNQ_OCTET_BLOCK * (taps + NNQ_OCTET_CHANNEL_BYTES);
}

/* The most taps of a slice. */
static inline int32_t nnq_octet_limit(int32_t taps) {
    return taps <= NNQ_OCTET_WHOLE_TAPS ? taps : NNQ_OCTET_SLICE_TAPS;
}

/* Maps of fewer pixels are computed aside, a slab at a time. */
static inline int32_t nnq_octet_is_small(const nnq_shape *shape) {
    return shape->out_height * shape->out_width < NNQ_OCTET_PIXELS;
}

static inline int32_t nnq_octet_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* --- Scratch: work, words, totals, zeros, aside --- */

static inline int32_t nnq_octet_words_bytes(int32_t taps) {
    return NNQ_OCTET_TAP_BYTES * nnq_octet_limit(taps);
}

static inline int32_t nnq_octet_totals_bytes(const nnq_shape *shape, int32_t taps) {
    const int32_t blocks = nnq_octet_least(nnq_octet_blocks(shape), NNQ_OCTET_SLAB_BLOCKS);
    return NNQ_OCTET_TOTALS_BYTES * (taps <= NNQ_OCTET_WHOLE_TAPS ? 1 : blocks);
}

static inline int32_t nnq_octet_zeros_bytes(const nnq_shape *shape, int32_t taps) {
    return shape->kernel_height * shape->kernel_width == 1
               ? 0
               : (nnq_octet_least(shape->in_channels, nnq_octet_limit(taps)) + 3) / 4 * 4;
}

static inline int32_t nnq_octet_aside_bytes(const nnq_shape *shape) {
    return nnq_octet_is_small(shape) ? NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK * NNQ_OCTET_SLAB_BLOCKS : 0;
}

#endif
