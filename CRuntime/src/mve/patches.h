/* SPDX-License-Identifier: Apache-2.0
 * How depthwise_conv2d of 3x3 windows for Helium goes over a map: what its kernel and its layout agree on.
 */
#ifndef NNQ_MVE_PATCHES_H
#define NNQ_MVE_PATCHES_H

#include "../shape.h"

enum { NNQ_MVE_PATCH_JOB = 128, NNQ_MVE_STRIPS = 4096 /* bytes, where that is one strip or more */ };

/* One of a map's two axes. */
typedef struct nnq_axis {
    int32_t in;
    int32_t out;
    int32_t pad;
    int32_t in_step; /* bytes from an element to the next one of the same channel */
    int32_t out_step;
} nnq_axis;

/* Outputs are computed two lines by four positions at a time; lines are rows, or columns where fewer such tiles cover the
 * map then. */
static inline int32_t nnq_lines_are_columns(const nnq_shape *shape) {
    const int32_t by_rows = (shape->out_height + 1) / 2 * ((shape->out_width + 3) / 4);
    const int32_t by_columns = (shape->out_width + 1) / 2 * ((shape->out_height + 3) / 4);
    return by_columns < by_rows;
}

static inline nnq_axis nnq_axis_of(const nnq_shape *shape, int32_t is_across) {
    const nnq_axis down = {shape->in_height, shape->out_height, shape->pad_top,
                           shape->in_width * shape->in_channels, shape->out_width * shape->out_channels};
    const nnq_axis across = {shape->in_width, shape->out_width, shape->pad_left, shape->in_channels,
                             shape->out_channels};
    return is_across ? across : down;
}

/* A strip is four lines of 16 channels under two lines of outputs. */
static inline int32_t nnq_strip_bytes(const nnq_axis *positions) {
    return (positions->out + 2) * 64;
}

static inline int32_t nnq_strips_at_once(const nnq_axis *lines, const nnq_axis *positions) {
    const int32_t all = (lines->out + 1) / 2;
    const int32_t most = NNQ_MVE_STRIPS / nnq_strip_bytes(positions);
    return most < 1 ? 1 : most < all ? most : all;
}

#endif
