/* SPDX-License-Identifier: Apache-2.0
 * What the layouts for Helium share: the first word of the constants, and the scales of channels (requant.h).
 */
#ifndef NNQ_MVE_SCALES_LAYOUT_H
#define NNQ_MVE_SCALES_LAYOUT_H

#include "../packed.h"
#include "requant.h"

/* Constants begin with U8 way, I8 zero point, U16 0. */
enum { NNQ_MVE_HEAD = 4 };

/* The way in which all channels of a layer can be requantized, and the zero point that they then share. */
int32_t nnq_mve_way(const nnq_shape *shape, const nnq_channel *channels, int32_t *zero_point);

/* Writes the first word for these channels; returns the way. */
int32_t nnq_mve_store_head(const nnq_shape *shape, const nnq_channel *channels, uint8_t *constants);

/* A shift as it is stored, for vrshl and vshl; and the shift of one stored. */
static inline int32_t nnq_mve_turn_shift(const uint8_t *constants, int32_t shift) {
    return (int32_t)((constants[0] == NNQ_MVE_LONG ? 0u : 7u) - (uint32_t)shift);
}

/* Whether the first word says a way that gives what the channels' scales say. */
int32_t nnq_mve_way_holds(const nnq_shape *shape, const uint8_t *constants,
                          void (*load)(const nnq_shape *, const uint8_t *, int32_t, nnq_channel *));

#endif
