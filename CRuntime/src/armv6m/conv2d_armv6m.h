/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for Armv6-M share: sizes, and what lies where in scratch.
 */
#ifndef NNQ_CONV2D_ARMV6M_H
#define NNQ_CONV2D_ARMV6M_H

#include "../shape.h"

/* Taps of a window are cut into slices, whose sums are added up in memory where there are several. Scratch has, in this
 * order, the kernel's own state; padding; five words, then those of each tap of a slice; for each channel that is
 * computed together, eight sums. */
enum {
    NNQ_STATE_BYTES = 288,
    NNQ_TAP_BYTES = 20,  /* five words that eight pixels have of a tap */
    NNQ_SUMS_BYTES = 32, /* eight sums of a channel */
    NNQ_SLICE_ONLY = 176, /* the most taps of a window that is one slice */
    NNQ_CONV2D_HEAD_BYTES = 4 /* of constants, before the records */
};

static inline uint32_t nnq_taps_armv6m(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
}

/* What taps outside of the map read: at most as many as follow each other in a kernel's row and in a slice. */
static inline uint32_t nnq_padding_bytes_armv6m(const nnq_shape *shape) {
    const uint32_t row = (uint32_t)shape->kernel_width * shape->in_channels;
    return ((row < NNQ_SLICE_ONLY ? row : NNQ_SLICE_ONLY) + 3) / 4 * 4;
}

#endif
