/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for Armv7-M share.
 */
#ifndef NNQ_CONV2D_ARMV7M_H
#define NNQ_CONV2D_ARMV7M_H

#include "../shape.h"

enum {
    NNQ_EIGHT_WORDS = 5, /* of eight pixels for a tap */
    NNQ_EIGHT_HEAD = 96  /* bytes of scratch for the kernel's state, with five zeros at their end */
};

/* What the constants begin with. The taps of a window come in slices, in each of which |w| of a channel sums up to 4095
 * at most; where there are several, a group of channels goes through all of them. Scratch has the kernel's state, the
 * words of a slice, the patch, and the sums of a group. */
typedef struct nnq_eight_plan {
    int32_t slice; /* taps of all slices but the last; a multiple of 4 where there are several */
    uint16_t group;
    uint16_t is_flat; /* windows of eight pixels follow each other in memory, wherever they begin */
    uint16_t patch;   /* its offset: where windows are copied that do not lie in the map as they should */
    uint16_t sums;    /* their offset: between slices, 256 times the sums of eight pixels for each channel */
} nnq_eight_plan;

static inline int32_t nnq_eight_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t nnq_eight_taps(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static inline int32_t nnq_eight_pixels(const nnq_shape *shape) {
    return shape->out_height * shape->out_width;
}

#endif
