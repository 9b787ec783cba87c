/* SPDX-License-Identifier: Apache-2.0
 * Sizes that conv2d for Armv7E-M and its layout agree on.
 */
#ifndef NNQ_CONV2D_DSP_H
#define NNQ_CONV2D_DSP_H

#include "../shape.h"

/* Inputs of a row of a window. */
static inline uint32_t nnq_conv2d_dsp_row(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_width * shape->in_channels;
}

/* Bytes of what a window's rows leave over, up to a multiple of 4. */
static inline uint32_t nnq_conv2d_dsp_rest(const nnq_shape *shape) {
    return (shape->kernel_height * (nnq_conv2d_dsp_row(shape) % 4) + 3) / 4 * 4;
}

/* Groups of four taps. */
static inline uint32_t nnq_conv2d_dsp_groups(const nnq_shape *shape) {
    return shape->kernel_height * (nnq_conv2d_dsp_row(shape) / 4) + nnq_conv2d_dsp_rest(shape) / 4;
}

/* Whether windows reach out of the map. */
static inline int32_t nnq_conv2d_dsp_is_padded(const nnq_shape *shape) {
    const int32_t bottom = (shape->out_height - 1) * shape->stride_height + shape->kernel_height - shape->pad_top;
    const int32_t right = (shape->out_width - 1) * shape->stride_width + shape->kernel_width - shape->pad_left;
    return shape->pad_top > 0 || shape->pad_left > 0 || bottom > shape->in_height || right > shape->in_width;
}

/* Bytes of a copy of a window with its padding. */
static inline uint32_t nnq_conv2d_dsp_copy(const nnq_shape *shape) {
    return nnq_conv2d_dsp_is_padded(shape) ? shape->kernel_height * nnq_conv2d_dsp_row(shape) : 0;
}

enum { NNQ_CONV2D_DSP_BLOCKS = 64 /* bytes */ };

/* What the kernel's assembly gets, then of three pixels: groups of six words, what rows leave over, copies. */
static inline uint32_t nnq_conv2d_dsp_scratch(const nnq_shape *shape) {
    return NNQ_CONV2D_DSP_BLOCKS + 24 * nnq_conv2d_dsp_groups(shape) +
           3 * (nnq_conv2d_dsp_rest(shape) + nnq_conv2d_dsp_copy(shape));
}

#endif
