/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for Helium: a first word (scales_layout.h), then for each 16 channels, the last
 * ones filled up,
 *
 *     I32 bias[16]
 *     I8 weights[taps][16]
 *     I32 multiplier[16], shift[16], addend[16]      shifts turned for vrshl
 *
 * with weights in the order of channels, all else in the order in which widening sums leaves them: 0, 4, 8, 12, 2, 6,
 * 10, 14, 1, 5, 9, 13, 3, 7, 11, 15.
 */
#include "scales_layout.h"
#include "windows.h"

enum { WORDS = 64 };

static uint32_t taps_of(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_height * shape->kernel_width;
}

static uint32_t block_bytes(const nnq_shape *shape) {
    return 4 * WORDS + taps_of(shape) * 16;
}

/* Where each tap lies, then rows under a row of outputs, and what is read past them. */
static uint64_t wide_scratch(const nnq_shape *shape) {
    return (uint64_t)taps_of(shape) * 4 + (uint64_t)nnq_padded_row(shape) * shape->kernel_height + 16;
}

static uint32_t scratch(const nnq_shape *shape) {
    return (uint32_t)wide_scratch(shape);
}

/* What takes a GB is no layer of a microcontroller's, and the kernel counts in 32 bits. */
static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = NNQ_MVE_HEAD + (uint64_t)((shape->out_channels + 15u) / 16) * block_bytes(shape);
    const uint64_t row = (uint64_t)nnq_padded_width(shape) * shape->in_channels;
    return bytes <= 1u << 30 && row <= 1u << 30 && wide_scratch(shape) <= 1u << 30 ? (uint32_t)bytes : 0;
}

static uint32_t block_at(const nnq_shape *shape, int32_t channel) {
    return NNQ_MVE_HEAD + (uint32_t)channel / 16 * block_bytes(shape);
}

static uint32_t bias_at(const nnq_shape *shape, int32_t channel) {
    const uint32_t lane = (uint32_t)channel % 16;
    const uint32_t place = lane % 2 * 8 + lane / 2 % 2 * 4 + lane / 4;
    return block_at(shape, channel) + 4 * place;
}

static uint32_t scales_at(const nnq_shape *shape, int32_t channel) {
    return bias_at(shape, channel) + WORDS + taps_of(shape) * 16;
}

static uint32_t weight_at(const nnq_shape *shape, int32_t channel, int32_t tap) {
    return block_at(shape, channel) + WORDS + (uint32_t)tap * 16 + (uint32_t)channel % 16;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weight_at(shape, channel, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *scales = constants + scales_at(shape, channel);
    loaded->bias = nnq_load_i32(constants + bias_at(shape, channel));
    loaded->scale.multiplier = nnq_load_i32(scales);
    loaded->scale.shift = nnq_mve_turn_shift(constants, nnq_load_i32(scales + WORDS));
    loaded->scale.addend = nnq_load_i32(scales + 2 * WORDS);
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    return constants[0] != NNQ_MVE_AWAY && nnq_mve_way_holds(shape, constants, load);
}

int32_t nnq_pack_depthwise_mve(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                      uint8_t *constants) {
    const int32_t taps = (int32_t)nnq_shape_taps(shape, NNQ_OP_DEPTHWISE_CONV2D);
    memset(constants, 0, size(shape));
    if (nnq_mve_store_head(shape, channels, constants) == NNQ_MVE_AWAY) {
        constants[0] = NNQ_MVE_LONG;
        constants[1] = 0;
    }
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const nnq_channel *from = &channels[channel];
        uint8_t *scales = constants + scales_at(shape, channel);
        nnq_store_i32(constants + bias_at(shape, channel), from->bias);
        nnq_store_i32(scales, from->scale.multiplier);
        nnq_store_i32(scales + WORDS, nnq_mve_turn_shift(constants, from->scale.shift));
        nnq_store_i32(scales + 2 * WORDS, from->scale.addend);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[weight_at(shape, channel, tap)] = (uint8_t)filter[tap * shape->out_channels + channel];
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_mve, DEPTHWISE_CONV2D, MVE, size, scratch, weight, load, valid);
