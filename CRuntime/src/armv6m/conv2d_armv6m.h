/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for Armv6-M share: how the taps of a window are cut into slices, and what lies
 * where in scratch.
 */
#ifndef NNQ_CONV2D_ARMV6M_H
#define NNQ_CONV2D_ARMV6M_H

#include "../shape.h"

enum {
    NNQ_TAP_BYTES = 20,       /* five words that eight pixels have of a tap */
    NNQ_SUMS_BYTES = 32,      /* eight sums of a channel */
    NNQ_SLICE_WEIGHT = 4095,  /* the most that |w| of a channel adds up to in a slice: 128 * 4095 < 2^19 */
    NNQ_SLICE_ALWAYS = 32,    /* taps that do not exceed it: 32 * 127 */
    NNQ_SLICE_ONLY = 176,     /* the most taps of a window that is one slice */
    NNQ_SLICE_MOST = 96,      /* the most taps of one slice of several */
    NNQ_SLICES_MEMORY = 3584, /* for a slice and the sums that wait for the next one */
    NNQ_PLACES_BYTES = 8 * 12
};

static inline uint32_t nnq_taps_armv6m(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline uint32_t nnq_least_armv6m(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* The start of the sums and a slice's words. */
static inline uint32_t nnq_words_bytes_armv6m(uint32_t slice) {
    return NNQ_TAP_BYTES * (1 + slice);
}

/* Scratch has, in this order, words, sums of channels between slices, padding, places. Words and sums take: */
static inline uint32_t nnq_slices_bytes_armv6m(const nnq_shape *shape) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    const uint32_t words = nnq_words_bytes_armv6m(nnq_least_armv6m(taps, NNQ_SLICE_ONLY));
    const uint32_t waiting = taps <= NNQ_SLICE_ALWAYS ? 1 : shape->out_channels;
    return nnq_least_armv6m(words + NNQ_SUMS_BYTES * waiting, NNQ_SLICES_MEMORY);
}

/* Channels that are computed together: all, or as many as have room for sums between slices. */
static inline uint32_t nnq_group_armv6m(const nnq_shape *shape, uint32_t slice) {
    const uint32_t room = (nnq_slices_bytes_armv6m(shape) - nnq_words_bytes_armv6m(slice)) / NNQ_SUMS_BYTES;
    return slice == nnq_taps_armv6m(shape) ? shape->out_channels : nnq_least_armv6m(shape->out_channels, room);
}

/* A run of taps outside of the map: at most a kernel's row or a slice. */
static inline uint32_t nnq_padding_bytes_armv6m(const nnq_shape *shape) {
    const uint32_t row = (uint32_t)shape->kernel_width * shape->in_channels;
    return (nnq_least_armv6m(row, NNQ_SLICE_ONLY) + 3) / 4 * 4;
}

#endif
