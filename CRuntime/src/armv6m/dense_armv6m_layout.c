/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for Armv6-M: for each output: I32 bias, multiplier, addend, shift, then I8 weights up to a multiple
 * of 4.
 */
#include "../packed.h"

enum { HEAD = 16 };

static uint32_t channel_bytes(const nnq_shape *shape) {
    return HEAD + (shape->in_channels + 3u) / 4 * 4;
}

static uint32_t size(const nnq_shape *shape) {
    return channel_bytes(shape) * shape->out_channels;
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[(uint32_t)channel * channel_bytes(shape) + HEAD + (uint32_t)tap];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + (uint32_t)channel * channel_bytes(shape);
    loaded->bias = nnq_load_i32(at);
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.addend = nnq_load_i32(at + 8);
    loaded->scale.shift = nnq_load_i32(at + 12);
}

int32_t nnq_pack_dense_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                              uint8_t *constants) {
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *at = constants + (uint32_t)c * channel_bytes(shape);
        nnq_store_i32(at, channels[c].bias);
        nnq_store_i32(at + 4, channels[c].scale.multiplier);
        nnq_store_i32(at + 8, channels[c].scale.addend);
        nnq_store_i32(at + 12, channels[c].scale.shift);
        memcpy(at + HEAD, filter + (size_t)c * shape->in_channels, shape->in_channels);
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_armv6m, DENSE, ARMV6M, size, scratch, weight, load, NULL);
