/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of dense for RV32 share: outputs in groups of 16, the rest in fours.
 */
#ifndef NNQ_DENSE_RV32_H
#define NNQ_DENSE_RV32_H

#include "../shape.h"

enum {
    NNQ_DENSE_RV32_GROUP = 16,
    NNQ_DENSE_RV32_FOUR = 4,
    NNQ_DENSE_RV32_SCALE = 12, /* bytes of an output's */
    NNQ_DENSE_RV32_SUMS = 48   /* bytes of scratch: three words of each four outputs */
};

/* Weights, of all outputs up to a multiple of four; scales follow. */
static inline uint32_t nnq_dense_rv32_weights(const nnq_shape *shape) {
    return (shape->out_channels + 3u) / 4 * 4 * shape->in_channels;
}

#endif
