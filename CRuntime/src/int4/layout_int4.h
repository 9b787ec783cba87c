/* SPDX-License-Identifier: Apache-2.0
 * Constants of int4.h, as layouts write and read them.
 */
#ifndef NNQ_LAYOUT_INT4_H
#define NNQ_LAYOUT_INT4_H

#include "../packed.h"
#include "int4.h"

/* Shifts for which the addend keeps to its limit, whatever the zero point. */
enum { NNQ_INT4_SHIFT_MOST = 22 };

/* Bytes of constants; or 0, that is none, where no file can have so many. */
static inline uint32_t nnq_int4_size(const nnq_shape *shape, uint64_t words) {
    const uint64_t bytes = NNQ_INT4_HEAD_BYTES + 9 * (uint64_t)shape->out_channels + 4 * words;
    return bytes > INT32_MAX - 3 ? 0 : (uint32_t)(bytes + 3) / 4 * 4;
}

/* Number `number` of a word. */
static inline int32_t nnq_int4_weight(uint32_t word, uint32_t number) {
    return (int32_t)(word >> nnq_int4_bit(number) & 15u) - NNQ_INT4_BIAS;
}

/* A channel of a layer with so many words of weights; a shift of 0, which is refused, for one that is too large. */
void nnq_int4_load_channel(const nnq_shape *shape, const uint8_t *constants, uint32_t words, int32_t channel,
                           nnq_channel *loaded);

/* Writes all but the weights. Returns 0 where a scale is not what zero point and rounding of the layer make it. */
int32_t nnq_int4_store_channels(const nnq_shape *shape, const nnq_channel *channels, uint32_t words,
                                uint8_t *constants);

/* Whether the head is one that is written, and zeros are where no shift is. */
int32_t nnq_int4_is_filled(const nnq_shape *shape, const uint8_t *constants, uint32_t words);

/* Constants of conv2d and dense, as packed.h says. */
uint32_t nnq_int4_rows_size(const nnq_shape *shape);
uint32_t nnq_int4_rows_scratch(const nnq_shape *shape);
int32_t nnq_int4_rows_weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap);
void nnq_int4_rows_load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded);
int32_t nnq_int4_rows_valid(const nnq_shape *shape, const uint8_t *constants);
nnq_packer nnq_int4_rows_pack;

/* Writes a word; returns 0 where a weight takes more than 4 bits. */
int32_t nnq_int4_store_word(uint8_t *to, const int8_t weights[8]);

#endif
