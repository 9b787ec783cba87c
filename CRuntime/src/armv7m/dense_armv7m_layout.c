/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for Armv7-M: for each block of eight outputs, for each input, eight weights as U8, 128 more
 * than they are; then for each output of the block, I32 bias, multiplier, addend, shift. What lies in the places of
 * outputs that the op does not have is not looked at.
 */
#include "../packed.h"

enum { BLOCK = 8, SCALE = 16, ZERO = 128 };

static uint32_t block_bytes(const nnq_shape *shape) {
    return BLOCK * (shape->in_channels + (uint32_t)SCALE);
}

static uint32_t blocks(const nnq_shape *shape) {
    return (shape->out_channels + BLOCK - 1u) / BLOCK;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = (uint64_t)blocks(shape) * block_bytes(shape);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

/* Where channels past the last one are too. */
static uint32_t weight_at(const nnq_shape *shape, uint32_t channel, uint32_t tap) {
    return channel / BLOCK * block_bytes(shape) + tap * BLOCK + channel % BLOCK;
}

static uint32_t scale_at(const nnq_shape *shape, uint32_t channel) {
    return channel / BLOCK * block_bytes(shape) + shape->in_channels * (uint32_t)BLOCK + channel % BLOCK * SCALE;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return constants[weight_at(shape, (uint32_t)channel, (uint32_t)tap)] - ZERO;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + scale_at(shape, (uint32_t)channel);
    loaded->bias = nnq_load_i32(at);
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.addend = nnq_load_i32(at + 8);
    loaded->scale.shift = nnq_load_i32(at + 12);
}

int32_t nnq_pack_dense_armv7m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                              uint8_t *constants) {
    memset(constants, 0, size(shape));
    for (uint32_t c = 0; c < blocks(shape) * BLOCK; c++) {
        const int32_t is_output = c < shape->out_channels;
        for (uint32_t tap = 0; tap < shape->in_channels; tap++) {
            const int32_t value = is_output ? filter[(size_t)c * shape->in_channels + tap] : 0;
            constants[weight_at(shape, c, tap)] = (uint8_t)(value + ZERO);
        }
        if (is_output) {
            uint8_t *at = constants + scale_at(shape, c);
            nnq_store_i32(at, channels[c].bias);
            nnq_store_i32(at + 4, channels[c].scale.multiplier);
            nnq_store_i32(at + 8, channels[c].scale.addend);
            nnq_store_i32(at + 12, channels[c].scale.shift);
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_armv7m, DENSE, ARMV7M, size, scratch, weight, load, NULL);
