/* SPDX-License-Identifier: Apache-2.0
 * windows.h.
 */
#include "windows.h"

static uint32_t chunks_of(uint32_t bytes) {
    return (bytes + 15) / 16;
}

static int32_t choose(const nnq_shape *shape, const nnq_windows *windows) {
    const uint32_t all = chunks_of(windows->run * windows->runs);
    if (shape->kernel_height == 3 && shape->kernel_width == 3 && shape->stride_width == 1 &&
        shape->in_channels % 16 == 0 && shape->out_width % 2 == 0) {
        return NNQ_BY_PLANES;
    }
    /* A strip is written by scattering 16 bytes of a row to offsets below 256. */
    return shape->in_channels <= 16 && shape->kernel_height <= 16 && all < windows->chunks ? NNQ_BY_STRIP
                                                                                           : NNQ_BY_ROWS;
}

void nnq_mve_open_windows(const nnq_shape *shape, nnq_windows *windows) {
    const uint32_t depth = shape->in_channels;
    const uint32_t height = (uint32_t)(shape->out_height - 1) * shape->stride_height + shape->kernel_height;
    const uint32_t band = shape->out_height < NNQ_MVE_BAND ? shape->out_height : NNQ_MVE_BAND;
    windows->column = depth;
    windows->runs = shape->kernel_height;
    windows->run = shape->kernel_width * depth;
    windows->chunks = windows->runs * chunks_of(windows->run);
    windows->rows = (band - 1) * shape->stride_height + shape->kernel_height;
    windows->pitch = nnq_padded_row(shape);
    windows->by = choose(shape, windows);
    windows->reads_input = windows->by == NNQ_BY_ROWS && shape->pad_top == 0 && shape->pad_left == 0 &&
                           height <= shape->in_height && nnq_padded_width(shape) <= shape->in_width;
    if (windows->reads_input) {
        windows->pitch = shape->in_width * depth;
    } else if (windows->by == NNQ_BY_PLANES) {
        windows->column = 16;
    } else if (windows->by == NNQ_BY_STRIP) {
        windows->column *= windows->runs;
        windows->run *= windows->runs;
        windows->runs = 1;
        windows->chunks = chunks_of(windows->run);
        windows->pitch = (nnq_padded_width(shape) * windows->column + 3) / 4 * 4;
        windows->rows = band;
    }
}
