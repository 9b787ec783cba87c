/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for Armv7-M: for each channel, for each kernel row, for each strip of it (see
 * depthwise_conv2d_armv7m.h), three weights as I8 and a byte 0; then I32 multiplier, addend, shift, bias. Weights that the
 * kernel does not have are 0.
 */
#include "../packed.h"
#include "depthwise_conv2d_armv7m.h"

enum { SCALE = 16 };

static uint32_t channel_bytes(const nnq_shape *shape) {
    return (uint32_t)nnq_strip_weight_bytes(shape) + SCALE;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = (uint64_t)channel_bytes(shape) * shape->out_channels;
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    return (uint32_t)(nnq_strip_input_rows(shape, nnq_strip_rows(shape)) * nnq_strip_row_bytes(shape));
}

static uint32_t weight_at(const nnq_shape *shape, int32_t channel, int32_t tap) {
    const int32_t taps = nnq_strip_taps(shape);
    const int32_t ky = tap / shape->kernel_width;
    const int32_t kx = tap - ky * shape->kernel_width;
    return (uint32_t)channel * channel_bytes(shape) + (uint32_t)(4 * (ky * nnq_strips(shape) + kx / taps) + kx % taps);
}

static uint32_t scale_at(const nnq_shape *shape, int32_t channel) {
    return (uint32_t)channel * channel_bytes(shape) + (uint32_t)nnq_strip_weight_bytes(shape);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return nnq_load_i8(constants + weight_at(shape, channel, tap));
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + scale_at(shape, channel);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = nnq_load_i32(at + 8);
    loaded->bias = nnq_load_i32(at + 12);
}

/* Whether there is nothing but 0 in places that no weight fills: what lies there is multiplied too. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t window = shape->kernel_height * shape->kernel_width;
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const uint8_t *at = constants + (uint32_t)channel * channel_bytes(shape);
        int32_t all = 0;
        int32_t weights = 0;
        for (int32_t i = 0; i < nnq_strip_weight_bytes(shape); i++) {
            all += at[i] != 0;
        }
        for (int32_t tap = 0; tap < window; tap++) {
            weights += weight(shape, constants, channel, tap) != 0;
        }
        if (all != weights) {
            return 0;
        }
    }
    return 1;
}

int32_t nnq_pack_depthwise_conv2d_armv7m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                         uint8_t *constants) {
    const int32_t window = shape->kernel_height * shape->kernel_width;
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *at = constants + scale_at(shape, c);
        for (int32_t tap = 0; tap < window; tap++) {
            constants[weight_at(shape, c, tap)] = (uint8_t)filter[(size_t)tap * shape->out_channels + (size_t)c];
        }
        nnq_store_i32(at, channels[c].scale.multiplier);
        nnq_store_i32(at + 4, channels[c].scale.addend);
        nnq_store_i32(at + 8, channels[c].scale.shift);
        nnq_store_i32(at + 12, channels[c].bias);
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_conv2d_armv7m, DEPTHWISE_CONV2D, ARMV7M, size, scratch, weight, load, valid);
