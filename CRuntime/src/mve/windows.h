/* SPDX-License-Identifier: Apache-2.0
 * How conv2d for Helium reads windows, in chunks of 16 bytes, one register: what its kernel and its layout agree on.
 */
#ifndef NNQ_MVE_WINDOWS_H
#define NNQ_MVE_WINDOWS_H

#include "../shape.h"

/* A window is
 *   by rows    its rows one by one, [kw, in_c] each, filled up to chunks, from the input or rows of the padded map;
 *   by strip   one piece, [kw, kh, in_c], from a strip of the padded map in that order, where that takes fewer chunks;
 *   by planes  3x3 and strides of 1 across: [kh, in_c / 16, kw, 16], from rows of the padded map cut into planes of 16
 *              channels, where the chunks of two pixels side by side overlap. */
enum { NNQ_BY_ROWS, NNQ_BY_STRIP, NNQ_BY_PLANES };

/* Rows of outputs at a time, where the padded map is read. */
enum { NNQ_MVE_BAND = 2 };

/* Bytes of scratch before two pixels' chunks (not by planes), which lie before rows or strips of the padded map. */
enum { NNQ_CONV2D_MVE_JOB = 240 };

typedef struct nnq_windows {
    int32_t by;
    int32_t reads_input; /* none reaches into padding */
    uint32_t column;     /* bytes from column to column in what is read */
    uint32_t pitch;      /* bytes of a row of the padded map, or of the strip of a row of outputs */
    uint32_t rows;       /* of these, at a time */
    uint32_t runs;       /* pieces of a window */
    uint32_t run;        /* bytes in one */
    uint32_t chunks;     /* of a window */
} nnq_windows;

/* Columns of the padded map that the windows of a row of outputs cover. */
static inline uint32_t nnq_padded_width(const nnq_shape *shape) {
    return (uint32_t)(shape->out_width - 1) * shape->stride_width + shape->kernel_width;
}

/* Bytes of a row of the padded map, a multiple of 4. */
static inline uint32_t nnq_padded_row(const nnq_shape *shape) {
    return (nnq_padded_width(shape) * shape->in_channels + 3) / 4 * 4;
}

/* Requires bytes of padded rows under an output below 2^31. */
void nnq_mve_open_windows(const nnq_shape *shape, nnq_windows *windows);

#endif
