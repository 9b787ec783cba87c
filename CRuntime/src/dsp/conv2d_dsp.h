/* SPDX-License-Identifier: Apache-2.0
 * What conv2d for Armv7E-M reads before its constants: numbers that follow from the shape.
 */
#ifndef NNQ_CONV2D_DSP_H
#define NNQ_CONV2D_DSP_H

#include "../shape.h"

/* Taps of a window are in groups of four: `fours` groups of each row, then groups of what rows leave over. */
typedef struct nnq_conv2d_dsp_loops {
    uint32_t step;       /* bytes from a pixel's window to that of the third pixel after it */
    uint32_t fours;      /* groups of a window's row */
    uint32_t rows;       /* of a window; 0: three of nine inputs, for which there is code of its own */
    uint32_t rest_bytes; /* of what a window's rows leave over, up to a multiple of 4 */
    uint32_t rest;       /* what a row leaves over, 0 .. 3 */
    uint32_t entry;      /* where the kernel's loop over groups begins, in bytes */
    uint32_t is_long;    /* 1 where the loop is gone round more than once */
} nnq_conv2d_dsp_loops;

/* In the file in this order. */
typedef struct nnq_conv2d_dsp_plan {
    nnq_conv2d_dsp_loops loops;
    uint32_t unpacked; /* bytes of three pixels' unpacked windows */
    uint32_t copies;   /* where in that memory windows are copied that reach out of the map, or 0 */
    uint32_t rests;    /* where behind it what rows leave over is, then a copy of the map */
    uint32_t map;      /* bytes of the map with its padding if it is copied, or 0 */
} nnq_conv2d_dsp_plan;

enum { NNQ_CONV2D_DSP_ARGUMENTS = 128 /* bytes of scratch for what the kernel passes on */ };

/* What windows cover of the map and its padding. */
static inline int32_t nnq_conv2d_dsp_height(const nnq_shape *shape) {
    return (shape->out_height - 1) * shape->stride_height + shape->kernel_height;
}

static inline int32_t nnq_conv2d_dsp_width(const nnq_shape *shape) {
    return (shape->out_width - 1) * shape->stride_width + shape->kernel_width;
}

#endif
