/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d for Armv6-M share: its constants, which say how a channel's part
 * of the map is spread, and what lies where in scratch.
 *
 * A *plane* has the padded map's rows and columns of one phase of the strides, a word a place: with stride 2 there are
 * four. A *tile* is as much of the output as has room in scratch with its planes. Rows are those of the map or, where
 * it is higher than wide, its columns: the longer direction is along a row, as each row ends in places that are
 * computed for nothing.
 */
#ifndef NNQ_DEPTHWISE_CONV2D_ARMV6M_H
#define NNQ_DEPTHWISE_CONV2D_ARMV6M_H

#include "../shape.h"

enum {
    NNQ_PLANES_BYTES = 3072, /* what planes may take, if a tile can be that small */
    NNQ_PLANES_SLACK = 64,   /* behind them, since fills and the last sums may run over */
    NNQ_ROUND_TAPS = 9,      /* the table of taps in scratch has a multiple of these */
    NNQ_TAP_ENTRY_BYTES = 8,
    NNQ_TILE_STATE_BYTES = 96, /* the kernel's own state, in scratch before all others */
};

/* Constants are a record for each channel (channel_armv6m.h); for each channel its I8 weights, kernel row by row, and
 * zeros up to a multiple of 4; then this, an I32 offset of each tap, and tiles, each with all planes. */
typedef struct nnq_planes_head {
    int32_t planes_bytes;
    int32_t in_step;  /* bytes of input from a place to the next in a row, */
    int32_t out_step; /* and of output */
    uint16_t width;   /* places in a plane's row */
    uint16_t rounds;  /* of taps */
    uint16_t tiles;
    uint16_t planes;
} nnq_planes_head;

typedef struct nnq_tile {
    int32_t output;   /* its first byte */
    int32_t out_skip; /* bytes from a row's end to the next row */
    uint16_t rows;
    uint16_t columns;
} nnq_tile;

/* What of a plane is in the map. */
typedef struct nnq_plane {
    int32_t input;   /* the first byte there, of channel 0 */
    int32_t in_skip; /* bytes from a row's end to the next row */
    uint16_t columns;
    uint16_t rows; /* 0: nothing */
    uint16_t words; /* before its first place */
    uint16_t words_skip;
} nnq_plane;

#endif
