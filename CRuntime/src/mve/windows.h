/* SPDX-License-Identifier: Apache-2.0
 * How conv2d for Helium reads windows, in chunks of 16 bytes, one register: what its kernel and its layout agree on.
 */
#ifndef NNQ_MVE_WINDOWS_H
#define NNQ_MVE_WINDOWS_H

#include "rows.h"

/* A window is
 *   by rows    its rows one by one, [kw, in_c] each, filled up to chunks, from the input or from rows of the padded map;
 *   by strip   one piece, [kw, kh, in_c], from a strip of the padded map in that order, where that takes fewer chunks;
 *   by planes  3x3 and strides of 1 across: [kh, in_c / 16, kw, 16], from rows of the padded map cut into planes of 16
 *              channels, where the chunks of two pixels side by side overlap. */
enum { NNQ_BY_ROWS, NNQ_BY_STRIP, NNQ_BY_PLANES };

enum {
    NNQ_CONV2D_MVE_JOB = 240, /* bytes of scratch before all else */
    NNQ_CONV2D_MVE_BAND = 2   /* rows of outputs at a time, where the padded map is read */
};

static inline uint32_t nnq_chunks_of(uint32_t bytes) {
    return (bytes + 15) / 16;
}

static inline int32_t nnq_windows_by(const nnq_shape *shape) {
    const uint32_t row = (uint32_t)shape->kernel_width * shape->in_channels;
    if (shape->kernel_height == 3 && shape->kernel_width == 3 && shape->stride_width == 1 &&
        shape->in_channels % 16 == 0 && shape->out_width % 2 == 0) {
        return NNQ_BY_PLANES;
    }
    /* A strip is written by scattering 16 bytes of a row to offsets below 256. */
    return shape->in_channels <= 16 && shape->kernel_height <= 16 &&
                   nnq_chunks_of(row * shape->kernel_height) < shape->kernel_height * nnq_chunks_of(row)
               ? NNQ_BY_STRIP
               : NNQ_BY_ROWS;
}

/* Chunks of a window. */
static inline uint32_t nnq_chunks_of_window(const nnq_shape *shape) {
    const uint32_t row = (uint32_t)shape->kernel_width * shape->in_channels;
    return nnq_windows_by(shape) == NNQ_BY_STRIP ? nnq_chunks_of(row * shape->kernel_height)
                                                 : shape->kernel_height * nnq_chunks_of(row);
}

/* Whether windows are read from the input itself: none reaches into padding. */
static inline int32_t nnq_reads_input(const nnq_shape *shape) {
    const uint32_t height = (uint32_t)(shape->out_height - 1) * shape->stride_height + shape->kernel_height;
    return nnq_windows_by(shape) == NNQ_BY_ROWS && shape->pad_top == 0 && shape->pad_left == 0 &&
           height <= shape->in_height && nnq_padded_width(shape) <= shape->in_width;
}

/* Bytes of a padded row, or of the strip of a row of outputs, and how many of them there are. */
static inline uint32_t nnq_padded_pitch(const nnq_shape *shape) {
    const uint32_t strip = nnq_padded_width(shape) * shape->in_channels * shape->kernel_height;
    return nnq_windows_by(shape) == NNQ_BY_STRIP ? (strip + 3) / 4 * 4 : nnq_padded_row(shape);
}

static inline uint32_t nnq_padded_rows(const nnq_shape *shape) {
    const uint32_t band = shape->out_height < NNQ_CONV2D_MVE_BAND ? shape->out_height : NNQ_CONV2D_MVE_BAND;
    return nnq_windows_by(shape) == NNQ_BY_STRIP ? band : (band - 1) * shape->stride_height + shape->kernel_height;
}

#endif
