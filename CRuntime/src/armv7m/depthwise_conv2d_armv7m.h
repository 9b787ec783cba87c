/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d for Armv7-M share.
 */
#ifndef NNQ_DEPTHWISE_CONV2D_ARMV7M_H
#define NNQ_DEPTHWISE_CONV2D_ARMV7M_H

#include "../shape.h"

enum {
    NNQ_STRIP_CHANNELS = 16, /* staged together: bytes from a column to the next one */
    NNQ_STRIP_HEAD = 72      /* bytes of scratch for the kernel's state */
};

/* What the constants begin with. The weights of a kernel row are cut into *strips* of three neighbours, or of one where
 * the stride is three or more. Outputs are computed in blocks of five or six neighbours; what a block needs for a
 * strip, its columns of the input, is staged. Scratch has the kernel's state, the weights of a channel, and the staged
 * rows. */
typedef struct nnq_strip_plan {
    uint16_t pixels;  /* of a block: 6, or 5 where these waste less */
    uint16_t taps;    /* of a strip: 3 or 1 */
    uint16_t columns; /* of a strip: 8 or, where the stride is two, 13; 7 where pixels is 5 */
    uint16_t strips;  /* of a kernel row */
    uint16_t rows;    /* of outputs that are computed from one staging */
    uint16_t weights; /* bytes of a channel's: four a strip */
} nnq_strip_plan;

#endif
