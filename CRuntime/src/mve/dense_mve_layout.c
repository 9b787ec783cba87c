/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for Helium: a first word (scales_layout.h), then for each 8 outputs, the last ones filled up,
 * in the order 0, 2, 4, 6, 1, 3, 5, 7,
 *
 *     I32 bias[8]
 *     I8 weights[8][16]               of the first 16 inputs, where ceil(inputs / 16) is odd
 *     I8 weights[32 inputs][8][32]
 *     I32 multiplier[8], shift[8]     shifts turned for vrshl
 *
 * and at the end I32 addend[8] for each 8 outputs, which only the long way of requantizing reads.
 */
#include "scales_layout.h"

enum { BIAS = 32, SCALES = 64, ADDENDS = 32 };

static uint32_t chunks_of(const nnq_shape *shape) {
    return (shape->in_channels + 15u) / 16;
}

static uint32_t block_bytes(const nnq_shape *shape) {
    return BIAS + chunks_of(shape) * 128 + SCALES;
}

static uint32_t blocks_of(const nnq_shape *shape) {
    return (shape->out_channels + 7u) / 8;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = NNQ_MVE_HEAD + (uint64_t)blocks_of(shape) * (block_bytes(shape) + ADDENDS);
    return bytes <= 1u << 30 ? (uint32_t)bytes : 0;
}

/* The input, where it does not fill its last chunk. */
static uint32_t scratch(const nnq_shape *shape) {
    return shape->in_channels % 16 == 0 ? 0 : chunks_of(shape) * 16;
}

/* Where an output stands among its 8. */
static uint32_t place_of(int32_t channel) {
    return (uint32_t)channel % 2 * 4 + (uint32_t)channel % 8 / 2;
}

static uint32_t block_at(const nnq_shape *shape, int32_t channel) {
    return NNQ_MVE_HEAD + (uint32_t)channel / 8 * block_bytes(shape);
}

static uint32_t bias_at(const nnq_shape *shape, int32_t channel) {
    return block_at(shape, channel) + place_of(channel) * 4;
}

static uint32_t scales_at(const nnq_shape *shape, int32_t channel) {
    return bias_at(shape, channel) + BIAS + chunks_of(shape) * 128;
}

static uint32_t addend_at(const nnq_shape *shape, int32_t channel) {
    return NNQ_MVE_HEAD + blocks_of(shape) * block_bytes(shape) + (uint32_t)channel / 8 * ADDENDS +
           place_of(channel) * 4;
}

static uint32_t weight_at(const nnq_shape *shape, int32_t channel, int32_t tap) {
    const uint32_t single = chunks_of(shape) % 2 * 16; /* inputs before those that come by 32 */
    const uint32_t input = (uint32_t)tap;
    const uint32_t at = block_at(shape, channel) + BIAS;
    if (input < single) {
        return at + place_of(channel) * 16 + input;
    }
    return at + single * 8 + (input - single) / 32 * 256 + place_of(channel) * 32 + (input - single) % 32;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weight_at(shape, channel, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *scales = constants + scales_at(shape, channel);
    loaded->bias = nnq_load_i32(constants + bias_at(shape, channel));
    loaded->scale.multiplier = nnq_load_i32(scales);
    loaded->scale.shift = nnq_mve_turn_shift(constants, nnq_load_i32(scales + 32));
    loaded->scale.addend = nnq_load_i32(constants + addend_at(shape, channel));
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    return nnq_mve_way_holds(shape, constants, load);
}

int32_t nnq_pack_dense_mve(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                           uint8_t *constants) {
    memset(constants, 0, size(shape));
    nnq_mve_store_head(shape, channels, constants);
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const nnq_channel *from = &channels[channel];
        uint8_t *scales = constants + scales_at(shape, channel);
        nnq_store_i32(constants + bias_at(shape, channel), from->bias);
        nnq_store_i32(scales, from->scale.multiplier);
        nnq_store_i32(scales + 32, nnq_mve_turn_shift(constants, from->scale.shift));
        nnq_store_i32(constants + addend_at(shape, channel), from->scale.addend);
        for (int32_t tap = 0; tap < shape->in_channels; tap++) {
            constants[weight_at(shape, channel, tap)] = (uint8_t)*filter++;
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_mve, DENSE, MVE, size, scratch, weight, load, valid);
