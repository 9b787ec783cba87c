/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of conv2d for RV32 share: sizes, and the head of the constants.
 */
#ifndef NNQ_CONV2D_RV32_H
#define NNQ_CONV2D_RV32_H

#include "../shape.h"

enum {
    NNQ_OCTET_PIXELS = 8,
    NNQ_OCTET_WORDS = 5, /* of a tap of eight pixels */
    NNQ_OCTET_BLOCK = 4, /* channels */
    NNQ_OCTET_SCALE_BYTES = 12,
    NNQ_OCTET_WORK_BYTES = 336
};

/* A window of up to WHOLE_TAPS is staged as a whole, one with more of them in slices; then there are totals for SLAB
 * blocks of channels. */
enum { NNQ_OCTET_WHOLE_TAPS = 160, NNQ_OCTET_SLAB = 16 };

/* The constants begin with it. In scratch there are, in this order: NNQ_OCTET_WORK_BYTES, words, totals, zero points
 * and, where the map has less than eight pixels, eight pixels of a slab's outputs. */
typedef struct __attribute__((may_alias)) nnq_octet_head {
    uint16_t slice; /* taps whose sums fit into the words */
    uint16_t slab;  /* blocks of channels that are computed before the next slice */
    uint16_t rows;  /* of windows, staged and kept from one row of outputs to the next; 0: none is */
    uint16_t words_bytes;
    uint16_t totals_bytes;
    uint16_t zeros_bytes;
} nnq_octet_head;

enum { NNQ_OCTET_HEAD_BYTES = sizeof(nnq_octet_head) };

static inline int32_t nnq_octet_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t nnq_octet_block_bytes(int32_t taps) {
    return NNQ_OCTET_BLOCK * (taps + NNQ_OCTET_SCALE_BYTES);
}

#endif
