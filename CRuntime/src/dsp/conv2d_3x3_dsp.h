/* SPDX-License-Identifier: Apache-2.0
 * Sizes that conv2d 3x3 for Armv7E-M and its layout agree on.
 */
#ifndef NNQ_CONV2D_3X3_DSP_H
#define NNQ_CONV2D_3X3_DSP_H

#include "../shape.h"

enum {
    NNQ_CONV2D_3X3_DSP_CHUNK = 16,     /* input channels that are transformed and multiplied at a time */
    NNQ_CONV2D_3X3_DSP_INPUTS = 1152,  /* bytes of a block's transformed inputs, a chunk */
    NNQ_CONV2D_3X3_DSP_WEIGHTS = 576,  /* bytes of a channel's transformed weights, a chunk */
    NNQ_CONV2D_3X3_DSP_SUMS = 96,      /* bytes of a block's sums */
    NNQ_CONV2D_3X3_DSP_ARGUMENTS = 64, /* bytes of what the kernel's assembly gets */
    NNQ_CONV2D_3X3_DSP_BLOCKS = 4      /* at most this many blocks at once */
};

static inline uint32_t nnq_conv2d_3x3_dsp_chunks(const nnq_shape *shape) {
    return shape->in_channels / NNQ_CONV2D_3X3_DSP_CHUNK;
}

/* Blocks of four by four pixels that weights are transformed for at once: as many as four chunks of inputs have room
 * for. */
static inline uint32_t nnq_conv2d_3x3_dsp_blocks(const nnq_shape *shape) {
    const uint32_t chunks = nnq_conv2d_3x3_dsp_chunks(shape);
    return chunks >= NNQ_CONV2D_3X3_DSP_BLOCKS ? 1 : NNQ_CONV2D_3X3_DSP_BLOCKS / chunks;
}

#endif
