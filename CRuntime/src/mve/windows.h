/* SPDX-License-Identifier: Apache-2.0
 * How conv2d for Helium cuts a window into chunks of 16 bytes, one register: what its kernel and its layout agree on.
 */
#ifndef NNQ_MVE_WINDOWS_H
#define NNQ_MVE_WINDOWS_H

#include "rows.h"

/* A window is read as `runs` pieces of `run` bytes, each filled up to chunks. A piece is a row of the window, or, where
 * that takes fewer chunks, the whole window, column by column: [kw, kh, in_c], from a strip of that order. */
typedef struct nnq_windows {
    int32_t is_strip;
    uint32_t runs;
    uint32_t run;
    uint32_t chunks;
} nnq_windows;

static inline uint32_t nnq_chunks_of(uint32_t bytes) {
    return (bytes + 15) / 16;
}

/* A strip is written by scattering 16 bytes of a row to offsets below 256. */
static inline nnq_windows nnq_windows_of(const nnq_shape *shape) {
    const uint32_t row = (uint32_t)shape->kernel_width * shape->in_channels;
    const uint32_t all = row * shape->kernel_height;
    const uint32_t by_rows = shape->kernel_height * nnq_chunks_of(row);
    nnq_windows windows = {0, shape->kernel_height, row, by_rows};
    if (shape->in_channels <= 16 && shape->kernel_height <= 16 && nnq_chunks_of(all) < by_rows) {
        windows.is_strip = 1;
        windows.runs = 1;
        windows.run = all;
        windows.chunks = nnq_chunks_of(all);
    }
    return windows;
}

/* Whether windows can be read from the input itself: none reaches into padding. */
static inline int32_t nnq_reads_input(const nnq_shape *shape, const nnq_windows *windows) {
    const uint32_t height = (uint32_t)(shape->out_height - 1) * shape->stride_height + shape->kernel_height;
    return !windows->is_strip && shape->pad_top == 0 && shape->pad_left == 0 && height <= shape->in_height &&
           nnq_padded_width(shape) <= shape->in_width;
}

/* --- Scratch: the job (conv2d_mve.c), chunks of two pixels, then padded rows or strips --- */

enum { NNQ_MVE_JOB = 192, NNQ_MVE_BAND = 2 /* rows of outputs at a time */ };

/* Bytes of a padded row, or of the strip of a row of outputs. */
static inline uint32_t nnq_padded_pitch(const nnq_shape *shape, const nnq_windows *windows) {
    const uint32_t column = (uint32_t)shape->in_channels * shape->kernel_height;
    return windows->is_strip ? (nnq_padded_width(shape) * column + 3) / 4 * 4 : nnq_padded_row(shape);
}

/* How many of them there are at a time. */
static inline uint32_t nnq_padded_rows(const nnq_shape *shape, const nnq_windows *windows) {
    const uint32_t band = shape->out_height < NNQ_MVE_BAND ? shape->out_height : NNQ_MVE_BAND;
    return windows->is_strip ? band : (band - 1) * shape->stride_height + shape->kernel_height;
}

#endif
