/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for RV32 share: sizes, and what lies where in scratch.
 */
#ifndef NNQ_CONV2D_RV32_H
#define NNQ_CONV2D_RV32_H

#include "../shape.h"

enum {
    NNQ_OCTET_PIXELS = 8,
    NNQ_OCTET_WORDS = 5, /* of eight pixels of a tap */
    NNQ_OCTET_BLOCK = 4, /* channels */
    NNQ_OCTET_SCALE_BYTES = 12,
    NNQ_OCTET_HEAD_BYTES = 4
};

/* Words hold the sums of a slice of taps whose |w| sum up to MOST_WEIGHT: 128 * 4079 <= 127 * 2^12 + 2^11 - 1. 32 taps of
 * 127 are less. */
enum { NNQ_OCTET_MOST_WEIGHT = 4079, NNQ_OCTET_SAFE_TAPS = 32 };

/* A window of up to WHOLE_TAPS is staged as a whole, one with more of them in slices of at most SLICE_TAPS, with totals
 * for SLAB blocks of channels. */
enum { NNQ_OCTET_WHOLE_TAPS = 160, NNQ_OCTET_SLICE_TAPS = 128, NNQ_OCTET_SLAB = 16 };

/* Rows that are staged already are kept where there is room for as many taps as this. */
enum { NNQ_OCTET_KEPT_TAPS = 192 };

static inline int32_t nnq_octet_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t nnq_octet_taps(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline int32_t nnq_octet_blocks(const nnq_shape *shape) {
    return (shape->out_channels + NNQ_OCTET_BLOCK - 1) / NNQ_OCTET_BLOCK;
}

/* Of constants. */
static inline int32_t nnq_octet_block_bytes(int32_t taps) {
    return NNQ_OCTET_BLOCK * (taps + NNQ_OCTET_SCALE_BYTES);
}

/* The most taps of a slice. */
static inline int32_t nnq_octet_limit(int32_t taps) {
    return taps <= NNQ_OCTET_WHOLE_TAPS ? taps : NNQ_OCTET_SLICE_TAPS;
}

/* Maps of fewer pixels are computed aside, a slab at a time. */
static inline int32_t nnq_octet_is_small(const nnq_shape *shape) {
    return shape->out_height * shape->out_width < NNQ_OCTET_PIXELS;
}

/* Rows of windows that fit into what is staged; more than the kernel has where those are kept from one row of outputs to
 * the next. */
static inline int32_t nnq_octet_rows(const nnq_shape *shape) {
    const int32_t rows = NNQ_OCTET_KEPT_TAPS / (shape->kernel_width * shape->in_channels);
    return shape->out_width >= NNQ_OCTET_PIXELS && shape->stride_height < shape->kernel_height &&
                   rows >= shape->kernel_height + shape->stride_height
               ? rows
               : 0;
}

/* --- Scratch: work, words, totals, zeros, aside --- */

enum { NNQ_OCTET_WORK_BYTES = 320 };

static inline int32_t nnq_octet_words_bytes(const nnq_shape *shape) {
    const int32_t kept = nnq_octet_rows(shape) * shape->kernel_width * shape->in_channels;
    return 4 * NNQ_OCTET_WORDS * (kept > 0 ? kept : nnq_octet_limit(nnq_octet_taps(shape)));
}

static inline int32_t nnq_octet_totals_bytes(const nnq_shape *shape) {
    const int32_t blocks = nnq_octet_taps(shape) <= NNQ_OCTET_WHOLE_TAPS
                               ? 1
                               : nnq_octet_least(nnq_octet_blocks(shape), NNQ_OCTET_SLAB);
    return 4 * NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK * blocks;
}

/* Zero points of a pixel's channels, or of as many as a slice has. */
static inline int32_t nnq_octet_zeros_bytes(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width == 1
               ? 0
               : (nnq_octet_least(shape->in_channels, nnq_octet_limit(nnq_octet_taps(shape))) + 3) / 4 * 4;
}

static inline int32_t nnq_octet_aside_bytes(const nnq_shape *shape) {
    return nnq_octet_is_small(shape) ? NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK * NNQ_OCTET_SLAB : 0;
}

#endif
