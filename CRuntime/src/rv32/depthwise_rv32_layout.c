/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for RV32: for each channel I32 multiplier, I32 addend, I32 bias * 256 + shift, then
 * I8 weights [kernel_height][kernel_width] up to a multiple of 4.
 */
#include "../packed.h"
#include "depthwise_rv32.h"

static uint32_t size(const nnq_shape *shape) {
    return nnq_depthwise_rv32_bytes(shape) * shape->out_channels;
}

static uint32_t scratch(const nnq_shape *shape) {
    return nnq_depthwise_rv32_is_fast(shape) ? (uint32_t)shape->in_width * shape->in_channels : 0; /* a row of zero points */
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[(uint32_t)channel * nnq_depthwise_rv32_bytes(shape) + NNQ_DEPTHWISE_RV32_HEAD +
                             (uint32_t)tap];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + (uint32_t)channel * nnq_depthwise_rv32_bytes(shape);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = at[8];
    loaded->bias = nnq_load_i32(at + 8) >> 8;
}

int32_t nnq_pack_depthwise_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                uint8_t *constants) {
    const int32_t taps = shape->kernel_height * shape->kernel_width;
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        nnq_store_i32(constants, channels[c].scale.multiplier);
        nnq_store_i32(constants + 4, channels[c].scale.addend);
        nnq_store_i32(constants + 8, channels[c].bias * 256 + channels[c].scale.shift);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[NNQ_DEPTHWISE_RV32_HEAD + tap] = (uint8_t)filter[tap * shape->out_channels + c];
        }
        constants += nnq_depthwise_rv32_bytes(shape);
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_rv32, DEPTHWISE_CONV2D, RV32, size, scratch, weight, load, NULL);
