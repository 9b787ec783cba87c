/* SPDX-License-Identifier: Apache-2.0
 * How depthwise_conv2d of 3x3 windows for Helium goes over a map: what its kernel and its layout agree on.
 */
#ifndef NNQ_MVE_PATCHES_H
#define NNQ_MVE_PATCHES_H

#include "../shape.h"

/* One of a map's two axes. */
typedef struct nnq_axis {
    int32_t in;
    int32_t out;
    int32_t pad;
    int32_t in_step; /* bytes from an element to the next one of the same channel */
    int32_t out_step;
} nnq_axis;

/* Outputs are computed in tiles of two lines by four positions. Lines are rows of the map, or columns where fewer tiles
 * cover it then. Under a line of tiles lies a strip: four lines of 16 channels, [position][16][4 lines]. */
typedef struct nnq_patches {
    int32_t lines_are_columns;
    nnq_axis lines;
    nnq_axis positions;
    int32_t tiles;       /* side by side */
    int32_t strip_bytes; /* of positions under outputs; tiles may reach past that */
    int32_t strips;      /* at a time */
} nnq_patches;

enum {
    NNQ_PATCHES_JOB = 192, /* bytes of scratch before strips */
    NNQ_PATCHES_PAST = 192 /* bytes of scratch behind them */
};

void nnq_mve_open_patches(const nnq_shape *shape, nnq_patches *patches);

#endif
